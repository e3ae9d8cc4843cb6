#!/bin/bash
# What the scripts of a package ask of systemd, those of the .deb and of the .rpm,
# one thing a line, in files "asked.KIND.PHASE": packages.sh runs this with its
# name in a container in which the .deb is installed and nothing runs, with the
# scripts of the .rpm beside it. In place of the programs that they call they find this.
set -u

SHARED=/csrc/shared
INFO=/var/lib/dpkg/info
CALLED=(systemctl systemd-sysusers systemd-tmpfiles
	deb-systemd-helper deb-systemd-invoke)

# units VERB WORD…: those of WORD… that are no options.
units()
{
	local verb=$1 word
	shift

	for word; do
		case $word in
		-*) ;;
		*) echo "$verb $word" ;;
		esac
	done
}

# What those of the .deb look after besides: masks, and what the administrator
# has enabled, which is a new unit only at the installation.
helper()
{
	[ "$1" != --quiet ] || shift
	case $1 in
	enable) units "$@" ;;
	was-enabled) [ "$PHASE" = install ] ;;
	debian-installed) false ;;
	esac
}

manager()
{
	local verb

	while [[ $1 = -* ]]; do
		shift
	done
	verb=$1
	shift
	case $verb in
	start | stop) units "$verb" "$@" ;;
	restart | try-restart) units restart "$@" ;;
	preset) units enable "$@" ;;
	esac
}

called()
{
	local program=$1
	shift

	case $program in
	systemd-sysusers | systemd-tmpfiles) units "$program" "$@" ;;
	deb-systemd-helper) helper "$@" ;;
	*) manager "$@" ;;
	esac
}

make_programs()
{
	local name

	mkdir -p /csrc/bin /run/systemd/system
	for name in "${CALLED[@]}"; do
		ln -sf /csrc/source/tests/system/scriptlets.sh "/csrc/bin/$name"
	done
}

# deb SCRIPT WORD…, rpm SCRIPT NUMBER: as the package manager would.
deb()
{
	local script=$1
	shift

	[ -e "$INFO/$NAME.$script" ] || return 0
	ASKED=$SHARED/asked.deb.$PHASE "$INFO/$NAME.$script" "$@"
}

rpm()
{
	ASKED=$SHARED/asked.rpm.$PHASE sh -e "$SHARED/rpm.$1" "$2"
}

run_all()
{
	export PHASE PATH=/csrc/bin:$PATH DEBIAN_FRONTEND=noninteractive
	PHASE=install
	deb postinst configure && rpm POSTIN 1 || exit 1
	PHASE=upgrade
	deb prerm upgrade 2 && deb postrm upgrade 2 &&
		deb postinst configure 1 || exit 1
	rpm POSTIN 2 && rpm PREUN 1 && rpm POSTUN 1 || exit 1
	PHASE=remove
	deb prerm remove && deb postrm remove || exit 1
	rpm PREUN 0 && rpm POSTUN 0
}

case ${0##*/} in
scriptlets.sh)
	NAME=$1
	make_programs
	run_all
	;;
*)
	called "${0##*/}" "$@" >>"$ASKED"
	;;
esac
