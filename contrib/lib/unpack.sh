# shellcheck shell=bash
# Debian's packages, unpacked into a directory of ours instead of installed: an
# MTA's package removes the one that the machine has, or lets it start. To be
# sourced.
#
#   unpack NAME PACKAGE…   below UNPACK_DIR/NAME, once; 1: it cannot be had
#
# UNPACK_DIR is beside the programs unless CSRC_UNPACKED says where.

UNPACK_DIR=${CSRC_UNPACKED:-$CSRC_BUILD/unpacked}

unpack()
{
	local name=$1 work package
	shift

	[ ! -d "$UNPACK_DIR/$name" ] || return 0
	mkdir -p "$UNPACK_DIR" &&
		work=$(mktemp -d "$UNPACK_DIR/.$name.XXXXXX") || return 1
	mkdir "$work/deb" "$work/root"
	if ! unpack_download "$work/deb" "$@"; then
		cat "$work/deb/out" >&2
		rm -rf "$work"
		return 1
	fi
	for package in "$work"/deb/*.deb; do
		dpkg -x "$package" "$work/root" || return 1
	done
	# whole or not at all, and another may have been faster
	mv -T "$work/root" "$UNPACK_DIR/$name" 2>/dev/null
	rm -rf "$work"
	[ -d "$UNPACK_DIR/$name" ]
}

# Not everybody may look into that directory: apt's own user may not.
unpack_download()
{
	local directory=$1
	shift

	(cd "$directory" &&
		apt-get -q -o APT::Sandbox::User=root download "$@" \
			>out 2>&1)
}
