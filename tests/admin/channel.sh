#!/bin/bash
# The verbs of a channel: by hand, alone and through the daemon, and from a
# program of a few lines, as other users with other roles.

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
channel_users = daemon=webdav bin=observer no-such-user=fax
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

# A report with that many pages, sealed with the key in $work/key.
seal()
{
	printf '%s\n' "CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}" |
		openssl cms -encrypt -binary -aes-256-gcm -outform SMIME \
			-secretkey "$(sed -n 's/^key: //p' "$work/key")" \
			-secretkeyid "$(sed -n 's/^key-id: //p' "$work/key")" \
			>"$work/sealed$1"
}

# receipt STATE FILE: the one in the last answer, by stock openssl as
# csrc-message(5) has it, is for that file; STATE null: there is none.
receipt()
{
	local text mac_key

	text=$(jq -r .receipt "$work/out")
	is "$(sed -n 's/^State: //p' <<<"$text")" "${1#null}" \
		"$how: a receipt: $1" || diag "$text"
	[ "$1" != null ] || return
	is "$(sed -n 's/^Digest: sha-256=//p' <<<"$text")" \
		"$(sha256sum <"$2" | sed 's/ .*//')" "$how: for that file"
	is "$(sed -n 's/^Principal: //p' <<<"$text")" "device:$serial" \
		"$how: and its device"
	mac_key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 \
		-kdfopt "hexkey:$(sed -n 's/^key: //p' "$work/key")" \
		-kdfopt "info:csrc receipt 1" -binary HKDF |
		od -An -v -tx1 | tr -d ' \n')
	is "$(sed -n 's/^MAC: //p' <<<"$text")" "$(sed '/^MAC: /d' <<<"$text" |
		openssl mac -digest SHA256 -macopt "hexkey:$mac_key" -in - \
			HMAC | tr A-F a-f)" "$how: openssl says the same"
}

by_hand()
{
	local id=device:$serial plain=$work/plain

	exits 1 identify "$id" --center K0001
	is "$out" "$id: not registered" "$how: its output"
	exits 0 center add K0001 --address csrc@center.example
	exits 0 center add K0002
	exits 0 device add "$serial" --center K0001
	exits 0 identify "device:${serial,,}" --center K0001
	is "$out" "$id: registered" "$how: its output"
	exits 1 identify "$id" --center K0002
	is "$out" "$id: of another center" "$how: its output"
	exits 0 device disable "$serial"
	exits 1 --json identify "$id" --center K0001
	is "$out" "{\"id\":\"$id\",\"registered\":true,\"enabled\":false,\"of_center\":true}" \
		"$how: as JSON"
	exits 0 device enable "$serial"
	exits 3 identify "$serial" --center K0001
	exits 1 identify agent:A1 --center K0001

	exits 0 device key "$serial" --generate
	cp "$work/out" "$work/key"
	seal 1
	exits 0 submit "$work/sealed1" --center K0001
	is "$out" "verdict: genuine sequence=1
disposal: taken" "$how: its output"
	exits 1 submit - --center K0001 <"$work/sealed1"
	is "$out" "verdict: duplicate sequence=1
disposal: taken" "$how: once"
	exits 1 --json submit "$work/sealed1" --center K0001
	receipt taken "$work/sealed1"
	printf '%s\n' "CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		'{"version":1}' >"$plain"
	exits 1 --json submit "$plain" --center K0001
	is "$out" '{"verdict":"spoof","reason":"unprotected","sequence":0,"disposal":"refused","reports":[{"verdict":"spoof","reason":"unprotected","sequence":0}],"principal":null,"receipt":null}' \
		"$how: what is plain is no report"
	seal 2
	exits 1 submit "$work/sealed2" --center K0002
	like "$out" "verdict: spoof wrong-center*disposal: refused" \
		"$how: addressed to another center"
	exits 1 --json submit "$work/sealed2" --center K0002
	receipt null
	exits 0 submit "$work/sealed2" --center K0001 --trace T-2
	ok "$how: the log has the channel, and what it calls it" grep -q \
		"T-2.*verdict=genuine.*channel=file" "$work/run/log"

	exits 3 submit "$work/sealed2" --center "K 1"
	exits 3 submit "$work/sealed2" --center K0001 --trace "a b"
	exits 3 submit "$work/sealed2" --center K0001 --client 192.0.2.1
	like "$err" "*a file has no evidence*" "$how: why"
	exits 3 submit "$work/sealed2" --center K0001 --principal "$id" \
		--how login
	exits 2 submit "$work/sealed2"
	exits 3 submit "$work/none" --center K0001
}

# hand CODE WORD…: a channel's program by the typed calls.
hand()
{
	local wanted=$1
	shift

	keep setpriv --reuid=daemon --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$work/handover" "$work/run/control.sock" \
		"$@"
	is "$code" "$wanted" "$how: handover $* exits $wanted" ||
		diag "$out" "$err"
}

# plain PAGES: such a report, not sealed.
plain()
{
	printf '%s\n' "CSRC-Device-Serial: $serial" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}" \
		>"$work/plain$1"
}

# published NUMBER: waits until so many records are in the spool.
published()
{
	local left=600

	until [ "$(cat "$work/var/spool/new/"* | wc -l)" -ge "$1" ]; do
		[ $((left -= 1)) -gt 0 ] || return
		sleep 0.05
	done
}

# What vouches for a plain one, and for none that is sealed.
proofs()
{
	local id=device:$serial

	plain 5
	plain 6
	exits 0 device set "$serial" --protection optional
	hand 0 submit K0001 "$work/plain5"
	is "$out" "refused spoof wrong-origin 0 -" \
		"$how: plain, and nobody was proved"
	hand 0 submit K0001 "$work/plain5" "" device:OTHER login
	is "$out" "refused spoof wrong-origin 0 -" \
		"$how: plain, and another was"
	hand 0 submit K0001 "$work/plain5" "" "$id" login
	is "$out" "taken genuine - 5 -" "$how: plain, and its device was"
	hand 0 submit K0001 "$work/plain6" "" "$id" certificate
	is "$out" "taken genuine - 6 -" "$how: by its certificate"
	published 6
	is "$(cat "$work/var/spool/new/"* | jq -r .vouched | tr '\n' ' ')" \
		"seal seal seal seal login certificate " "$how: what vouched"
	exits 0 device set "$serial" --protection required
	hand 0 submit K0001 "$work/plain6" "" "$id" login
	is "$out" "refused spoof unprotected 0 -" "$how: one that must seal"
}

# One message, sealed once, by a channel and as a file, twice each; miltertest
# has it by mail, too.
one_message()
{
	local id=device:$serial

	seal 7
	hand 0 submit K0001 "$work/sealed7" T-7 "$id" login
	like "$out" "taken genuine - 7 $id
CSRC-Receipt: 1
*State: taken
*" "$how: by a channel"
	hand 0 submit K0001 "$work/sealed7"
	like "$out" "taken duplicate - 7 $id
*State: taken
*" "$how: by a channel again"
	hand 0 submit K0001 "$work/sealed7" T-7 device:OTHER login
	is "$out" "refused spoof wrong-origin 0 $id" \
		"$how: by somebody else, which makes nobody forget it"
	exits 1 --json submit "$work/sealed7" --center K0001
	receipt taken "$work/sealed7"
	is "$(jq -c '[.verdict, .sequence, .reports]' "$work/out")" \
		'["duplicate",7,[{"verdict":"duplicate","reason":null,"sequence":7}]]' \
		"$how: as a file"
	hand 12 submit K0001 "$work/sealed7" "a b"
	hand 12 submit K.1 "$work/sealed7"
	exits 0 --json stats
	is "$(jq -c '[.channels | keys, .webdav.duplicate, .file.genuine]' \
		"$work/out")" '[["file","webdav"],2,2]' "$how: counted"
	exits 0 stats --prometheus
	ok "$how: and for Prometheus" grep -qFx \
		'csrc_channel_messages_total{channel="webdav",verdict="duplicate"} 2' \
		"$work/out"
}

# A request that waits for a device of this channel, by the typed calls.
requests()
{
	local id who center octets when cursor

	exits 0 device set "$serial" --channel webdav
	exits 0 request "$serial" --command counters --send
	hand 0 pending K0001
	read -r id who center octets when cursor <<<"$out"
	is "$who $center $when" "$serial K0001 expires" "$how: what waits"
	hand 0 pending "" "device:$serial"
	is "${out%% *}" "$id" "$how: and for whom"
	hand 0 pending K0002
	is "$out" "" "$how: nothing for another center"
	hand 0 pending "" device:OTHER
	is "$out" "" "$how: nor for another device"
	hand 0 pending "" "" "$cursor"
	is "$out" "" "$how: nor behind it"
	hand 0 fetch "$id"
	is "$(wc -c <"$work/out")" "$octets" "$how: the message, whole"
	ok "$how: it is sealed" grep -qi "^Content-Type: application/pkcs7" \
		"$work/out"
	hand 0 delivered "$id"
	hand 0 delivered "$id"
	hand 14 fetch "$id"
	hand 0 pending
	is "$out" "" "$how: delivered, it waits no more"
	exits 0 device set "$serial" --channel mail
}

by_program()
{
	local id=device:$serial center="--center K0001" evidence

	evidence="--client 192.0.2.7 --trace W-1"
	# a stranger need not be able to look into the build directory
	cp "$builddir/tests/tools/channel" "$builddir/tests/tools/handover" \
		"$work"
	seal 3
	seal 4
	# shellcheck disable=SC2086 # words
	channel daemon 0 identify "$id" $center + \
		submit "@$work/sealed3" $center $evidence + \
		submit "@$work/sealed4" $center $evidence
	is "$(jq -s -r '.[] | .registered // .disposal' "$work/out" |
		tr '\n' ' ')" "true taken taken " \
		"$how: three on one connection"
	like "$(grep 'verdict=genuine' "$work/run/log" | tail -n 1)" \
		"*W-1*channel=webdav*192.0.2.7*" "$how: whose it is"
	# shellcheck disable=SC2086
	channel daemon 1 submit "@$work/sealed4" $center \
		--principal "$id" --how certificate
	is "$(jq -r .verdict "$work/out")" duplicate "$how: once"
	# shellcheck disable=SC2086
	channel daemon 2 submit "@$work/sealed4" $center --principal "$id"
	# shellcheck disable=SC2086
	channel daemon 3 submit "@$work/sealed4" $center --principal me \
		--how login
	channel daemon 2 submit x --center K0001

	channel daemon 9 stats
	is "$err" "channel: the daemon refused: not allowed" "$how: why"
	channel daemon 9 device key "$serial" --list
	channel daemon 9 dance
	is "$err" "channel: the daemon refused: not allowed" "$how: why"
	channel bin 0 stats
	channel bin 9 clock accept
	channel bin 9 identify "$id" --center K0001
	channel sys 9 stats
	is "$err" "channel: the daemon refused: not allowed" "$how: why"
	published 4
	is "$(cat "$work/var/spool/new/"* | jq -r .channel | tr '\n' ' ')" \
		"file file webdav webdav " "$how: in the records"
	proofs
	one_message
	requests

	sed -i 's/^channel_users.*/channel_users = sys=observer/' "$conf"
	exits 0 reload
	channel sys 0 stats
	channel daemon 9 identify "$id" --center K0001
	sed -i 's/^channel_users.*/channel_users = sys=line nobody=fax/' "$conf"
	exits 3 reload
	like "$err" "*channel_users: nobody*" "$how: why"
	channel sys 0 stats
}

how=alone
exits 0 init
by_hand
if [ -x "$builddir/csrc-milter" ]; then
	# The same again in an empty store.
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	by_hand
	if [ "$(id -u)" -eq 0 ]; then
		by_program
		ok "$how: a user that is not there is told" grep -q \
			"no user no-such-user" "$work/run/log"
	fi
else
	skip "through the daemon" "it is not built"
fi
done_testing
