# shellcheck shell=bash disable=SC2086,SC2153,SC2004
# What holds behind any MTA; postfix.sh and sendmail.sh run it. To be sourced
# after harness.sh, whose names of devices and addresses have no spaces.

# Email-IDs can be issued only while the daemon does not run.
core_seed()
{
	local seed="$CSRC_BUILD/tests/tools/csrc-seed"

	OPEN_ID=$("$seed" "$GATEWAY_CONF" $DEVICE 3600) &&
		SPARE_ID=$("$seed" "$GATEWAY_CONF" $DEVICE 3600) &&
		SECOND_ID=$("$seed" "$GATEWAY_CONF" $SECOND 3600) &&
		EXPIRED_ID=$("$seed" "$GATEWAY_CONF" $DEVICE 1) ||
		bail_out "no Email-IDs"
	chown -R "$GATEWAY_USER" "$GATEWAY_DIR/var"
}

core_tests()
{
	core_genuine
	core_protection
	core_seal
	core_claims
	core_plain
	core_report
	core_answers
	core_request
	core_recipients
	core_connection
	core_quarantine
	core_firmware
	core_flood
}

core_genuine()
{
	sealed $DEVICE 1001
	gives "256-bit key" genuine -
	cp "$MAIL" "$MAILS/first"
	is "$(report_of 1 | jq -c '[.center, .serial, .assurance, .channel,
		.report.counters.total]')" \
		'["K0001","'$DEVICE'","sealed","mail",1001]' \
		"the spool line says who, how and what"
	sealed $SECOND 1002 -aes-128-gcm
	gives "128-bit key" genuine -
	sealed $DEVICE 1003 -stream
	gives "indefinite length" genuine -
	report_json $DEVICE 1004 | report_entity $CENTER $DEVICE |
		openssl cms -encrypt -aes-256-gcm -outform DER \
			-secretkey "${KEY[$DEVICE]}" \
			-secretkeyid "${KEY_ID[$DEVICE]}" >"$MAILS/der"
	as_quoted_printable "$MAILS/der"
	gives "quoted-printable" genuine -
	MAIL=$MAILS/first
	gives "the first one again" duplicate -
	report_json $DEVICE 1005 | report_entity $CENTER $DEVICE \
		>"$MAILS/entity"
	sealed_entity $DEVICE <"$MAILS/entity"
	gives "a report" genuine -
	sealed_entity $DEVICE <"$MAILS/entity"
	gives "the same report sealed anew" duplicate -
}

as_quoted_printable()
{
	MAIL=$MAILS/mail
	{
		mail_head "$ADDRESS"
		echo "MIME-Version: 1.0"
		echo "Content-Type: application/pkcs7-mime;" \
			"smime-type=authEnveloped-data; name=smime.p7m"
		echo "Content-Transfer-Encoding: quoted-printable"
		echo
		od -An -v -tx1 -w20 "$1" |
			sed 's/ \(..\)/=\U\1/g; s/$/=/'
	} >"$MAIL"
}

core_protection()
{
	plain $DEVICE 2001
	gives "plain from a device that must seal" spoof unprotected
	{
		mail_head "$ADDRESS"
		echo
		echo "Dear center, how are you?"
	} >"$MAIL"
	SENDER=$STRANGER gives "a mail that is no report" spoof unprotected
	gives "the same from a device's sender and network" \
		malformed unreadable
	{
		mail_head "$ADDRESS"
		printf 'MIME-Version: 1.0\n'
		printf 'Content-Type: multipart/mixed; boundary=b\n\n'
		for _ in 1 2; do
			echo --b
			sed -n '/^Content-Type/,$p' "$MAILS/first"
		done
		echo --b--
	} >"$MAIL"
	gives "two sealed parts" spoof unprotected
}

core_seal()
{
	local good=${KEY[$DEVICE]} id=${KEY_ID[$DEVICE]} retired

	KEY[$DEVICE]=$(openssl rand -hex 32)
	sealed $DEVICE 3001
	gives "another key under the right id" spoof not-authentic
	KEY[$DEVICE]=$good KEY_ID[$DEVICE]=$(openssl rand -hex 8)
	sealed $DEVICE 3002
	gives "an unknown key id" spoof not-authentic
	KEY_ID[$DEVICE]=$id
	sealed $DEVICE 3003 -aes-256-cbc
	gives "CBC, which proves nothing" spoof not-authentic
	sealed $DEVICE 3004
	tamper "$MAIL"
	gives "an octet changed on the way" spoof not-authentic
	retired=$(csrcadm device key $DEVICE --generate)
	KEY_ID[$DEVICE]=$(sed -n 's/^key-id: //p' <<<"$retired")
	KEY[$DEVICE]=$(sed -n 's/^key: //p' <<<"$retired")
	sealed $DEVICE 3005
	gives "a device's second live key" genuine -
	csrcadm device key $DEVICE --retire "${KEY_ID[$DEVICE]}" >/dev/null
	sealed $DEVICE 3006
	gives "a retired key" spoof not-authentic
	KEY_ID[$DEVICE]=$id KEY[$DEVICE]=$good
}

# Turns a letter of the last full line of base64 into another.
tamper()
{
	awk '{ line[NR] = $0 }
		length($0) >= 60 && /^[A-Za-z0-9+\/]+\r?$/ { last = NR }
		END {
			old = substr(line[last], 32, 1)
			new = old == "A" ? "B" : "A"
			line[last] = substr(line[last], 1, 31) new \
				substr(line[last], 33)
			for (i = 1; i <= NR; i++) print line[i]
		}' "$1" >"$1.new" && mv "$1.new" "$1"
}

# with_fields FIELD…: puts header fields ahead of the mail.
with_fields()
{
	{
		printf '%s\n' "$@"
		cat "$MAIL"
	} >"$MAIL.new" && mv "$MAIL.new" "$MAIL"
}

core_claims()
{
	sealed $DEVICE 4001
	with_fields "CSRC-Device-Serial: $SECOND"
	gives "another serial outside than inside" spoof id-mismatch
	sealed $DEVICE 4002
	with_fields "CSRC-Center-ID: $CENTER" "CSRC-Center-ID: $CENTER"
	gives "an outer field given twice" spoof id-mismatch
	sealed $DEVICE 4003
	with_fields "CSRC-Center-ID: k0001" "csrc-device-serial: ${DEVICE,,}"
	gives "outer fields that agree but for case" genuine -
	report_json $DEVICE 4004 | report_entity K9999 $DEVICE |
		sealed_entity $DEVICE
	gives "a center that there is not" spoof unknown-center
	report_json $DEVICE 4005 | report_entity K0002 $DEVICE |
		sealed_entity $DEVICE
	gives "a center that is not the recipient" spoof wrong-center
	gives "the recipient's center, another's device" spoof wrong-center \
		reports@second.example
	report_json X999 4006 | report_entity $CENTER X999 |
		sealed_entity $DEVICE
	gives "a serial that there is not" spoof unknown-device
	report_json $SECOND 4007 | report_entity $CENTER $SECOND |
		sealed_entity $DEVICE
	gives "a device with another's key" spoof wrong-device
	csrcadm device disable $DISABLED >/dev/null
	sealed $DISABLED 4008
	gives "a disabled device" spoof disabled-device
	csrcadm device enable $DISABLED >/dev/null
	gives "the same, enabled again" genuine -
}

core_plain()
{
	plain $PLAIN 5001
	gives "plain, where it may be" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -r .assurance)" plain \
		"the spool line says that it was plain"
	plain $PLAIN_HERE 5002
	gives "plain, from where it was registered" genuine -
	SENDER=other@customer.example
	plain $PLAIN_HERE 5003
	gives "plain, from another sender" spoof wrong-origin
	SENDER=device@customer.example
	plain $PLAIN_AWAY 5004
	gives "plain, from another network" spoof wrong-origin
	sealed $DEVICE 5005
	SENDER=
	gives "sealed, from an empty sender" genuine -
	SENDER=device@customer.example
	core_counter_mail '[Model Name],bizhub C3350' \
		"[Serial Number], $PLAIN" "[Send Date],$(date +%d/%m/%y)" \
		'[Total Counter],00400999' '[Total Color Counter],00100333' \
		'[Total Black Counter],00300666' '[Total Scan/Fax Counter],00012'
	gives "Konica Minolta's counter mail" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -c .report.counters.total)" \
		400999 "its counters are read"
	core_counter_mail '[Nombre de modelo],bizhub C3350' \
		"[Número de serie], $PLAIN" "[Fecha de envío],$(date +%d/%m/%y)" \
		'[Contador total],00401000' '[Contador de color total],00100334' \
		'[Contador de negro total],00300666'
	gives "the same in Spanish" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -c '.report.counters |
		[.total, ."total.color", ."total.black"]')" \
		'[401000,100334,300666]' "its counters are read"
}

core_counter_mail()
{
	MAIL=$MAILS/mail
	{
		mail_head "$ADDRESS" "Total Counter Notification"
		echo "MIME-Version: 1.0"
		echo "Content-Type: text/plain; charset=utf-8"
		echo "Content-Transfer-Encoding: 8bit"
		echo
		printf '%s\n' "$@"
	} >"$MAIL"
}

core_report()
{
	echo '{"version":1,"kind":"moon phase"}' |
		report_entity $CENTER $DEVICE | sealed_entity $DEVICE
	gives "a sealed report of a kind unknown" malformed unreadable
	ok "what is authentic but unreadable is kept" quarantined unreadable
	report_json $DEVICE 6001 "$(date -d '30 days ago' +%FT%TZ)" |
		report_entity $CENTER $DEVICE | sealed_entity $DEVICE
	gives "a month old" spoof stale
	report_json $DEVICE 6002 "$(date -d tomorrow +%FT%TZ)" |
		report_entity $CENTER $DEVICE | sealed_entity $DEVICE
	gives "of tomorrow" spoof stale
}

quarantined()
{
	csrcadm --json quarantine list | grep -q "\"$1\""
}

# answer SERIAL EMAIL-ID TEXT
answer()
{
	printf '{"version":1,"kind":"answer","serial":"%s","date":"%s",' \
		"$1" "$(date +%FT%TZ -u)" >"$MAILS/answer"
	printf '"text":"%s"}\n' "$3" >>"$MAILS/answer"
	report_entity $CENTER "$1" "$2" <"$MAILS/answer" |
		sealed_entity "$1"
}

core_answers()
{
	answer $DEVICE "$OPEN_ID" "toner low"
	cp "$MAIL" "$MAILS/answered"
	gives "an answer" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -r .email_id)" "$OPEN_ID" \
		"the spool line has its Email-ID"
	MAIL=$MAILS/answered
	gives "the same answer again" duplicate -
	answer $DEVICE "$OPEN_ID" "toner full"
	gives "a second answer to one request" spoof answered-email-id
	answer $DEVICE abcdefghijklmnopqrstuvwxyz "invented"
	gives "an Email-ID that was never issued" spoof unknown-email-id
	answer $DEVICE "$SECOND_ID" "not mine"
	gives "an Email-ID of another device" spoof foreign-email-id
	answer $DEVICE "$EXPIRED_ID" "too late"
	gives "an Email-ID that has expired" spoof expired-email-id
	answer $SECOND "$SECOND_ID" "mine"
	gives "its own device's answer" genuine -
	answer $DEVICE "" "to nothing"
	gives "an answer without an Email-ID" spoof unknown-email-id
	answer $DEVICE "" "as one replies"
	with_fields "In-Reply-To: <$SPARE_ID@center.example>"
	gives "an Email-ID outside the seal is no claim" spoof unknown-email-id
	{
		echo "In-Reply-To: <$SPARE_ID@center.example>"
		report_entity $CENTER $DEVICE <"$MAILS/answer"
	} | sealed_entity $DEVICE
	gives "an answer by In-Reply-To" genuine -
}

# device COMMAND SERIAL [OPTION…]: csrc-device with that device's key.
device()
{
	local command=$1 serial=$2
	shift 2

	"$CSRC_BUILD/csrc-device" "$command" --center $CENTER \
		--serial "$serial" --key-fd 9 "$@" 9< <(
			printf 'key-id: %s\nkey: %s\n' "${KEY_ID[$serial]}" \
				"${KEY[$serial]}"
		)
}

# To a device and back: csrcadm asks, csrc-device answers.
core_request()
{
	local request=$MAILS/request id

	empty_mailboxes
	csrcadm device set $DEVICE --address somebody@elsewhere.example
	ok "a request is made" eval "csrcadm request $DEVICE --command \
		settings >'$request'"
	id=$(tr -d '\r' <"$request" | sed -n 's/^CSRC-Email-ID: //p')
	smtp_send "$MTA_PORT" "$ADDRESS" "$request" somebody@elsewhere.example
	is "$SMTP_CODE" 250 "a request: reply"
	ok "a request arrives" wait_for 15 mailbox_holds somebody 1
	MAIL=$MAILS/mail
	ok "the device answers what arrived" eval "device answer $DEVICE \
		--state '$WORK/answered' --counter total=6500 \
		\"\$(mailbox somebody)\" >'$MAIL'"
	gives "the device's answer" genuine -
	is "$(report_of "$LAST_SEQUENCE" | jq -c '[.email_id,
		.request.command, .request.seconds < 60,
		.report.counters.total]')" \
		"[\"$id\",\"settings\",true,6500]" \
		"the spool says which request, and how long it took"
	csrcadm device set $DEVICE --address ""
	empty_mailboxes
}

core_recipients()
{
	local ordinary=$MAILS/ordinary

	empty_mailboxes
	{
		mail_head somebody@elsewhere.example "Lunch?"
		echo "CSRC-Device-Serial: nobody's business"
		printf '\nCaf\303\251 at one?   \n\n..\n.\n\tYours\n\n'
	} >"$ordinary"
	mark
	smtp_send "$MTA_PORT" "$SENDER" "$ordinary" somebody@elsewhere.example
	is "$SMTP_CODE" 250 "a mail to somebody else: reply"
	ok "a mail to somebody else arrives octet for octet" \
		arrives somebody "$ordinary"
	not_ok "and is not judged" verdicts
	empty_mailboxes
	sealed $DEVICE 7001
	gives "a report to the center and two others" genuine - \
		somebody@elsewhere.example $ADDRESS other@elsewhere.example
	ok "one of the others has it unchanged" arrives somebody "$MAIL"
	ok "so has the other" arrives other "$MAIL"
	ok "the center's mailbox has not" mailbox_holds center 0
	empty_mailboxes
	plain $DEVICE 7002
	gives "a spoof to the center and another" spoof unprotected \
		$ADDRESS somebody@elsewhere.example
	ok "the other has it unchanged" arrives somebody "$MAIL"
	ok "the center has not" mailbox_holds center 0
	empty_mailboxes
	sealed $DEVICE 7003
	gives "a report to two centers" genuine - $ADDRESS reports@second.example
	sealed $DEVICE 7004
	gives "the center in other letters" genuine - CSRC@Center.Example
}

core_connection()
{
	local one=$MAILS/one two=$MAILS/two before

	sealed $DEVICE 8001 && mv "$MAIL" "$one"
	sealed $SECOND 8002 && mv "$MAIL" "$two"
	mark
	smtp_open "$MTA_PORT" && smtp_mail "$SENDER" "$one" $ADDRESS
	is "$SMTP_CODE" 250 "first mail of a connection"
	smtp_command "MAIL FROM:<$SENDER>"
	smtp_command "RCPT TO:<$ADDRESS>"
	smtp_command RSET
	smtp_mail "$SENDER" "$two" $ADDRESS
	is "$SMTP_CODE" 250 "second mail of it, after one begun and reset"
	smtp_quit
	is "$(verdicts | grep -c 'verdict=genuine')" 2 "both are genuine"
	LAST_SEQUENCE=$((LAST_SEQUENCE + 2))
	wait_for 10 in_spool $LAST_SEQUENCE
	ok "and in the spool" in_spool $LAST_SEQUENCE
	before=$(state)
	sealed $DEVICE 8003
	mark
	smtp_open "$MTA_PORT"
	smtp_command "MAIL FROM:<$SENDER>"
	smtp_command "RCPT TO:<$ADDRESS>"
	smtp_command DATA
	smtp_wire "$MAIL" | head -c 700 >&"$SMTP_FD"
	smtp_close
	sleep 1
	not_ok "a mail cut off in the middle has no verdict" verdicts
	is "$(state)" "$before" "and changes nothing"
	gives "the same mail, whole" genuine -
}

core_quarantine()
{
	local name sequence

	gateway_option on_spoof quarantine
	ok "reload" csrcadm reload
	csrcadm device disable $DEVICE >/dev/null
	sealed $DEVICE 9001
	gives "on_spoof=quarantine" spoof disabled-device
	ok "the mail is in the quarantine" quarantined disabled-device
	csrcadm device enable $DEVICE >/dev/null
	name=$(csrcadm --json quarantine list |
		jq -r '.. | objects | select(.reason == "disabled-device") |
			.name')
	mark
	ok "it is released" csrcadm quarantine release "$name"
	sequence=$((LAST_SEQUENCE + 1))
	wait_for 10 in_spool $sequence
	is "$(report_of $sequence | jq .report.counters.total)" 9001 \
		"and is in the spool"
	LAST_SEQUENCE=$sequence
	not_ok "and no longer in the quarantine" quarantined disabled-device
	gateway_option on_spoof reject
	ok "reload" csrcadm reload
	plain $DEVICE 9002
	REPLY_CODE=550 gives "on_spoof=reject" spoof unprotected
	gateway_option on_spoof discard
	gateway_option on_genuine deliver
	ok "reload" csrcadm reload
	empty_mailboxes
	sealed $DEVICE 9003
	gives "on_genuine=deliver" genuine -
	ok "the center's mailbox has it" arrives center "$MAIL"
	gateway_option on_genuine discard
	ok "reload" csrcadm reload
}

# quarantine_count SHARE: files in it.
quarantine_count()
{
	csrcadm --json stats | jq ".quarantine.$1.files"
}

# strangers COUNT: each from a network of its own; prints replies that are no
# 250.
strangers()
{
	perl -MIO::Socket::INET -e '
		my ($port, $count, $from, $to) = @ARGV;
		for my $i (1 .. $count) {
			my $s = IO::Socket::INET->new(
				LocalAddr => "127.0.$i.1",
				PeerAddr => "127.0.0.1:$port") or die $!;
			for my $line ("", "EHLO stranger.example",
				"MAIL FROM:<$from>", "RCPT TO:<$to>", "DATA",
				"Subject: $i\r\nMessage-ID: <$i\@x>\r\n\r\n" .
				"counter $i\r\n.", "QUIT") {
				print $s "$line\r\n" if $line ne "";
				my $reply;
				do { $reply = <$s> // "" }
					while $reply =~ /^\d+-/;
				print $reply if $line =~ /\.$/ &&
					$reply !~ /^250/;
			}
		}' "$MTA_PORT" "$1" "$STRANGER" "$ADDRESS"
}

# A firmware calls things by other names: what comes fills the quarantine and
# is warned of, sealed and plain, though nothing that can be read names the
# device. A format file reads it later.
core_firmware()
{
	local name

	printf '%s\n' "Content-Type: text/plain" "" "[Seriennr.], $DEVICE" \
		"[Summe],00000042" | sealed_entity $DEVICE
	gives "sealed, with other labels" malformed unreadable
	like "$(verdicts)" "*warn:*serial=$DEVICE*quarantined*" \
		"sealed, with other labels: is warned of, and kept"
	{
		mail_head "$ADDRESS"
		printf '%s\n' "" "[Seriennr.], $PLAIN_HERE" "[Summe],00000043"
	} >"$MAIL"
	gives "plain, with other labels" malformed unreadable
	like "$(verdicts)" "*warn:*serial=$PLAIN_HERE*quarantined*" \
		"plain, with other labels: is warned of, and kept"
	like "$(csrcadm explain --client 127.0.0.1 --from "$SENDER" \
		--to "$ADDRESS" "$MAIL")" "*owner: device:$PLAIN_HERE*" \
		"explain says whose it is"
}

# Strangers fill what is theirs, round and round. Nobody else notices.
core_flood()
{
	local name

	for name in $(csrcadm --json quarantine list | jq -r .name); do
		csrcadm quarantine remove "$name"
	done
	gateway_option on_spoof quarantine
	gateway_option quarantine_size 256k
	gateway_option max_message_size 64k
	gateway_option max_report_size 64k
	ok "reload with a small quarantine" csrcadm reload
	is "$(strangers 40)" "" "40 strangers: each hears 250"
	is "$(quarantine_count stranger)" 8 "the last ones are kept"
	unreadable $DEVICE 1
	gives "a device's, unreadable, in the flood" malformed unreadable
	gives "the same again" malformed unreadable
	is "$(quarantine_count proved)" 1 "is kept, once"
	sealed $DEVICE 9101
	gives "a genuine one in the flood" genuine -
	unreadable $SECOND 1
	gives "another device's" malformed unreadable
	sealed $DEVICE 9102
	gives "a genuine one of the first" genuine -
	is "$(strangers 40)" "" "40 strangers more"
	is "$(quarantine_count proved)" 2 "what must be kept is kept"
	gateway_stop
	begin_gateway
	is "$(quarantine_count stranger) $(quarantine_count proved)" "8 2" \
		"after a restart too"
	gateway_option on_spoof discard
	gateway_option quarantine_size 256M
	ok "reload" csrcadm reload
}

core_end()
{
	ok "the spool is whole" csrcadm spool verify
	ok "the store is sound" csrcadm check
	gateway_stop
	is "$(grep -c 'verdict=trouble' "$GATEWAY_LOG")" 0 "no trouble at all"
	is "$(grep -cE 'Sanitizer|runtime error' "$GATEWAY_DIR/out")" 0 \
		"no word from a sanitizer"
}
