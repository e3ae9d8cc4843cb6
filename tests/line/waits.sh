#!/bin/bash
# csrc-line on a terminal line: what passes is waited for, a call that is lost is
# logged, and what does not pass ends it. The line is a pair of ptys.

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
. "$srcdir/contrib/lib/process.sh"
command -v socat >/dev/null || skip_all "no socat"
SERVICE=
CABLE=
lock=${work#/dev/}/far
lock=/var/lock/LCK..${lock//\//_}

end()
{
	stop_process "$SERVICE"
	stop_process "$CABLE"
	rm -f "$lock"
	finish
}
trap end EXIT

said()
{
	grep -c "$1" "$work/line.log"
}

says()
{
	[ "$(said "$1")" -ge "$2" ]
}

# A modem that rings as soon as $work/call is there, and waits until then.
modem()
{
	cat >"$work/modem" <<END
#!/bin/sh
echo waits >>$work/rings
until [ -e $work/call ]; do sleep 0.1; done
exit 0
END
	chmod 755 "$work/modem"
	: >"$work/rings"
	chmod 666 "$work/rings"
}

cable()
{
	socat "PTY,link=$work/near,raw,echo=0" \
		"PTY,link=$work/far,raw,echo=0,mode=0666" &
	CABLE=$!
	wait_for 5 test -e "$work/far" || bail_out "no line"
}

stop_daemon()
{
	stop_process "$daemon"
	daemon=
}

waits_for_rings()
{
	[ "$(wc -l <"$work/rings")" -ge "$1" ]
}

test_gateway()
{
	"$work/answer" --line far &
	SERVICE=$!
	wait_for 10 says "line far: no calls for now: gateway" 1
	is "$(said 'no calls for now: gateway')" 1 \
		"without a gateway it waits, and says so"
	is "$(wc -l <"$work/rings")" 0 "and no modem answers"
	ok "it goes on" alive "$SERVICE"
}

test_lock()
{
	printf '%10d\n' $$ >"$lock"
	start_daemon
	ok "then somebody else has the line" \
		wait_for 20 says "no calls for now: .*process $$ has the line" 1
	is "$(wc -l <"$work/rings")" 0 "and no modem answers"
	ok "it goes on, too" alive "$SERVICE"
	rm -f "$lock"
	ok "the line is given back, and calls are waited for" \
		wait_for 20 waits_for_rings 1
	is "$(said 'no calls for now')" 2 "each was told once"
}

test_lost()
{
	stop_daemon
	: >"$work/call"
	ok "a call that finds no gateway any more is logged" \
		wait_for 10 says "call from far: nobody: trouble: gateway" 1
	rm -f "$work/call"
	start_daemon
	ok "and the next one is waited for" wait_for 20 waits_for_rings 2
}

test_configuration()
{
	line_conf "[line far]" "tty = $work/far" "speed = 2400" \
		"answer = /nonexistent/chat"
	keep "$work/answer" --line far
	is "$code" 3 "what a configuration has wrong ends it"
	keep "$work/answer" --line near
	is "$code" 3 "as does a line that it has not"
}

line_begin
stop_daemon
modem
cable
line_conf "[line far]" "tty = $work/far" "answer = $work/modem"
test_gateway
test_lock
test_lost
stop_process "$SERVICE"
SERVICE=
test_configuration
done_testing
