#!/bin/bash
# A newcomer's machine: Debian 12 with nothing but git, and with exim as its mail
# server. The demo runs there as README says, and exim stays what it was; then
# README's commands are typed as they stand, from the packages that it needs to
# the first report in the spool. Needs root, debootstrap and Debian's packages.
set -u

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/build.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/tests/system/root.sh"

WORK=
ROOT=

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	local status=$?

	trap - EXIT INT TERM
	if [ -n "$ROOT" ]; then
		stop_milter
		umount "$ROOT/dev/pts" "$ROOT/dev/shm" "$ROOT/dev" "$ROOT/proc" \
			2>/dev/null
		mountpoint -q "$ROOT/dev" || rm -rf --one-file-system "$WORK"
	fi
	exit $status
}

make_root()
{
	root_make "$ROOT" &&
		mount -t proc proc "$ROOT/proc" &&
		mount --bind /dev "$ROOT/dev" &&
		mount -t tmpfs -o mode=1777 shm "$ROOT/dev/shm" &&
		mount -t devpts -o newinstance,ptmxmode=0666 pts "$ROOT/dev/pts"
}

inside()
{
	chroot "$ROOT" env -i HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"$@"
}

exim_version()
{
	# shellcheck disable=SC2016 # dpkg expands it
	inside dpkg-query -W -f '${db:Status-Status} ${Version}' \
		exim4-daemon-light
}

users()
{
	inside cat /etc/passwd /etc/group
}

try_demo()
{
	local before exim

	inside apt-get -q update >"$WORK/apt.log" 2>&1
	ok "exim is installed" inside apt-get -q -y --no-install-recommends \
		install git exim4-daemon-light
	exim=$(exim_version)
	like "$exim" "installed *" "and is there"
	before=$(users)
	mkdir "$ROOT/gateway"
	source_tree | tar -C "$ROOT/gateway" -x || bail_out "no copy of the tree"
	if inside /gateway/contrib/demo >"$WORK/demo.log" 2>&1; then
		pass "contrib/demo runs beside it"
	else
		fail "contrib/demo runs beside it"
		diag "$(tail -n 40 "$WORK/demo.log")"
	fi
	is "$(exim_version)" "$exim" "exim is still there"
	is "$(users)" "$before" "no user was made"
	not_ok "no other mail server was installed" \
		inside test -e /usr/sbin/postfix
}

# The daemon has gone into the background by itself.
stop_milter()
{
	local pid

	for pid in $(cd /proc && echo [0-9]*); do
		[ "$(readlink "/proc/$pid/exe" 2>/dev/null)" != \
			"$ROOT/usr/sbin/csrc-milter" ] || stop_process "$pid"
	done
}

# typed TEXT: the first indented block of README that has TEXT, as a newcomer
# types it: line after line, until one fails; asked whether, yes.
typed()
{
	awk -v want="$1" '
		/^    /{ block = block substr($0, 5) "\n"; next }
		block != "" && index(block, want){ exit }
		{ block = "" }
		END{ if (index(block, want)) printf "%s", block }' \
		"$ROOT/gateway/README.md" >"$ROOT/typed"
	[ -s "$ROOT/typed" ] || return 1
	yes | inside MAKEFLAGS="-j$(nproc)" sh -e -c 'cd /gateway && . /typed' >"$WORK/typed.log" 2>&1
}

# types TEXT: and it works, or all that follows is in vain.
types()
{
	if typed "$1"; then
		pass "README: $1"
	else
		fail "README: $1"
		diag "$(grep -E '^(FAIL|ERROR):' "$WORK/typed.log")"
		diag "$(tail -n 40 "$WORK/typed.log")"
		bail_out "README does not work"
	fi
}

says()
{
	like "$(cat "$WORK/typed.log")" "$1" "and says so: $1"
}

try_readme()
{
	inside rm -rf /gateway
	mkdir "$ROOT/gateway"
	source_tree | tar -C "$ROOT/gateway" -x
	# a Debian has it, this root does not
	ok "systemd is installed" inside apt-get -q -y \
		--no-install-recommends install systemd
	types "apt-get install"
	types "autoreconf"
	like "$(grep '^# \(PASS\|FAIL\|ERROR\)' "$WORK/typed.log" | tr -d ' \n')" \
		"#PASS:*#FAIL:0*#ERROR:0*" "make check has no failure"
	types "csrcadm init"
	# no systemd runs here: as README says without
	inside csrc-milter >"$WORK/milter.log" 2>&1
	is $? 0 "csrc-milter starts"
	wait_for 30 inside sh -c 'csrcadm stats | grep -qx "healthy 1"'
	types "csrcadm stats"
	says "*healthy 1*"
	types "umask 077"
	says "*A4FM021007478*"
	is "$(inside stat -c %a /gateway/device.key)" 600 "the key is its owner's"
	types "csrcadm explain"
	says "*genuine*"
	types "csrcadm submit"
	says "verdict: genuine sequence=1*"
	ok "in the spool there is a segment" wait_for 60 eval \
		"inside csrcadm spool list | grep -q 00000000000000000001"
	stop_milter
}

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
command -v debootstrap >/dev/null || skip_all "no debootstrap"
trap finish EXIT
trap 'exit 1' INT TERM
WORK=$(mktemp -d) || bail_out "no temporary directory"
ROOT=$WORK/root
ROOT_LOG=$WORK/debootstrap.log
make_root || {
	diag "$(tail -n 20 "$ROOT_LOG")"
	bail_out "no Debian 12 can be made"
}
try_demo
try_readme
done_testing
