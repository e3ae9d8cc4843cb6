#!/bin/bash
# Each promise in HACKING.md names a function and a test; they are there.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
. "$srcdir/tests/lib.sh"

# there "`NAME` in `FILE`" or "`FILE`"
there()
{
	local name file

	case $1 in
	*" in "*) name=${1%% in *} file=${1##* in } ;;
	*) name='' file=$1 ;;
	esac
	[ -f "$srcdir/$file" ] || return 1
	[ -z "$name" ] || grep -q "^$name(" "$srcdir/$file"
}

while IFS='|' read -r _ promise keeper proof _; do
	for cell in "$keeper" "$proof"; do
		cell=$(tr -d '`' <<<"$cell" | sed 's/^ *//; s/ *$//')
		ok "${promise# }: $cell" there "$cell"
	done
done < <(awk '/^## /{ on = $2 == "Promises" } on && /^\| / && NR > 1' \
	"$srcdir/HACKING.md" | sed 1d)
ok "there are promises" test "$TAP_COUNT" -gt 20
done_testing
