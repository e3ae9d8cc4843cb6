#!/bin/bash
# The center's own mail to its devices, behind a real Postfix: what
# outgoing-core.sh says; then a service of its own, people who log in, mail from
# sendmail(1), a store that fails, and a gateway that is killed at every step of
# a change.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/system/outgoing-core.sh"

BOXES="inline:{somebody@elsewhere.example=somebody/"
BOXES="$BOXES, second@elsewhere.example=second/"
BOXES="$BOXES, other@elsewhere.example=other/"
BOXES="$BOXES, keyless@elsewhere.example=keyless/"
BOXES="$BOXES, nobody@elsewhere.example=nobody/"
BOXES="$BOXES, reports@second.example=second/, csrc@center.example=center/}"

# People who may log in at the service's port, by Cyrus SASL and a database of
# our own.
PASSWORD="none but a test's"

can_log_in()
{
	postfix_unpack && unpack sasl sasl2-bin && postconf -a | grep -x cyrus
} >/dev/null 2>&1

make_logins()
{
	local sasl=$WORK/sasl name

	# Debian's Postfix looks for smtpd.conf beside its main.cf, whatever
	# cyrus_sasl_config_path says
	mkdir -p "$sasl" "$WORK/postfix/etc/sasl"
	cat >"$WORK/postfix/etc/sasl/smtpd.conf" <<-END
		pwcheck_method: auxprop
		auxprop_plugin: sasldb
		sasldb_path: $sasl/db
		mech_list: PLAIN
	END
	for name in joe jim; do
		printf %s "$PASSWORD" | timeout 30 "$UNPACK_DIR/sasl/usr/sbin/saslpasswd2" -c -p \
			-f "$sasl/db" -u center.example $name || return 1
	done
	chown -R "$POSTFIX_USER" "$sasl"
}

login_settings()
{
	echo smtpd_sasl_auth_enable=yes
	echo smtpd_sasl_type=cyrus
	echo smtpd_sasl_path=smtpd
	echo "cyrus_sasl_config_path=$WORK/postfix/etc/sasl"
	echo smtpd_sasl_local_domain=center.example
	echo smtpd_sasl_security_options=noanonymous
	echo smtpd_tls_security_level=none
}

login_tests()
{
	if [ ${#POSTFIX_SUBMIT_SETTINGS[@]} -eq 0 ]; then
		skip "people who log in" "no saslpasswd2, or no Cyrus SASL"
		return
	fi
	SUBMIT_PORT=$POSTFIX_SUBMIT_PORT
	note
	trust submit_logins "jane@center.example joe@center.example"
	refused "who may log in, but has not" "550 5.7.1" $TO_DEVICE
	SMTP_LOGIN="joe@center.example not $PASSWORD"
	refused "another's password" 535 $TO_DEVICE
	SMTP_LOGIN="joe@center.example $PASSWORD"
	stamped "trusted by login"
	SMTP_LOGIN="jim@center.example $PASSWORD"
	refused "a login that is not listed" "550 5.7.1" $TO_DEVICE
	trust submit_logins "*"
	stamped "any login"
	SMTP_LOGIN=
	refused "any login, but none" "550 5.7.1" $TO_DEVICE
	SUBMIT_PORT=
}

service_tests()
{
	trust submit_daemons "SOMETHING CSRC-SUBMIT"
	note
	refused "by the usual port" "550 5.7.1" $TO_DEVICE
	SUBMIT_PORT=$POSTFIX_SUBMIT_PORT
	stamped "trusted by service"
	trust submit_daemons CSRC
	refused "a service of another name" "550 5.7.1" $TO_DEVICE
	SUBMIT_PORT=
	trust submit_logins "*"
	refused "without a login" "550 5.7.1" $TO_DEVICE
}

# sendmail(1) of that Postfix, as csrcadm request --send uses it.
hand_in()
{
	sendmail -C "$POSTFIX_DIR/etc" -i -f "$FROM_CENTER" -- "$1" <"$MAIL"
}

sendmail_tests()
{
	postfix_set "non_smtpd_milters = $GATEWAY_MILTER"
	trust_nobody
	empty_mailboxes
	MAIL=$WORK/request
	ok "sendmail(1): a finished request is taken" hand_in $TO_DEVICE
	ok "sendmail(1): and arrives as it was" as_it_was somebody
	trust submit_networks 127.0.0.1
	empty_mailboxes
	note
	ok "sendmail(1): a note is taken" hand_in $TO_DEVICE
	arrives_in "sendmail(1)" somebody &&
		is_stamped "sendmail(1)"
	empty_mailboxes
}

harness_begin min_free_space=2M database_cache=1M
outgoing_register
begin_gateway
POSTFIX_SUBMIT_PORT=$(free_port)
if can_log_in; then
	make_logins || bail_out "cannot make logins"
	mapfile -t POSTFIX_SUBMIT_SETTINGS < <(login_settings)
fi
begin_postfix "virtual_mailbox_maps = $BOXES"
outgoing_tests
service_tests
login_tests
sendmail_tests
trouble_tests
killed_tests
done_testing
