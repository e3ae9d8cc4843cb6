# shellcheck shell=bash disable=SC2086,SC2153
# Mail from the center to its devices, behind any MTA: outgoing.sh and
# outgoing-sendmail.sh run it. To be sourced after harness.sh.

# Where the center writes from, and where devices get their mail. The keyless
# one must be sealed to; the plain one may do without.
FROM_CENTER=$ADDRESS
# a serial as well, whatever an MTA makes of such signs
KEYLESS=A%S%N%%9
TO_DEVICE=somebody@elsewhere.example
TO_SECOND=second@elsewhere.example
TO_PLAIN=other@elsewhere.example
TO_KEYLESS=keyless@elsewhere.example
ARRIVED=
SUBMIT_PORT=
TO_OTHER=nobody@elsewhere.example
MARKER="nobody else may read this"

outgoing_register()
{
	{
		csrcadm device set $DEVICE --address $TO_DEVICE &&
			csrcadm device set $SECOND --address $TO_SECOND &&
			csrcadm device set $PLAIN --address $TO_PLAIN &&
			csrcadm device add $KEYLESS --center $CENTER \
				--address $TO_KEYLESS &&
			csrcadm request $DEVICE --command counters \
				>"$WORK/request" &&
			csrcadm request $PLAIN --command counters \
				>"$WORK/request.plain"
	} >"$WORK/registered" 2>&1 || {
		diag "$(cat "$WORK/registered")"
		bail_out "cannot register addresses of devices"
	}
	gateway_hand_over
}

# What was made without the daemon is to be the daemon's.
gateway_hand_over()
{
	[ -z "$GATEWAY_USER" ] ||
		chown -R "$GATEWAY_USER" "$GATEWAY_DIR/var"
}

# trust NAME VALUE: from now on only who matches that one option.
trust()
{
	local name

	for name in submit_networks submit_logins submit_daemons; do
		gateway_option $name ""
	done
	gateway_option "$1" "$2"
	ok "reload: $1 = $2" csrcadm reload
}

trust_nobody()
{
	trust submit_networks 192.0.2.0/24
}

# note [FIELD…]: a mail of the center's people, with more header fields.
note()
{
	MAIL=$MAILS/note
	{
		echo "From: <$FROM_CENTER>"
		echo "To: <$TO_DEVICE>"
		echo "Subject: a note"
		echo "Date: $(date -R)"
		echo "Message-ID: <original@center.example>"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo
		echo "$MARKER"
	} >"$MAIL"
}

# submit RECIPIENT…: sends $MAIL in the center's name.
submit()
{
	smtp_send "${SUBMIT_PORT:-$MTA_PORT}" "$FROM_CENTER" "$MAIL" "$@"
}

# taken TEXT RECIPIENT…: as submit, and it must be taken.
taken()
{
	local text=$1
	shift

	submit "$@" || true
	is "$SMTP_CODE" 250 "$text: is taken" || diag "$SMTP_REPLY"
}

# Waits for the one mail in that mailbox; its file's name is in ARRIVED.
arrived()
{
	wait_for 15 mailbox_holds "$1" 1 && ARRIVED=$(mailbox "$1")
}

# arrives_in TEXT MAILBOX: as arrived, and it must.
arrives_in()
{
	if arrived "$2"; then
		pass "$1: arrives"
	else
		fail "$1: arrives"
	fi
}

# Nothing is there, and nothing comes.
nothing_left()
{
	sleep 0.5
	for name in somebody second other keyless nobody; do
		mailbox_holds $name 0 || return 1
	done
}

header_of()
{
	sed '/^\r*$/q' "$1" | tr -d '\r'
}

# value FILE NAME: the field's value; one line for each such field.
value()
{
	header_of "$1" | sed -n "s/^$2: *//Ip"
}

# opened FILE: what a stamped mail has sealed, by stock openssl.
opened()
{
	openssl cms -decrypt -inform SMIME -in "$1" -binary \
		-secretkey "${KEY[${2-$DEVICE}]}" \
		-secretkeyid "${KEY_ID[${2-$DEVICE}]}"
}

# is_stamped TEXT: the mail in ARRIVED is, and tells nobody anything.
is_stamped()
{
	local id name domain

	id=$(value "$ARRIVED" CSRC-Email-ID)
	domain=${FROM_CENTER#*@}
	like "$id" "??????????????????????????" "$1: an Email-ID"
	is "$(value "$ARRIVED" Message-ID)" "<$id@$domain>" \
		"$1: the one Message-ID holds it"
	is "$(value "$ARRIVED" CSRC-Center-ID)" $CENTER "$1: the center ID"
	is "$(value "$ARRIVED" CSRC-Device-Serial)" "${2-$DEVICE}" \
		"$1: the serial"
	is "$(header_of "$ARRIVED" | grep -ci '^CSRC-')" 3 \
		"$1: and no other field of ours"
	[ "${3-sealed}" = sealed ] || return 0
	for name in MIME-Version Content-Type Content-Transfer-Encoding \
		Content-Disposition; do
		is "$(value "$ARRIVED" $name | wc -l)" 1 "$1: one $name"
	done
	like "$(value "$ARRIVED" Content-Type)" \
		"application/pkcs7-mime;*authEnveloped-data*" "$1: sealed"
	not_ok "$1: the text cannot be read" grep -q "$MARKER" "$ARRIVED"
	ok "$1: openssl opens it" opened "$ARRIVED" "${2-$DEVICE}"
	opened "$ARRIVED" "${2-$DEVICE}" >"$WORK/opened" 2>/dev/null
	is "$(value "$WORK/opened" CSRC-Email-ID)" "$id" \
		"$1: inside, the same Email-ID"
	is "$(value "$WORK/opened" CSRC-Device-Serial)" "${2-$DEVICE}" \
		"$1: and serial"
	is "$(value "$WORK/opened" CSRC-Center-ID)" $CENTER \
		"$1: and center ID"
}

# body FILE: its octets as they are on the wire.
body()
{
	LC_ALL=C sed '1,/^\r*$/d' "$1" | LC_ALL=C sed 's/\r*$/\r/'
}

# sealed_as_it_was FILE: the opened body is that of FILE, octet for octet.
sealed_as_it_was()
{
	body "$1" >"$WORK/wanted"
	LC_ALL=C sed '1,/^\r*$/d' "$WORK/opened" | cmp - "$WORK/wanted"
}

# stamped TEXT: $MAIL, submitted to the device, leaves as it should.
stamped()
{
	empty_mailboxes
	taken "$1" $TO_DEVICE
	arrives_in "$1" somebody || return 0
	is_stamped "$1"
	ok "$1: the body is sealed octet for octet" sealed_as_it_was "$MAIL"
	empty_mailboxes
}

# refused TEXT CODE RECIPIENT…: nothing leaves.
refused()
{
	local text=$1 code=$2
	shift 2

	empty_mailboxes
	submit "$@" || true
	like "$SMTP_REPLY" "$code*" "$text: is refused"
	ok "$text: nothing leaves" nothing_left
}

# untouched TEXT MAILBOX RECIPIENT…: it passes as it is.
untouched()
{
	local text=$1 mailbox=$2
	shift 2

	empty_mailboxes
	taken "$text" "$@"
	ok "$text: arrives as it was" as_it_was $mailbox
	empty_mailboxes
}

# The MTA puts fields in front of the mail's own, and may end lines in LF.
as_it_was()
{
	arrived "$1" || return 1
	tr -d '\r' <"$ARRIVED" >"$WORK/arrived"
	tr -d '\r' <"$MAIL" >"$WORK/wanted"
	tail -c "$(stat -c %s "$WORK/wanted")" "$WORK/arrived" |
		cmp - "$WORK/wanted"
}

outgoing_trust()
{
	note
	trust_nobody
	refused "nobody is trusted" "550 5.7.1" $TO_DEVICE
	untouched "to who may do without a seal" other $TO_PLAIN
	FROM_CENTER=device@customer.example
	refused "only From is the center's" "550 5.7.1" $TO_DEVICE $TO_OTHER
	note
	untouched "a stranger's" somebody $TO_DEVICE
	ok "a stranger's has its log line" grep -q \
		"outgoing=passed serial=$DEVICE .*sender=$FROM_CENTER" \
		"$GATEWAY_LOG"
	note "Sender: (it is) <$ADDRESS>"
	refused "only Sender is the center's" "550 5.7.1" $TO_DEVICE
	FROM_CENTER=$ADDRESS
	note
	trust submit_networks "192.0.2.0/24 127.0.0.1"
	stamped "trusted by network"
	for FROM_CENTER in device@customer.example "" "anna@${ADDRESS#*@}" \
		"${ADDRESS%@*}+tag@${ADDRESS#*@}"; do
		refused "trusted, but from <$FROM_CENTER>" "550 5.7.1" \
			$TO_DEVICE
	done
	FROM_CENTER=reports@second.example
	refused "trusted, but the device is another center's" "550 5.7.1" \
		$TO_DEVICE
	FROM_CENTER=${ADDRESS^^}
	stamped "from the center in capitals"
	FROM_CENTER=$ADDRESS
	untouched "to nobody of ours" nobody $TO_OTHER
}

outgoing_forgery()
{
	local name

	trust_nobody
	for name in CSRC-Email-ID csrc-device-serial CSRC-Anything; do
		note "$name: forged"
		refused "$name from a stranger" "550 5.7.1" $TO_DEVICE
	done
	note "CSRC-Center-ID:" " $CENTER"
	refused "one that is folded" "550 5.7.1" $TO_DEVICE
	note "X-CSRC-Email-ID: no field of ours"
	untouched "a field that is none of ours" other $TO_PLAIN
	trust submit_networks 127.0.0.1
	note "CSRC-Email-ID: aaaaaaaaaaaaaaaaaaaaaaaaaa" \
		"CSRC-Device-Serial: $SECOND" "csrc-center-id: K0002" \
		"CSRC-Device-Serial: again" "CSRC-Other: x" " y" \
		"message-id: <second@center.example>"
	stamped "fields of ours from the center itself"
}

outgoing_recipients()
{
	trust submit_networks 127.0.0.1
	note
	refused "two devices" "550 5.7.1" $TO_DEVICE $TO_SECOND
	refused "a device and somebody else" "550 5.7.1" $TO_DEVICE $TO_OTHER
	refused "somebody else and a device" "550 5.7.1" $TO_OTHER $TO_DEVICE
	outgoing_beside_center
	refused "a device twice" "550 5.7.1" $TO_DEVICE $TO_DEVICE
	refused "a device without a key" "550 5.7.1" $TO_KEYLESS
	like "$SMTP_REPLY" "550 5.7.1 *$KEYLESS*" "and the reply names it"
	csrcadm device disable $DEVICE >/dev/null
	refused "a disabled device" "550 5.7.1" $TO_DEVICE
	csrcadm device enable $DEVICE >/dev/null
	note "MIME-Version: 1.0" "Content-Type: text/plain; charset=us-ascii"
	empty_mailboxes
	taken "a plain device" $TO_PLAIN
	arrives_in "a plain device" other || return
	is_stamped "a plain device" $PLAIN plain
	ok "a plain device: can read it" grep -q "$MARKER" "$ARRIVED"
	is "$(value "$ARRIVED" Content-Type)" "text/plain; charset=us-ascii" \
		"a plain device: MIME fields stay"
	empty_mailboxes
}

# has_total NUMBER: a report with it is in the spool.
has_total()
{
	gateway_reports | grep -q "\"total\":$1[,}]"
}

# A genuine report is not refused because of its company.
outgoing_beside_center()
{
	local from=$FROM_CENTER number=7000 name
	local -a company

	for FROM_CENTER in device@customer.example "$ADDRESS" ""; do
		for name in "" $TO_OTHER; do
			company=("$TO_DEVICE" "$ADDRESS" "$TO_PLAIN")
			[ -z "$name" ] || company+=("$name")
			sealed $DEVICE $((++number))
			empty_mailboxes
			taken "<$FROM_CENTER> to device, center ${name:-alone}" \
				"${company[@]}"
			[ -z "$name" ] || arrives_in "the other's copy" nobody
			empty_mailboxes
			ok "and no device gets it" nothing_left
			ok "the report is in the spool" \
				wait_for 10 has_total $number
		done
	done
	is "$(grep -c "outgoing=deleted serial=$PLAIN " "$GATEWAY_LOG")" 6 \
		"each deleted recipient has its log line"
	FROM_CENTER=$from
	note
}

# A note whose body comes from standard input.
with_body()
{
	note "$@"
	sed -i '$d' "$MAIL"
	cat >>"$MAIL"
}

outgoing_fidelity()
{
	trust submit_networks 127.0.0.1
	with_body "MIME-Version: 1.0" \
		"Content-Type: text/plain; charset=utf-8" \
		"Content-Transfer-Encoding: 8bit" \
		<<<$'Grüße, \xff\xfe\x80 and \x01\x7f\tcontrols  '
	stamped "8-bit text"
	is "$(value "$WORK/opened" Content-Type)" "text/plain; charset=utf-8" \
		"8-bit text: its type is sealed with it"
	{
		printf '%0998d\n%0998d\n' 1 2
		printf '\xc3\xa4%.0s' $(seq 499)
		echo
	} | with_body
	stamped "lines of 998 octets"
	printf '.\n..\n.x\n\n.\n\n\n' | with_body
	stamped "dots and empty lines"
	{
		printf -- '--=_b;1\nContent-Type: text/plain\n\nsee below\n'
		printf -- '--=_b;1\nContent-Type: application/octet-stream;\n'
		printf ' name="f.bin"\nContent-Transfer-Encoding: base64\n\n'
		head -c 200000 /dev/urandom | base64
		printf -- '\n--=_b;1--\nepilogue\n'
	} | with_body "MIME-Version: 1.0" "Content-Type: multipart/mixed;" \
		'	boundary="=_b;1"' "Content-Language: de" \
		"Content-Description: two" " lines"
	stamped "attachments"
	is "$(value "$WORK/opened" Content-Language)" de \
		"attachments: the other fields of MIME are sealed"
	is "$(value "$ARRIVED" Content-Language)$(value "$ARRIVED" \
		Content-Description)" "" "attachments: and not outside"
}

# What somebody may hope gets a field of theirs into what we insert.
outgoing_injection()
{
	local text

	trust submit_networks 127.0.0.1
	note $'Subject: one\r\n\tCSRC-Email-ID: two' "Content-type : text/x" \
		"Content-Type:" "MIME-Version: 1.0" "MIME-version: 1.0"
	empty_mailboxes
	submit $TO_DEVICE
	if [ "$SMTP_CODE" = 250 ]; then
		arrives_in "MIME fields doubled" somebody &&
			is_stamped "MIME fields doubled"
	else
		like "$SMTP_REPLY" "550*" "MIME fields doubled: refused"
		ok "MIME fields doubled: nothing leaves" nothing_left
	fi
	text="\"x@evil.example>\\ Bcc:all\"@center.example"
	FROM_CENTER=$text
	note
	empty_mailboxes
	submit $TO_DEVICE
	if [ "$SMTP_CODE" = 250 ]; then
		arrives_in "a sender full of signs" somebody
		is "$(value "$ARRIVED" CSRC-Email-ID)" "" \
			"a sender full of signs is no center"
	fi
	FROM_CENTER=$ADDRESS
	empty_mailboxes
}

outgoing_finished()
{
	trust_nobody
	MAIL=$WORK/request
	untouched "a finished request" somebody $TO_DEVICE
	ok "a finished request: openssl opens it" opened "$MAIL"
	untouched "a finished request, again" somebody $TO_DEVICE
	trust submit_networks 127.0.0.1
	untouched "a finished request from the center" somebody $TO_DEVICE
	trust_nobody
	refused "a finished request to another device" "550 5.7.1" $TO_SECOND
	MAIL=$WORK/request.plain
	untouched "a finished request that is plain" other $TO_PLAIN
	sed 's/"counters"/"settings"/' "$WORK/request.plain" >"$WORK/altered"
	MAIL=$WORK/altered
	refused "a plain request that somebody altered" "550 5.7.1" $TO_PLAIN
	cp "$WORK/request" "$WORK/altered"
	tamper_with "$WORK/altered"
	refused "a sealed request that somebody altered" "550 5.7.1" $TO_DEVICE
}

# Another letter in the last full line of base64.
tamper_with()
{
	local line

	line=$(grep -n '^[A-Za-z0-9+/]\{76\}.\?$' "$1" | tail -n 1)
	line=${line%%:*}
	sed -i "${line}y/ABCDabcd/BCDAbcda/" "$1"
}

outgoing_limits()
{
	trust submit_networks 127.0.0.1
	gateway_option max_message_size 100000
	gateway_option max_header_size 50000
	gateway_option max_report_size 50000
	ok "reload with a small max_message_size" csrcadm reload
	head -c 100000 /dev/urandom | base64 | with_body
	refused "larger than max_message_size" "550 5.7.1" $TO_DEVICE
	trust_nobody
	untouched "as large, of nobody's business" other $TO_PLAIN
	refused "as large, from the center" "550 5.7.1" $TO_DEVICE
	head -c 100000 /dev/urandom | base64 |
		with_body "CSRC-Email-ID: forged"
	refused "as large, with a field of ours" "550 5.7.1" $TO_DEVICE
	sed -i '/^max_/d' "$GATEWAY_CONF"
	ok "reload with limits as they were" csrcadm reload
}

# No disk to record an Email-ID on.
trouble_tests()
{
	local state=$GATEWAY_DIR/var/state taken=0

	trust submit_networks 127.0.0.1
	note
	if ! small_disk 64m "$state"; then
		skip "the store's disk is full" "cannot mount a file system"
		return
	fi
	stamped "the store on a small disk"
	fill "$WORK/small"
	# what can still be recorded may leave; a few fit into what it has
	empty_mailboxes
	while [ $taken -lt 500 ] && submit $TO_DEVICE; do
		taken=$((taken + 1))
	done
	diag "$taken taken with a full disk, then: $SMTP_REPLY"
	like "$SMTP_REPLY" "4*" "the store's disk full: come again"
	ok "the store's disk full: what was taken has arrived" \
		wait_for 15 mailbox_holds somebody $taken
	is "$(mailbox somebody | xargs -r grep -l "$MARKER")" "" \
		"the store's disk full: all of it sealed"
	refused "the store's disk full" 4 $TO_DEVICE
	rm -f "$WORK/small/filler" "$WORK/small/filler2"
	ok "cured, it is taken" wait_for 20 submit $TO_DEVICE
	arrives_in "cured" somebody && is_stamped "cured"
	empty_mailboxes
	large_disk "$state"
	gateway_stop
	refused "no gateway at all" 4 $TO_DEVICE
	begin_gateway
}

# dying STEP: a gateway that is killed at that step of the change of a mail.
dying()
{
	gateway_stop
	ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 DYING_AT=$1 \
		LD_PRELOAD=$CSRC_BUILD/tests/tools/dying.so gateway_start
}

recorded()
{
	csrcadm --json request list | grep -c '"email_id"'
}

# Between the record of an Email-ID and the release of its mail.
killed_tests()
{
	local step before
	local -a ids=()

	trust submit_networks 127.0.0.1
	note "CSRC-Email-ID: x" "MIME-Version: 1.0" "Content-Type: text/plain"
	before=$(recorded)
	for step in $(seq 30); do
		dying "$step" || bail_out "no gateway"
		empty_mailboxes
		submit $TO_DEVICE && break
		like "$SMTP_REPLY" "4*" "killed at step $step: come again"
		ok "killed at step $step: nothing leaves" nothing_left
		is "$SMTP_CODE $(gone_or_zombie "$GATEWAY_PID" && echo gone)" \
			"$SMTP_CODE gone" "killed at step $step: it was"
		wait "$GATEWAY_PID" 2>/dev/null
		begin_gateway
		taken "killed at step $step, tried again" $TO_DEVICE
		arrives_in "killed at step $step" somebody || continue
		not_ok "killed at step $step: sealed" \
			grep -q "$MARKER" "$ARRIVED"
		ids+=("$(value "$ARRIVED" CSRC-Email-ID)")
	done
	diag "a change has $((step - 1)) steps"
	ok "there were steps to be killed at" [ "$step" -gt 10 ]
	is "$(printf '%s\n' "${ids[@]}" | sort | uniq -d)" "" \
		"no Email-ID was used twice"
	is "$(($(recorded) - before))" $((2 * (step - 1) + 1)) \
		"each try has its own, recorded; the lost ones only expire"
	gateway_stop
	begin_gateway
	ok "the store is sound" csrcadm check
}

outgoing_tests()
{
	outgoing_trust
	outgoing_forgery
	outgoing_recipients
	outgoing_fidelity
	outgoing_injection
	outgoing_finished
	outgoing_limits
}
