#!/bin/bash
# The gateway behind a real Postfix: what core.sh says, and then the limits,
# many sessions at once, reload and stop under way.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/system/core.sh"

# wire_size FILE: octets as the gateway counts them.
wire_size()
{
	smtp_wire "$1" | wc -c
}

# padded SIZE: a plain report of exactly so many octets on the wire; the rest
# is white space behind the JSON.
padded()
{
	local need

	plain $PLAIN "$((RANDOM + 10000))"
	need=$(($1 - $(wire_size "$MAIL")))
	while [ $need -gt 300 ]; do
		printf '%100s\n' ''
		need=$((need - 102))
	done >>"$MAIL"
	printf "%$((need - 2))s\n" '' >>"$MAIL"
	is "$(wire_size "$MAIL")" "$1" "a mail of $1 octets"
}

# with_header_of SIZE: the header made exactly so large.
with_header_of()
{
	local have

	plain $PLAIN "$((RANDOM + 10000))"
	have=$(sed '/^$/q' "$MAIL" | head -n -1 >"$MAIL.h" &&
		wire_size "$MAIL.h")
	while [ $(($1 - have)) -gt 500 ]; do
		with_fields "X-Pad: $(printf '%0391d' 0)"
		have=$((have + 400))
	done
	with_fields "X-Pad: $(printf "%0$(($1 - have - 9))d" 0)"
	is "$(sed '/^$/q' "$MAIL" | head -n -1 >"$MAIL.h" &&
		wire_size "$MAIL.h")" "$1" "a header of $1 octets"
}

with_fields_in_all()
{
	local count

	plain $PLAIN "$((RANDOM + 10000))"
	count=$(sed '/^$/q' "$MAIL" | grep -c '^[A-Za-z]')
	while [ "$count" -lt "$1" ]; do
		with_fields "X-Field: $count"
		count=$((count + 1))
	done
}

with_line_of()
{
	plain $PLAIN "$((RANDOM + 10000))"
	with_fields "X-Line: $(printf "%0$(($1 - 8))d" 0)"
}

# with_parts COUNT: COUNT entities in all, the multipart itself being one.
with_parts()
{
	local part

	plain $PLAIN "$((RANDOM + 10000))"
	{
		sed '/^MIME-Version/,$d' "$MAIL"
		printf 'MIME-Version: 1.0\n'
		printf 'Content-Type: multipart/mixed; boundary=b\n\n'
		printf -- '--b\n'
		sed -n '/^Content-Type/,$p' "$MAIL"
		for part in $(seq 3 "$1"); do
			printf -- '--b\nContent-Type: text/x-note\n\n%s\n' "$part"
		done
		printf -- '--b--\n'
	} >"$MAIL.new" && mv "$MAIL.new" "$MAIL"
}

# with_depth COUNT: so many multiparts, one in the other.
with_depth()
{
	local level

	plain $PLAIN "$((RANDOM + 10000))"
	{
		sed '/^MIME-Version/,$d' "$MAIL"
		printf 'MIME-Version: 1.0\n'
		for level in $(seq "$1"); do
			printf 'Content-Type: multipart/mixed; boundary=b%s\n\n' \
				"$level"
			printf -- '--b%s\n' "$level"
		done
		sed -n '/^Content-Type/,$p' "$MAIL"
		for level in $(seq "$1" -1 1); do
			printf -- '--b%s--\n' "$level"
		done
	} >"$MAIL.new" && mv "$MAIL.new" "$MAIL"
}

with_report_of()
{
	local json size

	json=$(report_json $PLAIN "$((RANDOM + 10000))")
	size=$1
	plain $PLAIN 1
	{
		sed '/^Content-Transfer/,$d' "$MAIL"
		printf 'Content-Transfer-Encoding: base64\n\n'
		printf "%-${size}s" "$json" | base64
	} >"$MAIL.new" && mv "$MAIL.new" "$MAIL"
}

limit_tests()
{
	gateway_option max_message_size 20000
	gateway_option max_header_size 4000
	gateway_option max_header_fields 20
	gateway_option max_line_length 500
	gateway_option max_parts 5
	gateway_option max_depth 3
	gateway_option max_report_size 9000
	ok "reload with small limits" csrcadm reload
	at_limit padded 8000 "well below every limit"
	at_limit with_header_of 4000 "max_header_size"
	at_limit with_fields_in_all 20 "max_header_fields"
	at_limit with_line_of 500 "max_line_length"
	at_limit with_parts 5 "max_parts"
	at_limit with_depth 3 "max_depth"
	at_limit with_report_of 9000 "max_report_size"
	gateway_option max_report_size 20000
	ok "reload with a larger max_report_size" csrcadm reload
	at_limit padded 20000 "max_message_size"
	with_header_of 4001
	gives "max_header_size and one" malformed too-large
	with_fields_in_all 21
	gives "max_header_fields and one" malformed too-large
	with_line_of 501
	gives "max_line_length and one" malformed too-large
	with_parts 6
	gives "max_parts and one" malformed too-large
	with_depth 4
	gives "max_depth and one" malformed too-large
	padded 20001
	gives "max_message_size and one" malformed too-large
	gateway_option max_report_size 9000
	ok "reload with a smaller max_report_size" csrcadm reload
	with_report_of 9001
	gives "max_report_size and one" malformed unreadable
	sed -i '/^max_/d' "$GATEWAY_CONF"
	ok "reload with limits as they were" csrcadm reload
}

at_limit()
{
	"$1" "$2"
	gives "$3, just within" genuine -
}

hostile_tests()
{
	{
		mail_head "$ADDRESS"
		echo "Content-Type: text/plain"
		echo "Content-Type: application/pkcs7-mime"
		printf '\nx\n'
	} >"$MAIL"
	gives "a MIME field given twice" malformed malformed
	: >"$MAIL"
	# Postfix itself adds what a mail must have
	SENDER=$STRANGER gives "an empty mail" spoof unprotected
	sealed $DEVICE 1
	with_fields "To: $(printf 'a:%.0s' $(seq 4000))"
	gives "nested address groups outside, a good seal inside" genuine -
	{
		mail_head "$ADDRESS"
		printf 'Content-Type: application/pkcs7-mime\n'
		printf 'Content-Transfer-Encoding: base64\n\nMIIBFgYLKoZI\n'
	} >"$MAIL"
	gives "a seal cut off" spoof not-authentic
}

# A device that speaks what no format file knows yet: its reading is kept, and
# admitted once the operator has written one.
format_tests()
{
	local name sequence

	{
		echo "CSRC-Center-ID: $CENTER"
		echo "CSRC-Device-Serial: $DEVICE"
		printf 'Content-Type: text/plain; charset=utf-8\n\n'
		printf '[Seriennummer],%s\n[Zählerstand],4711\n' $DEVICE
		printf '[Datum],%s\n' "$(date +%d.%m.%y)"
	} | sealed_entity $DEVICE
	gives "a language unknown" malformed unreadable
	name=$(csrcadm --json quarantine list |
		jq -r 'select(.verdict == "malformed") | .name' | tail -n 1)
	not_ok "it cannot be released yet" csrcadm quarantine release "$name"
	cat >"$GATEWAY_DIR/formats/german.format" <<-END
		[format]
		separator = brackets
		date = %d.%m.%y
		[labels]
		serial = Seriennummer
		date = Datum
		[counters]
		total = Zählerstand
	END
	ok "reload with a format file more" csrcadm reload
	ok "now it is released" csrcadm quarantine release "$name"
	sequence=$((LAST_SEQUENCE + 1))
	wait_for 10 in_spool $sequence
	is "$(report_of $sequence | jq .report.counters.total)" 4711 \
		"and in the spool"
	LAST_SEQUENCE=$sequence
}

count_verdicts()
{
	verdicts | grep -c "verdict=$1 "
}

verdicts_are()
{
	[ "$(verdicts | wc -l)" -eq "$1" ]
}

# Many sessions send the same report; then each its own.
crowd_tests()
{
	local i pids=()

	sealed $DEVICE 20001
	mark
	ok "200 copies of a report in 20 sessions" timeout 300 smtp-source \
		-s 20 -m 200 -F "$MAIL" -f "$SENDER" -t $ADDRESS \
		"127.0.0.1:$MTA_PORT"
	wait_for 20 verdicts_are 200
	is "$(count_verdicts genuine)" 1 "one is genuine"
	is "$(count_verdicts duplicate)" 199 "199 are duplicates"
	LAST_SEQUENCE=$((LAST_SEQUENCE + 1))
	mark
	for i in $(seq 20); do
		sealed $DEVICE "$((20100 + i))"
		mv "$MAIL" "$MAILS/$i"
		smtp_send "$MTA_PORT" "$SENDER" "$MAILS/$i" $ADDRESS &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "a session was refused"
	done
	wait_for 20 verdicts_are 20
	is "$(count_verdicts genuine)" 20 "20 sessions, 20 genuine reports"
	LAST_SEQUENCE=$((LAST_SEQUENCE + 20))
	wait_for 10 in_spool $LAST_SEQUENCE
	ok "all in the spool" in_spool $LAST_SEQUENCE
}

reload_tests()
{
	sealed $DEVICE 30001
	mark
	smtp_open "$MTA_PORT"
	smtp_command "MAIL FROM:<$SENDER>"
	smtp_command "RCPT TO:<$ADDRESS>"
	smtp_command DATA
	smtp_wire "$MAIL" | head -n 12 >&"$SMTP_FD"
	ok "reload while a mail is under way" csrcadm reload
	smtp_wire "$MAIL" | tail -n +13 >&"$SMTP_FD"
	printf '.\r\n' >&"$SMTP_FD"
	smtp_reply
	is "$SMTP_CODE" 250 "it goes on"
	wait_for 10 verdicts
	is "$(count_verdicts genuine)" 1 "and is genuine"
	LAST_SEQUENCE=$((LAST_SEQUENCE + 1))
	smtp_mail "$SENDER" "$MAIL" $ADDRESS
	is "$SMTP_CODE" 250 "so is the connection"
	smtp_quit
	gateway_option on_spoof nonsense
	not_ok "reload of a bad configuration is refused" csrcadm reload
	gateway_option on_spoof discard
	sealed $DEVICE 30002
	gives "the old one stays in force" genuine -
}

# Sends its own reports until told to stop; notes those acknowledged.
pusher()
{
	local total=$1

	while [ ! -e "$WORK/enough" ]; do
		total=$((total + 1))
		sealed $DEVICE "$total"
		smtp_send "$MTA_PORT" "$SENDER" "$MAIL" $ADDRESS &&
			echo "$total" >>"$WORK/acknowledged"
		[ "$SMTP_CODE" = 250 ] || echo "$SMTP_REPLY" >>"$WORK/refused"
	done
}

stop_tests()
{
	local i pids=() status missing

	: >"$WORK/acknowledged"
	: >"$WORK/refused"
	for i in $(seq 8); do
		(
			MAILS=$MAILS/of$i
			mkdir "$MAILS"
			pusher "$((i * 100000))"
		) &
		pids+=($!)
	done
	wait_for 20 acknowledged_at_least 20
	kill "$GATEWAY_PID"
	wait "$GATEWAY_PID"
	status=$?
	wait_for 20 test -s "$WORK/refused"
	touch "$WORK/enough"
	wait "${pids[@]}"
	is "$status" 0 "stopped under load: exit status"
	diag "$(wc -l <"$WORK/acknowledged") acknowledged," \
		"$(wc -l <"$WORK/refused") refused"
	is "$(grep -cv '^4' "$WORK/refused")" 0 "what is refused, for now only"
	missing=$(gateway_reports | jq '.report.counters.total' | sort |
		comm -13 - <(sort "$WORK/acknowledged"))
	is "$missing" "" "what was acknowledged is in the spool"
	is "$(gateway_reports | jq '.report.counters.total' | sort | uniq -d |
		grep -c '^[1-8]0....$')" 0 "and nothing twice"
	ok "the spool is whole" csrcadm spool verify
	begin_gateway
	LAST_SEQUENCE=$(gateway_reports | jq -s 'max_by(.sequence).sequence')
	sealed $DEVICE 40001
	gives "after a restart" genuine -
}

acknowledged_at_least()
{
	[ "$(wc -l <"$WORK/acknowledged")" -ge "$1" ]
}

harness_begin
core_seed
begin_gateway
begin_postfix
core_tests
limit_tests
hostile_tests
format_tests
crowd_tests
reload_tests
stop_tests
core_end
done_testing
