#!/bin/bash
# Collection agents by csrcadm, alone and through the daemon: registered, with
# keys, devices assigned and taken away, printers that nobody has registered
# adopted from what the agent has sent, requests by the agent, and as a channel
# asks for them.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

cat >>"$conf" <<END
control_socket_group = games
channel_users = daemon=agent bin=webdav
END

# channel USER CODE WORD…: that user's program, on one connection.
channel()
{
	local who=$1 wanted=$2
	shift 2

	keep setpriv --reuid="$who" --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$work/channel" "$work/run/control.sock" \
		"$@"
	is "$code" "$wanted" "$how: $who: $* exits $wanted" ||
		diag "$out" "$err"
}

# line SERIAL PAGES: a report of a bundle.
line()
{
	printf '{"version":1,"kind":"counters","date":"%s","center":"K0001","serial":"%s","model":"Läser 4","counters":{"total":%s,"copy":7},"agent":{"address":"192.0.2.7","oids":{"total":"1.3.6.1.2.1.43.10.2.1.4.1.1"}}}\n' \
		"$(date -u +%FT%TZ)" "$1" "$2"
}

# seal FILE: the lines on standard input as a bundle, with the key in
# $work/key.
seal()
{
	{
		printf '%s\n' "Content-Type: application/vnd.csrc.reports+jsonl" ""
		cat
	} | openssl cms -encrypt -binary -aes-256-gcm -outform SMIME \
		-secretkey "$(sed -n 's/^key: //p' "$work/key")" \
		-secretkeyid "$(sed -n 's/^key-id: //p' "$work/key")" >"$1"
}

registered()
{
	exits 3 agent add A1 --center K0001
	exits 0 center add K0001
	exits 0 center add K0002
	exits 2 agent add A1
	exits 3 agent add "A 1" --center K0001
	exits 3 agent add A1 --center K0001 --note "$(printf 'a\nb')"
	exits 1 identify agent:A1 --center K0001
	is "$out" "agent:A1: not registered" "$how: identify"
	exits 0 agent add a1 --center K0001 --note "Läden, 2. Stock"
	exits 3 agent add A1 --center K0002
	exits 0 agent add B2 --center K0002
	exits 0 identify agent:a1 --center K0001
	exits 1 identify agent:A1 --center K0002
	exits 3 center remove K0002
	like "$err" "*still has agents*" "$how: why"
	exits 0 --json agent list --center K0001
	is "$(jq -c '[.agent,.center,.enabled,.note,.devices,.heard]' \
		<<<"$out")" '["A1","K0001",true,"Läden, 2. Stock",0,null]' \
		"$how: its list"
	exits 0 --json agent list --overdue 1d
	is "$out" "" "$how: nobody is overdue yet"
	exits 0 --json agent registry
	is "$(jq -r '.agent + .center' <<<"$out")" "A1K0001
B2K0002" "$how: the registry"
	exits 0 agent disable b2
	exits 0 --json agent registry
	is "$(jq -r .agent <<<"$out")" A1 "$how: without who is disabled"
	exits 1 identify agent:B2 --center K0002
	is "$out" "agent:B2: disabled" "$how: identify"
	exits 0 agent enable B2
}

has_keys()
{
	mkdir -p "$work/keys"
	rm -f "$work/keys"/*
	exits 0 agent key A1 --generate --output "$work/keys"
	is "$out" "A1 $work/keys/A1.key" "$how: its file"
	is "$(stat -c %a "$work/keys/A1.key")" 600 "$how: for its owner only"
	cp "$work/keys/A1.key" "$work/key"
	exits 0 agent key A1 --list --json
	is "$(jq -r .key_id <<<"$out")" \
		"$(sed -n 's/^key-id: //p' "$work/key")" "$how: its key"
	exits 0 agent key B2 --generate
	cp "$work/out" "$work/key.b2"
	exits 3 agent key C3 --generate
	exits 0 agent key B2 --retire \
		"$(sed -n 's/^key-id: //p' "$work/key.b2")"
	exits 0 agent show B2
	like "$out" "agent B2
center K0002
enabled yes*key $(sed -n 's/^key-id: //p' "$work/key.b2") 256 retired*" \
		"$how: show"
}

has_devices()
{
	exits 3 agent assign A1 P1
	like "$err" "*no device P1, and the agent has not seen it*" "$how: why"
	exits 0 device add P1 --center K0001
	exits 0 device add P2 --center K0002
	exits 3 agent assign A1 P1 P2
	like "$err" "*P2 belongs to center K0002*" "$how: of another center"
	exits 0 --json agent show A1 --devices
	is "$out" "" "$how: all or none"
	exits 0 agent assign A1 P1
	exits 0 agent assign A1 p1
	exits 0 --json agent show A1 --devices
	is "$(jq -r '.serial + .channel' <<<"$out")" P1agent "$how: its device"
	exits 0 agent add A3 --center K0001
	exits 3 agent assign A3 P1
	like "$err" "*assigned to agent A1*" "$how: of another agent"
	exits 3 agent unassign A3 P1
	exits 0 agent remove A3 --yes
	exits 3 agent show A3
}

# Of three printers one is assigned, one registered, one unknown.
sees()
{
	exits 0 device add P3 --center K0001
	{
		line P1 100
		line P3 300
		line P4 400
	} | seal "$work/bundle"
	exits 0 submit "$work/bundle" --center K0001
	like "$out" "verdict: genuine*1 genuine, 0 duplicate, 2 not admitted*" \
		"$how: what came of them"
	exits 0 --json agent show A1 --unassigned
	is "$(jq -r '.serial + " " + .model + " " + .address + " " + .counters' \
		<<<"$out")" "P3 Läser 4 192.0.2.7 copy 7, total 300
P4 Läser 4 192.0.2.7 copy 7, total 400" "$how: what it has seen"
	exits 3 device adopt P4
	like "$err" "*agent assign A1 P4*" "$how: what takes it in"
	exits 0 agent show A1 --unassigned
	like "$out" "SERIAL*P4*192.0.2.7*total 400" "$how: as a table"
	exits 0 agent assign A1 P3
	is "$out" "devices assigned: 1
newly registered: 0
messages released: 1
still refused: 0" "$how: one is assigned, and its report released"
	exits 0 device set P1 --alias P4
	exits 3 --json agent assign A1 --unassigned
	is "$(jq -c 'del(.agent)' <<<"$out")" \
		'{"assigned":0,"registered":0,"released":0,"refused":1}' \
		"$how: another device's alias is told"
	exits 0 device set P1 --alias ""
	exits 0 --json agent assign A1 --unassigned
	is "$(jq -c 'del(.agent)' <<<"$out")" \
		'{"assigned":1,"registered":1,"released":1,"refused":0}' \
		"$how: the other one is registered, too"
	exits 0 --json device show P4
	is "$(jq -r '.center + .model + .channel' <<<"$out")" \
		"K0001Läser 4agent" "$how: as it is"
	exits 0 --json agent show A1
	is "$(jq -c '[.devices,.unassigned,.reported != null]' <<<"$out")" \
		'[3,0,true]' "$how: the agent has three"
	exits 0 --json quarantine list
	is "$out" "" "$how: nothing is left in the quarantine"
	exits 1 submit "$work/bundle" --center K0001
	like "$out" "verdict: duplicate*3 duplicate*" "$how: sent again"
	spooled 3
}

# spooled NUMBER: so many records, each of the agent, each device once.
spooled()
{
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(find "$work/var/spool/new" -name '*.jsonl' \
			-exec cat {} + | wc -l)" -lt "$1" ] || break
		sleep 0.1
	done
	is "$(find "$work/var/spool" -name '*.jsonl' -exec cat {} + |
		jq -r 'select(.agent == "A1") | .serial' | sort | uniq -c |
		awk '{ print $1 $2 }' | tr '\n' ' ')" "1P1 1P3 1P4 " \
		"$how: each once in the spool, and of whom"
}

asked()
{
	exits 0 request "$@" --command counters --send
	id=${out%% *}
}

requests()
{
	local id first

	asked P1
	first=$id
	exits 0 --json pending --principal agent:A1
	is "$(jq -r '.email_id + .channel' <<<"$out")" "${id}agent" \
		"$how: it waits for the agent"
	exits 0 --json pending --principal agent:B2
	is "$out" "" "$how: and for no other"
	exits 3 fetch "$id" --principal agent:B2
	exits 0 fetch "$id" --principal agent:A1
	openssl cms -decrypt -in "$work/out" \
		-secretkey "$(sed -n 's/^key: //p' "$work/key")" \
		-secretkeyid "$(sed -n 's/^key-id: //p' "$work/key")" \
		>"$work/plain" 2>/dev/null
	like "$(tr -d '\r' <"$work/plain")" "*csrc.request*\"serial\":\"P1\"*" \
		"$how: sealed with the agent's key"
	exits 0 delivered "$id" --principal agent:B2
	exits 0 fetch "$id"
	asked P3
	exits 0 --json pending --principal agent:A1 --limit 1
	is "$(jq -r .serial <<<"$out")" P1 "$how: one after the other"
	exits 0 --json pending --principal agent:A1 \
		--after "$(jq -r .cursor <<<"$out")"
	is "$(jq -r .serial <<<"$out")" P3 "$how: from where the first ended"
	exits 0 delivered "$id" --principal agent:A1
	exits 3 fetch "$id"
	exits 0 agent unassign A1 P1
	exits 0 --json request list --serial P1 --cancelled
	is "$(jq -r .email_id <<<"$out")" "$first" \
		"$how: what waited for the agent is cancelled"
	exits 0 --json device show P1
	is "$(jq -r .channel <<<"$out")" mail "$how: and its channel is mail"
	exits 0 agent assign A1 P1
	exits 0 agent disable A1
	exits 3 request P1 --command counters --send
	like "$err" "*agent A1 of device P1 is disabled*" "$how: why"
	line P1 101 | seal "$work/late"
	exits 1 submit "$work/late" --center K0001
	like "$out" "verdict: spoof disabled-device*" "$how: nothing is taken"
	exits 0 agent enable A1
	exits 0 submit "$work/late" --center K0001
}

exported()
{
	exits 0 agent export
	is "$out" "agent,center,enabled,note,serial
A1,K0001,yes,\"Läden, 2. Stock\",P1
A1,K0001,yes,\"Läden, 2. Stock\",P3
A1,K0001,yes,\"Läden, 2. Stock\",P4
B2,K0002,yes,," "$how: exported"
	exits 0 --json agent export
	is "$(jq -c '[.agent,.devices]' <<<"$out")" '["A1",["P1","P3","P4"]]
["B2",[]]' "$how: as JSON"
	exits 0 device list --without-key
	like "$out" "*P2*" "$how: a device without a key"
	is "${out/P1/}" "$out" "$how: what an agent has needs none"
	exits 0 --json device show P1
	is "$(jq -r .agent <<<"$out")" A1 "$how: a device says whose it is"
	exits 0 stats
	like "$out" "*agents 2
agents_silent 0
unassigned 0*" "$how: counted"
}

heard()
{
	exits 3 agent heard A1 --address nowhere
	exits 3 agent heard C3 --address 192.0.2.1
	exits 0 agent heard A1 --address 192.0.2.1
	exits 0 agent heard A1 --address 192.0.2.1
	exits 0 agent show A1
	like "$out" "*heard 2* from 192.0.2.1*" "$how: it was heard"
	is "${out/two places/}" "$out" "$how: from one place"
	exits 0 agent heard A1 --address 2001:db8::1
	exits 0 agent show A1
	like "$out" "*two places 2*, also 192.0.2.1*" "$how: from two"
}

removed()
{
	exits 0 agent remove A1 --yes
	exits 1 submit "$work/late" --center K0001
	like "$out" "verdict: spoof not-authentic*" "$how: its key is gone"
	exits 0 device show P1
	exits 0 check
}

# As a channel's program asks.
by_program()
{
	cp "$builddir/tests/tools/channel" "$work/channel"
	channel bin 3 agent heard A1
	channel bin 3 agent registry
	channel daemon 0 agent registry
	is "$(jq -r .agent <<<"$out" | head -n 1)" A1 "$how: a line each"
	channel daemon 0 agent heard A1 --address 192.0.2.9
	channel daemon 9 agent list
	channel daemon 0 identify agent:A1 --center K0001
	is "$(jq -c '[.enabled,.of_center,.of_channel]' <<<"$out")" \
		'[true,true,true]' "$how: of that channel"
	channel bin 0 identify agent:A1 --center K0001
	is "$(jq -c .of_channel <<<"$out")" false "$how: and of no other"
}

all()
{
	exits 0 init
	[ "$how" = alone ] || start_daemon || bail_out "the daemon does not start"
	registered
	has_keys
	has_devices
	sees
	requests
	exported
	heard
}

how=alone
all
removed
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	all
	[ "$(id -u)" -ne 0 ] || by_program
	removed
else
	skip "through the daemon" "it is not built"
fi
done_testing
