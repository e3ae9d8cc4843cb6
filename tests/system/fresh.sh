#!/bin/bash
# A newcomer's machine: Debian 12 with nothing but git, and with exim as its mail
# server. The demo runs there as README says, and exim stays what it was. Needs
# root, debootstrap and Debian's packages.
set -u

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/build.sh"
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
		umount "$ROOT/dev/shm" "$ROOT/dev" "$ROOT/proc" 2>/dev/null
		mountpoint -q "$ROOT/dev" || rm -rf --one-file-system "$WORK"
	fi
	exit $status
}

make_root()
{
	root_make "$ROOT" &&
		mount -t proc proc "$ROOT/proc" &&
		mount --bind /dev "$ROOT/dev" &&
		mount -t tmpfs -o mode=1777 shm "$ROOT/dev/shm"
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
done_testing
