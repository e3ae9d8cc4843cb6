#!/bin/bash
# Hostile mails through a real Postfix: each gets its verdict, and the daemon is
# as large after many rounds of all of them as it was after a few. The rounds
# are counted by CSRC_HOSTILE_ROUNDS.
. "$(dirname "$0")/harness.sh"

ROUNDS=${CSRC_HOSTILE_ROUNDS:-20}
WARM=5            # rounds until caches and pools have their size
GROWTH_KB=4096    # less than a tenth of a kilobyte for each mail after that

# What is authentic but cannot be read: NAME JSON-TEXT
unreadable()
{
	printf '%b' "$2" | report_entity $CENTER $DEVICE |
		sealed_entity $DEVICE
	sed 's/\r*$/\r/' "$MAIL" >"$HOSTILE/$1.malformed.unreadable"
}

start='{"version":1,"kind":"counters","date":"2026-01-01T00:00:00Z"'

unreadables()
{
	local deep

	deep=$(printf '[%.0s' {1..5000})
	unreadable json-doubled "$start,\"kind\":\"alarm\",\"counters\":{\"a\":1}}"
	unreadable json-counter-doubled "$start,\"counters\":{\"a\":1,\"a\":2}}"
	unreadable json-deep "$start,\"counters\":{\"a\":1},\"x\":$deep"
	unreadable json-huge "$start,\"counters\":{\"a\":99999999999999999999}}"
	unreadable json-power "$start,\"counters\":{\"a\":1e400}}"
	unreadable json-2-to-53 "$start,\"counters\":{\"a\":9007199254740992}}"
	unreadable json-negative "$start,\"counters\":{\"a\":-1}}"
	unreadable json-fraction "$start,\"counters\":{\"a\":1.5}}"
	unreadable json-utf-8 "$start,\"counters\":{\"a\":1},\"x\":\"\\\\xff\"}"
	unreadable json-raw-octets "$start,\"counters\":{\"a\":1},\"x\":\"\xff\xc0\"}"
	unreadable json-nul "$start,\"counters\":{\"a\":1},\"x\":\"\\\\u0000\"}\0"
	unreadable json-cut "$start,\"counters\":{\"a\""
	unreadable json-empty ""
}

make_mails()
{
	HOSTILE=$WORK/hostile
	mkdir "$HOSTILE"
	report_json $DEVICE 1 | report_entity $CENTER $DEVICE |
		openssl cms -encrypt -binary -aes-256-gcm -outform DER \
			-secretkey "${KEY[$DEVICE]}" \
			-secretkeyid "${KEY_ID[$DEVICE]}" >"$WORK/seal.der" &&
		perl "$CSRC_SOURCE/tests/system/hostile.pl" "$WORK/seal.der" \
			"$HOSTILE"
	unreadables
	report_json $DEVICE 2 | report_entity $CENTER $DEVICE |
		sealed_entity $DEVICE -aes-256-cbc
	sed 's/\r*$/\r/' "$MAIL" >"$HOSTILE/cbc.spoof.not-authentic"
}

# Sends the octets as they are; the reply is in SMTP_CODE.
send_octets()
{
	smtp_open "$MTA_PORT" && smtp_command "MAIL FROM:<$SENDER>" &&
		smtp_command "RCPT TO:<$ADDRESS>" && smtp_command DATA &&
		LC_ALL=C sed 's/^\./../' "$1" >&"$SMTP_FD" &&
		printf '\r\n.\r\n' >&"$SMTP_FD" && smtp_reply
	smtp_quit
}

assert_each()
{
	local file name verdict reason rest

	for file in "$HOSTILE"/*; do
		rest=${file##*/}
		name=${rest%%.*} rest=${rest#*.}
		verdict=${rest%%.*} reason=${rest#*.}
		mark
		send_octets "$file"
		is "$SMTP_CODE" 250 "$name: the sender is told nothing" ||
			diag "$SMTP_REPLY"
		wait_for 10 verdicts
		like "$(verdicts)" "*verdict=$verdict reason=$reason *" \
			"$name: $verdict, $reason"
	done
}

resident_kb()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$GATEWAY_PID/status"
}

one_round()
{
	local file

	for file in "$HOSTILE"/*; do
		send_octets "$file"
	done
	find "$GATEWAY_DIR/var/quarantine" -type f -delete
}

assert_flat()
{
	local round before after

	for ((round = 0; round < WARM; round++)); do one_round; done
	before=$(resident_kb)
	for ((round = 0; round < ROUNDS; round++)); do
		one_round
		[ $((round % 10)) -ne 0 ] ||
			diag "round $round: $(resident_kb) kB"
	done
	after=$(resident_kb)
	diag "resident: $before kB after $WARM rounds of" \
		"$(find "$HOSTILE" -type f | wc -l) mails, $after kB after" \
		"$ROUNDS more"
	ok "memory stays flat" test $((after - before)) -le $GROWTH_KB
}

harness_begin
# what nobody registered sends: a plain one is nobody's
SENDER=$STRANGER
make_mails >"$WORK/made" 2>&1 || bail_out "cannot make the mails: $(cat "$WORK/made")"
begin_gateway
begin_postfix
assert_each
assert_flat
sealed $DEVICE 4
gives "and a genuine one after all that" genuine -
is "$(gateway_reports | wc -l)" 1 "the spool holds that one only"
done_testing
