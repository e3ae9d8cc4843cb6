#!/bin/bash
# HACKING.md says which room may call which, and which file knows a foreign
# library; the symbols of what was built say who does.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
. "$srcdir/tests/lib.sh"

work=$(mktemp -d) || bail_out "mktemp"
trap 'rm -rf "$work"' EXIT
cd "$builddir" || bail_out "no $builddir"

# rows HEADING: the cells of that table of HACKING.md, without its quotes.
rows()
{
	awk -F '|' -v want="$1" '$2 == want { on = 1; next }
		on && !/^\|/ { exit } on && !/^\|-/' "$srcdir/HACKING.md" |
		tr -d '`' | sed 's/^| *//; s/ *| */|/g; s/|$//'
}

# "FILE ROOM", of what a room is made of; a test's copies are not.
for room in $(rows " room " | cut -d '|' -f 1); do
	if [ -e "$room.o" ]; then
		echo "$room.o $room"
	else
		find "$room" -maxdepth 1 -name '*.o' ! -name 'tests_*' |
			sed "s|\$| $room|"
	fi
done | sort -u -k 1,1 | while read -r object room; do
	# not what an earlier build has left
	[ ! -e "$srcdir/${object%.o}.c" ] || echo "$object $room"
done >"$work/objects"

# symbols OPTION…: "SYMBOL OBJECT ROOM"
symbols()
{
	cut -d ' ' -f 1 "$work/objects" | xargs nm -A "$@" | awk '
		NR == FNR { room[$1] = $2; next }
		{ object = $1; sub(/:.*/, "", object); sub(/@.*/, "", $NF)
			print $NF, object, room[object] }' \
		"$work/objects" - | sort -k 1,1
}
ldd csrc-milter csrcadm csrc-ca csrc-dca csrc-exporter csrc-fax tests/tools/davclient \
	tests/tools/snmpclient >"$work/ldd"

# What the C library has as well is called as its, whoever stands in for it.
nm -D --defined-only "$(awk '$1 == "libc.so.6" { print $3; exit }' \
	"$work/ldd")" | awk '{ sub(/@.*/, "", $NF); print $NF }' |
	sort -u >"$work/libc"
symbols -g --defined-only | join -v 1 - "$work/libc" >"$work/defined"
symbols -u >"$work/used"
ok "there are objects and symbols" test -s "$work/defined" -a -s "$work/used"

# "USER USER'S-ROOM FILE FILE'S-ROOM", each once.
join -o 1.2,1.3,2.2,2.3 "$work/used" "$work/defined" | sort -u |
	awk '$2 != $4' >"$work/calls"

# The table first, "ROOM|…|WHOM", and then the calls.
rows " room " >"$work/table"
awk 'NR == FNR { split($0, cell, "|"); n = split(cell[3], to, " ")
		for (i = 1; i <= n; i++) may[cell[1], to[i]] = 1; next }
	{ file = $3; sub(/\.o$/, "", file) }
	!(($2, $4) in may) && !(($2, file) in may) { print $1, "calls", $3 }' \
	"$work/table" "$work/calls" >"$work/wrong"
is "$(cat "$work/wrong")" "" "no call goes against the arrows"

# A row that nobody needs is a door left open.
awk 'NR == FNR { file = $3; sub(/\.o$/, "", file); did[$2, $4] = did[$2, file] = 1
		next }
	{ split($0, cell, "|"); n = split(cell[3], to, " ")
		for (i = 1; i <= n; i++) if (!((cell[1], to[i]) in did))
			print cell[1], "does not call", to[i] }' \
	"$work/calls" "$work/table" >"$work/idle"
is "$(cat "$work/idle")" "" "each arrow is used"

# library SONAME FILE…: only these know it.
library()
{
	local so=$1 path
	shift

	path=$(awk -v s="lib$so" \
		'index($1, s) == 1 { print $3; exit }' "$work/ldd")
	if [ -z "$path" ]; then
		fail "$so is linked"
		return
	fi
	nm -D --defined-only "$path" | awk '{ sub(/@.*/, "", $NF); print $NF }' |
		sort -u >"$work/library"
	join -o 1.2 "$work/used" "$work/library" | sort -u |
		sed 's/\.o$/.c/' >"$work/know"
	printf '%s\n' "$@" | sort >"$work/may"
	is "$(cat "$work/know")" "$(cat "$work/may")" "$so: who knows it"
}

while IFS='|' read -r _ so files; do
	# shellcheck disable=SC2086 # a list
	library "$so" $files
done < <(rows " library ")
done_testing
