# shellcheck shell=bash
# A Debian 12 of a test's own, in a directory. To be sourced, behind unpack.sh.
#
#   root_make DIR     the least that there is, with this machine's sources of
#                     packages; made once for all tests, 1: it cannot be had
#
# It is kept beside the unpacked packages.

ROOT_LOG=/dev/null

# Where this machine gets its packages from, and how.
root_mirror()
{
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(SITE) $(RELEASE)' \
		'Created-By: Packages' | sed -n 's/ bookworm$//p' | head -n 1
}

root_archive()
{
	local site work=$UNPACK_DIR/.debian

	site=$(root_mirror)
	[ -n "$site" ] || return 1
	rm -rf --one-file-system "$work"
	# certificates, for mirrors by https
	debootstrap --variant=minbase --include=ca-certificates bookworm \
		"$work" "$site" >>"$ROOT_LOG" 2>&1 || return 1
	rm -rf "$work"/etc/apt/sources.list{,.d}
	cp -r /etc/apt/sources.list.d "$work/etc/apt/"
	[ ! -e /etc/apt/sources.list ] ||
		cp /etc/apt/sources.list "$work/etc/apt/"
	cp -r /etc/apt/apt.conf.d/. "$work/etc/apt/apt.conf.d/"
	tar -C "$work" -cf "$UNPACK_DIR/.debian.tar" . &&
		mv "$UNPACK_DIR/.debian.tar" "$UNPACK_DIR/debian.tar" || return 1
	rm -rf --one-file-system "$work"
}

# One makes it, the others wait.
root_archived()
{
	mkdir -p "$UNPACK_DIR" &&
		(flock 9 && { [ -e "$UNPACK_DIR/debian.tar" ] || root_archive; }) \
			9>"$UNPACK_DIR/debian.lock"
}

root_make()
{
	root_archived && mkdir -p "$1" &&
		tar -C "$1" -xf "$UNPACK_DIR/debian.tar" &&
		cp /etc/resolv.conf /etc/hosts "$1/etc/"
}
