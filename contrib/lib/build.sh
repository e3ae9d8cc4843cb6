# shellcheck shell=bash
# Building beside the source. To be sourced; CSRC_SOURCE is the source tree.

# The source as it is cloned or unpacked, nothing that was built: a tar archive.
source_tree()
{
	cd "$CSRC_SOURCE" &&
		if [ -e .git ]; then
			git -c safe.directory=* ls-files -z -co --exclude-standard
		else
			find . -type f -not -path './build*' -print0
		fi | tar --null -T - -c
}

# build_configure DIRECTORY [VARIABLE=VALUE… --OPTION…]
build_configure()
{
	local directory=$1
	shift

	if [ -e "$CSRC_SOURCE/config.status" ]; then
		echo "the source tree is configured itself: run" \
			"'make distclean' in $CSRC_SOURCE first" >&2
		return 1
	fi
	if [ ! -x "$CSRC_SOURCE/configure" ] ||
		[ "$CSRC_SOURCE/configure.ac" -nt "$CSRC_SOURCE/configure" ] ||
		[ ! -e "$CSRC_SOURCE/Makefile.in" ]; then
		(cd "$CSRC_SOURCE" && autoreconf -i) || return 1
	fi
	mkdir -p "$directory"
	if [ "$(cat "$directory/configured-with" 2>/dev/null)" = "$*" ] &&
		[ -e "$directory/Makefile" ]; then
		return 0
	fi
	(cd "$directory" && "$CSRC_SOURCE/configure" "$@") || return 1
	echo "$*" >"$directory/configured-with"
}

build_make()
{
	local directory=$1
	shift

	make -C "$directory" -j "$(nproc)" "$@"
}

# build_quietly LOG COMMAND…: shows the log's end only when it fails.
build_quietly()
{
	local log=$1
	shift

	"$@" >"$log" 2>&1 && return 0
	echo "failed: $*" >&2
	tail -n 40 "$log" >&2
	return 1
}
