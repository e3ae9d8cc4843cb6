# shellcheck shell=bash
# The show of "contrib/demo line": a telephone line between device and center, two
# modems, and csrc-line, which answers. To be sourced by contrib/demo, behind
# line.sh.
# shellcheck disable=SC2154 # center, serial and the like are the demo's

# by_phone SERIAL CENTER [OPTION…]: csrc-device calls that center's number, as that
# device has it installed. What it says is in $directory/mails/said.
by_phone()
{
	local who=$1 wanted=$2 mails=$directory/mails
	shift 2

	"$CSRC_BUILD/csrc-device" line --center "$wanted" --serial "$who" \
		--key-file "$mails/key.$who" --queue "$mails/queue.$serial" \
		--tty "$directory/near" --speed 2400 --no-flow --connect \
		"$LINE_CHAT -S -f $CSRC_SOURCE/contrib/chat/dial.chat -T %n" \
		--number 4711 "$@" >"$mails/said" 2>&1
	set -- $?
	cat "$mails/said" "$LINE_LOG" >&3
	return "$1"
}

# into_queue OPTION…: a report that goes with the next call
into_queue()
{
	"$CSRC_BUILD/csrc-device" report --center "$center" \
		--serial "$serial" --key-file "$directory/mails/key.$serial" \
		--queue "$directory/mails/queue.$serial" "$@" >&3 2>&3 ||
		surprise "no report"
}

line_waits()
{
	find "$directory/mails/queue.$serial" -maxdepth 1 -name '*.p7m'
}

# The center's modem; a service manager would start it anew.
line_serve()
{
	stop_process "$LINE_PID"
	"$LINE_ANSWER" --line far &
	LINE_PID=$!
}

line_set_up()
{
	title "And a telephone line between device and center"
	[ -x "$CSRC_BUILD/tests/tools/softmodem" ] ||
		surprise "no modems: libspandsp-dev was not there when $CSRC_BUILD was configured"
	line_unpack || surprise "the package ppp cannot be had"
	line_phone "$directory" noise=-45 echo=24 || surprise "no modems"
	line_configure "$directory" "$center"
	line_section "line far" "tty=$directory/far" speed=2400 flow=no \
		"answer=$LINE_CHAT -S -f $CSRC_SOURCE/contrib/chat/answer.chat"
	csrcadm device set "$serial" --channel line >&3 ||
		surprise "cannot set the channel of $serial"
	line_serve
	echo "A telephone line with noise and echo, two V.22bis modems of 2,400 bit/s, which"
	echo "live $LINE_SPEED times as fast as others; csrc-line answers at one of them."
	echo
}

line_reports()
{
	local count

	tried "A genuine report, by telephone"
	into_queue --counter total=4711
	by_phone "$serial" "$center" || surprise "$(cat "$directory/mails/said")"
	[ -z "$(line_waits)" ] || surprise "it is still in the queue"
	became "" "report 1 in the spool, and the device has its receipt"

	tried "The center asks, and the device answers in the same call"
	# shellcheck disable=SC2034 # still looks at it
	email_id=$(csrcadm --json request "$serial" --command counters --send |
		jq -r .email_id)
	by_phone "$serial" "$center" --counter total=4815 ||
		surprise "$(cat "$directory/mails/said")"
	still answered
	count=$(gateway_reports | wc -l)
	[ "$count" -eq 2 ] || surprise "$count reports in the spool"
	became "" "the request came down, its answer went up"
}

# no_session TEXT WORD: the last call was none; the center's log has that word
no_session()
{
	local line

	line=$(grep ' line: call ' "$GATEWAY_LOG" | tail -n 1)
	echo "log:   $line" >&3
	case $line in
	*": $2") ;;
	*) surprise "expected: $2, not $line" ;;
	esac
	became "" "$1"
}

line_strangers()
{
	local calls

	into_queue --counter total=4900
	calls=$(grep -c ' line: call ' "$GATEWAY_LOG")
	tried "The device wants another center"
	by_phone "$serial" K0002 && surprise "there was a call"
	[ "$(grep -c ' line: call ' "$GATEWAY_LOG")" -eq "$calls" ] ||
		surprise "it said who it is"
	became "" "it hung up, and did not even say who it is"

	tried "A device that nobody knows calls"
	cp "$directory/mails/key.$serial" "$directory/mails/key.NOBODY"
	by_phone NOBODY "$center" && surprise "there was a call"
	no_session "no session" "unknown device"

	tried "One that is registered calls with another's key"
	mv "$directory/mails/key.$other" "$directory/mails/key"
	cp "$directory/mails/key.$serial" "$directory/mails/key.$other"
	by_phone "$other" "$center" && surprise "there was a call"
	mv "$directory/mails/key" "$directory/mails/key.$other"
	no_session "no session" "key of another"

	tried "It is disabled, and calls"
	csrcadm device disable "$serial" >&3
	by_phone "$serial" "$center" && surprise "there was a call"
	csrcadm device enable "$serial" >&3
	no_session "no session" "disabled device"
	[ -n "$(line_waits)" ] || surprise "its report is gone"
}

line_proved()
{
	[ "$(grep -c ' line: call .*: proved$' "$GATEWAY_LOG")" -gt "$1" ]
}

line_cut()
{
	local before

	tried "The line is cut in the midst of a report"
	before=$(grep -c ' line: call .*: proved$' "$GATEWAY_LOG")
	by_phone "$serial" "$center" &
	wait_for 60 line_proved "$before" || surprise "no call"
	kill -USR1 "$LINE_PHONE_PID"
	wait $! && surprise "the call came through"
	[ -n "$(line_waits)" ] || surprise "its report is gone"
	became "" "the device keeps it"

	tried "So it calls again"
	! gone_or_zombie "$LINE_PID" || line_serve
	by_phone "$serial" "$center" || surprise "$(cat "$directory/mails/said")"
	[ -z "$(line_waits)" ] || surprise "it is still in the queue"
	became "" "it went on where it was cut: report 3 in the spool"
}

show_line()
{
	line_set_up
	line_reports
	line_strangers
	line_cut
	line_the_end $((SECONDS - began))
	[ -z "$stay" ] || line_stay
}

line_the_end()
{
	local count

	count=$(gateway_reports | wc -l)
	[ "$count" -eq 3 ] || surprise "$count reports in the spool"
	csrcadm spool verify >&3 || surprise "the spool does not verify"
	table
	echo
	echo "The spool, which billing reads, has these three and no more:"
	gateway_reports | jq -r '"    \(.sequence)  \(.received)  \(.serial)  " +
		"\(.channel)  \(.report.kind), total \(.report.counters.total)"'
	csrcadm --json device show "$serial" | jq -r '.calls |
		"What the calls have cost: \(.count), \(.seconds) seconds, " +
		"\(.received) octets of the device, \(.sent) to it."'
	cat <<END

All as expected, in $1 seconds. Read next:
    man -l man/csrc-line.8             the center's end
    man -l man/csrc-device.1           the device's end
    man -l man/csrc-line.5             what they say to each other
    contrib/chat/, contrib/mgetty/     the dialogue with modems
END
}

line_stay()
{
	cat <<END

modems:         $directory/near and $directory/far, log $directory/phone.log
csrc-line:      $LINE_CONF, log $LINE_LOG
END
}
