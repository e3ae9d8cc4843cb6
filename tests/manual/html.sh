#!/bin/bash
# Every page renders as HTML, and what the pages link to among themselves is
# there.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"

command -v mandoc >/dev/null || skip_all "no mandoc"

# page FILE: is whole, and its links within the manual lead somewhere.
page()
{
	local name=${1##*/} link file anchor lost=

	like "$(tail -n 1 "$1")" "</html>" "$name is whole"
	while IFS= read -r link; do
		file=${link%%#*}
		anchor=${link#"$file"}
		file=$html/${file:-$name}
		[ -e "$file" ] && [ -z "$anchor" ] ||
			grep -q -F "id=\"${anchor#?}\"" "$file" ||
			lost+=" $link"
	done < <(grep -o 'href="[^"]*"' "$1" | grep -vE '"https?:' |
		sed 's/^href="\(.*\)"$/\1/' | sort -u)
	is "$lost" "" "$name: its links lead somewhere"
}

html=$builddir/man/html
ok "they render" make -C "$builddir" html
for manual in "$srcdir"/man/*.[1-8]; do
	page "$html/${manual##*/}.html"
done
is "$(find "$html" -name '*.html' | wc -l)" \
	"$(find "$srcdir/man" -name '*.[1-8]' | wc -l)" "as many as there are"
done_testing
