#!/bin/bash
# A limit of descriptors, and hundreds of connections: the store never lacks
# one, no CPU is burnt, the log says so, and mails are judged.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

# ticks: CPU time that the daemon took, in hundredths of a second.
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$GATEWAY_PID/stat"
}

descriptors()
{
	find "/proc/$GATEWAY_PID/fd" -mindepth 1 2>/dev/null | wc -l
}

# one_flood FILE COUNT [OCTETS]: so many connections that stay, each having said
# that. FILE is there once they are.
one_flood()
{
	exec perl -MIO::Socket::UNIX -e '
		$SIG{PIPE} = "IGNORE";
		my ($path, $ready, $count, $hex) = @ARGV;
		for (1 .. $count) {
			my $s = IO::Socket::UNIX->new(Peer => $path) or next;
			syswrite $s, pack("H*", $hex) if $hex;
			push @all, $s;
		}
		mkdir $ready;
		sleep 600' "${GATEWAY_MILTER#unix:}" "$@"
}

# flood [OCTETS]: 400, by two who have few descriptors themselves.
flood()
{
	one_flood "$WORK/first" 200 "$@" &
	FLOOD=$!
	one_flood "$WORK/second" 200 "$@" &
	FLOOD="$FLOOD $!"
	wait_for 30 test -d "$WORK/first"
	wait_for 30 test -d "$WORK/second"
	rmdir "$WORK/first" "$WORK/second"
}

drain()
{
	# shellcheck disable=SC2086
	kill $FLOOD
	# shellcheck disable=SC2086
	wait $FLOOD 2>/dev/null
}

# What an MTA says first: version 6, all actions, all steps.
NEGOTIATE=0000000d4f00000006000001ff001fffff

# limited COMMAND…: with few descriptors.
limited()
{
	(ulimit -n 256 && exec "$@")
}

few_descriptors()
{
	local before

	limited "$CSRC_BUILD/csrc-milter" -n -c "$GATEWAY_CONF" 2>"$WORK/said"
	is $? 78 "-n: 200 connections do not fit into 256 descriptors"
	like "$(cat "$WORK/said")" "*max_connections = 200 needs * 256*" \
		"and it says so"
	limited timeout 20 "$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" \
		2>"$WORK/said"
	is $? 78 "nor does it start"
	gateway_option max_connections 100
	ulimit -S -n 64
	ulimit -H -n 256
	begin_gateway
	is "$(awk '/^Max open files/ { print $4 }' \
		"/proc/$GATEWAY_PID/limits")" 256 "the soft limit is raised"
	gateway_option max_connections 300
	not_ok "a reload with more than fits is refused" csrcadm reload
	gateway_option max_connections 100
	ok "one with what fits is not" csrcadm reload

	flood
	before=$(ticks)
	ok "400 that say nothing leave most descriptors" \
		test "$(descriptors)" -le 64
	judged "with 400 that say nothing" 1
	ok "csrcadm is answered" csrcadm stats
	sleep 1
	ok "no CPU is burnt" test $(($(ticks) - before)) -lt 50
	ok "the log has a line" grep -q "too many that say nothing" \
		"$GATEWAY_LOG"
	drain

	flood $NEGOTIATE
	before=$(ticks)
	ok "400 that have spoken take no more than there is" \
		test "$(descriptors)" -le 160
	ok "csrcadm is answered" csrcadm device list
	sleep 1
	ok "no CPU is burnt" test $(($(ticks) - before)) -lt 50
	ok "the log has a line" grep -q "max_connections" "$GATEWAY_LOG"
	drain
	wait_for 10 emptied
	judged "when they have gone" 2
	not_ok "the store is whole" grep -q "Too many open files\|PANIC" \
		"$GATEWAY_LOG" "$GATEWAY_DIR/out"
	ok "and checked" csrcadm check
}

emptied()
{
	[ "$(descriptors)" -le 64 ]
}

# judged TEXT NUMBER: a genuine report.
judged()
{
	sealed "$DEVICE" "$2"
	ok "$1: a report is judged" timeout 60 miltertest \
		-D "socket=$GATEWAY_MILTER" -D "dir=$CSRC_SOURCE/tests/milter" \
		-D "script=$CSRC_SOURCE/tests/milter/one.lua" \
		-D "mail=$MAIL" -s "$CSRC_SOURCE/tests/milter/run.lua"
	ok "$1: and is in the spool" wait_for 10 in_spool "$2"
}

command -v miltertest >/dev/null || skip_all "no miltertest"
harness_begin
few_descriptors
done_testing
