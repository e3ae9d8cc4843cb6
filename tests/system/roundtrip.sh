#!/bin/bash
# shellcheck disable=SC2086 # names of devices have no spaces
# The center asks, the device answers, both with the real programs, behind a
# real Postfix: csrcadm request, sendmail(1), the device's mailbox, csrc-device,
# SMTP, the spool. Then each way to cheat with an answer, a change of keys under
# way, devices without a key, and many devices at once.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/system/core.sh"

KEYLESS=A100000000009
STATE=
ID=
REQUEST=

round_register()
{
	csrcadm device set $DEVICE --address one@elsewhere.example &&
		csrcadm device set $SECOND --address two@elsewhere.example &&
		csrcadm device set $PLAIN --address plain@elsewhere.example &&
		csrcadm device set $FOREIGN --address away@elsewhere.example &&
		csrcadm device add $KEYLESS --center $CENTER \
			--address keyless@elsewhere.example
}

# The private Postfix's sendmail(1), and one that refuses.
round_sendmail()
{
	printf '#!/bin/sh\nexec sendmail -C %s "$@"\n' "$POSTFIX_DIR/etc" \
		>"$WORK/sendmail"
	printf '#!/bin/sh\nexit 75\n' >"$WORK/refusing"
	chmod 755 "$WORK/sendmail" "$WORK/refusing"
}

send()
{
	csrcadm request "$@" --send --sendmail "$WORK/sendmail"
}

# received EMAIL-ID: the file of that request in the devices' mailbox.
received()
{
	mailbox devices | xargs -r grep -ls "^CSRC-Email-ID: $1" | grep .
}

# ask SERIAL [OPTION…]: sends a request; ID is its Email-ID, REQUEST the file
# that has what arrived.
ask()
{
	local serial=$1 said
	shift

	said=$(send "$serial" --command counters "$@")
	ID=${said%% *}
	like "$said" "?????????????????????????? sent to *" \
		"a request to $serial is sent"
	ok "and arrives" wait_for 15 received "$ID" || return 1
	REQUEST=$MAILS/request.$ID
	mv "$(received "$ID")" "$REQUEST"
}

# respond SERIAL [OPTION…]: the device's answer to REQUEST is in MAIL.
respond()
{
	local serial=$1
	shift

	MAIL=$MAILS/answer.$ID
	device answer "$serial" --state "$STATE" "$@" "$REQUEST" >"$MAIL"
}

# state_is STATE TEXT: what the center knows of request ID.
state_is()
{
	is "$(csrcadm --json request show "$ID" | jq -r .state)" "$1" "$2"
}

# count STATE: how many requests are in it.
count()
{
	csrcadm --json request list "--$1" | wc -l
}

trip()
{
	local before

	ask $DEVICE --param tray=1 --param "text=Grüße, \"Köln\"" || return
	state_is open "an open request"
	is "$(device show $DEVICE --state "$STATE" "$REQUEST" |
		jq -c '[.command, .params, .email_id]')" \
		"[\"counters\",{\"tray\":\"1\",\"text\":\"Grüße, \\\"Köln\\\"\"},\"$ID\"]" \
		"csrc-device opens it"
	before=$(csrcadm --json stats | jq .next_sequence)
	respond $DEVICE --counter total=100
	is $? 0 "it answers"
	cp "$MAIL" "$MAILS/first"
	FIRST_ID=$ID FIRST_REQUEST=$REQUEST
	gives "the answer" genuine -
	is "$LAST_SEQUENCE" "$before" "the answer is the next report"
	is "$(report_of "$LAST_SEQUENCE" | jq -c '[.email_id, .serial,
		.assurance, .report.kind, .report.counters.total,
		.request.command]')" \
		"[\"$ID\",\"$DEVICE\",\"sealed\",\"answer\",100,\"counters\"]" \
		"the spool line says what was asked and answered"
	is "$(csrcadm --json request show "$ID" |
		jq -c '[.state, .sequence]')" "[\"answered\",$LAST_SEQUENCE]" \
		"an answered request names its report"
	is "$(report_of "$LAST_SEQUENCE" | jq .request.seconds)" \
		"$(csrcadm --json request show "$ID" |
			jq '(.answered | fromdate) - (.issued | fromdate)')" \
		"and the time it took"
}

# The device's end by stock tools only.
trip_openssl()
{
	ask $SECOND || return
	is "$(openssl cms -decrypt -inform SMIME -in "$REQUEST" \
		-secretkey "${KEY[$SECOND]}" -secretkeyid "${KEY_ID[$SECOND]}" |
		tr -d '\r' | sed '1,/^$/d' |
		jq -c '[.command, .serial, .email_id]')" \
		"[\"counters\",\"$SECOND\",\"$ID\"]" "openssl opens a request"
	answer $SECOND "$ID" "by hand"
	gives "openssl's answer" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -r .email_id)" "$ID" \
		"its Email-ID is in the spool"
}

cheat()
{
	MAIL=$MAILS/altered
	cp "$MAILS/first" "$MAIL"
	tamper "$MAIL"
	not_ok "an altered answer differs" cmp -s "$MAIL" "$MAILS/first"
	gives "an altered answer" spoof not-authentic
	ID=$FIRST_ID REQUEST=$FIRST_REQUEST
	not_ok "csrc-device answers once" respond $DEVICE --counter total=101
	STATE=$STATE.lost respond $DEVICE --counter total=101
	gives "a second answer that says something else" spoof answered-email-id
	MAIL=$MAILS/first
	gives "the first answer again" duplicate -
	ask $DEVICE || return
	answer $SECOND "$ID" "not mine"
	gives "an answer of another device" spoof foreign-email-id
	CENTER=K0002 answer $FOREIGN "$ID" "not my center's"
	gives "an answer of another center's device" spoof foreign-email-id \
		reports@second.example
	state_is open "the request is still open"
	not_ok "another device cannot open it" respond $SECOND
	respond $DEVICE --counter total=102
	gives "its own device's answer" genuine -
	state_is answered "now it is answered"
	ok "no cancelling what is answered" refuses_cancel
}

refuses_cancel()
{
	csrcadm request cancel "$ID"
	[ $? -eq 3 ]
}

cancel()
{
	ask $DEVICE || return
	respond $DEVICE --counter total=103
	ok "cancel a request" csrcadm request cancel "$ID"
	state_is cancelled "it is cancelled"
	gives "an answer to what was cancelled" spoof expired-email-id
	state_is cancelled "it stays so"
	is "$(csrcadm --json request list --cancelled | jq -r .email_id)" \
		"$ID" "and is listed so"
}

# What could not be sent is recorded, and nothing more.
unsent()
{
	local before

	before=$(count open)
	csrcadm request $DEVICE --command counters --send \
		--sendmail "$WORK/refusing" >"$WORK/out" 2>"$WORK/err"
	is $? 4 "sendmail(1) refuses: exit 4"
	like "$(cat "$WORK/err")" "*75*Email-ID*" "and the reason"
	is "$(count open)" $((before + 1)) "its Email-ID is recorded"
	is "$(mailbox devices | wc -l)" 0 "nothing arrives"
}

# Asked one minute before the answer comes; the rest of this test is between.
late_asked()
{
	ask $DEVICE --lifetime 1m || return
	LATE_ID=$ID LATE_REQUEST=$REQUEST LATE=$((SECONDS + 62))
	respond $DEVICE --counter total=104
	mv "$MAIL" "$MAILS/late"
}

late_answered()
{
	[ $LATE -le $SECONDS ] || sleep $((LATE - SECONDS))
	ID=$LATE_ID REQUEST=$LATE_REQUEST MAIL=$MAILS/late
	gives "an answer that comes too late" spoof expired-email-id
	state_is expired "its request has expired"
	like "$(STATE=$STATE.late respond $DEVICE 2>&1)" "*expired*" \
		"csrc-device does not answer what has expired"
}

# used KEY-ID: when the center last saw it used, or null.
used()
{
	csrcadm --json device key $DEVICE --list |
		jq -r --arg id "$1" 'select(.key_id == $id) | .used'
}

# The device has both keys for a while; nothing is lost on the way.
change_key()
{
	local old_id=${KEY_ID[$DEVICE]} old=${KEY[$DEVICE]} new_id new said
	local asked asked_id

	said=$(csrcadm device key $DEVICE --generate)
	new_id=$(sed -n 's/^key-id: //p' <<<"$said")
	new=$(sed -n 's/^key: //p' <<<"$said")
	is "$(used "$new_id")" null "a second key, not used yet"
	ask $DEVICE || return
	ok "until it is used, requests have the old key" \
		device show $DEVICE "$REQUEST"
	asked=$REQUEST asked_id=$ID
	KEY_ID[$DEVICE]=$new_id KEY[$DEVICE]=$new
	not_ok "and not the new one" device show $DEVICE "$REQUEST"
	sealed $DEVICE 105
	gives "a report with the new key" genuine -
	like "$(used "$new_id")" "20??-*" "the new key is used"
	ask $DEVICE || return
	ok "now requests have the new key" device show $DEVICE "$REQUEST"
	KEY_ID[$DEVICE]=$old_id KEY[$DEVICE]=$old
	not_ok "and not the old one" device show $DEVICE "$REQUEST"
	REQUEST=$asked ID=$asked_id respond $DEVICE --counter total=106
	gives "what was asked with the old key is answered with it" genuine -
	ok "the old key is retired" \
		csrcadm device key $DEVICE --retire "$old_id"
	sealed $DEVICE 107
	gives "a report with the retired key" spoof not-authentic
	KEY_ID[$DEVICE]=$new_id KEY[$DEVICE]=$new
	respond $DEVICE --counter total=108
	gives "what was asked with the new key is answered with it" genuine -
	ask $DEVICE || return
	respond $DEVICE --counter total=109
	gives "and the next one" genuine -
}

without_key()
{
	local before

	before=$(csrcadm --json request list | wc -l)
	send $KEYLESS --command counters >"$WORK/out" 2>"$WORK/err"
	is $? 3 "no key, but it must be sealed: exit 3"
	is "$(csrcadm --json request list | wc -l)" "$before" \
		"no Email-ID is issued"
	ask $PLAIN || return
	not_ok "a plain device's request is plain" grep -q pkcs7 "$REQUEST"
	is "$(tr -d '\r' <"$REQUEST" | sed '1,/^$/d' |
		jq -c '[.command, .email_id]')" "[\"counters\",\"$ID\"]" \
		"it can be read"
	MAIL=$MAILS/mail
	{
		mail_head $ADDRESS
		report_json $PLAIN 110 | sed 's/"counters"/"answer"/' |
			report_entity $CENTER $PLAIN "$ID"
	} >"$MAIL"
	gives "a plain answer" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -c '[.assurance, .email_id]')" \
		"[\"plain\",\"$ID\"]" "is plain in the spool"
	gives "a plain answer again" duplicate -
}

# more COUNT: registers that many devices, named B1…
more()
{
	local i

	{
		echo serial,center,address
		for i in $(seq "$1"); do
			echo "B$i,$CENTER,b$i@elsewhere.example"
		done
	} >"$WORK/devices.csv"
	ok "$1 more devices" csrcadm device import "$WORK/devices.csv"
	for i in $(seq "$1"); do
		new_key "B$i" || fail "a key for B$i"
	done
}

new_key()
{
	local said

	said=$(csrcadm device key "$1" --generate) || return 1
	KEY_ID[$1]=$(sed -n 's/^key-id: //p' <<<"$said")
	KEY[$1]=$(sed -n 's/^key: //p' <<<"$said")
}

# The devices without an address, or disabled, are skipped; one has no key.
many()
{
	local total=8 i serials

	more $total
	csrcadm device disable B8 >/dev/null
	# one, two, plain, away, and B1 to B7
	send --all --command status >"$WORK/out" 2>"$WORK/err"
	is $? 1 "to all: exit 1, for one failed"
	like "$(tail -n 1 "$WORK/out")" "sent 11, skipped *, failed 1" \
		"to all: the summary"
	like "$(cat "$WORK/err")" "*$KEYLESS: *key*" "to all: which, and why"
	ok "to all: they arrive" wait_for 20 mailbox_holds devices 11
	serials=$(mailbox devices | xargs sed -n 's/^CSRC-Device-Serial: //p' |
		tr -d '\r' | sort | tr '\n' ' ')
	is "$serials" "$DEVICE $SECOND $FOREIGN B1 B2 B3 B4 B5 B6 B7 $PLAIN " \
		"to all: each its own"
	is "$(mailbox devices | xargs sed -n 's/^CSRC-Email-ID: //p' |
		sort -u | wc -l)" 11 "to all: each with an Email-ID of its own"
	for i in 1 2 3 4 5 6 7; do
		many_answer "B$i"
	done
	find "$POSTFIX_DIR/mail/devices" -type f -delete
	is "$(csrcadm --json request list --answered |
		jq -r 'select(.command == "status") | .serial' | sort | tr -d '\n')" \
		B1B2B3B4B5B6B7 "to all: who answered"
	many_choose
}

many_answer()
{
	REQUEST=$(mailbox devices |
		xargs grep -l "^CSRC-Device-Serial: $1"$'\r*$')
	ID=$(tr -d '\r' <"$REQUEST" | sed -n 's/^CSRC-Email-ID: //p')
	respond "$1" --counter total=200
	gives "$1's answer" genuine -
}

many_choose()
{
	is "$(send --center K0002 --command status)" \
		"sent 1, skipped 0, failed 0" "to a center's"
	ok "to a center's: it arrives" wait_for 15 mailbox_holds devices 1
	find "$POSTFIX_DIR/mail/devices" -type f -delete
	is "$(send --overdue 2d --command status)" \
		"sent 0, skipped 0, failed 0" "to those overdue: none is"
	sleep 0.3
	is "$(mailbox devices | wc -l)" 0 "to those overdue: nothing arrives"
}

list()
{
	local name sum=0

	for name in open answered expired cancelled; do
		sum=$((sum + $(count $name)))
	done
	is "$(csrcadm --json request list | wc -l)" $sum \
		"each request is in one state"
	is "$(csrcadm --json request list --serial $SECOND --answered |
		jq -r .serial | sort -u)" $SECOND "one device's"
	is "$(count expired)" 1 "one has expired"
}

harness_begin
STATE=$WORK/answered
round_register >"$WORK/out" 2>&1 || bail_out "cannot register addresses"
chown -R "${GATEWAY_USER:-root}" "$GATEWAY_DIR/var"
begin_gateway
begin_postfix
postfix_set "virtual_mailbox_maps = static:devices/" || bail_out "no mailbox"
round_sendmail
late_asked
trip
trip_openssl
cheat
cancel
unsent
without_key
many
late_answered
change_key
list
core_end
done_testing
