#!/bin/bash
# csrcadm for real: every verb, first alone and then through the daemon, with
# what it prints and its exit code. Needs root only to have the daemon drop it.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

mkdir "$work/backups"
[ -z "$user" ] || chown "$user" "$work/backups"

# says PATTERN WORD…: it is done, and its output matches.
says()
{
	local pattern=$1
	shift

	exits 0 "$@"
	like "$out" "$pattern" "$how: its output"
}

# refuses PATTERN WORD…: exit 3, and why on standard error only.
refuses()
{
	local pattern=$1
	shift

	exits 3 "$@"
	like "$err" "csrcadm: $pattern" "$how: why"
	is "$out" "" "$how: nothing on standard output"
}

# A mail from the device, plain, with that many pages.
mail()
{
	printf '%s\n' "From: printer@example.org" \
		"To: csrc@center.example" \
		"CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"MIME-Version: 1.0" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}"
}

test_usage()
{
	exits 0 --help
	like "$out" "*csrcadm device add SERIAL --center ID*" "all verbs"
	exits 0 device --help
	exits 0 device key --help
	like "$out" "*--retire KEYID*" "its options"
	says "csrcadm [0-9]*" --version
	exits 2
	exits 2 dance
	exits 2 device
	exits 2 device show
	exits 2 device show --colour red "$serial"
	exits 2 --colour
	run --json device show
	is "$(jq -r .exit_code <<<"$err")" 2 "usage errors as JSON"
	run device show --json
	is "$(jq -r .exit_code <<<"$err")" 2 "--json behind the verb"
	"$builddir/csrcadm" --config="$work/none" stats 2>"$work/err"
	is $? 4 "a configuration that is not there"
	like "$(cat "$work/err")" "*$work/none*" "it is named"
}

test_init()
{
	refuses "*csrcadm init" center list
	says "*master.key: made*state: it is 20*Z, believed from here on*" \
		init --first
	says "" init --first
	says "*master.key: was there*" init
	not_ok "only a new store's clock is told" grep believed "$work/out"
	is "$(stat -c %a "$work/etc/master.key")" 600 "the key's mode"
	is "$(stat -c %a "$work/var/state")" 700 "the state's mode"
	is "$(stat -c %a "$work/var/spool/new")" 2770 "the spool's mode"
	is "$(stat -c %a "$work/var/quarantine")" 700 "the quarantine's mode"
	if [ -n "$user" ]; then
		is "$(find "$work/var/"* ! -user "$user")" "" \
			"everything is the daemon's user's"
	fi
	test_init_lost
}

test_init_lost()
{
	mv "$work/etc/master.key" "$work/etc/away"
	refuses "*no master key*put it back*" init
	says "" init --first
	not_ok "no other key is made" test -e "$work/etc/master.key"
	mv "$work/etc/away" "$work/etc/master.key"
	mv "$work/var/state" "$work/var/away"
	says "" init --first
	not_ok "no other store is made" test -e "$work/var/state"
	mv "$work/var/away" "$work/var/state"
}

test_centers()
{
	exits 0 center add k0001 --address CSRC@Center.Example \
		--address csrc2@center.example
	refuses "*" center add K0001
	refuses "*" center add K_1
	refuses "*" center add K0003 --address csrc@center.example
	exits 0 center add K0002
	is "$(run center list --json && jq -r .center <<<"$out" | tr '\n' ' ')" \
		"K0001 K0002 " "$how: centers as JSON lines"
	says "K0001 *csrc2@center.example csrc@center.example" \
		center show k0001
	exits 0 center address add K0002 other@center.example
	refuses "*" center address add K0002 csrc@center.example
	exits 0 center address remove K0002 OTHER@center.example
	refuses "*" center address remove K0002 other@center.example
	refuses "*" center show K0009
	exits 0 center export
	cp "$work/out" "$work/centers.csv"
	is "$(sed -n 1p "$work/centers.csv")" "center,address" \
		"$how: the header of the export"
	exits 0 center remove K0002
	exits 0 center import "$work/centers.csv"
	exits 0 center export
	ok "$how: what was exported is imported" \
		cmp "$work/out" "$work/centers.csv"
	printf 'center,address\nK0003,x@y.example\nK0002,csrc@center.example\n' \
		>"$work/bad.csv"
	refuses "line 3: *K0001*" center import "$work/bad.csv"
	exits 0 center remove K0003
	exits 0 center remove K0002
}

test_devices()
{
	exits 2 device add $serial
	refuses "*" device add $serial --center K0009
	refuses "*serial*" device add "a b" --center K0001
	refuses "*network*" device add $serial --center K0001 --network 1.2.3
	refuses "*address*" device add $serial --center K0001 --from nobody
	refuses "*address*" device add $serial --center K0001 --address nobody
	exits 0 device add a4fm021007478 --center k0001
	refuses "*" device add $serial --center K0001
	refuses "*" center remove K0001
	exits 0 device set $serial --protection optional \
		--from Printer@example.org --network 192.0.2.0/24
	refuses "*protection*" device set $serial --protection none
	says "*from printer@example.org*network 192.0.2.0/24*" \
		device show $serial
	exits 0 device set $serial --from ""
	says "*from -*network 192.0.2.0/24*" device show $serial
	exits 0 device set $serial --address Printer@Device.example
	says "*address printer@device.example*" device show $serial
	is "$(run device list --json && jq -r .address <<<"$out")" \
		printer@device.example "$how: its address in JSON"
	exits 0 device add other --center K0001
	refuses "*" device set other --address printer@device.example
	exits 0 device remove other
	exits 0 device set $serial --address ""
	says "*address -*" device show $serial
	exits 0 device disable $serial
	is "$(run device show $serial --json && jq .enabled <<<"$out")" false \
		"$how: disabled"
	exits 0 device enable $serial
	says "*$serial*enabled*-" device list
	says "" device list --center K0005
	says "" device list --overdue 1d
	sleep 1.1
	says "SERIAL *$serial *" device list --overdue 0s
	exits 2 device list --overdue soon
	refuses "*" device show NOSUCH
	refuses "*" device enable NOSUCH
	refuses "*" device remove NOSUCH
}

test_keys()
{
	local id key

	exits 2 device key $serial
	exits 2 device key $serial --generate --list
	exits 2 device key $serial --generate --bits 192
	refuses "*" device key NOSUCH --generate
	exits 0 device key $serial --generate
	cp "$work/out" "$work/key"
	id=$(sed -n 's/^key-id: //p' "$work/key")
	key=$(sed -n 's/^key: //p' "$work/key")
	is "${#key}" 64 "$how: 256 bits in hex"
	exits 0 device key $serial --generate --bits 128 --json
	is "$(jq -r '.key | length' <<<"$out")" 32 "$how: 128 bits in hex"
	refuses "*" device key $serial --generate
	says "KEY-ID *$id  256 *live *  -*" device key $serial --list
	is "$(run device key $serial --list --json &&
		jq -c .used <<<"$out" | sort -u)" null "$how: not used yet"
	run device show $serial --json
	is "$(jq '[.keys[].bits] | add' <<<"$out")" 384 "$how: keys in show"
	not_ok "$how: no secret in show" grep -q "$key" "$work/out"
	exits 0 device key $serial --retire "$id"
	says "*$id  256 *retired*" device key $serial --list
	refuses "*" device key $serial --retire 00ff
	refuses "*" device key $serial --retire nothex
	exits 0 device remove $serial
	exits 0 device add $serial --center K0001 --protection optional
	exits 0 device key $serial --import "$work/key"
	run device key $serial --import - <<<"0102 $(printf '%032d' 7)"
	is "$code" 0 "$how: a key from standard input"
	says "KEY-ID *
0102 *128 *live*" device key $serial --list
	refuses "*" device key $serial --import "$work/key"
	refuses "*" device key $serial --import "$work/nonexistent"
	printf '0103 1234\n' >"$work/short"
	refuses "*16 or 32*" device key $serial --import "$work/short"
}

test_import()
{
	local i

	{
		echo "center,serial,protection,network,address,from"
		for ((i = 1; i <= 2500; i++)); do
			echo "K0001,imp$i,required,,imp$i@device.example,"
		done
	} >"$work/devices.csv"
	# what somebody else wrote is not the terminal's to obey
	printf 'serial,\033[2Jcenter\nX,Y\n' >"$work/escape.csv"
	run device import "$work/escape.csv"
	is "$code" 3 "$how: a column with an escape octet"
	like "$err" "csrcadm: *\\x1b*" "$how: which is told"
	printf 'serial,center,from\nE%s,%s,\302\2331m@a.example\n' 1 K0001 \
		>"$work/escape.csv"
	exits 0 device import "$work/escape.csv"
	for words in "device show E1" "device list" "device show E1 --json" \
		"device list --json"; do
		# shellcheck disable=SC2086
		run $words
		is "$(LC_ALL=C tr -d '\012\040-\176' <<<"$out$err")" "" \
			"$how: $words prints no control character"
	done
	exits 0 device remove E1
	says "added 2500, *" device import "$work/devices.csv"
	refuses_after "line 2: *exists*" "added 0*" \
		device import "$work/devices.csv"
	sed -i 's/,imp7,required,/,imp7,optional,/' "$work/devices.csv"
	says "added 0, updated 1, unchanged 2499" \
		device import "$work/devices.csv" --update
	says "*protection optional*address imp7@device.example*" \
		device show IMP7
	printf '%s\n' serial,center new1,K0001 '"new2","K0001"' new3,K0009 \
		new4,K0001 >"$work/some.csv"
	refuses_after "line 4: *" "added 0, *" device import "$work/some.csv"
	refuses "*" device show new1
	refuses_after "line 4: *" "added 3, *" \
		device import "$work/some.csv" --partial
	refuses "*" device show new3
	printf 'serial,center\nnew5,K0001\nnew6,K0001,x\n' >"$work/some.csv"
	refuses_after "line 3: *" "added 0, *" device import "$work/some.csv"
	printf 'serial,colour\n' >"$work/some.csv"
	refuses_after "line 1: *colour*" "added 0*" \
		device import "$work/some.csv"
	refuses_after "line 1: *serial*" "added 0*" \
		device import /dev/null
	exits 0 device export
	cp "$work/out" "$work/export.csv"
	is "$(wc -l <"$work/export.csv")" 2505 "$how: all are exported"
	ok "$how: with their addresses" grep -q \
		'^IMP7,K0001,optional,,,imp7@device.example,yes' \
		"$work/export.csv"
	is "$(run device export --json && jq -r .serial <<<"$out" | wc -l)" \
		2504 "$how: as JSON lines"
	for i in new1 new2 new4; do
		exits 0 device remove $i
	done
	run device import - --update --json <"$work/export.csv"
	is "$(jq -c '[.added, .unchanged]' <<<"$out")" "[3,2501]" \
		"$how: what was exported is imported"
}

# Like refuses, but it says as well how far it came.
refuses_after()
{
	local why=$1 done=$2
	shift 2

	exits 3 "$@"
	like "$err" "csrcadm: $why" "$how: why"
	like "$out" "$done" "$how: how far it came"
}

test_explain()
{
	mail 100 >"$work/mail.eml"
	exits 0 explain "$work/mail.eml" --from printer@example.org \
		--client 192.0.2.7
	like "$out" "*verdict: genuine*" "$how: genuine"
	like "$out" "*channel: mail*" "$how: how it came"
	is "$("$builddir/csrcadm" -c "$conf" --json explain - \
		--to csrc@center.example <"$work/mail.eml" |
		jq -r ".verdict + .channel")" genuinemail \
		"$how: from standard input, as JSON"
	exits 0 device set $serial --protection required
	exits 1 explain "$work/mail.eml"
	like "$out" "*failed*verdict: spoof unprotected*" "$how: unprotected"
	exits 0 device set $serial --protection optional
	exits 1 explain "$work/mail.eml" --to nobody@center.example
	like "$out" "*untouched*" "$how: no center"
	exits 2 explain "$work/mail.eml" --client example.org
	exits 3 explain "$work/nonexistent.eml"
	exits 1 explain /dev/null
	run stats --json
	is "$(jq .next_sequence <<<"$out")" 1 "$how: nothing was admitted"
}

# quarantined NAME: a mail as the gate keeps it.
quarantined()
{
	{
		printf '%s\n' "Received: $(date -u +%FT%TZ)" \
			"Verdict: spoof" "Reason: unprotected" "Detail: " \
			"Queue-ID: Q1" "Sender: printer@example.org" \
			"Client: 192.0.2.7" "Centers: K0001" "Too-Large: no" ""
		cat
	} | own "$1"
}

# own NAME: a file of the daemon's user in the quarantine.
own()
{
	cat >"$work/var/quarantine/$1"
	[ -z "$user" ] || chown "$user" "$work/var/quarantine/$1"
}

# on_terminal ARGUMENT…: csrcadm with a terminal; its output is in out.
on_terminal()
{
	out=$(script -qec "$builddir/csrcadm -c $conf $*" \
		/dev/null </dev/null | tr -d '\r')
}

test_quarantine()
{
	says "" quarantine list
	refuses "*" quarantine show nosuch
	refuses "*" quarantine release nosuch
	refuses "*" quarantine remove ../../etc/master.key
	ok "$how: the key is still there" test -s "$work/etc/master.key"
	mail 5 | quarantined 2026-11-22T12:00:00Z-01.eml
	mail 6 | quarantined 2026-11-22T12:00:00Z-02.eml
	says "NAME *-01.eml * spoof *unprotected *K0001 *192.0.2.7 *printer@*-02.eml *" \
		quarantine list
	is "$(run quarantine list --json && jq -r .queue_id <<<"$out" |
		tr '\n' ' ')" "Q1 Q1 " "$how: as JSON lines"
	is "$(run quarantine list --json && jq -r .share <<<"$out" |
		tr '\n' ' ')" "stranger stranger " "$how: and whose share"
	printf 'Received: %s\nSender: dr\\xc3\\xbc\\\\ "\\x1b"@x\n\n' \
		"$(date -u +%FT%TZ)" | own "2026-11-22T12:00:00Z-04.eml"
	is "$(run quarantine list --json && jq -r .sender <<<"$out" |
		tail -n 1)" $'dr\xc3\xbc\\ "\x1b"@x' "$how: a sender exactly"
	says '*-04.eml *dr\\xc3\\xbc\\\\ "\\x1b"@x *stranger  -' quarantine list
	exits 0 quarantine remove 2026-11-22T12:00:00Z-04.eml
	says 'Received: *"total":6*' \
		quarantine show 2026-11-22T12:00:00Z-02.eml
	on_terminal quarantine show 2026-11-22T12:00:00Z-02.eml
	like "$out" "csrcadm: a message follows*names*Received: *\"total\":6*" \
		"$how: on a terminal it says first what it may show"
	exits 0 device disable $serial
	exits 1 quarantine release 2026-11-22T12:00:00Z-01.eml
	like "$out" "*-01.eml spoof disabled-device 0" "$how: still no"
	exits 1 quarantine release --accept-date 2026-11-22T12:00:00Z-01.eml
	like "$out" "*-01.eml spoof disabled-device 0" "$how: nor by its date"
	exits 0 device enable $serial
	says "*-01.eml genuine - 1" \
		quarantine release 2026-11-22T12:00:00Z-01.eml
	refuses "*" quarantine release 2026-11-22T12:00:00Z-01.eml
	exits 0 quarantine remove 2026-11-22T12:00:00Z-02.eml
	says "" quarantine list
	is "$(run device show $serial --json && jq .sequence <<<"$out")" 1 \
		"$how: the device has reported"
	says "" device list --overdue 1d
}

# sealed KEYFILE MAIL: what openssl finds in a request.
sealed()
{
	openssl cms -decrypt -in "$2" \
		-secretkey "$(sed -n 's/^key: //p' "$1")" \
		-secretkeyid "$(sed -n 's/^key-id: //p' "$1")"
}

test_request()
{
	local id

	exits 2 request --command counters
	exits 2 request $serial
	exits 2 request --all --command counters
	exits 2 request $serial --command counters --lifetime 1s
	refuses "*no command*" request $serial --command Counters
	refuses "*address*" request $serial --command counters
	exits 0 center add K0007 --address requests@center.example
	exits 0 device add rq1 --center K0007 --address rq1@device.example
	exits 0 device key rq1 --generate
	cp "$work/out" "$work/rq1.key"
	exits 0 request rq1 --command counters --param from=2026-11 \
		--param "name=Grüße"
	cp "$work/out" "$work/request.eml"
	is "$(grep -vc $'\r$' "$work/request.eml")" 0 \
		"$how: all lines end in CRLF"
	id=$(tr -d '\r' <"$work/request.eml" | sed -n 's/^CSRC-Email-ID: //p')
	sealed "$work/rq1.key" "$work/request.eml" >"$work/opened"
	is "$(tr -d '\r' <"$work/opened" | sed '1,/^$/d' |
		jq -r '.command, .serial, .email_id, .params.from, .params.name')" \
		"counters
RQ1
$id
2026-11
Grüße" "$how: openssl opens what was asked"
	says "EMAIL-ID *$id  RQ1 * K0007 * counters * open *" request list
	says "email_id $id*state open*answered -*" request show "$id"
	exits 0 request rq1 --command status --lifetime 2h --json
	is "$(jq -r '.from, .to, .command' <<<"$out" | tr '\n' ' ')" \
		"requests@center.example rq1@device.example status " \
		"$how: the mail as JSON"
	is "$(jq -r .mail <<<"$out" | sed -n 's/^CSRC-Email-ID: //p' |
		tr -d '\r')" "$(jq -r .email_id <<<"$out")" \
		"$how: with the mail in it"
	is "$(jq '(.expires | fromdate) - (.issued | fromdate)' <<<"$out")" \
		7200 "$how: with its lifetime"
	exits 0 request cancel "$id"
	is "$(run request show "$id" --json &&
		jq -r '.state, .seconds' <<<"$out" | tr '\n' ' ')" \
		"cancelled null " "$how: cancelled"
	is "$(run request list --cancelled --json &&
		jq -r .email_id <<<"$out")" "$id" "$how: listed so"
	says "*status*open*" request list --open --serial rq1
	says "" request list --answered --expired
	says "" request list --serial nosuch
	refuses "*" request show nosuch
	refuses "*" request cancel "a$id"
}

# A sendmail that keeps what it gets, and refuses some.
make_sendmail()
{
	cat >"$work/sendmail" <<-'END'
		#!/bin/sh
		dir=${0%/*}
		for to; do :; done
		echo "$*" >>"$dir/sent"
		cat >"$dir/mail.$to"
		echo "noise"
		case $to in refused*) exit 75 ;; esac
	END
	chmod 755 "$work/sendmail"
	rm -f "$work/sent" "$work"/mail.*
}

test_send()
{
	local id i

	make_sendmail
	exits 2 request rq1 --command counters --send --output "$work"
	exits 2 request rq1 --command counters --sendmail "$work/sendmail"
	refuses "*/nonexistent*" request rq1 --command counters --send \
		--sendmail /nonexistent
	says "* sent to rq1@device.example" request rq1 --command counters \
		--send --sendmail "$work/sendmail"
	id=${out%% *}
	is "$(cat "$work/sent")" \
		"-i -f requests@center.example -- rq1@device.example" \
		"$how: how sendmail is called"
	is "$(grep -c $'\r' "$work/mail.rq1@device.example")" 0 \
		"$how: without CR"
	ok "$how: with its Email-ID" grep -q "^CSRC-Email-ID: $id\$" \
		"$work/mail.rq1@device.example"
	ok "$how: openssl opens it" sealed "$work/rq1.key" \
		"$work/mail.rq1@device.example"
	exits 0 device add rq2 --center K0007 --protection optional \
		--address refused@device.example
	exits 4 request rq2 --command counters --send \
		--sendmail "$work/sendmail"
	like "$err" "*RQ2: *status 75*only expires*" "$how: why"
	refuses "*RQ3*" request rq3 --command counters --send \
		--sendmail "$work/sendmail"
	test_send_many
	is "$(run request list --json --serial rq2 &&
		jq -r .state <<<"$out" | sort -u)" open \
		"$how: what could not be sent is recorded"
	for i in 1 2 3 4 5; do
		exits 0 device remove rq$i
	done
	exits 0 center remove K0007
}

# One that works, one that sendmail refuses, one without key, one without
# address, one that is disabled.
test_send_many()
{
	local i

	exits 0 device add rq3 --center K0007 --address rq3@device.example
	exits 0 device add rq4 --center K0007
	exits 0 device add rq5 --center K0007 --address rq5@device.example
	exits 0 device disable rq5
	refuses "*disabled*" request rq5 --command counters
	rm -f "$work/sent"
	exits 1 request --center K0007 --command counters --send \
		--sendmail "$work/sendmail"
	is "$out" "sent 1, skipped 2, failed 2" "$how: the summary"
	like "$err" "*RQ2: *status 75*RQ3: *key*" "$how: the failures"
	is "$(wc -l <"$work/sent")" 2 "$how: two were tried"
	exits 1 request --center K0007 --command counters --json --send \
		--sendmail "$work/sendmail"
	is "$(jq -c '[.serial, .sent, has("error")]' <<<"$out" |
		tr '\n' ' ')" \
		'["RQ1",null,false] ["RQ2",null,true] ["RQ3",null,true] [null,1,false] ' \
		"$how: as JSON"
	cat >"$work/stopper" <<-'END'
		#!/bin/sh
		cat >/dev/null
		kill -INT "$PPID"
	END
	chmod 755 "$work/stopper"
	exits 4 request --center K0007 --command counters --send \
		--sendmail "$work/stopper"
	like "$out" "sent 1, *" "$how: interrupted behind the first one"
	like "$err" "*stopped*only expire" "$how: and says so"
	mkdir "$work/requests.$how"
	sleep 1.1 # overdue is what is older than now
	exits 1 request --overdue 0s --center K0007 --command counters \
		--output "$work/requests.$how"
	like "$out" "written 2, skipped 1, failed 1" "$how: into files"
	is "$(stat -c %a "$work/requests.$how"/RQ1.*.eml | sort -u)" 600 \
		"$how: only mine"
	for i in "$work/requests.$how"/RQ1.*.eml; do
		ok "$how: openssl opens it" sealed "$work/rq1.key" "$i"
	done
	refuses "*/none*" request --all --command counters --output "$work/none"
	exits 1 request --center K0007 --command counters --json
	is "$(jq -c '[.devices, .made, .skipped, .failed]' <<<"$out" |
		sed '1p;$!d' | tr '\n' ' ')" \
		"[5,null,null,null] [null,2,2,1] " "$how: all as JSON"
	says "written 0, *" request --overdue 1d --command counters \
		--output "$work"
}

# Before there is a report: 1 comes next, and one that was raised goes on.
test_sequence()
{
	says 1 sequence
	says 1 sequence --next 1
	exits 2 sequence --next -1
	exits 2 sequence --next many
	refuses "*" sequence --next 0
	refuses "*" sequence --next 18446744073709551615
}

# A sealed answer to a request, by way of the quarantine.
test_answer()
{
	local key id

	key=$(sed -n 's/^key-id: //p' "$work/key")
	exits 0 device set $serial --address printer@device.example
	exits 0 request $serial --command status --json
	id=$(jq -r .email_id <<<"$out")
	printf '%s\r\n' "CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"CSRC-Email-ID: $id" "MIME-Version: 1.0" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"answer\",\"date\":\"$(date -u +%FT%TZ)\"}" |
		openssl cms -encrypt -binary -aes-256-gcm -outform SMIME \
			-secretkey "$(sed -n 's/^key: //p' "$work/key")" \
			-secretkeyid "$key" |
		quarantined 2026-11-22T12:00:00Z-03.eml
	sed -i "s/^Received: .*/Received: $(date -u +%FT%TZ)/" \
		"$work/var/quarantine/2026-11-22T12:00:00Z-03.eml"
	says "*-03.eml genuine - 2" \
		quarantine release 2026-11-22T12:00:00Z-03.eml
	is "$(run request show "$id" --json && jq -c '[.state, .sequence,
		(.seconds >= 0 and .seconds < 60)]' <<<"$out")" \
		'["answered",2,true]' "$how: answered, and how fast"
	says "EMAIL-ID *$id *answered*" request list --answered
	refuses "*answered*" request cancel "$id"
	exits 0 device show $serial --json
	is "$(jq -r .key_id <<<"$out")" "$key" "$how: the key it used last"
	is "$(jq -r '.keys[] | select(.used != null) | .key_id' <<<"$out")" \
		"$key" "$how: the other was not used"
	says "*key_id $key*key $key 256 live 2*Z 2*Z*" device show $serial
}

# After report 2: skipping is for good.
test_sequence_raised()
{
	is "$(run sequence --json && jq .next_sequence <<<"$out")" 3 \
		"$how: 3 comes next"
	refuses "*only go up*3" sequence --next 1
	says 1000 sequence --next 1000
	refuses "*" sequence --next 999
	says "*next_sequence 1000
outbox 0*" stats
	says "" check
}

test_system()
{
	local healthy=1
	[ "$how" = daemon ] || healthy=0
	says "healthy $healthy*" stats
	says "*csrc_healthy $healthy
*csrc_devices *" stats --prometheus
	is "$(run stats --json && jq -r .healthy <<<"$out")" \
		"$([ $healthy = 1 ] && echo true || echo false)" \
		"$how: stats as JSON"
	if [ $healthy = 0 ]; then
		like "$(run stats && echo "$out")" \
			"*why no daemon is running*" "$how: and why"
		# nor is there a store to be had
		mv "$work/etc/master.key" "$work/etc/away"
		says "*csrc_healthy 0*" stats --prometheus
		says "healthy 0*why no daemon is running: no master key*" stats
		exits 3 check
		mv "$work/etc/away" "$work/etc/master.key"
	fi
	says '*# TYPE csrc_mails_total counter
csrc_mails_total{verdict="genuine",reason="-"} [01]*' stats --prometheus
	says "" check
	cd "$work/backups" || bail_out "cd"
	exits 0 backup "copy.$how"
	cd "$OLDPWD" || bail_out "cd"
	ok "$how: the backup is there" ls "$work/backups/copy.$how/"*
	exits 3 backup "$work/backups/copy.$how"
	"$builddir/csrcadm" -c "$conf" device export >/dev/full 2>"$work/err"
	is $? 4 "$how: a full disk is noticed"
}

# What test_quarantine released is there.
test_spool()
{
	local segment=00000000000000000001.jsonl
	local i

	for ((i = 0; i < 600; i++)); do
		[ -e "$work/var/spool/new/$segment" ] && break
		sleep 0.1
	done
	is "$(run spool list --json && jq -r .state <<<"$out")" new \
		"$how: spool list"
	says "1 segments, 1 reports, 1 to 1, 0 faults" spool verify --from 1
	is "$(stat -c %A "$work/var/spool/new/$segment" | cut -c5)" r \
		"$how: the spool's group may read it"
	says "$work/var/spool/cur/$segment" spool next
	is "$(jq .report.counters.total "$out")" 5 "$how: the report"
	exits 0 spool "done" "$out"
	refuses "*" spool "done" $segment
	exits 1 spool next
	is "$out" "" "$how: nothing to claim"
	says "0 segments, *" spool verify
}

everything()
{
	test_centers
	test_devices
	test_keys
	test_request
	test_send
	test_sequence
	test_explain
	test_import
	test_quarantine
	test_system
	test_spool
	test_answer
	test_sequence_raised
}

how=alone
test_usage
test_init
refuses "no daemon is running" reload
everything
if [ -x "$builddir/csrc-milter" ]; then
	# The same again in an empty store.
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	everything
	exits 0 reload
	echo "nonsense = 1" >>"$conf"
	refuses "*nonsense*" reload
	sed -i '$d' "$conf"
	says "*healthy 1*" stats
	if [ "$(id -u)" -eq 0 ]; then
		# a stranger need not be able to look into the build directory
		cp "$builddir/csrcadm" "$work/csrcadm"
		is "$(setpriv --reuid=65533 --clear-groups \
			env -u TSAN_OPTIONS "$work/csrcadm" -c "$conf" \
			stats 2>&1 |
			grep -c 'only root')" 1 "strangers are refused"
	fi
	kill "$daemon"
	wait "$daemon"
	is $? 0 "the daemon stops"
	not_ok "and takes its socket away" test -e "$work/run/control.sock"
	start_daemon || bail_out "the daemon does not start again"
	says "*devices 2504*" stats
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
	ok "a killed one leaves it" test -e "$work/run/control.sock"
	how=after
	says "*devices 2504*" stats
	says "" check
else
	skip "through the daemon" "it is not built"
fi
done_testing
