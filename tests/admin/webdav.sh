#!/bin/bash
# WebDAV servers are registered; a device gets a password, and the server what
# proves it.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
odd='a/b"c=1'
spelled=A=2FB=22C=3D1

servers()
{
	exits 0 server list
	is "$out" "" "$how: none yet"
	exits 0 server add south-1 --url https://dav.example/csrc/ \
		--mail Admin@Dav.Example
	exits 3 server add SOUTH-1 --url https://other.example --mail a@b.example
	exits 3 server add "SOUTH 2" --url https://b.example --mail a@b.example
	exits 3 server add "" --url https://b.example --mail a@b.example
	exits 3 server add "$(printf 'A%.0s' {1..33})" \
		--url https://b.example --mail a@b.example
	for url in ftp://b.example b.example https:// https:///path \
		"https://b.example/a b" https://user:pw@b.example \
		"https://b.example/?q" "https://b.example/#f" \
		"https://b.example/$(printf 'a%.0s' {1..240})"; do
		exits 3 server add SOUTH-2 --url "$url" --mail a@b.example
	done
	exits 3 server add SOUTH-2 --url https://b.example --mail nobody
	exits 2 server add SOUTH-2 --url https://b.example
	exits 0 server add EAST --url http://10.0.0.1:8080 --mail a@b.example
	exits 0 server list
	is "$(tr -s ' ' <<<"$out")" "SERVER URL MAIL
EAST http://10.0.0.1:8080 a@b.example
SOUTH-1 https://dav.example/csrc/ admin@dav.example" "$how: its list"
	exits 0 --json server show South-1
	is "$(jq -r '.server + " " + .url + " " + .mail' <<<"$out")" \
		"SOUTH-1 https://dav.example/csrc/ admin@dav.example" \
		"$how: as JSON"
	exits 0 server show east
	like "$out" "server EAST
url http*
mail a@b.example
created 2*" "$how: as text"
	exits 0 check
	exits 0 server remove East
	exits 3 server remove East
	exits 3 server show East
}

# hashes LINE PASSWORD: is that what the C library makes of it?
hashes()
{
	local hash=${1#*:}

	# shellcheck disable=SC2016 # perl's
	is "$(perl -e 'print crypt($ARGV[0], $ARGV[1])' "$2" "$hash")" "$hash" \
		"$how: the line is the password's"
	# shellcheck disable=SC2016 # as it is
	like "$hash" '$2y$05$*' "$how: by bcrypt"
}

passwords()
{
	local first

	exits 0 center add K0001
	exits 0 device add "$odd" --center K0001 --channel webdav
	exits 3 webdav password nobody
	exits 0 webdav password "$odd"
	first=$(sed -n 's/^password: //p' <<<"$out")
	like "$out" "user: $spelled
password: *
line: $spelled:*" "$how: its output"
	ok "$how: 28 letters in four groups" grep -qE \
		'^[a-z2-9]{7}(-[a-z2-9]{7}){3}$' <<<"$first"
	hashes "$(sed -n 's/^line: //p' <<<"$out")" "$first"
	not_ok "$how: it is on no record" \
		grep -rqF "$first" "$work/var" "$work/run"
	ok "$how: that one was made is" grep -q '"webdav","password"' \
		"$work/var/state/journal"

	exits 0 webdav password "$odd" --digest "CSRC reports"
	is "$(sed -n 's/^line: //p' <<<"$out")" \
		"$spelled:CSRC reports:$(printf '%s:CSRC reports:%s' "$spelled" \
			"$(sed -n 's/^password: //p' <<<"$out")" |
			md5sum | cut -d ' ' -f 1)" "$how: by digest"
	exits 3 webdav password "$odd" --digest "a:b"
	exits 3 webdav password "$odd" --digest ""
	exits 3 webdav password "$odd" --digest "$(printf 'r%.0s' {1..64})"

	rm -rf "$work/dir"
	mkdir "$work/dir"
	exits 0 webdav password "$odd" --output "$work/dir"
	is "$(stat -c %a "$work/dir/"*)" 600 "$how: for its owner"
	is "$(wc -l <"$work/out")" 1 "$how: only the line"
	hashes "$out" "$(cat "$work/dir/"*.password)"
	exits 4 webdav password "$odd" --output "$work/dir"
	like "$err" "*exists*" "$how: no file is written over"
	is "$out" "" "$how: and no line printed"
	rm "$work/dir/"*
	exits 0 --json webdav password "$odd" --output "$work/dir"
	is "$(jq -r '.file, .user, .password' <<<"$out" | tr '\n' ' ')" \
		"$(echo "$work/dir/"*) $spelled null " "$how: as JSON"
	exits 3 webdav password "$odd" --output "$work/none"
}

how=alone
exits 0 init
servers
passwords
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	servers
	passwords
else
	skip "through the daemon" "it is not built"
fi
done_testing
