#!/bin/bash
# Two collectors of one inbox, which are killed (-9) at random moments while
# devices write their reports, each again and again until its receipt is there;
# now and then the server is killed too, with whatever it has in hand, and what
# it had not synced is lost: every report is in the spool once, and nothing is
# left.
#
#     collectors.sh [KILLS]      100, or CSRC_KILLS
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/tests/webdav/collecting.sh"

KILLS=${1:-${CSRC_KILLS:-100}}
SERVER_EVERY=5 # kills of a collector
WRITERS=4
EACH=$((KILLS / 2 + 1))
PIDS=()
writers=()

# Reports of a device, numbered from its own thousand on, in WORK/todo/SERIAL.
make_messages()
{
	local serial=$1 first=$2 i

	mkdir -p "$WORK/todo"
	for ((i = first; i < first + EACH; i++)); do
		message "$serial" $i >"$WORK/todo/$serial.0123456789ab-$i.p7m"
	done
}

# writer SERIAL: as a device does it. A receipt ends it for a report.
writer()
{
	local file name receipt

	for file in "$WORK/todo/$1".*; do
		name=${file##*/}
		receipt=${name#*.}
		receipt=$APACHE_FILES/outbox/$1/${receipt%.p7m}.receipt
		until [ -e "$receipt" ]; do
			store "$file" "$name"
			wait_for_moment test -e "$receipt"
		done
	done
}

# A device does not know better when to try again.
wait_for_moment()
{
	local tries=20

	while [ $tries -gt 0 ] && ! "$@"; do
		sleep 0.05
		tries=$((tries - 1))
	done
}

# begin NUMBER: that collector, anew
begin()
{
	collector_start
	PIDS[$1]=$COLLECTOR_PID
}

# end_one NUMBER
end_one()
{
	kill -9 "${PIDS[$1]}"
	wait "${PIDS[$1]}" 2>/dev/null
	PIDS[$1]=
}

# A power failure of the server: of the files that are young none is there any
# more, whatever was said of them.
kill_server()
{
	apache_kill
	find "$APACHE_FILES" -type f -newermt "0.5 seconds ago" -print -delete \
		>>"$WORK/lost"
	apache_start "$WORK" basic || bail_out "no Apache"
}

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	local pid

	for pid in "${PIDS[@]}" "${writers[@]}"; do
		[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	done
	gateway_stop
	webdav_end
}

webdav_begin basic
trap finish EXIT
collecting_begin $WRITERS
collector_configure "$WORK"
collector_server a "url=$APACHE_URL" center=K0001 user=collector \
	"password_file=$(collector_secret password collector-password)" \
	"ca_file=$APACHE_CONF/ca.pem" paths=login interval=1 connections=3
for ((i = 1; i <= WRITERS; i++)); do
	apache_device D0000$i
	make_messages D0000$i ${i}000
done
begin 0
begin 1
for ((i = 1; i <= WRITERS; i++)); do
	writer D0000$i &
	writers+=($!)
done
for ((i = 0; i < KILLS; i++)); do
	sleep 0.$((RANDOM % 8))$((RANDOM % 10))
	one=$((RANDOM % 2))
	end_one $one
	[ $((i % SERVER_EVERY)) -ne $((SERVER_EVERY - 1)) ] || kill_server
	begin $one
done
wait "${writers[@]}"
writers=()
pass "each device has the receipts of all its reports"
end_one 0
end_one 1
once 0 "then nothing is left to do"
is "$(files "$APACHE_FILES/inbox")$(files "$APACHE_FILES/work")" "" \
	"nothing is left behind"
gateway_stop
ok "files were lost on the way" test -s "$WORK/lost"
gateway_reports | jq .report.counters.total | sort >"$WORK/spooled"
for ((i = 1; i <= WRITERS; i++)); do
	seq ${i}000 $((i * 1000 + EACH - 1))
done | sort >"$WORK/wanted"
ok "each of $((WRITERS * EACH)) reports is in the spool once, after $KILLS kills" \
	diff "$WORK/wanted" "$WORK/spooled"
diag "the server was killed $((KILLS / SERVER_EVERY)) times," \
	"and lost $(wc -l <"$WORK/lost") files"
diag "$(grep -c 'verdict=genuine' "$COLLECTOR_LOG") genuine," \
	"$(grep -c 'verdict=duplicate' "$COLLECTOR_LOG") duplicates"
done_testing
