# shellcheck shell=bash disable=SC2154
# csrc-exporter as a user of its own, beside tests/admin/gateway.sh's daemon. To
# be sourced behind that.
#
#   as USER WORD…        instead of this shell: csrc-exporter; bin is an observer
#   keep_as USER WORD…   its streams and exit code in out, err, code
#   $exporter            the process id of one that is to end with the test

[ "$(id -u)" -eq 0 ] || skip_all "not root: no other users"
command -v curl >/dev/null || skip_all "no curl"

cat >>"$conf" <<END
control_socket_group = games
channel_users = bin=observer
END
exporter=

# shellcheck disable=SC2317 # the trap calls it
finish_exporter()
{
	[ -z "$exporter" ] || kill "$exporter" 2>/dev/null
	finish
}
trap finish_exporter EXIT

as()
{
	local who=$1
	shift

	exec setpriv --reuid="$who" --regid=games --clear-groups \
		"$builddir/csrc-exporter" -s "$work/run/control.sock" "$@"
}

# shellcheck disable=SC2034 # for who sources this
keep_as()
{
	(as "$@") >"$work/out" 2>"$work/err"
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}
