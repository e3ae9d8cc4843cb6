#!/bin/bash
# The milter protocol, step by step: miltertest plays the MTA, each script of
# this directory one conversation. What must show beside the replies is looked
# for in the log, the spool and /proc.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

HERE=$CSRC_SOURCE/tests/milter

# converse SCRIPT [NAME=VALUE…]
converse()
{
	local script=$1 pair
	local -a defines=()
	shift

	for pair; do
		defines+=(-D "$pair")
	done
	timeout 60 miltertest -D "socket=$GATEWAY_MILTER" -D "dir=$HERE" \
		-D "script=$HERE/$script.lua" "${defines[@]}" -s "$HERE/run.lua"
}

# line QUEUE-ID PATTERN TEXT: that mail's log line.
line()
{
	local found

	wait_for 10 gateway_verdict "$1"
	found=$(gateway_verdict "$1")
	like "$found" "$2" "$3"
}

# fresh TOTAL: a sealed report that was not sent before, in $MAIL.
fresh()
{
	sealed $DEVICE "$1"
}

# with OPTION VALUE: restarts with it.
with()
{
	gateway_stop
	gateway_option "$1" "$2"
	begin_gateway
}

descriptors()
{
	find "/proc/$GATEWAY_PID/fd" -mindepth 1 2>/dev/null | wc -l
}

resident()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$GATEWAY_PID/status"
}

has_descriptors()
{
	[ "$(descriptors)" -le "$1" ]
}

# Sessions, replies, recipients.
conversations()
{
	ok "what is negotiated" converse negotiate
	not_ok "an MTA that lets no recipient be deleted" converse keeps
	ok "is named in the log" \
		grep -q "lets no filter delete recipients" "$GATEWAY_LOG"
	ok "mail to others passes untouched" converse pass
	ok "addresses as given and as completed" converse address
	fresh 1
	ok "a report, and the same again" converse report "mail=$MAIL"
	line FIRST "*verdict=genuine * channel=mail client=192.0.2.1 sequence=1*" \
		"the first is genuine"
	line AGAIN "*verdict=duplicate *sequence=1*" "the second is a duplicate"
	fresh 2
	ok "mixed recipients" converse mixed "mail=$MAIL"
	fresh 3
	ok "mails given up at every step" converse abort "mail=$MAIL"
	line WHOLE "*verdict=genuine *sequence=3*" \
		"the mail after them is whole"
	ok "connections that end at every step" converse hangup
	ok "a thousand recipients" converse many
	ok "strange macros" converse macros
	line MACROS "*verdict=spoof*" "and the mail was judged"
	wait_for 10 in_spool 3
	is "$(gateway_reports | wc -l)" 3 "three reports are in the spool"
}

options()
{
	gateway_option on_spoof reject
	ok "on_spoof = reject takes a reload" csrcadm reload
	ok "a spoof is rejected, others' mail is not" converse reject
	gateway_option on_spoof discard
	gateway_option on_genuine deliver
	ok "on_genuine = deliver takes a reload" csrcadm reload
	fresh 4
	ok "a report goes on to its center" converse deliver "mail=$MAIL"
	gateway_option on_genuine discard
	ok "and back" csrcadm reload
	gateway_option max_connections 1
	gateway_option database_cache 64M
	not_ok "an option that needs a restart is refused" csrcadm reload
	not_ok "and nothing else of that file counts" \
		converse connections limit=1
}

# The center's own mail to a device.
outgoing()
{
	csrcadm device set $DEVICE --address printer@device.example
	gateway_option submit_logins "jim joe"
	gateway_option submit_daemons CENTER
	ok "submit_… take a reload" csrcadm reload
	ok "the center's mail to a device" converse outgoing
	like "$(grep -F "OUT: outgoing=stamped" "$GATEWAY_LOG")" \
		"*serial=$DEVICE email_id=*" "its log line"
	like "$(grep -F "OUT: outgoing=passed" "$GATEWAY_LOG")" \
		"*serial=$DEVICE *sender=joe@other.example*" \
		"what passes has one too"
	like "$(grep -F "OUT: outgoing=deleted" "$GATEWAY_LOG")" \
		"*serial=$DEVICE *" "and what is deleted"
	like "$(grep -F "error: OUT: outgoing=trouble" "$GATEWAY_LOG")" \
		"*{daemon_name}*" "a macro that never came is an error"
	gateway_option recipient_delimiter +-
	ok "recipient_delimiter takes a reload" csrcadm reload
	fresh 900
	ok "addresses with extensions" converse extension "mail=$MAIL"
	line TAGGED "*verdict=genuine *" "a center's is the center's"
	gateway_option recipient_delimiter ""
	ok "and back" csrcadm reload
	ok "an MTA that lets us change too little" converse unable
	like "$(grep -F "UNABLE: not sent to device" "$GATEWAY_LOG")" \
		"*the MTA does not*" "is named in the log"
	gateway_option submit_logins "*"
	gateway_option submit_daemons ""
	ok "any login" csrcadm reload
	ok "is trusted" converse login
	gateway_option submit_logins ""
	ok "and back" csrcadm reload
	ok "nothing more is asked for than before" converse negotiate
}

# hand OPERAND…: as a channel's program does, by a user who is that.
hand()
{
	setpriv --reuid=daemon --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$WORK/handover" \
		"$GATEWAY_DIR/run/control.sock" "$@"
}

# One message, sealed once, by each way that there is.
every_way()
{
	cp "$CSRC_BUILD/tests/tools/handover" "$WORK"
	gateway_option channel_users daemon=webdav
	with control_socket_group games
	fresh 950
	ok "a report by mail" converse one "mail=$MAIL"
	line ONE "*verdict=genuine *channel=mail *" "is admitted"
	like "$(hand submit $CENTER "$MAIL")" \
		"taken duplicate - * device:$DEVICE
CSRC-Receipt: 1*State: taken*" "is a duplicate by a channel, with a receipt"
	like "$(csrcadm submit "$MAIL" --center $CENTER)" \
		"verdict: duplicate *disposal: taken" "and as a file"
	fresh 951
	like "$(hand submit $CENTER "$MAIL")" "taken genuine *" \
		"a report by a channel"
	ok "comes by mail again" converse one "mail=$MAIL"
	wait_for 10 grep -q "ONE: verdict=duplicate" "$GATEWAY_LOG"
	ok "and is a duplicate" \
		grep -q "ONE: verdict=duplicate" "$GATEWAY_LOG"
}

limits()
{
	gateway_option max_message_size 100000
	gateway_option max_header_size 100000
	gateway_option max_header_fields 1000
	gateway_option max_line_length 100000
	gateway_option max_report_size 100000
	gateway_option quarantine_size 1M
	gateway_option max_connections 3
	with max_buffered 200k
	ok "mails at the size limit and one octet beyond" \
		converse size limit=100000
	line BODY0 "*reason=unprotected*" "body at the limit is judged"
	line BODY1 "*reason=too-large*" "body beyond it is too large"
	line HEADER0 "*reason=unprotected*" "header at the limit is judged"
	line HEADER1 "*reason=too-large*" "header beyond it is too large"
	ok "more connections than max_connections" converse connections limit=3
	gateway_option max_message_size 150000
	gateway_option max_report_size 150000
	ok "a larger limit takes a reload" csrcadm reload
	ok "more mail at once than max_buffered" converse buffered
}

# Kilobytes that the daemon may grow by: a sanitizer keeps books of its own.
slack()
{
	if grep -qa -e __asan_init -e __tsan_init "$CSRC_BUILD/csrc-milter"; then
		echo 8192
	else
		echo 2048
	fi
}

hostile_peers()
{
	local before descriptors

	descriptors=$(descriptors)

	"$CSRC_BUILD/tests/milter/probe" "${GATEWAY_MILTER#unix:}" 300
	wait_for 10 has_descriptors "$descriptors"
	before=$(resident)
	ok "1,000 connections that no MTA makes" timeout 240 \
		"$CSRC_BUILD/tests/milter/probe" "${GATEWAY_MILTER#unix:}" 1000
	ok "leave no descriptor behind" \
		wait_for 10 has_descriptors "$descriptors"
	ok "and no memory" test "$(resident)" -le $((before + $(slack)))
	ok "and all connections are to be had" converse connections limit=3
}

signals()
{
	local log=$GATEWAY_LOG

	with log_level debug
	# it answers once it is up
	ok "is up" csrcadm stats
	kill -HUP "$GATEWAY_PID"
	ok "SIGHUP reloads" wait_for 5 grep -q "configuration reloaded" "$log"
	ok "and the daemon lives" converse pass
	for _ in {1..1000}; do
		kill -HUP "$GATEWAY_PID"
	done
	ok "as many as come" converse pass
	echo "nonsense = 1" >>"$GATEWAY_CONF"
	not_ok "a bad file is refused" csrcadm reload
	sed -i '/^nonsense/d' "$GATEWAY_CONF"
	ok "and the old one stays in force" converse pass
	converse slow "stop=$WORK/stop" "taken=$WORK/taken" \
		>"$WORK/slow" 2>&1 &
	ok "a mail is under way" wait_for 10 test -e "$WORK/stop"
	kill "$GATEWAY_PID"
	wait $! 2>/dev/null
	not_ok "it is not taken when the daemon stops" test -e "$WORK/taken"
	not_ok "nor judged" gateway_verdict OPEN
	wait "$GATEWAY_PID"
	is $? 0 "a clean stop exits with 0"
	is "$(ls "$GATEWAY_DIR/run")" "" "and leaves no socket"
	GATEWAY_PID=
}

# One that comes before there is anything to reload waits until there is.
early()
{
	rm -f "$GATEWAY_LOG"
	# shellcheck disable=SC2016 # the inner shell's own number
	env --block-signal=HUP sh -c 'kill -HUP $$; exec "$@"' sh \
		"$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" \
		2>>"$GATEWAY_DIR/out" &
	GATEWAY_PID=$!
	ok "SIGHUP at the start reloads after it" \
		wait_for 20 grep -q "configuration reloaded" "$GATEWAY_LOG"
	gateway_stop
}

has_told()
{
	grep -qx "$1=1" "$WORK/told"
}

has_told_often()
{
	[ "$(grep -cx WATCHDOG=1 "$WORK/told")" -gt 3 ]
}

# Under a service manager, which opens the socket and is told how it goes.
managed()
{
	gateway_option milter_socket fd:3
	perl "$HERE/manager.pl" "${GATEWAY_MILTER#unix:}" \
		"$GATEWAY_DIR/run/notices" "$CSRC_BUILD/csrc-milter" -f \
		-c "$GATEWAY_CONF" >"$WORK/told" 2>>"$GATEWAY_DIR/out" &
	GATEWAY_PID=$!
	ok "tells the service manager that it is ready" \
		wait_for 30 has_told READY
	ok "serves the socket that it was given" converse pass
	ok "tells again and again that it lives" wait_for 10 has_told_often
	ok "reloads" csrcadm reload
	ok "tells that too" wait_for 10 has_told RELOADING
	ok "still serves" converse pass
	kill "$GATEWAY_PID"
	wait "$GATEWAY_PID"
	is $? 0 "stops cleanly"
	ok "tells that it stops" wait_for 10 has_told STOPPING
	GATEWAY_PID=
	ok "leaves the socket to its owner" \
		test -S "${GATEWAY_MILTER#unix:}"
	rm -f "${GATEWAY_MILTER#unix:}" "$GATEWAY_DIR/run/notices"
	gateway_option milter_socket "$GATEWAY_MILTER"
}

accepts()
{
	(exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# over_tcp KIND HOST: an MTA on another machine comes this way. miltertest
# speaks no IPv6.
over_tcp()
{
	local before=$GATEWAY_MILTER port

	port=$(free_port)
	GATEWAY_MILTER=$1:$port@$2
	gateway_option milter_socket "$GATEWAY_MILTER"
	"$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" \
		>>"$GATEWAY_DIR/out" 2>&1 &
	GATEWAY_PID=$!
	ok "$1: is up" wait_for 30 test -S "$GATEWAY_DIR/run/control.sock"
	ok "$1: accepts" wait_for 30 accepts "$2" "$port"
	[ "$1" != inet ] || ok "$1: serves" converse pass
	gateway_stop
	GATEWAY_MILTER=$before
	gateway_option milter_socket "$GATEWAY_MILTER"
}

# Without -f: the command returns once it serves, or says why it does not.
background()
{
	local pid

	ok "starts in the background" timeout 30 \
		"$CSRC_BUILD/csrc-milter" -c "$GATEWAY_CONF"
	ok "and serves" converse pass
	pid=$(sed -n 's/.*csrc-milter\[\([0-9]*\)\].*started.*/\1/p' \
		"$GATEWAY_LOG" | tail -n 1)
	is "$(sed -n 's/^Uid:[[:space:]]*//p' "/proc/$pid/status" |
		tr '\t' '\n' | sort -u)" "$(id -u "$GATEWAY_USER")" "as its user"
	is "$(sed -n 's/^Cap\(Prm\|Eff\):\t0*$/\1/p' "/proc/$pid/status" |
		wc -l)" 2 "without capabilities"
	timeout 30 "$CSRC_BUILD/csrc-milter" -c "$GATEWAY_CONF" 2>"$WORK/second"
	is $? 71 "a second one does not start"
	like "$(cat "$WORK/second")" "*listens there already*" "and says why"
	kill "$pid"
	ok "stops" wait_for 20 gone_or_zombie "$pid"
	chmod 644 "$GATEWAY_DIR/master.key"
	timeout 30 "$CSRC_BUILD/csrc-milter" -c "$GATEWAY_CONF" 2>"$WORK/second"
	is $? 78 "a readable master key is refused"
	like "$(cat "$WORK/second")" "*master.key*0644*" "and named"
	chmod 600 "$GATEWAY_DIR/master.key"
}

command_line()
{
	"$CSRC_BUILD/csrc-milter" -x 2>/dev/null
	is $? 64 "a wrong option is a usage error"
	"$CSRC_BUILD/csrc-milter" extra 2>/dev/null
	is $? 64 "so is an operand"
	ok "-n finds no fault" "$CSRC_BUILD/csrc-milter" -n -c "$GATEWAY_CONF"
	printf 'user = x\nuser = y\n' >"$WORK/bad.conf"
	"$CSRC_BUILD/csrc-milter" -n -c "$WORK/bad.conf" 2>"$WORK/said"
	is $? 78 "-n finds one"
	like "$(cat "$WORK/said")" "csrc-milter: $WORK/bad.conf:2: *" \
		"and names file and line"
}

command -v miltertest >/dev/null || skip_all "no miltertest"
harness_begin
begin_gateway
conversations
outgoing
options
every_way
limits
hostile_peers
signals
early
managed
over_tcp inet 127.0.0.1
if grep -q . /proc/net/if_inet6 2>/dev/null; then
	over_tcp inet6 ::1
else
	skip "inet6: is up, accepts" "no IPv6"
fi
background
command_line
done_testing
