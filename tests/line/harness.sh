# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2120 # who sources it sets and calls them
# What the tests of lines share: a daemon, csrc-line as its own user, and a
# device with its queue. To be sourced, behind tests/lib.sh and
# tests/admin/gateway.sh.
#
#   line_begin               a daemon with center K0001, and the device $serial,
#                            whose key is in $work/key
#   $work/answer             a command that answers a call, as csrc-line's user;
#                            its log is $work/line.log
#   line_conf [LINE…]        csrc-line's configuration, with more lines in it
#   line_command NAME WORD…  $work/NAME, a command that runs the words as that user
#   report [OPTION…]         a new report into $work/queue
#   calls WANTED [OPTION…]   csrc-device line; its exit code must be that one
#   by COMMAND WORD…         WORD…, with that command for the line
#   queued, admitted         how many messages lie in the queue, and how many
#                            reports were admitted

[ "$(id -u)" -eq 0 ] || skip_all "needs root: csrc-line is a user of its own"
command -v setpriv >/dev/null || skip_all "no setpriv"

LINE_USER=bin
cat >>"$conf" <<END
control_socket_group = games
channel_users = $LINE_USER=line
END

line_conf()
{
	{
		echo "center = K0001"
		echo "socket = $work/run/control.sock"
		echo "state_directory = $work/line"
		echo "log_target = stderr"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$work/line.conf"
	chmod 644 "$work/line.conf"
}

line_command()
{
	printf '#!/bin/sh\nexec setpriv --reuid=%s --regid=games %s' "$LINE_USER" \
		'--clear-groups env -u TSAN_OPTIONS' >"$work/$1"
	# shellcheck disable=SC2016 # the command's
	printf ' "%s"' "${@:2}" >>"$work/$1"
	printf ' "$@" 2>>"%s"\n' "$work/line.log" >>"$work/$1"
	chmod 755 "$work/$1"
}

line_begin()
{
	mkdir "$work/line"
	chown $LINE_USER "$work/line"
	: >"$work/line.log"
	chmod 666 "$work/line.log"
	cp "$builddir/csrc-line" "$work/csrc-line"
	line_command answer "$work/csrc-line" -c "$work/line.conf"
	line_conf
	exits 0 init
	exits 0 center add K0001
	exits 0 center add K0002
	exits 0 device add "$serial" --center K0001 --channel line
	exits 0 device key "$serial" --generate
	cp "$work/out" "$work/key"
	chmod 600 "$work/key"
	start_daemon
	how=daemon
}

# device COMMAND [OPTION…]
device()
{
	"$builddir/csrc-device" "$1" --center "${center:-K0001}" \
		--serial "${who:-$serial}" --key-file "${key:-$work/key}" \
		--queue "$work/queue" "${@:2}"
}

report()
{
	keep device report --counter "total=$((++COUNT))" "$@"
	[ "$code" -eq 0 ] || bail_out "no report: $err"
}
COUNT=0

by()
{
	local LINE_BY=(--command "$1")
	shift

	"$@"
}

calls()
{
	local wanted=$1
	shift

	keep device line "${LINE_BY[@]}" "$@"
	is "$code" "$wanted" "a call ends with $wanted${1:+ ($*)}" ||
		diag "$out" "$err" "$(tail -n 5 "$work/line.log")"
}
# shellcheck disable=SC2034 # by what a call is made
LINE_BY=(--command "$work/answer")

queued()
{
	find "$work/queue" -maxdepth 1 \( -name '*.p7m' -o -name '*.eml' \) |
		wc -l
}

admitted()
{
	run stats --json
	jq .next_sequence <<<"$out" | awk '{ print $1 - 1 }'
}
