#!/bin/bash
# Why contrib/postfix/main.cf sets in_flow_delay = 0: each mail that the gateway
# takes costs Postfix a token of its flow control, which nothing gives back.
# With Postfix's default, mails wait once the tokens are gone; with ours not.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

# seconds_for MAILS SESSIONS: in thousandths
thousandths_for()
{
	local began ended

	began=$(date +%s%3N)
	timeout 300 smtp-source -s "$2" -m "$1" -F "$MAIL" -f "$SENDER" \
		-t $ADDRESS "127.0.0.1:$MTA_PORT" || bail_out "smtp-source failed"
	ended=$(date +%s%3N)
	echo $((ended - began))
}

# As many as Postfix has tokens, and a few more; then the measured ones.
slowness()
{
	thousandths_for 130 20 >/dev/null
	thousandths_for 12 1
}

harness_begin
begin_gateway
begin_postfix "in_flow_delay = 1s"
is "$(sed -n 's/^in_flow_delay = //p' "$POSTFIX_SETTINGS")" 0 \
	"our settings for Postfix have in_flow_delay = 0"
sealed $DEVICE 1
with=$(slowness)
postfix_stop
begin_postfix
without=$(slowness)
diag "12 mails: $with ms with Postfix's default, $without ms with our setting"
ok "with Postfix's default, mails wait" [ "$with" -gt $((3 * without)) ]
ok "most of them for the whole second" [ "$with" -gt 6000 ]
ok "with our setting they do not" [ "$without" -lt 6000 ]
done_testing
