#!/bin/bash
# The whole way with client certificates at both ends, through a proxy that wants
# a login: real csrc-device, Squid, Apache, csrc-webdav and gateway.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/tests/webdav/collecting.sh"
. "$CSRC_SOURCE/contrib/lib/squid.sh"

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	collecting_end
	squid_stop
	webdav_end
}

# device SERIAL COMMAND OPTION…: csrc-device, by its own certificate.
device()
{
	local serial=$1 command=$2
	shift 2

	"$CSRC_BUILD/csrc-device" "$command" --center K0001 --serial "$serial" \
		--key-file "$WORK/$serial.key" --queue "$WORK/queue.$serial" \
		--webdav "$APACHE_URL" --ca-file "$APACHE_CONF/ca.pem" \
		--certificate "$APACHE_CONF/$serial.pem" \
		--certificate-key "$APACHE_CONF/$serial.key" \
		--proxy "http://127.0.0.1:$SQUID_PORT" --proxy-user proxy \
		--proxy-password-file "$WORK/proxy" "$@"
}

prepare()
{
	local serial id key

	for serial in D00001 D00002 D00003; do
		apache_device "$serial"
		read -r _ id key < <(grep "^$serial " "$DEVICES")
		(umask 077 && printf 'key-id: %s\nkey: %s\n' "$id" "$key" \
			>"$WORK/$serial.key")
	done
	(umask 077 && echo proxy-password >"$WORK/proxy")
	collector_configure "$WORK"
	install -o "$COLLECTOR_USER" -m 400 "$APACHE_CONF/collector.key" \
		"$COLLECTOR_DIR/secret/collector.key"
	collector_server a "url=$APACHE_URL" center=K0001 paths=certificate \
		"ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/collector.pem" \
		"key=$COLLECTOR_DIR/secret/collector.key" \
		"proxy=http://127.0.0.1:$SQUID_PORT" proxy_user=proxy \
		"proxy_password_file=$(collector_secret proxy proxy-password)"
}

test_sealed()
{
	ok "a device reports" device D00001 report --counter total=101
	once 0 "that is collected"
	like "$ERR" "*verdict=genuine*disposal=taken*receipt=yes" "as genuine"
	reports_come 1
	is "$(gateway_reports | jq -r '[.channel, .serial, .vouched] | join(" ")')" \
		"webdav D00001 seal" "the seal vouches for it"
	ok "the device fetches its receipt" device D00001 poll --counter total=102
	is "$(find "$WORK/queue.D00001" -name '*.p7m')" "" "and forgets it"
	csrcadm device set D00001 --channel webdav
	csrcadm request D00001 --command counters --send >/dev/null
	once 0 "a request"
	ok "is answered" device D00001 poll --counter total=103 --now
	once 0 "and the answer collected"
	is "$(csrcadm request list --answered --json | jq -r .serial)" D00001 \
		"as such"
}

# A plain report is as good as the certificate that brought it.
test_plain()
{
	csrcadm device set D00003 --protection optional
	ok "a plain report" device D00003 report --plain --counter total=301
	once 0 "that is collected"
	like "$ERR" "*D00003.*verdict=genuine*disposal=taken*" "is taken"
	reports_come 3
	is "$(gateway_reports | jq -r 'select(.serial == "D00003") |
		[.assurance, .vouched] | join(" ")')" "plain certificate" \
		"and the record says that a certificate vouched for it"
}

# One device's certificate, and another's path or key.
test_others()
{
	local queue=$WORK/queue.D00002

	cp "$APACHE_CONF/D00001.pem" "$APACHE_CONF/D00002.pem"
	cp "$APACHE_CONF/D00001.key" "$APACHE_CONF/D00002.key"
	device D00002 report --counter total=201 >"$WORK/said" 2>&1
	is $? 5 "another device's certificate: the report stays in the queue"
	is "$(find "$queue" -name '*.p7m' | wc -l)" 1 "there"
	once 0 "nothing comes"
	like "$OUT" "a: 0 taken, 0 refused, 0 left*" "to the inbox"
}

webdav_begin certificate
trap finish EXIT
squid_unpack || skip_all "Squid's package cannot be had"
collecting_begin 3
squid_start "$WORK" || bail_out "no Squid"
prepare
test_sealed
test_plain
test_others
ok "all of it went through the proxy" grep -q CONNECT "$SQUID_LOG"
is "$(grep -c 'verdict=trouble' "$GATEWAY_LOG")" 0 "and without trouble"
done_testing
