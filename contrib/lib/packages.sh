# shellcheck shell=bash
# Which Debian packages what needs. To be sourced; packages_install LIST…
# installs those that are missing and does nothing, quickly, if none is. None of
# them may remove another, or be a server: those come unpacked (unpack.sh).

# shellcheck disable=SC2034 # the lists are for who sources this file
PACKAGES_BUILD=(
	autoconf automake gcc libc6-dev make pkg-config
	libcrypt-dev libcurl4-openssl-dev libdb5.3-dev libdmtx-dev libfcgi-dev libgmime-3.0-dev libidn2-dev libinih-dev libjansson-dev
	libmicrohttpd-dev libmilter-dev libneon27-dev libsnmp-dev libssl-dev libsystemd-dev libtiff-dev libxml2-dev libzip-dev
)
# shellcheck disable=SC2034
PACKAGES_DEMO=(
	jq openssl procps
	libdb5.3 libicu72 libnsl2 libsasl2-2
	libspandsp-dev # the modems of its telephone line
)
# to build our own packages; debhelper has dpkg-dev
# shellcheck disable=SC2034
PACKAGES_DEBIAN=(debhelper dpkg-dev mandoc)
# shellcheck disable=SC2034
PACKAGES_RPM=(rpm)
# shellcheck disable=SC2034
PACKAGES_TEST=(
	lintian systemd-container # looks at our packages, and runs them
	clang curl debootstrap libclang-rt-14-dev libcmocka-dev llvm m4 mandoc
	miltertest libldap-2.5-0 libnettle8 libsasl2-modules
	libsasl2-modules-db libwrap0 libxxhash0 shellcheck sqlite3 tcpdump util-linux valgrind xz-utils zsh
)

packages_installed()
{
	local state version least=

	# configure says why
	[ "$1" != libssl-dev ] || least=3.0.22
	read -r state version < <(dpkg-query -W \
		-f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null) &&
		[ "$state" = installed ] &&
		dpkg --compare-versions "$version" ge "${least:-0}"
}

packages_install()
{
	local package missing=() log

	for package; do
		packages_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "not root, and these packages are missing:" \
			"${missing[*]}" >&2
		return 1
	fi
	echo "installing ${missing[*]}"
	log=$(mktemp)
	if ! packages_apt "${missing[@]}" >>"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		echo "could not install ${missing[*]}" >&2
		return 1
	fi
	rm -f "$log"
}

packages_apt()
{
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300
		--no-install-recommends --no-remove)

	export DEBIAN_FRONTEND=noninteractive
	# old lists name old versions, or files that are gone
	"${apt[@]}" update || echo "apt-get update failed; trying all the same"
	"${apt[@]}" install "$@"
}
