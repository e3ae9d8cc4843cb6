# shellcheck shell=bash
# What the tests of csrcadm share: a gateway of their own in $work, whose daemon
# they may start. To be sourced, behind tests/lib.sh.
#
#   $conf, $work, $serial    its configuration, its directory, a device
#   $user                    the daemon's user, "" for this one
#   $how                     what works just now, for the texts of tests
#   keep COMMAND…, run WORD… its streams and exit code in out, err, code
#   exits CODE WORD…         csrcadm ends with that code
#   start_daemon             its process id in $daemon

[ "$(id -u)" -ne 0 ] || id nobody >/dev/null 2>&1 ||
	skip_all "no user nobody"
command -v jq >/dev/null || skip_all "no jq"
command -v openssl >/dev/null || skip_all "no openssl"

work=$(mktemp -d) || bail_out "mktemp"
daemon=
finish()
{
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait
	rm -rf "$work"
}
trap finish EXIT

# shellcheck disable=SC2034 # for who sources this
serial=A4FM021007478
conf=$work/csrc-milter.conf
builddir=${builddir:-.}
how=alone
user=
mkdir "$work/run"
chmod 755 "$work"
if [ "$(id -u)" -eq 0 ]; then
	user=nobody
	chown nobody "$work/run"
fi
umask 022
cat >"$conf" <<END
user = $user
milter_socket = unix:$work/run/milter.sock
control_socket = $work/run/control.sock
state_directory = $work/var/state
spool_directory = $work/var/spool
quarantine_directory = $work/var/quarantine
master_key_file = $work/etc/master.key
format_directory = $work/formats
local_format_directory = $work/local
publish_interval = 0
log_target = $work/run/log
END

keep()
{
	"$@" >"$work/out" 2>"$work/err"
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

run()
{
	keep "$builddir/csrcadm" -c "$conf" "$@"
}

exits()
{
	local wanted=$1
	shift

	run "$@"
	is "$code" "$wanted" "$how: csrcadm $* exits $wanted" ||
		diag "$out" "$err"
}

start_daemon()
{
	local i

	"$builddir/csrc-milter" -f -c "$conf" >"$work/daemon" 2>&1 &
	daemon=$!
	for ((i = 0; i < 600; i++)); do
		"$builddir/csrcadm" -c "$conf" reload >/dev/null 2>&1 && return
		sleep 0.1
	done
	cat "$work/daemon" "$work/run/log" >&2
	return 1
}
