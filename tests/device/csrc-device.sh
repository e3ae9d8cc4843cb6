#!/bin/bash
# csrc-device for real: stock openssl opens what it makes, it opens what stock
# openssl makes, the gateway takes its reports, and each kind of request that it
# must refuse is refused, with a reason and nothing printed.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u -o pipefail

srcdir=$(cd "${srcdir:-.}" && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=contrib/lib/report.sh
. "$srcdir/contrib/lib/report.sh"

for tool in jq openssl; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

work=$(mktemp -d) || bail_out "mktemp"
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 99

key_id=0badc0ffee
key=202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
other_key=ff2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
serial=A4FM021007478
id=5f0k3v9y2m7c1q8x4t6b0n3d5h
umask 077
printf 'key-id: %s\nkey: %s\n' $key_id $key >key

# device COMMAND WORD…: csrc-device as this device; streams and exit code in
# out, err, code.
device()
{
	local command=$1
	shift

	"$builddir/csrc-device" "$command" --center K0001 --serial $serial \
		"${key_from[@]}" "$@" >out 2>err
	code=$?
	err=$(cat err)
}
key_from=(--key-file key)

# exits CODE WORD…
exits()
{
	local wanted=$1
	shift

	device "$@"
	if [ "$code" = "$wanted" ]; then
		pass "exit $wanted: $*"
	else
		fail "exit $wanted: $*"
		diag "exit $code: $err"
	fi
}

# refused TEXT PATTERN WORD…: exit 1, nothing printed, PATTERN in the reason
refused()
{
	local text=$1 pattern=$2
	shift 2

	device "$@"
	is "$code/$(wc -c <out)" 1/0 "refused: $text"
	like "$err" "$pattern" "refused, and why: $text"
}

# opened FILE [KEY]: the sealed entity, by openssl
opened()
{
	openssl cms -decrypt -inform SMIME -in "$1" -secretkeyid $key_id \
		-secretkey "${2:-$key}" | tr -d '\r'
}

# when SECONDS [FORMAT]: a date from now
when()
{
	LC_ALL=C date -u -d "@$(($(date +%s) + $1))" "${2:-+%FT%TZ}"
}

# request_json [DATE EXPIRES] in seconds from now
request_json()
{
	printf '{"version":1,"command":"counters","center":"%s",' "$center"
	printf '"serial":"%s","email_id":"%s",' "$to_serial" "$id"
	printf '"date":"%s","expires":"%s",' "$(when "${1:-0}")" \
		"$(when "${2:-3600}")"
	printf '"params":{"tray":"1","text":"K\\u00f6ln"},"later":[]}\n'
}

request_entity()
{
	echo "CSRC-Center-ID: $center"
	echo "CSRC-Device-Serial: $to_serial"
	[ -z "$id" ] || echo "CSRC-Email-ID: $id"
	echo "Date: $(when 0 -R)"
	echo "MIME-Version: 1.0"
	echo "Content-Type: ${type:-application/vnd.csrc.request+json}"
	echo
	cat
}

request_head()
{
	echo "From: Center K1 <csrc@center.example>"
	echo "To: device@customer.example"
	echo "Subject: CSRC request"
	echo "Message-ID: <$id@center.example>"
	echo "CSRC-Center-ID: ${hint:-k0001}"
	echo "CSRC-Device-Serial: ${serial,,}"
	[ -z "$id" ] || echo "CSRC-Email-ID: $id"
}

# request [DATE EXPIRES]: a whole request mail, sealed by openssl. What it says
# is varied by these:
center=K0001
to_serial=$serial
hint=
type=
request()
{
	request_head
	request_json "$@" | request_entity | seal "${seal_id:-$key_id}" \
		"${seal_key:-$key}"
}

# --- reports

test_report()
{
	local conf=konica.eml

	device report --counter total=400999 --counter total.color=90999 \
		--model MF-3600 --from device@customer.example \
		--to csrc@center.example --date 2026-11-22T13:00:00+01:00
	is "$code" 0 "a report from options"
	cp out report.eml
	is "$(grep -c -v $'\r$' report.eml)" 0 "all lines end in CRLF"
	is "$(sed -n 's/^\(From\|To\|CSRC-[A-Za-z-]*\): //p' report.eml |
		tr -d '\r' | tr '\n' ' ')" \
		"device@customer.example csrc@center.example K0001 $serial " \
		"the outer header"
	ok "openssl opens it" eval 'opened report.eml >entity'
	is "$(sed '1,/^$/d' entity | jq -S -c .)" \
		"{\"center\":\"K0001\",\"counters\":{\"total\":400999,$(:
		)\"total.color\":90999},\"date\":\"2026-11-22T12:00:00Z\",$(:
		)\"kind\":\"counters\",\"model\":\"MF-3600\",$(:
		)\"serial\":\"$serial\",\"version\":1}" "what is sealed in it"
	is "$(sed -n 's/^CSRC-[A-Za-z-]*: //p' entity | tr '\n' ' ')" \
		"K0001 $serial " "the claims are sealed in it"
	not_ok "another key does not open it" opened report.eml $other_key

	device report --alarm C-2557="Toner supply" --alarm E1 \
		--date 2026-11-22T13:00:00Z
	cp out report.eml
	is "$(opened report.eml | sed '1,/^$/d' | jq -c '[.kind, .alarms]')" \
		'["alarm",[{"code":"C-2557","text":"Toner supply"},{"code":"E1"}]]' \
		"an alarm"
	device report --setting duplex=on
	cp out report.eml
	is "$(opened report.eml | sed '1,/^$/d' | jq -c '[.kind, .settings]')" \
		'["settings",[{"name":"duplex","new":"on"}]]' "a setting"
	device report --setting duplex=off:on --setting 'a\=b=1\:2:\\:3=4' \
		--setting from-nothing=:x
	is "$code/$(wc -c <out)" 3/0 "a value with one : too many"
	device report --setting duplex=off:on --setting 'a\=b=1\:2:\\=4' \
		--setting from-nothing=:x
	cp out report.eml
	cat >wanted <<-'END'
		{"name":"duplex","old":"off","new":"on"}
		{"name":"a=b","old":"1:2","new":"\\=4"}
		{"name":"from-nothing","old":"","new":"x"}
	END
	is "$(opened report.eml | sed '1,/^$/d' | jq -c '.settings[]')" \
		"$(cat wanted)" "settings with what they were"

	echo '{"kind":"counters","counters":{"total":7},"more":[1]}' >r.json
	device report --json r.json
	cp out report.eml
	is "$(opened report.eml | sed '1,/^$/d' |
		jq -c '[.version, .center, .serial, .counters.total, .more]')" \
		"[1,\"K0001\",\"$serial\",7,[1]]" "a report from JSON, completed"
	device report --json - <r.json
	is "$code" 0 "JSON from standard input"

	device report --mail "$srcdir/tests/corpus/report/konica.txt" \
		--formats "$srcdir/parser/formats"
	cp out report.eml
	is "$code" 0 "a maker's text"
	is "$(opened report.eml | sed '1,/^$/d' | md5sum)" \
		"$(tr -d '\r' <"$srcdir/tests/corpus/report/konica.txt" |
			md5sum)" "a maker's text is carried as it is"
	{
		printf 'Received: from x\nFrom: d@example.com\n'
		printf 'Date: Sun, 22 Nov 2026 12:00:05 +0100\n'
		printf 'CSRC-Center-ID: K0666\nMIME-Version: 1.0\n'
		printf 'Content-Type: text/plain;\n charset=iso-8859-1\n'
		printf 'Content-Transfer-Encoding: base64\n\n'
		openssl base64 <"$srcdir/tests/corpus/report/konica.txt"
	} >$conf
	device report --mail $conf --formats "$srcdir/parser/formats"
	cp out report.eml
	is "$(opened report.eml | sed '/^$/q' | tr '\n' '|')" \
		"CSRC-Center-ID: K0001|CSRC-Device-Serial: $serial|$(:
		)Date: Sun, 22 Nov 2026 12:00:05 +0100|MIME-Version: 1.0|$(:
		)Content-Type: text/plain;| charset=iso-8859-1|$(:
		)Content-Transfer-Encoding: base64||" \
		"a maker's whole mail: what says what it is, and nothing else"
}

test_bad_reports()
{
	exits 2 report
	exits 2 report --counter total=1 --json r.json
	exits 2 report --counter total=1 operand
	exits 2 report --counter total=1 --key-fd 3
	device report --counter total=1 --to $'a@b.example\r\nBcc: c@d.example'
	is "$code" 2 "exit 2: a header field in an address"
	exits 2 report --counter total=1 --from 'A <a@b.example>'
	exits 2 report --counter total=1 --date yesterday
	exits 2 report --counter total=1 --center 'K 1'
	exits 2 report --counter
	exits 2 report --key "$key" --counter total=1
	exits 3 report --counter total=-1
	exits 3 report --counter total=9007199254740992
	exits 3 report --counter total=99999999999999999999
	exits 3 report --counter Total=1
	exits 3 report --counter total=1 --counter total=1
	exits 3 report --setting duplex
	exits 3 report --setting =on
	exits 3 report --setting 'duplex=o\n'
	exits 3 report --setting "duplex=on\\"
	exits 3 report --alarm =text
	exits 3 report --alarm E1=text --alarm "$(printf 'E%0300d' 1)=text"
	exits 3 report --counter total=1 --kind alarm
	exits 3 report --json nonexistent.json
	echo '{"kind":"counters","kind":"alarm","counters":{"total":7}}' >x.json
	exits 3 report --json x.json
	printf '{"kind":\033[31m}' >x.json
	exits 3 report --json x.json
	not_ok "what came from outside is not shown as it is" \
		grep -q $'\033' err
	echo '{"kind":"counters"}' >x.json
	exits 3 report --json x.json
	echo '{"kind":"counters","counters":{"total":7},"serial":"B2"}' >x.json
	exits 3 report --json x.json
	is "$(wc -c <out)" 0 "another's report is not sealed"
	echo 'Hello' >x.txt
	exits 3 report --mail x.txt --formats "$srcdir/parser/formats"
	sed 's/A4FM021007478/B4FM021007478/' \
		"$srcdir/tests/corpus/report/konica.txt" >x.txt
	exits 3 report --mail x.txt --formats "$srcdir/parser/formats"
	is "$(wc -c <out)" 0 "nothing is printed for a bad one"
	"$builddir/csrc-device" report --counter total=1 >out 2>err
	is $? 2 "exit 2: without center, serial and key"
	"$builddir/csrc-device" nonsense >out 2>err
	is $? 2 "exit 2: nonsense"
	like "$("$builddir/csrc-device" --version)" "csrc-device (*" "--version"
	like "$("$builddir/csrc-device" --help)" "usage: csrc-device *" "--help"
}

test_keys()
{
	chmod 640 key
	exits 3 report --counter total=1
	like "$err" "*0640*" "a key that others can read is refused"
	chmod 600 key
	key_from=(--key-file nonexistent)
	exits 3 report --counter total=1
	key_from=(--key-fd 7)
	device report --counter total=1 7<key
	is "$code" 0 "a key from a descriptor"
	device report --counter total=1 7< <(cat key)
	is "$code" 0 "a key from a pipe"
	exits 4 report --counter total=1
	key_from=(--key-file bad)
	printf 'key: %s\n' $key >bad
	exits 3 report --counter total=1
	printf 'key-id: 0b\nkey: %s0\n' $key >bad
	exits 3 report --counter total=1
	printf 'key-id: 0b\nkey: %s\nkey: %s\n' $key $key >bad
	exits 3 report --counter total=1
	printf 'key-id: 0b\nkey: %s\n%s\n' $key $key >bad
	exits 3 report --counter total=1
	not_ok "a bad key's text is not shown" grep -q 20212223 err
	printf '# a comment\n\nkey: 000102030405060708090a0b0c0d0e0f\r\n' >bad
	echo "key-id: $key_id" >>bad
	device report --counter total=1
	cp out report.eml
	ok "a key of 128 bits" opened report.eml \
		000102030405060708090a0b0c0d0e0f
	key_from=(--key-file key)
}

# --- requests

test_show()
{
	request >request.eml
	device show request.eml
	is "$code" 0 "openssl's request opens"
	is "$(jq -c '[.command, .params, .email_id, .serial]' out)" \
		"[\"counters\",{\"tray\":\"1\",\"text\":\"Köln\"},\"$id\",\"$serial\"]" \
		"what it asks"
	device show - <request.eml
	is "$code" 0 "from standard input"
	device show --entity request.eml
	like "$(cat out)" "CSRC-Center-ID: K0001*\"version\":1,*" "its entity"
	echo "Please call. ö" | type="text/plain; charset=utf-8" \
		request_entity >letter
	{ request_head && seal $key_id $key <letter; } >letter.eml
	device show letter.eml
	is "$(jq -c '[.command, .email_id]' out)" "[null,\"$id\"]" \
		"a mail that is no request in our form"
	device show --entity letter.eml
	is "$(tr -d '\r' <out)" "$(cat letter)" "its entity, to the octet"
}

test_answer()
{
	rm -f state*
	request >request.eml
	device answer --state state --counter total=5 \
		--date 2026-11-22T13:00:00Z request.eml
	is "$code" 0 "an answer"
	cp out answer.eml
	is "$(opened answer.eml | sed '1,/^$/d' | jq -S -c .)" \
		"{\"center\":\"K0001\",\"counters\":{\"total\":5},$(:
		)\"date\":\"2026-11-22T13:00:00Z\",\"email_id\":\"$id\",$(:
		)\"kind\":\"answer\",\"serial\":\"$serial\",\"version\":1}" \
		"what it says"
	is "$(opened answer.eml | sed -n 's/^CSRC-Email-ID: //p')" "$id" \
		"its Email-ID is sealed in it"
	is "$(sed -n 's/^\(From\|To\|In-Reply-To\|CSRC-E.*\): //p' answer.eml |
		tr -d '\r' | tr '\n' ' ')" \
		"device@customer.example csrc@center.example $(:
		)<$id@center.example> $id " "who it is to, and what it answers"
	like "$(cat state)" "$id 20??-??-??T??:??:??Z" "the state"
	refused "a second answer" "*already answered*" \
		answer --state state request.eml
	refused "showing what is answered" "*already answered*" \
		show --state state request.eml

	id=${id%h}i request >second.eml
	device answer --state state --from other@customer.example \
		--to there@center.example second.eml
	is "$code" 0 "an answer with nothing in it"
	is "$(wc -l <state)" 2 "both are known"
	is "$(sed -n 's/^\(From\|To\): //p' out | tr -d '\r' | tr '\n' ' ')" \
		"other@customer.example there@center.example " \
		"addresses may be given"
	refused "the first again" "*already answered*" \
		answer --state state request.eml

	id=${id%h}j request >third.eml
	exits 3 answer --state state --counter Total=1 third.eml
	is "$(wc -l <state)" 2 "a bad answer does not use up the request"
	device answer --state state third.eml
	is "$code" 0 "then a good one"

	# a reading that answers, as the gateway's formats read it
	id=${id%h}k request >fourth.eml
	device answer --state state --formats "$srcdir/parser/formats" \
		--mail "$srcdir/tests/corpus/report/konica.txt" fourth.eml
	cp out answer.eml
	is "$(opened answer.eml | sed -n 's/^CSRC-Email-ID: //p')" "${id%h}k" \
		"a maker's text as an answer"
}

test_refused()
{
	local a=(answer --state state.new --counter total=1) line

	seal_id=0badc0ffed seal_key=$other_key request >x.eml
	refused "sealed with another key" "*another key*" "${a[@]}" x.eml
	seal_key=$other_key request >x.eml
	refused "another key under our key id" "*seal*" "${a[@]}" x.eml
	center=K0002 request >x.eml
	refused "another center" "*center ID*" "${a[@]}" x.eml
	to_serial=B4FM021007478 request >x.eml
	refused "another serial" "*serial*" "${a[@]}" x.eml
	request -7200 -1 >x.eml
	refused "expired" "*expired*" "${a[@]}" x.eml
	refused "expired, shown" "*expired*" show x.eml
	request 1000 2000 >x.eml
	refused "dated in the future" "*future*" "${a[@]}" x.eml
	hint=K0002 request >x.eml
	refused "the hints differ" "*outer header*center*" "${a[@]}" x.eml
	{ echo "CSRC-Center-ID: K0001" && request; } >x.eml
	refused "a hint twice" "*outer header*center*" "${a[@]}" x.eml
	id='' request >x.eml
	refused "no Email-ID" "*Email-ID*" "${a[@]}" x.eml
	{ request_head && id='' request_entity <letter |
		seal $key_id $key; } >x.eml
	refused "an Email-ID outside alone" "*Email-ID*" "${a[@]}" x.eml
	{ request_head && request_json | request_entity; } >x.eml
	refused "not sealed" "*not sealed*" "${a[@]}" x.eml
	{ request_head && request_json | request_entity |
		seal $key_id $key -aes-256-cbc; } >x.eml
	refused "sealed without integrity" "*seal*" "${a[@]}" x.eml
	request >x.eml
	line=$(($(wc -l <x.eml) - 3))
	sed "${line}s/^./\\&/;${line}y/abcdefgh&/bcdefghaA/" x.eml >y.eml
	not_ok "it was altered" cmp -s x.eml y.eml
	refused "altered" "*seal*" "${a[@]}" y.eml
	head -c 900 x.eml >y.eml
	refused "cut short" "*" "${a[@]}" y.eml
	: >y.eml
	refused "empty" "*empty*" "${a[@]}" y.eml
	head -c 100000 /dev/zero >y.eml
	refused "no mail" "*" "${a[@]}" y.eml
	{ request_head && echo '{"version":2}' | request_entity |
		seal $key_id $key; } >y.eml
	refused "a later version" "*version*" "${a[@]}" y.eml
	{ request_head &&
		report_json $serial 5 |
		type=application/vnd.csrc.report+json request_entity |
			seal $key_id $key; } >y.eml
	refused "an answer of ours that came back" "*report*" "${a[@]}" y.eml
	not_ok "none of them left a state" test -s state.new
	exits 3 answer --state state.new nonexistent.eml
	exits 2 answer x.eml
	exits 2 answer --state state.new --json - -
	exits 2 answer --state state.new
}

# --- the state

test_state()
{
	local pid i

	rm -f state*
	request >request.eml
	echo "nonsense" >state
	exits 4 answer --state state request.eml
	printf '%s 2030-01-01T00:00:00Z' "$id" >state
	exits 4 answer --state state request.eml
	is "$(wc -c <out)" 0 "nobody answers who cannot tell what was answered"
	printf '%s 2020-01-01T00:00:00Z\n' "${id%h}z" >state
	device answer --state state request.eml
	is "$code/$(cut -c 1-26 state)" "0/$id" "what has expired is dropped"

	rm -f state*
	exits 4 answer --state no/directory/state request.eml
	is "$(wc -c <out)" 0 "no state, no answer"

	# Standard output that takes nothing: the answer is lost, not doubled.
	"$builddir/csrc-device" answer --center K0001 --serial $serial \
		--key-file key --state state request.eml >/dev/full 2>err
	is $? 4 "an answer that cannot be printed"
	refused "it counts as given" "*already answered*" \
		answer --state state request.eml

	# Killed while printing: a pipe that nobody reads is soon full.
	rm -f state*
	head -c 300000 /dev/zero | tr '\0' x >x.txt
	jq -n -R --rawfile m x.txt '{counters: {total: 1}, model: $m}' >big.json
	mkfifo pipe
	sleep 60 <>pipe &
	pid=$!
	"$builddir/csrc-device" answer --center K0001 --serial $serial \
		--key-file key --state state --json big.json request.eml \
		>pipe 2>err &
	i=0
	while [ ! -s state ] && [ $i -lt 100 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	ok "it waits for its reader" kill -9 $!
	wait $! 2>/dev/null
	kill $pid
	wait $pid 2>/dev/null
	refused "after kill -9 it counts as given" "*already answered*" \
		answer --state state request.eml

	# Many at once: one of them answers.
	rm -f state*
	for i in 1 2 3 4 5 6; do
		"$builddir/csrc-device" answer --center K0001 --serial $serial \
			--key-file key --state state request.eml \
			>out.$i 2>err.$i &
	done
	wait
	is "$(cat out.? | grep -c '^In-Reply-To')" 1 "of many one answers"
	is "$(cat err.? | grep -c 'already answered')" 5 "the others are refused"
}

# --- the gateway

test_gateway()
{
	local user=

	if [ "$(id -u)" -eq 0 ]; then
		id nobody >/dev/null 2>&1 ||
			{ skip "the gateway takes it" "no user nobody"; return; }
		user=nobody
	fi
	cat >conf <<END
user = $user
control_socket = $work/control.sock
state_directory = $work/gw/state
spool_directory = $work/gw/spool
master_key_file = $work/gw/master.key
quarantine_directory = $work/gw/quarantine
format_directory = $srcdir/parser/formats
local_format_directory = $work/none
min_free_space = 0
log_target = stderr
END
	chmod 644 conf
	umask 022 # the daemon's user must get to its directories
	gw=("$builddir/csrcadm" -c conf)
	ok "a store is made" "${gw[@]}" init
	"${gw[@]}" center add K0001 --address csrc@center.example
	"${gw[@]}" device add $serial --center K0001
	"${gw[@]}" device key $serial --generate >issued
	chmod 600 issued
	key_from=(--key-file issued)
	device report --counter total=400999
	cp out report.eml
	ok "the gateway takes a report, under the key that it issued" \
		"${gw[@]}" explain report.eml --to csrc@center.example
	sed "s,01/06/23,$(date -u +%d/%m/%y)," \
		"$srcdir/tests/corpus/report/konica.txt" >konica.txt
	device report --mail konica.txt
	cp out report.eml
	ok "the gateway reads a maker's text in it" \
		"${gw[@]}" explain report.eml --to csrc@center.example

	# the gateway asks, the device answers
	"${gw[@]}" device set $serial --address device@customer.example
	"${gw[@]}" request $serial --command counters --param "text=K ö" \
		>request.eml
	is $? 0 "the gateway makes a request"
	rm -f state*
	device show --state state request.eml
	is "$(jq -c '[.command, .params]' out)" \
		'["counters",{"text":"K ö"}]' "csrc-device opens it"
	device answer --state state --counter total=400999 request.eml
	cp out answer.eml
	is "$(sed -n 's/^\(From\|To\): //p' out | tr -d '\r' | tr '\n' ' ')" \
		"device@customer.example csrc@center.example " \
		"the answer's way back"
	ok "the gateway takes the answer" \
		"${gw[@]}" explain answer.eml --to csrc@center.example
	not_ok "the gateway does not take its own request for an answer" \
		"${gw[@]}" explain request.eml --to csrc@center.example
	refused "the answer, sent back to the device" "*report*" \
		answer --state state.new answer.eml
}

test_report
test_bad_reports
test_keys
test_show
test_answer
test_refused
test_state
test_gateway
done_testing
