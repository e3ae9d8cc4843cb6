#!/bin/bash
# Calls between two modems over a telephone line (V.22bis, both in software): with
# noise, echo and drop-outs, cut and made again, from the device and to it; and
# with mgetty on the center's side.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
# shellcheck source=tests/line/harness.sh
. "$srcdir/tests/line/harness.sh"
CSRC_SOURCE=$(cd "$srcdir" && pwd)
CSRC_BUILD=$(cd "$builddir" && pwd)
# shellcheck source=contrib/lib/process.sh
. "$CSRC_SOURCE/contrib/lib/process.sh"
# shellcheck source=contrib/lib/unpack.sh
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
# shellcheck source=contrib/lib/line.sh
. "$CSRC_SOURCE/contrib/lib/line.sh"

[ -x "$builddir/tests/tools/softmodem" ] || skip_all "no spandsp"
line_unpack || skip_all "the packages ppp and mgetty cannot be had"
CHAT=$CSRC_SOURCE/contrib/chat
SERVICE=

end()
{
	stop_process "$SERVICE"
	line_phone_stop
	finish
}
trap end EXIT

# phone OPTION…: another line
phone()
{
	stop_process "$SERVICE"
	SERVICE=
	line_phone_stop
	rm -f "$work/near" "$work/far"
	line_phone "$work" "$@" || bail_out "no modems"
}

configured()
{
	line_conf "handshake_timeout = 30s" "silence_timeout = 30s" \
		"[line far]" "tty = $work/far" "speed = 2400" "flow = no" \
		"answer = $LINE_CHAT -S -f $CHAT/answer.chat" \
		"dial = $LINE_CHAT -S -f $CHAT/dial.chat -T %n" \
		"[device $serial]" "on = far" "number = 4712"
}

# The center waits at its modem; a service manager would start it anew.
serve()
{
	"$work/answer" --line far &
	SERVICE=$!
}

BY_MODEM=(--tty "$work/near" --speed 2400 --no-flow --connect
	"$LINE_CHAT -S -f $CHAT/dial.chat -T %n" --number 4711)

ask()
{
	run --json request "$serial" --command counters --send
	[ "$code" -eq 0 ] || bail_out "no request: $err"
	ASKED=$((ASKED + 1))
}
ASKED=0

# through HOW: all that was reported and asked has come, once
through()
{
	is "$(queued) $(admitted)" "0 $((COUNT + ASKED))" \
		"$1: reports, a request and its answer"
}

# by_phone HOW WORD…: a call over such a line
by_phone()
{
	local how=$1
	shift

	phone "$@"
	serve
	report
	ask
	LINE_BY=("${BY_MODEM[@]}")
	calls 0 --counter total=900
	through "$how"
}

# A line so bad that calls may break; they go on until all is there.
by_bad_phone()
{
	local tries

	phone "$@"
	report
	ask
	for ((tries = 0; tries < 8; tries++)); do
		# one that is left behind on a dead line would wait for its limit
		stop_process "$SERVICE"
		serve
		keep device line "${BY_MODEM[@]}" --counter total=901
		[ "$code" -ne 0 ] || break
	done
	diag "$*: $tries calls broke"
	is "$code" 0 "drop-outs: a call comes through" || diag "$err"
	through "drop-outs"
}

proved()
{
	[ "$(grep -c ': proved$' "$work/run/log")" -gt "$1" ]
}

cut_and_made_again()
{
	local before

	phone
	serve
	report --model "$(printf '%064d' 1)"
	before=$(grep -c ': proved$' "$work/run/log")
	device line "${BY_MODEM[@]}" >"$work/out" 2>&1 &
	wait_for 60 proved "$before" || bail_out "no call"
	kill -USR1 "$LINE_PHONE_PID"
	wait $!
	is "$?" 5 "cut: the call breaks off" || diag "$(cat "$work/out")"
	is "$(queued)" 1 "cut: the report stays"
	! gone_or_zombie "$SERVICE" || serve
	LINE_BY=("${BY_MODEM[@]}")
	calls 0
	through "cut: the next call brings it"
}

nobody_there()
{
	phone
	keep device line "${BY_MODEM[@]}"
	is "$code" 5 "nobody answers: later"
	like "$err" "*no connection*" "why"
}

# The device's modem may not be ready to answer when it rings first.
center_gets_through()
{
	local tries

	for ((tries = 0; tries < 5; tries++)); do
		"$work/answer" --dial "$serial" && return
	done
	return 1
}

center_calls()
{
	phone
	report
	ask
	device line --tty "$work/near" --speed 2400 --no-flow --connect \
		"$LINE_CHAT -S -f $CHAT/answer.chat" --answer \
		--counter total=902 >"$work/out" 2>&1 &
	ok "the center calls" center_gets_through
	wait $!
	is "$?" 0 "and the device answers" || diag "$(cat "$work/out")"
	through "called"
}

by_mgetty()
{
	phone
	line_mgetty "$work" "$work/answer" ||
		bail_out "no mgetty: $(cat "$work/mgetty/out")"
	report
	ask
	LINE_BY=(--tty "$work/near" --speed 2400 --no-flow --connect
		"$LINE_CHAT -S -f $CHAT/dial-mgetty.chat -T %n" --number 4711)
	calls 0 --counter total=903
	through "mgetty"
}

costs()
{
	exits 0 --json device show "$serial"
	diag "$(jq -c .calls <<<"$out")"
	ok "what the calls have cost" jq -e '.calls | .count >= 6 and
		.seconds > 0 and .received > .sent' <<<"$out"
}

line_begin
configured
by_phone "clean"
by_phone "noise and echo" noise=-40 echo=20
# seldom enough for the modems to train in between
by_bad_phone every=8000 length=15
cut_and_made_again
nobody_there
center_calls
by_mgetty
costs
done_testing
