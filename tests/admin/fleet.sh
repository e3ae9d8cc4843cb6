#!/bin/bash
# Fleets of makers' devices: aliases and what else is registered of them, who
# forwards their mails, what they have reported.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

second=B4FM021007478

mkdir "$work/local"
cat >"$work/local/maker.format" <<END
[format]
separator = brackets
date = %d/%m/%Y

[labels]
serial = Serial Number
model = Model Name
date = Send Date

[counters]
total = Total Counter
END

begin()
{
	exits 0 center add K0001 --address csrc@center.example
	exits 0 center add K0002
	exits 0 device add "$serial" --center K0001 --alias plate7 \
		--date-order mdy --forwarded yes --counts sealed
	exits 0 device add "$second" --center K0001 --protection optional
}

fields()
{
	exits 0 device show "$serial"
	like "$out" "*alias PLATE7*date-order mdy*forwarded yes*counts sealed*" \
		"$how: its fields"
	exits 0 device show "$serial" --json
	is "$(jq -c '[.alias,.date_order,.forwarded,.counts]' <<<"$out")" \
		'["PLATE7","mdy",true,"sealed"]' "$how: as JSON"
	exits 0 device show "$second" --json
	is "$(jq -c '[.alias,.date_order,.forwarded,.counts]' <<<"$out")" \
		'[null,"unknown",false,"both"]' "$how: and by default"
	exits 3 device set "$second" --alias Plate7
	like "$err" "*alias PLATE7 is device $serial's*" "$how: whose it is"
	exits 3 device set "$second" --alias "$serial"
	exits 3 device set "$second" --alias "$second"
	exits 3 device add plate7 --center K0002
	exits 3 device set "$second" --date-order dym
	exits 3 device set "$second" --forwarded maybe
	exits 3 device set "$second" --counts none
	exits 0 device export --json
	exits 0 device export
	cp "$work/out" "$work/csv"
	exits 0 device set "$serial" --alias "" --date-order unknown \
		--forwarded no --counts both
	exits 0 device import --update "$work/csv"
	exits 0 device show "$serial"
	like "$out" "*alias PLATE7*counts sealed*" "$how: as it was exported"
	printf 'serial,center,alias\n%s,K0001,x\n%s,K0001,X\n' n1 n2 \
		>"$work/csv"
	exits 3 device import "$work/csv"
	like "$err" "*line 3*alias X of K0001 is there twice*" "$how: both lines"
}

forwarders()
{
	exits 2 center set K0001 --forwarder desk@center.example
	like "$err" "*one of --network, --login, --dkim, --remove*" \
		"$how: an address alone is none"
	exits 0 center set K0001 --forwarder Desk@center.example \
		--network 192.0.2.77/24
	exits 0 center set K0001 --forwarder desk@center.example --login desk
	exits 0 center set K0001 --forwarder far@center.example \
		--dkim Center.Example
	exits 2 center set K0001 --forwarder a@b.example --login x --dkim y
	exits 3 center set K0001 --forwarder a@b.example --network 192.0.2.300
	exits 3 center set K0001 --forwarder nobody --login x
	exits 3 center set K0009 --forwarder a@b.example --login x
	exits 0 center show K0001
	is "$(grep -c '^forwarder' <<<"$out")" 3 "$how: all are shown"
	like "$out" "*forwarder desk@center.example network 192.0.2.0/24*" \
		"$how: in one spelling"
	exits 0 center list --json
	is "$(jq -cs 'map(.forwarders)' <<<"$out")" \
		'[[{"address":"desk@center.example","network":"192.0.2.0/24"},{"address":"desk@center.example","login":"desk"},{"address":"far@center.example","dkim":"center.example"}],[]]' \
		"$how: as JSON"
	exits 0 center set K0001 --forwarder DESK@center.example --remove
	exits 3 center set K0001 --forwarder desk@center.example --remove
	exits 0 center show K0001
	is "$(grep -c '^forwarder' <<<"$out")" 1 "$how: one is left"
	exits 0 check
}

readings()
{
	exits 0 device readings "$second"
	is "$out" "" "$how: nothing yet"
	exits 3 device readings none
	exits 2 device readings "$second" --from yesterday
	exits 2 device readings "$second" --csv --json
	exits 0 device readings "$second" --csv --from 2d --to 2026-01-01
	is "$out" "serial,sequence,earliest,latest,received,assurance,counts,flags,same_as,counter,value" \
		"$how: the header"
}

# text SERIAL TOTAL DAY: a maker's counter mail.
text()
{
	cat <<END
From: printer@site.example
To: csrc@center.example
Subject: Counter
Date: $(date -R -u -d "$3")
Content-Type: text/plain; charset=us-ascii

[Model Name],bizhub C250i
[Serial Number],$1
[Send Date],$(date -u -d "$3" +%d/%m/%Y)
[Total Counter],00$2
END
}

imports()
{
	local i

	{
		for i in 90 8 3; do
			echo "From printer@site.example $(date -u)"
			text "$second" "40000$i" "$i days ago" | sed 's/$/\r/'
			echo
		done
		echo "From somebody"
		text "$serial" 400999 "2 days ago"
		echo ">From the beginning"
		echo
		echo "From nobody"
		text NOBODY 1 "2 days ago"
	} >"$work/mbox"
	exits 1 submit --mbox "$work/mbox" --center K0001
	like "$out" "message 4: spoof unprotected
message 5: spoof unprotected
messages: 5
reports taken: 3
had before: 0
not taken: 2
  unprotected: 2" "$how: what became of them"
	exits 1 submit --mbox "$work/mbox" --center K0001 --json
	is "$(tail -n 1 <<<"$out" | jq -c .reports)" \
		'{"genuine":0,"duplicate":3,"refused":2}' "$how: once more"
	exits 0 spool list
	mkdir -p "$work/box/cur" "$work/box/new" "$work/box/tmp"
	text "$second" 400010 "2 days ago" >"$work/box/new/2.x"
	text "$second" 400011 "1 day ago" >"$work/box/cur/1.x:2,S"
	echo no mail >"$work/box/tmp/3.x"
	exits 0 submit --maildir "$work/box" --center K0001
	like "$out" "messages: 2
reports taken: 2
*" "$how: a Maildir"
	{
		echo "From somebody"
		printf '%s\n' "From: desk@center.example" \
			"Content-Type: multipart/mixed; boundary=b" ""
		for i in 1 2 3; do
			printf '%s\n' "--b" "Content-Type: message/rfc822" ""
			text "$second" "40001$i" "1 day ago"
		done
		echo "--b--"
	} >"$work/bundle"
	exits 0 submit - --mbox --center K0001 <"$work/bundle"
	like "$out" "messages: 1
reports taken: 2
had before: 1*" "$how: a bundle"
	exits 3 submit --maildir "$work/box/cur" --center K0001
	exits 3 submit --mbox "$work/box/new/2.x" --center K0001
	like "$err" "*no mailbox*" "$how: why"
	exits 3 submit --mbox "$work/mbox" --center nowhere/
	exits 2 submit "$work/mbox" --mbox --maildir --center K0001
	exits 0 quarantine list
	is "$out" "" "$how: nothing of it is kept"
	published "$second"
	is "$(cat "$work"/var/spool/new/*.jsonl | jq -r .assurance | sort -u)" \
		imported "$how: by which assurance"
	exits 0 check
}

# shape TOTAL A3 ALARM…: a text of another maker, of one moment.
shape()
{
	local when total=$1 a3=$2
	shift 2

	when="$(LC_ALL=C date -u -d "2 days ago" '+%a %d %b %Y') 08:00:00"
	cat <<END
From: printer@site.example
Date: $(date -R -u -d "1 day ago")

Model Name:           TASKalfa 3554ci
Serial Number:        W790300199
MeterDate:            $when

Counters by Function:
 Printed Pages:
  Copier:             1,153
  Total:              $total
${a3:+Counters by Paper Size:
 A3:                  $a3
}
<$when>
 Black:               53%
END
	printf '%s\n' "$@"
}

# published SERIAL: the last reading of it is in the spool, which is another
# thread's work.
published()
{
	local i last

	exits 0 device readings "$1" --json
	last=$(tail -n 1 <<<"$out" | jq .sequence)
	for ((i = 0; i < 300; i++)); do
		! grep -qs "^{\"sequence\":$last," \
			"$work"/var/spool/new/*.jsonl || return
		sleep 0.1
	done
}

# records JQ: of those that the spool has got since the last time.
records()
{
	local all

	all=$(cat "$work"/var/spool/new/*.jsonl | jq -c "$1")
	tail -n +$((known + 1)) <<<"$all"
	known=$(wc -l <<<"$all")
}

# One reading and its alarms, in whatever mails they come.
once()
{
	local known

	cp "$srcdir/parser/formats/kyocera.format" "$work/local"
	exits 0 device add W790300199 --center K0001 --protection optional
	[ -z "$daemon" ] || exits 0 reload
	known=$(cat "$work"/var/spool/new/*.jsonl | wc -l)
	{
		echo "From a"; shape 41,363 300 " [*] Add Toner"; echo
		echo "From b"; shape 41,363 300 " [*] Add Toner" ""; echo
		echo "From c"; shape 41,363 300 " [*] Add Toner" " [*] Jam"; echo
		echo "From d"; shape 41,363 300 " [*] Jam"; echo
		echo "From e"; shape 41,363 "" " [*] Add Toner"; echo
		echo "From f"; shape 41,364 300
	} >"$work/mbox"
	exits 0 submit --mbox "$work/mbox" --center K0001 --json
	is "$(tail -n 1 <<<"$out" | jq -c .reports)" \
		'{"genuine":4,"duplicate":2,"refused":0}' "$how: each once"
	exits 0 submit --mbox "$work/mbox" --center K0001
	published W790300199
	is "$(records '[.report.kind, .report.counters.total, .alarm_of != null,
		.same_as != null, [.report.alarms[]?.code]]')" \
'["counters",41363,false,false,["Add Toner"]]
["alarm",null,true,false,["Jam"]]
["counters",41363,false,true,[]]
["counters",41364,false,false,[]]' "$how: what is in the spool"
	exits 0 device readings W790300199 --json
	is "$(jq -cs 'map([.counters.total, .same_as != null])' <<<"$out")" \
		'[[41363,false],[41363,true],[41364,false]]' "$how: its readings"
	exits 0 device readings W790300199 --csv
	is "$(grep -c '^W790300199,' <<<"$out")" 8 "$how: a line a counter"
	exits 0 device readings W790300199
	like "$out" "SEQUENCE*same as *copy=1153 total=41363*" "$how: a list"
	exits 0 device set W790300199 --counts sealed
	{ echo "From a"; shape 41,365 300; } >"$work/mbox"
	exits 0 submit --mbox "$work/mbox" --center K0001
	published W790300199
	is "$(cat "$work"/var/spool/new/*.jsonl | jq -c .counts | tail -n 1)" \
		false "$how: it does not count"
	exits 0 device readings W790300199 --json
	is "$(jq -cs 'map(.counts)' <<<"$out")" "[true,true,true,false]" \
		"$how: nor does its reading"
	exits 0 check
}

# refused FROM CLIENT FILE: a mail by SMTP that nobody registered, as it would
# be kept; the daemon's own way to the quarantine needs an MTA.
refused()
{
	local name

	count=$((count + 1))
	name=$(printf '2026-11-%02dT12:00:00.000000Z-s-%016x-%016x.eml' \
		"$count" "$count" "$count")
	mkdir -p "$work/var/quarantine"
	{
		printf '%s\n' "Received: $(date -u +%Y-%m-%dT%H:%M:%SZ)" \
			"Verdict: spoof" "Reason: unprotected" \
			"Share: stranger" "Owner: " "Detail: -" \
			"Channel: mail" "Queue-ID: Q$count" "Sender: $1" \
			"Client: $2" "Centers: K0001" "Too-Large: no" ""
		cat "$3"
	} >"$work/var/quarantine/$name"
	[ -z "$user" ] || chown -R "$user" "$work/var/quarantine"
}

strangers()
{
	local count=0 i

	exits 0 device unknown
	is "$out" "" "$how: there is none"
	for i in 1 2; do
		text NEW-1 "5000$i" "$i days ago" >"$work/new"
		refused printer@site.example 192.0.2.9 "$work/new"
	done
	{
		printf '%s\n' "From: desk@center.example" \
			"Content-Type: multipart/mixed; boundary=b" "" "--b" \
			"Content-Type: message/rfc822" ""
		text "$second" 400020 "1 day ago"
		printf '%s\n' "--b" "Content-Type: message/rfc822" ""
		text NEW-3 1 "1 day ago"
		echo "--b--"
	} >"$work/new"
	refused x@y.example 192.0.2.10 "$work/new"
	text PLATE7 400020 "1 day ago" >"$work/new"
	refused x@y.example 192.0.2.10 "$work/new"
	echo junk >"$work/new"
	refused x@y.example 192.0.2.10 "$work/new"
	exits 0 device unknown
	like "$out" "SERIAL*
NEW-1 *maker*bizhub C250i*2*K0001*192.0.2.9*printer@site.example
NEW-3 *1*192.0.2.10*x@y.example" "$how: who, how often, from where"
	is "$(wc -l <<<"$out")" 3 "$how: and no other"
	exits 0 device unknown --json --center k0001
	is "$(jq -c '[.serial,.mails,.format,.center]' <<<"$out")" \
		'["NEW-1",2,"maker","K0001"]
["NEW-3",1,"maker","K0001"]' "$how: as JSON"
	exits 0 device unknown --center K0002
	is "$out" "" "$how: not of that center"
	exits 2 device adopt new-1
	like "$err" "*--protection is needed*printer@site.example at 192.0.2.9*" \
		"$how: what was seen"
	exits 3 device adopt "$second" --protection optional --from "" \
		--network ""
	exits 3 device adopt new-1 --protection optional --from x@y.example \
		--network "192.0.2.300"
	exits 0 device adopt new-1 --protection optional \
		--from printer@site.example --network 192.0.2.0/24
	like "$out" "NEW-1 is registered with center K0001
messages released: 2
still refused: 0" "$how: adopted"
	exits 0 device show NEW-1
	like "$out" "*protection optional*from printer@site.example*model bizhub C250i*sequence *" \
		"$how: as it was seen"
	exits 0 device unknown
	like "$out" "SERIAL*
NEW-3 *" "$how: it is known now"
	is "$(find "$work/var/quarantine" -name '*.eml' | wc -l)" 3 \
		"$how: the others stay"
	exits 3 device adopt new-1 --protection optional --from "" --network ""
}

# At a terminal it asks, and Enter takes what was seen.
asks()
{
	local count=20

	command -v script >/dev/null || {
		skip "$how: at a terminal" "no script(1)"
		return
	}
	text NEW-2 60001 "1 day ago" >"$work/new"
	refused printer@site.example 192.0.2.9 "$work/new"
	printf '\n\nany\n' | script -qec "$(printf '%q ' \
		"$builddir/csrcadm" --config "$conf" device adopt NEW-2)" \
		/dev/null >"$work/typescript" 2>&1
	like "$(cat "$work/typescript")" \
		"*(optional) ?optional?: *any ?printer@site.example?: *any ?192.0.2.9?: *messages released: 1*" \
		"$how: what it asks"
	exits 0 device show NEW-2
	like "$out" "*protection optional*from printer@site.example*network -*" \
		"$how: as it was told"
}

everything()
{
	begin
	fields
	forwarders
	readings
	imports
	once
	strangers
	asks
}

how=alone
exits 0 init
everything
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	everything
else
	skip "through the daemon" "it is not built"
fi
done_testing
