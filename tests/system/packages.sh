#!/bin/bash
# Our packages: built, looked at, and installed on a Debian 12 of their own, which
# then runs with a systemd and a network of its own. What is to be seen in there
# is in installed.sh. Needs root, debootstrap, systemd-nspawn and Debian's
# packages.
set -u

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/tests/system/root.sh"

WORK=
DEBS=
ROOT=
INSIDE=nothing
# what ours need, and what installed.sh does
NEEDED=(systemd systemd-sysv jq logrotate openssl postfix rpm
	libcurl4 libfcgi0ldbl libgmime-3.0-0 libinih1 libjansson4
	libdmtx0b libmicrohttpd12 libmilter1.0.1 libneon27 libsnmp40 libssl3
	libtiff6 libzip4)

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	local status=$?

	trap - EXIT INT TERM
	[ -z "$WORK" ] || rm -rf --one-file-system "$WORK"
	exit $status
}

# container OPTION… [COMMAND…]: one that no service manager keeps.
container()
{
	local unit=()

	[ -d /run/systemd/system ] || unit=(--keep-unit)
	# one hierarchy of control groups, whatever this machine has
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 10 400 \
		systemd-nspawn --quiet --register=no \
		"${unit[@]}" --machine="csrc-$$" --directory="$ROOT" \
		--bind-ro="$CSRC_SOURCE:/csrc/source" \
		--bind-ro="$CSRC_BUILD/tests/tools:/csrc/tools" \
		--bind="$WORK/shared:/csrc/shared" "$@" </dev/null
}

apt_inside()
{
	container --resolv-conf=copy-host --pipe \
		--setenv=DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends "$@"
}

# The same again, as its next version.
make_next()
{
	dpkg-deb -R "$DEBS"/csrc-gateway_*.deb "$WORK/next" &&
		sed -i 's/^Version: .*/&+next/' "$WORK/next/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$WORK/next" \
			"$WORK/shared/next.deb"
}

test_build()
{
	ok "contrib/packages builds them" \
		"$CSRC_SOURCE/contrib/packages" --rpm "$DEBS" ||
		bail_out "no packages"
	is "$(cd "$DEBS" && printf '%s ' *.deb | sed 's/_[^ ]*//g')" \
		"csrc-ca csrc-dca csrc-device csrc-exporter csrc-gateway-doc csrc-gateway csrc-line csrc-receive csrc-webdav " \
		"nine of them"
	ok "lintian finds neither errors nor warnings" lintian --allow-root \
		--fail-on error,warning "$DEBS"/csrc-gateway_*.changes
	ok "the next version" make_next
}

# Files, as "MODE OWNER/GROUP PATH", those of the package's own directories too;
# but what each distribution has by its own rules.
comparable()
{
	awk '!/^d/ || /csrc/' | sed 's|/$||; s|\.gz$||; s| /lib/| /usr/lib/|
		s|/zsh/vendor-completions/|/zsh/site-functions/|' |
		grep -vE " /usr/share/(doc/[^/]*|licenses/.*|doc-base/.*|lintian/.*)$" |
		grep -vE " /usr/share/doc/[^/]*/(changelog|copyright|README|NEWS)" |
		grep -vF " /usr/lib/.build-id" | sort
}

files_of_deb()
{
	dpkg-deb -c "$1" | awk '{ print $1, $2, substr($6, 2) }' | comparable
}

files_of_rpm()
{
	local line='%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME}'

	rpm -qp --qf "[$line %{FILENAMES}\n]" "$1" | comparable
}

# Files, modes and owners, configuration and version.
test_rpm()
{
	local name deb rpm

	for name in csrc-gateway csrc-ca csrc-dca csrc-device csrc-exporter csrc-gateway-doc \
		csrc-line csrc-receive csrc-webdav; do
		deb=$(echo "$DEBS/${name}"_*.deb)
		rpm=$(echo "$DEBS/$name"-[0-9]*.rpm)
		ok "$name: the .rpm has the .deb's files" diff \
			<(files_of_deb "$deb") <(files_of_rpm "$rpm")
		is "$(rpm -qpc "$rpm")" \
			"$(dpkg-deb -I "$deb" conffiles 2>/dev/null)" \
			"$name: the same are configuration"
		is "$(rpm -qp --qf '%{VERSION}' "$rpm")" \
			"$(dpkg-deb -f "$deb" Version)" "$name: its version"
	done
}

# test_scriptlets NAME: in the image, before it runs.
test_scriptlets()
{
	local name=$1 rpm phase script shared=$WORK/shared

	rpm=$(echo "$DEBS/$name"-[0-9]*.rpm)
	rm -f "$shared"/asked.*
	for script in POSTIN PREUN POSTUN; do
		rpm -qp --qf "%{$script}" "$rpm" >"$shared/rpm.$script"
	done
	ok "$name: the scripts of both run" container --pipe \
		/csrc/source/tests/system/scriptlets.sh "$name"
	for phase in install upgrade remove; do
		diag "$name, $phase: $(tr '\n' ',' <"$shared/asked.deb.$phase")"
		ok "$name, $phase: both ask the same of systemd" diff \
			"$shared/asked.deb.$phase" "$shared/asked.rpm.$phase"
	done
}

# As an image is made: nothing runs.
test_image()
{
	local state=var/lib/csrc-milter spool=var/spool/csrc

	cp "$DEBS"/*.deb "$WORK/shared/"
	apt_inside update >"$WORK/apt.log" 2>&1
	ok "what they need" apt_inside install "${NEEDED[@]}" ||
		bail_out "no packages of Debian's"
	ok "they install, and need no more" container --pipe \
		--setenv=DEBIAN_FRONTEND=noninteractive \
		bash -c 'dpkg -i /csrc/shared/csrc-*.deb' ||
		bail_out "no gateway"
	not_ok "an image has no master key" \
		test -e "$ROOT/etc/csrc-milter/master.key"
	is "$(cd "$ROOT" && find $state $spool -type f)" "" "and no store"
}

make_unit()
{
	local units=$ROOT/etc/systemd/system

	mkdir -p "$units/multi-user.target.wants"
	ln -s ../csrc-test.service "$units/multi-user.target.wants/"
	cat >"$units/csrc-test.service" <<-'END'
		[Unit]
		After=multi-user.target

		[Service]
		Type=oneshot
		Environment=LC_ALL=C.UTF-8 HOME=/root
		ExecStart=/csrc/source/tests/system/installed.sh
		StandardOutput=append:/csrc/shared/tap
		StandardError=inherit
		TimeoutStartSec=infinity
		ExecStopPost=/bin/systemctl --no-block --job-mode=replace-irreversibly start poweroff.target
	END
}

# What was said in there, as ours.
adopt()
{
	local line

	while IFS= read -r line; do
		case $line in
		"ok "*) pass "${line#* - }" ;;
		"not ok "*) fail "${line#* - }" ;;
		1..*) INSIDE=${line#1..} ;;
		*) diag "${line#\# }" ;;
		esac
	done
}

test_running()
{
	local before

	make_unit
	container --boot --private-network >"$WORK/boot.log" 2>&1 ||
		diag "$(tail -n 40 "$WORK/boot.log")"
	before=$TAP_COUNT
	adopt <"$WORK/shared/tap"
	is "$((TAP_COUNT - before))" "$INSIDE" "that ran to its end"
}

inside()
{
	container --pipe "$@"
}

# In the image again, from which the .deb's is purged by now. That distribution's
# own packages it has not.
test_rpm_installed()
{
	cp "$DEBS"/csrc-gateway-[0-9]*.rpm "$WORK/shared/gateway.rpm"
	ok "the .rpm installs" inside rpm --force-debian -i --nodeps \
		/csrc/shared/gateway.rpm
	ok "all of it is as packed" inside rpm -V --nodeps csrc-gateway
	ok "the daemon takes its configuration" inside csrc-milter -n
	ok "a store is made" inside csrcadm init
	ok "and is whole" inside csrcadm check
	ok "the .rpm goes" inside rpm --force-debian -e csrc-gateway
	ok "and leaves the key" test -s "$ROOT/etc/csrc-milter/master.key"
	not_ok "but not the daemon" test -e "$ROOT/usr/sbin/csrc-milter"
}

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
for needed in debootstrap systemd-nspawn dpkg-buildpackage lintian \
	rpmbuild; do
	command -v $needed >/dev/null || skip_all "no $needed"
done
trap finish EXIT
trap 'exit 1' INT TERM
WORK=$(mktemp -d) || bail_out "no temporary directory"
DEBS=$WORK/debs
ROOT=$WORK/root
ROOT_LOG=$WORK/debootstrap.log
mkdir "$WORK/shared"
test_build
root_make "$ROOT" || {
	diag "$(tail -n 20 "$ROOT_LOG")"
	bail_out "no Debian 12 can be made"
}
test_image
test_rpm
test_scriptlets csrc-gateway
test_scriptlets csrc-webdav
test_scriptlets csrc-ca
test_scriptlets csrc-dca
test_scriptlets csrc-exporter
test_scriptlets csrc-receive
test_scriptlets csrc-line
test_running
test_rpm_installed
done_testing
