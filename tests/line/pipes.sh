#!/bin/bash
# Calls over pipes that lose, double and garble octets, are slow, are cut at any
# octet, or whose ends are killed: each message is admitted once, however many
# calls it takes, and a request is answered once.
#
#   CSRC_EVERY=N   cut at each Nth octet of a call (101; 1: at each)

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

EVERY=${CSRC_EVERY:-101}
BADPIPE=$builddir/tests/tools/badpipe

# over OPTION…: a call over such a pipe; its exit code in code
over()
{
	keep device line --command "$BADPIPE $* $work/answer" \
		--counter total=7
}

# What was reported, and answered, each once?
once()
{
	run --json request list
	is "$(admitted) $(queued) $(jq -r .state <<<"$out" | sort | uniq -c |
		tr -s ' \n' ' ')" "$((COUNT + ASKED)) 0 $1" "$2"
}

ask()
{
	run --json request "$serial" --command counters --send
	[ "$code" -eq 0 ] || bail_out "no request: $err"
	ASKED=$((ASKED + 1))
}
ASKED=0

# calls, until one is through
until_through()
{
	local left

	for ((left = 20; left > 0; left--)); do
		over "$@" "seed=$left"
		[ "$code" -ne 0 ] || return 0
		[ "$code" -eq 5 ] || return 1
	done
	return 1
}

bad()
{
	local how

	for how in lose=2000 double=2000 garble=2000 \
		"lose=5000 double=5000 garble=5000 rate=20000 delay=10"; do
		report
		report
		ask
		# shellcheck disable=SC2086 # words
		ok "a pipe with $how" until_through $how
	done
	once " $ASKED answered " "all is there once"
}

# A whole call's octets, both ways.
measure()
{
	report
	ask
	over "count=$work/count"
	is "$code" 0 "a call without faults"
	read -r up down <"$work/count"
	WHOLE=$((up + down))
	diag "$WHOLE octets"
}

# cut_at WHAT: one of cut, kill and orphan, at every so many octets of a call
cut_at()
{
	local what=$1 every=$2 at codes=

	for ((at = every; at < WHOLE; at += every)); do
		report
		[ $((at / every % 4)) -ne 0 ] || ask
		over "$what=$at" 2>/dev/null
		[[ $codes == *" $code "* ]] || codes+=" $code "
		over
		[ "$code" -eq 0 ] || fail "$what=$at: the next call" ||
			diag "$out" "$err"
	done
	diag "$what: those calls ended with$codes"
	once " $ASKED answered " "$what at every ${every}th octet of $WHOLE"
}

line_begin
bad
measure
cut_at cut "$EVERY"
cut_at kill $((EVERY * 5))
cut_at orphan $((EVERY * 5))
run check
is "$code" 0 "the store is sound"
done_testing
