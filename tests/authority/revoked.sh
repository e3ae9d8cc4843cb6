#!/bin/bash
# What a certificate is good for, and when it is not any more: the first key, reports
# by the WebDAV server; revoked, expired, disabled. Real csrc-ca, Apache, csrc-webdav
# and gateway; times are those that the manuals state.
set -u
. "${srcdir:-.}/tests/authority/harness.sh"
. "$CSRC_SOURCE/tests/webdav/collecting.sh"

# From the revocation to the last answer of Apache's, in seconds.
STATED=60

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	collector_stop
	authority_end
}

# status SERIAL: what Apache answers to this device; 000: it does not let it in
status()
{
	apache_as "$1"
	apache_curl "${APACHE_AS[@]}" -o "$WORK/said" -w '%{http_code}' \
		-X PROPFIND -H 'Depth: 0' "${APACHE_URL}outbox/${1%%.*}/"
}

# Enrolled, with a path of its own on the server: as SERIAL.
device()
{
	authority_enrol device "$1" "$APACHE_CONF/$1" ||
		bail_out "$1 does not enrol: $AUTHORITY_SAID"
	install -d -o nobody "$APACHE_FILES/outbox/$1"
}

serial_number()
{
	openssl x509 -in "$APACHE_CONF/$1.pem" -noout -serial | cut -d = -f 2 |
		tr A-F a-f
}

prepare()
{
	local serial

	for serial in A1 B2 C3 D4; do
		device "$serial"
	done
	collector_configure "$WORK"
	install -o "$COLLECTOR_USER" -m 400 "$APACHE_CONF/collector.key" \
		"$COLLECTOR_DIR/secret/collector.key"
	collector_server a "url=$APACHE_URL" center=K0001 paths=certificate \
		"ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/collector.pem" \
		"key=$COLLECTOR_DIR/secret/collector.key"
	ok "Apache has its first CRL" authority_crl
}

# fetch SERIAL: the key's answer; its status in OUT
fetch()
{
	apache_as "$1"
	OUT=$(apache_curl "${APACHE_AS[@]}" -o "$WORK/key.cms" \
		-w '%{http_code} %{content_type}' "${APACHE_URL}key")
}

opened()
{
	openssl cms -decrypt -binary -inform DER -in "$WORK/key.cms" \
		-recip "$APACHE_CONF/$1.pem" -inkey "$APACHE_CONF/$1.key"
}

test_first_key()
{
	local key

	fetch A1
	like "$OUT" "200 application/pkcs7-mime*" "a device fetches its first key"
	key=$(opened A1)
	like "$key" "key-id: $(printf 'c%.16s' "$(serial_number A1)" |
		od -A n -t x1 | tr -d ' \n')*key: *" "which only it can open"
	not_ok "no other device can" openssl cms -decrypt -binary -inform DER \
		-in "$WORK/key.cms" -recip "$APACHE_CONF/B2.pem" \
		-inkey "$APACHE_CONF/B2.key"
	fetch A1
	is "$(opened A1)" "$key" "the answer may be lost: it gets the same again"
	fetch collector
	like "$OUT" "403 *" "a collector gets none"
	echo "A1 $(sed -n 's/^key-id: //p' <<<"$key")" \
		"$(sed -n 's/^key: //p' <<<"$key")" >"$DEVICES"
}

test_report()
{
	message A1 4711 >"$WORK/report"
	store "$WORK/report" A1.0123456789abcdef.p7m
	is "$OUT" 201 "a report, by certificate, sealed with that key"
	once 0 "is collected"
	like "$ERR" "*A1.*verdict=genuine*receipt=yes*" "as genuine"
	reports_come 1
	is "$(gateway_reports | jq -r '[.channel, .serial] | join(" ")')" \
		"webdav A1" "and in the spool"
	fetch A1
	like "$OUT" "403 *" "a key that has proved itself is not told once more"
	store "$WORK/report" B2.0123456789abcdef.p7m
	is "$OUT" 201 "another device hands it in as its own"
	once 0 "that is collected"
	like "$ERR" "*B2.*verdict=spoof reason=wrong-origin*" "and seen"
	apache_as B2
	is "$(apache_curl "${APACHE_AS[@]}" -H 'If-None-Match: *' \
		-T "$WORK/report" -o "$WORK/said" -w '%{http_code}' \
		"${APACHE_URL}inbox/A1.fedcba9876543210.p7m")" 403 \
		"another device's certificate in this one's path"
}

gets_nothing()
{
	[ "$(status "$1")" = 000 ]
}

# gone_after TEXT SERIAL COMMAND…: it gets nothing after COMMAND, in the stated time
gone_after()
{
	local text=$1 serial=$2 began
	shift 2

	is "$(status "$serial")" 207 "$serial gets in"
	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	began=$SECONDS
	ok "$text" "$@"
	fetch "$serial"
	like "$OUT" "403 *" "it gets no key from then on"
	wait_for 10 authority_has_crl "$WORK/crl.old"
	ok "a new CRL is taken" authority_crl
	ok "and Apache lets it in no more" wait_for 10 gets_nothing "$serial"
	[ $((SECONDS - began)) -le $STATED ]
	is "$?" 0 "in $((SECONDS - began)) seconds, of $STATED"
	is "$(told "$(serial_number "$serial")" state)" revoked \
		"csrcadm says that it is revoked"
}

test_revoked()
{
	local licence

	gone_after "a certificate is revoked" B2 \
		csrcadm certificate revoke "$(serial_number B2)"
	licence=$(told "$(serial_number C3)" licence)
	gone_after "a licence is revoked" C3 csrcadm licence revoke "$licence"
	gone_after "a device is removed" D4 csrcadm device remove D4
	is "$(status A1)" 207 "who is not in it gets in as before"
}

# Of the authority's key, for a time that is over. It need not be in any CRL.
test_expired()
{
	cp "$APACHE_CONF/A1.key" "$APACHE_CONF/A1.old.key"
	openssl req -new -key "$APACHE_CONF/A1.key" -subj /OU=device/CN=A1 \
		-out "$WORK/old.csr"
	: >"$WORK/index"
	printf '%s\n' "[ca]" "default_ca=a" "[a]" "database=$WORK/index" \
		"new_certs_dir=$WORK" "rand_serial=yes" "default_md=sha256" \
		"policy=p" "[p]" "OU=supplied" "CN=supplied" >"$WORK/ca.cnf"
	openssl ca -batch -notext -config "$WORK/ca.cnf" -in "$WORK/old.csr" \
		-cert "$APACHE_CONF/ca.pem" -keyfile "$AUTHORITY_KEY" \
		-startdate 20260101000000Z -enddate 20260201000000Z \
		-preserveDN -out "$APACHE_CONF/A1.old.pem" 2>"$WORK/err" ||
		bail_out "no old certificate: $(cat "$WORK/err")"
	is "$(status A1)$(status A1.old)" 207000 "an expired certificate gets nothing"
}

# The gate knows at once, whatever certificate there is.
test_disabled()
{
	csrcadm device disable A1
	message A1 4712 >"$WORK/report"
	store "$WORK/report" A1.00000000000000aa.p7m
	is "$OUT" 201 "a disabled device still has its certificate"
	once 0 "but what it brings"
	like "$ERR" "*A1.*verdict=spoof reason=*disabled*" "is refused at the gate"
	fetch A1
	like "$OUT" "403 *" "and it gets no key"
	csrcadm device enable A1
	is "$(gateway_reports | wc -l)" 1 "one report is in the spool"
}

doctor_says()
{
	csrcadm doctor 2>&1 | grep -iE "$1"
}

# What is to end is told while there is time.
test_told()
{
	ok "csrcadm doctor has nothing against a fresh CRL" \
		doctor_says 'crl.*good until'
	authority_stop
	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	authority_start "$WORK" crl_validity=60s crl_interval=50s || bail_out "no authority"
	csrcadm certificate revoke "$(serial_number A1)" &&
		wait_for 10 authority_has_crl "$WORK/crl.old"
	authority_stop
	like "$(authority_crl 2>&1)" "*Apache's CRL ends on*" \
		"one that ends soon, and no other comes: csrc-crl says so"
	gateway_stop
	gateway_start || bail_out "no gateway"
	ok "the daemon's log as well" wait_for 30 \
		grep -q 'the last CRL ends at' "$GATEWAY_LOG"
	ok "and csrcadm doctor, when a third of its time is left" \
		wait_for 60 doctor_says 'crl.*it ends at'
	csrcadm certificate list --expiring 400d >"$WORK/list"
	ok "certificates that end soon are listed" grep collector:COLLECTOR \
		"$WORK/list"
	csrcadm certificate list --expiring 300d >"$WORK/list"
	not_ok "and no others" grep collector:COLLECTOR "$WORK/list"
}

authority_begin A1 B2 C3 D4
trap finish EXIT
# shellcheck disable=SC2034 # it is collecting.sh's
DEVICES=$WORK/devices
prepare
test_first_key
test_report
test_revoked
test_expired
test_disabled
test_told
done_testing
