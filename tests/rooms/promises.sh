#!/bin/bash
# Each promise in HACKING.md names a function and a test; they are there, and so
# are the files that comments name.
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

# Prints "FILE names NAME" for what C comments name and nothing is called.
lost_names()
{
	find "$srcdir" -type f -not -path "$srcdir/build*" | perl -e '
		chomp(my @files = <STDIN>);
		my %there = map { s{.*/}{}r => 1 } @files;
		undef $/;
		for my $file (grep /\.[ch]$/, @ARGV) {
			open(my $in, "<", $file) or die "$file: $!\n";
			for my $comment (<$in> =~ m{/\*.*?\*/}sg) {
				for my $name ($comment =~
					/(?<![\w.-])([\w.-]+\.(?:c|h|sh|md|pl|lua))\b/g) {
					print "$file names $name\n"
						unless $there{$name};
				}
			}
		}' "$@" || echo "perl failed"
}
mapfile -t sources < <(find "$srcdir"/{base,dav,parser,config,store,gate,outgoing,control,milter,daemon,admin,device,webdav,tests} \
	-name '*.[ch]')
ok "there are sources" test "${#sources[@]}" -gt 200
is "$(lost_names "${sources[@]}")" "" "what comments name is there"
echo '/* as gone.c has it */' >"${TMPDIR:-/tmp}/lost.$$.c"
like "$(lost_names "${TMPDIR:-/tmp}/lost.$$.c")" "*names gone.c" \
	"and what is not there is found"
rm "${TMPDIR:-/tmp}/lost.$$.c"
done_testing
