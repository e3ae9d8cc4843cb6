#!/bin/bash
# Licences are made for whom there is; a code is told once and is nowhere else
# in the clear.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
letters='[A-HJKMNP-Z2-9]'
low='[a-hjkmnp-z2-9]'
is_code="^$letters{4}(-$letters{4}){6}\$"

# told NAME: that line of the output
told()
{
	sed -n "s/^$1: //p" <<<"$out"
}

registered()
{
	exits 0 licence list
	is "$out" "" "$how: none yet"
	exits 3 licence new --serial "$serial"
	exits 3 licence new --server SOUTH
	exits 0 center add K0001
	exits 0 device add "$serial" --center K0001 --channel webdav
	exits 0 server add SOUTH --url https://dav.example/ --mail a@b.example
	exits 0 licence new --server south
	exits 0 licence new --collector South-1
	exits 0 agent add s7 --center K0001
	exits 0 licence new --agent s7
	exits 3 licence new --agent "S 7"
	exits 3 licence new --collector "$(printf 'A%.0s' {1..33})"
	exits 0 licence list
	is "$(awk 'NR > 1 { print $2, $3, $5 }' <<<"$out" | sort)" \
		"agent:S7 unused -
collector:SOUTH-1 unused -
server:SOUTH unused -" "$how: whom they are for"
	exits 2 licence new
	exits 2 licence new --agent S7 --server SOUTH
	for count in 0 201 -1 x 1x ""; do
		exits 2 licence new --agent S7 --count "$count"
	done
	for valid in 0 x -1d 106751991167300d; do
		exits 2 licence new --agent S7 --valid "$valid"
	done
	# as it is spelled, it has more than a certificate's name may have
	exits 0 device add "$(printf '/%.0s' {1..22})" --center K0001
	exits 3 licence new --serial "$(printf '/%.0s' {1..22})"
}

told_once()
{
	local id secret

	exits 0 licence new --serial "${serial,,}"
	id=$(told licence) secret=$(told code)
	ok "$how: an id" grep -qE "^lic-$low{10}\$" <<<"$id"
	ok "$how: a code" grep -qE "$is_code" <<<"$secret"
	not_ok "$how: the code is on no record" grep -rqiE \
		"$secret|${secret//-/}" "$work/var" "$work/run" "$work/etc"
	ok "$how: that one was made is" grep -q '"licence","new"' \
		"$work/var/state/journal"
	exits 0 licence show "${id^^}"
	like "$out" "licence $id
for device:$serial
state unused
created 2*
expires 2*
used -
confirmed -
revoked -
held -
key -
transaction -
resets 0" "$how: as text"
	exits 0 --json licence show "$id"
	is "$(jq -r '[.licence, .principal, .state, .used, .key, .held, .resets]
		| map(tostring) | join(" ")' <<<"$out")" \
		"$id device:$serial unused null null null 0" "$how: as JSON"
	is "$(jq '((.expires | fromdate) - (.created | fromdate)) / 86400' \
		<<<"$out")" 30 "$how: for 30 days"
	not_ok "$how: and no code" grep -q "$secret" "$work/out"
}

ended_and_freed()
{
	local id

	exits 0 --json licence new --serial "$serial" --count 3 --valid 2h
	is "$(jq -r .code <<<"$out" | grep -cE "$is_code")" 3 "$how: three"
	is "$(jq -r .code <<<"$out" | sort -u | wc -l)" 3 "$how: unlike"
	id=$(jq -r .licence <<<"$out")
	# shellcheck disable=SC2086 # words
	exits 0 licence revoke $id
	id=${id%%$'\n'*}
	exits 0 licence revoke "$id"
	exits 0 --json licence list
	is "$(jq -r 'select(.revoked) | .state' <<<"$out" | uniq -c | xargs)" \
		"3 revoked" "$how: revoked"
	exits 0 licence list --unused
	not_ok "$how: which is not unused" grep -q "$id" "$work/out"
	exits 0 --json licence reset "$id" --valid 5d
	is "$(jq -r .licence <<<"$out")" "$id" "$how: reset"
	exits 0 --json licence show "$id"
	is "$(jq -r '.state, .revoked, .resets' <<<"$out" | xargs)" \
		"unused null 1" "$how: it is free"
	exits 0 licence list --unused
	ok "$how: and unused" grep -q "$id" "$work/out"
	for filter in used unconfirmed; do
		exits 0 licence list --$filter
		is "$out" "" "$how: none is $filter"
	done
	exits 2 licence list --used --unused
	for verb in show revoke reset; do
		exits 3 licence $verb lic-aaaaaaaaaa
		like "$err" "*there is no licence*" "$how: not there"
		exits 3 licence $verb lic-aaaaaaaaab
		like "$err" "*mistyped*" "$how: or mistyped"
	done
}

into_files()
{
	rm -rf "$work/dir"
	mkdir "$work/dir"
	exits 0 licence new --serial "$serial" --count 2 --output "$work/dir"
	is "$(awk '{ print $2 }' <<<"$out" | sort)" \
		"$(printf '%s\n' "$work/dir"/*)" "$how: the files"
	is "$(stat -c %a "$work/dir"/* | uniq)" 600 "$how: for their owner"
	is "$(sed -n 's/^code: //p' "$work/dir"/* | grep -cE "$is_code")" 2 \
		"$how: a code in each"
	is "$(sed -n 's/^licence: //p' "$work/dir"/*)" \
		"$(cd "$work/dir" && printf '%s\n' * | sed 's/\.licence$//')" \
		"$how: and its id"
	not_ok "$how: no code is printed" grep -qE "$letters{4}-" "$work/out"
	rm "$work/dir"/*
	exits 0 --json licence new --serial "$serial" --output "$work/dir"
	is "$(jq -r '.file, .principal, .code' <<<"$out" | xargs)" \
		"$(echo "$work/dir"/*) device:$serial null" "$how: as JSON"
	exits 3 licence new --serial "$serial" --output "$work/none"
	exits 0 check
}

all()
{
	exits 0 init
	if [ "$how" = daemon ]; then
		start_daemon || bail_out "the daemon does not start"
	fi
	registered
	told_once
	ended_and_freed
	into_files
}

all
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	all
else
	skip "through the daemon" "it is not built"
fi
done_testing
