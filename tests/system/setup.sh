#!/bin/bash
# csrcadm setup and doctor against a real Postfix: what setup does is what
# Postfix then takes, and with a service for devices alone (the sample
# contrib/postfix/devices.cf) other mail does not notice that the gateway is
# away.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

harness_begin
begin_gateway
begin_postfix "smtpd_milters =" "non_smtpd_milters =" "in_flow_delay = 1s" \
	"milter_default_action = accept" "smtpd_forbid_bare_newline = no"
export MAIL_CONFIG=$POSTFIX_DIR/etc

# wrong: the names of the settings that are
wrong()
{
	csrcadm --json setup postfix --check |
		jq -r 'select(.state == "wrong") | .check' | sort | tr '\n' ' '
}

is "$(wrong)" "in_flow_delay milter_default_action non_smtpd_milters smtpd_forbid_bare_newline smtpd_milters " \
	"what is wrong is seen"
not_ok "exit 1" csrcadm setup postfix --check
cp "$MAIL_CONFIG/main.cf" "$WORK/main.cf"
ok "it is set right" csrcadm setup postfix --apply
ok "main.cf is kept as it was" cmp "$WORK/main.cf" "$MAIL_CONFIG"/main.cf.csrc-*
ok "Postfix reads it" postfix -c "$MAIL_CONFIG" reload
ok "nothing is wrong" csrcadm setup postfix --check
is "$(csrcadm --json doctor | jq -r 'select(.state == "wrong")')" "" \
	"the doctor finds nothing"
sealed $DEVICE 1000
gives "a genuine report" genuine -

ok "a center that Postfix does not know" \
	csrcadm center address add K0002 unknown@second.example
is "$(wrong)" "recipient " "is told"
csrcadm center address remove K0002 unknown@second.example

# The sample, at this machine's address and another port.
port=$(free_port)
# what the sample says of main.cf
refused="check_recipient_access inline:{csrc@center.example=REJECT}, permit_mynetworks, reject"
sed -e "s/^192.0.2.25:smtp inet n - y /127.0.0.1:$port inet n - n /" \
	-e "s#unix:csrc-milter/milter.sock#$GATEWAY_MILTER#" \
	"$CSRC_SOURCE/contrib/postfix/devices.cf" >>"$MAIL_CONFIG/master.cf"
ok "the sample's service" postfix_set "smtpd_milters =" \
	"smtpd_recipient_restrictions = $refused" "non_smtpd_milters ="
wait_for 10 listens "$port"
is "$(csrcadm --json setup postfix --check |
	jq -r 'select(.check == "smtpd_milters") | .text')" \
	"127.0.0.1:$port/inet alone has the gateway" "setup sees it"
csrcadm center address remove K0002 reports@second.example
ok "and finds nothing wrong" csrcadm setup postfix --check

# replies WHAT PORT RECIPIENT CODE
replies()
{
	sealed $DEVICE "$((RANDOM + 2000))"
	smtp_send "$2" "$SENDER" "$MAIL" "$3" || true
	is "${SMTP_CODE:-}" "$4" "$1" || diag "${SMTP_REPLY:-}"
}
replies "a center's mail is taken at the devices' service" \
	"$port" "$ADDRESS" 250
replies "nobody else's is" "$port" somebody@elsewhere.example 554
replies "the center's is refused elsewhere" "$MTA_PORT" "$ADDRESS" 554
gateway_stop
replies "without the gateway other mail is taken" \
	"$MTA_PORT" somebody@elsewhere.example 250
replies "and the devices' waits" "$port" "$ADDRESS" 451
like "$(wrong)" "milter socket *" "setup sees that nobody listens"

done_testing
