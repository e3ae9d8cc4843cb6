#!/bin/bash
# The journal: every change has its line, on disk before it is made, and no
# secret in it; whatever happens to the file, lines stay lines.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
journal=$work/var/state/journal
me=$(id -un)

# last: the last line's words, and its exit code
last()
{
	tail -n 1 "$journal" | jq -r '"\(.command | join(" ")) = \(.exit)"'
}

lines()
{
	wc -l <"$journal"
}

# changes CODE WORD…: it ends so, and has its line
changes()
{
	local before wanted=$1
	before=$(lines)

	exits "$@"
	shift
	is "$(last)" "$* = $wanted" "$how: its line"
	is $(($(lines) - before)) 1 "$how: no other"
}

# looks WORD…: it leaves none
looks()
{
	local before
	before=$(lines)

	exits 0 "$@"
	is "$(lines)" "$before" "$how: csrcadm $* leaves no line"
}

everything()
{
	changes 0 center add K0001 --address csrc@center.example
	changes 3 center add K0001
	changes 0 device add "$serial" --center K0001
	changes 0 device key "$serial" --generate
	key=$(sed -n 's/^key: //p' <<<"$out")
	not_ok "$how: no key in it" grep -qi "${key:-nothing}" "$journal"
	changes 0 backup "$work/run/backup.$how"
	changes 0 sequence --next 100
	looks sequence
	looks device key "$serial" --list
	looks device list
	looks stats
	looks log
	is "$(tail -n 1 "$journal" | jq -r '"\(.user) \(.uid) \(.role)"')" \
		"$me $(id -u) operator" "$how: who it was"
	like "$(tail -n 1 "$journal" | jq -r .time)" "20*Z" "$how: and when"
	run log
	like "$(tail -n 1 "$work/out")" \
		"20*Z $me operator 0 sequence --next 100" "$how: for people"
	run log --json
	is "$(tail -n 1 "$work/out" | jq -c .command)" \
		'["sequence","--next","100"]' "$how: as JSON"
}

how=alone
exits 0 init
is "$(last)" "init = 0" "init has one, too"
is "$(stat -c %a "$journal")" 600 "its mode"
[ -z "$user" ] || is "$(stat -c %U "$journal")" "$user" "its owner"
everything

how="cut off"
printf '{"time":"2026-11-30T10:00:00Z","user":"joe","role":"operator","command":["clock","accept"],"exit":null}\n{"half' \
	>>"$journal"
run log
like "$out" "*joe operator ? clock accept" "$how: it is not known how it ended"
exits 0 center add K0002
is "$(last)" "center add K0002 = 0" "$how: the next one is whole"

how="no place"
cp -p "$journal" "$work/journal"
for kind in mkdir mkfifo "ln -s $work/journal" "ln $work/journal"; do
	rm "$journal"
	$kind "$journal"
	run center add K0003
	not_ok "$how ($kind): it is not done" test "$code" -eq 0
	like "$err" "*journal*" "$how ($kind): and says why"
	rm -r "$journal"
	cp -p "$work/journal" "$journal"
done
exits 3 center show K0003

how=full
yes "$(tail -n 1 "$journal")" | head -c 4300000 | head -n -1 >"$work/big"
cat "$work/big" >>"$journal"
exits 0 center add K0003
is "$(lines)" 1 "$how: a new one is begun"
ok "$how: the one before is there" test -s "$journal.1"
run log
like "$(tail -n 1 "$work/out")" "*center add K0003" "$how: both are shown"
like "$(head -n 1 "$work/out")" "* init" "$how: the first one first"
rm "$journal.1"

if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	everything
	changes 0 reload
	before=$(lines)
	pids=()
	# shellcheck disable=SC2046 # numbers
	for i in $(seq 101 130); do
		"$builddir/csrcadm" -c "$conf" center add "K0$i" &
		pids+=("$!")
	done
	wait "${pids[@]}"
	is "$(tail -n +$((before + 1)) "$journal" |
		jq -r 'select(.exit == 0) | .command[2]' | sort -u | wc -l)" \
		30 "$how: each of many at once has its line"
fi
done_testing
