#!/bin/bash
# Promises under fire: several SMTP sessions send reports through a real
# Postfix and send again what was not acknowledged, a consumer takes each
# segment as it appears, and the daemon is killed (kill -9) again and again, its
# disk fills up, its spool goes away. Whatever happens, each report that was
# acknowledged must be in the spool once, under numbers without a gap.
#
# CSRC_FIRE_ROUNDS: how often it is killed (100). CSRC_FIRE_SEED: repeats a
# run's moments, as far as the machine lets them be repeated. Needs root.
set -u

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/contrib/lib/postfix.sh"
. "$CSRC_SOURCE/contrib/lib/gateway.sh"

ROUNDS=${CSRC_FIRE_ROUNDS:-100}
SEED=${CSRC_FIRE_SEED:-$((RANDOM + 1))}
SESSIONS=6
DEVICES=5
CENTER=K0001
ADDRESS=csrc@center.example

WORK=
DIR=
SPOOL=
LOAD_PID=
CONSUMER_PID=
MOUNTED=

clean_up()
{
	trap - EXIT INT TERM
	stop_process "$LOAD_PID" 2
	stop_process "$CONSUMER_PID" 2
	stop_process "$GATEWAY_PID" 10
	postfix_stop
	[ -n "$WORK" ] || return
	[ -z "$MOUNTED" ] || umount -l "$MOUNTED"
	[ -n "${CSRC_KEEP-}" ] || rm -rf "$WORK"
}

# scene NAME [OPTION=VALUE…]: one gateway, with a Postfix, a load and a
# consumer of its own, that have not begun yet.
scene()
{
	DIR=$WORK/$1
	shift
	mkdir -p "$DIR/taken"
	chmod 755 "$DIR"
	# a few devices send as much as thousands
	gateway_configure "$DIR" publish_interval=0 segment_reports=5 \
		max_reports_per_hour=1000000000 max_octets_per_day=1024G "$@"
	SPOOL=$GATEWAY_DIR/var/spool
	: >"$DIR/acknowledged"
}

# The daemon, without waiting for it to be up.
daemon()
{
	"$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" \
		>>"$GATEWAY_DIR/out" 2>&1 &
	GATEWAY_PID=$!
}

kill_daemon()
{
	kill -9 "$GATEWAY_PID" 2>/dev/null
	# the shell would tell of each one killed
	wait "$GATEWAY_PID" 2>/dev/null
}

# Takes each segment the moment it appears. One that appears a second time is
# kept beside the first, and shows as reports taken twice.
consume()
{
	while :; do
		mv --backup=numbered -t "$DIR/taken" "$SPOOL"/new/*.jsonl ||
			[ ! -e "$DIR/enough" ] || break
		sleep 0.005
	done 2>/dev/null
}

begin()
{
	gateway_register $CENTER $ADDRESS FIRE $DEVICES "$DIR/senders" \
		>"$DIR/registered" 2>&1 || {
		diag "$(cat "$DIR/registered")"
		bail_out "cannot register the devices"
	}
	postfix_start "$DIR" "$GATEWAY_MILTER" || bail_out "no Postfix"
	consume &
	CONSUMER_PID=$!
	"$CSRC_BUILD/tests/tools/smtpload" -s "$POSTFIX_PORT" \
		-d "$DIR/senders" -c $CENTER -r $ADDRESS -n 0 -j $SESSIONS \
		-x 3 -S "$SEED" -o "$DIR/acknowledged" >"$DIR/load" &
	LOAD_PID=$!
}

acknowledged()
{
	wc -l <"$DIR/acknowledged"
}

more_than()
{
	[ "$(acknowledged)" -gt "$1" ]
}

# works SECONDS: twenty more are acknowledged within that time.
works()
{
	wait_for "$1" more_than "$(($(acknowledged) + 19))"
}

# Mail under way may still be answered; then nothing more is.
silent()
{
	local from

	sleep 1
	from=$(acknowledged)
	sleep 2
	is_still "$from"
}

is_still()
{
	echo "$1 acknowledged, then $(acknowledged)"
	[ "$(acknowledged)" -eq "$1" ]
}

# The same process as before, PID, and it works.
works_on()
{
	works 30 && alive "$1"
}

# Starts the daemon again until it stays, as systemd does.
works_again()
{
	local try

	for try in 1 2 3 4 5; do
		diag "start $try"
		gone_or_zombie "$GATEWAY_PID" && daemon
		works 6 && return 0
	done
	return 1
}

spool_empty()
{
	! ls "$SPOOL"/new/*.jsonl
}

# Ends the load, the daemon and the consumer, in this order.
end()
{
	local status

	kill "$LOAD_PID"
	wait "$LOAD_PID"
	status=$?
	LOAD_PID=
	diag "load: $(cat "$DIR/load")"
	is $status 0 "$1: every mail that was begun is acknowledged in the end"
	stop_process "$GATEWAY_PID"
	GATEWAY_PID=
	ok "$1: a clean stop publishes all that is admitted" \
		wait_for 5 spool_empty
	touch "$DIR/enough"
	wait "$CONSUMER_PID"
	CONSUMER_PID=
	postfix_stop
}

# All that was taken, as lines "SEQUENCE SERIAL TOTAL".
reports()
{
	find "$DIR/taken/" -type f -print0 | xargs -0 cat | jq -r \
		'"\(.sequence) \(.serial) \(.report.counters.total)"' \
		>"$DIR/lines"
}

numbered()
{
	[ -s "$DIR/lines" ] && sort -n "$DIR/lines" |
		awk '$1 != NR { print "line", NR, "is", $0; exit 1 }'
}

once_each()
{
	sort "$DIR/acknowledged" >"$DIR/wanted"
	cut -d' ' -f2- "$DIR/lines" | sort >"$DIR/got"
	diff "$DIR/wanted" "$DIR/got" | head -n 20
	cmp -s "$DIR/wanted" "$DIR/got"
}

judge()
{
	ok "$1: every segment is whole" reports
	diag "$(acknowledged) acknowledged, $(wc -l <"$DIR/lines") in the spool"
	ok "$1: numbered from 1 on without gap or repeat" numbered
	ok "$1: each acknowledged report is in the spool exactly once" once_each
	ok "$1: csrcadm check finds no fault" csrcadm check
	is "$(grep -cE 'Sanitizer|runtime error' "$GATEWAY_DIR/out")" 0 \
		"$1: no word from a sanitizer"
}

# Mostly a second or so of load; one time in five the daemon is still
# starting, so that recovery itself is killed too.
moment()
{
	MOMENT=$((500 + RANDOM % 1300))
	[ $((RANDOM % 5)) -ne 0 ] || MOMENT=$((RANDOM % 200))
	MOMENT=$(printf '%d.%03d' $((MOMENT / 1000)) $((MOMENT % 1000)))
}

killed()
{
	local round

	scene killed
	begin
	for round in $(seq "$ROUNDS"); do
		daemon
		moment
		sleep "$MOMENT"
		! gone_or_zombie "$GATEWAY_PID" ||
			fail "round $round: it ended by itself"
		kill_daemon
		[ $((round % 20)) -ne 0 ] ||
			diag "round $round: $(acknowledged) acknowledged"
	done
	daemon
	ok "killed $ROUNDS times: it works on" works 30
	end "killed $ROUNDS times"
	judge "killed $ROUNDS times"
}

fill_disk()
{
	dd if=/dev/zero of="$GATEWAY_DIR/var/filler" bs=64k
	dd if=/dev/zero of="$GATEWAY_DIR/var/filling" bs=512
} 2>/dev/null

empty_disk()
{
	rm -f "$GATEWAY_DIR/var/filler" "$GATEWAY_DIR/var/filling"
}

spool_away()
{
	mv "$SPOOL" "$SPOOL.away"
}

spool_back()
{
	mv "$SPOOL.away" "$SPOOL"
}

# illness NAME STRIKE CURE: something fails and is put right again; once
# more, with the daemon killed and started meanwhile.
illness()
{
	begin
	daemon
	ok "$1: the load begins" works 20
	$2
	ok "$1: nothing is acknowledged" silent
	$3
	ok "$1: cured, it works on without a restart" works_on "$GATEWAY_PID"
	$2
	sleep 1
	kill_daemon
	daemon
	ok "$1, and killed: nothing is acknowledged" silent
	$3
	works_again
	ok "$1, and killed: cured, it works" works 5
	end "$1"
	judge "$1"
}

# disk NAME OPTION=VALUE…: on a small file system of its own.
disk()
{
	scene "${1// /-}" database_cache=4M "$2"
	if ! mount -t tmpfs -o size=96m,mode=755 none "$GATEWAY_DIR/var"; then
		skip "$1" "no file system can be mounted"
		return
	fi
	MOUNTED=$GATEWAY_DIR/var
	[ -z "$GATEWAY_USER" ] || chown "$GATEWAY_USER" "$GATEWAY_DIR/var"
	# on the same one, so that taking a segment needs no room
	rmdir "$DIR/taken"
	mkdir "$GATEWAY_DIR/var/taken"
	ln -s gateway/var/taken "$DIR/taken"
	illness "$1" fill_disk empty_disk
	umount "$MOUNTED"
	MOUNTED=
}

[ "$(id -u)" -eq 0 ] || skip_all "needs root, for Postfix"
postfix_unpack || skip_all "Postfix's package cannot be had"
command -v jq >/dev/null || skip_all "no jq"
WORK=$(mktemp -d) || exit 1
chmod 755 "$WORK"
trap clean_up EXIT
trap 'exit 1' INT TERM
RANDOM=$SEED
diag "CSRC_FIRE_SEED=$SEED CSRC_FIRE_ROUNDS=$ROUNDS"
[ "$ROUNDS" -eq 0 ] || killed
disk "little space" min_free_space=8M
disk "no space" min_free_space=0
scene away
illness "spool away" spool_away spool_back
done_testing
