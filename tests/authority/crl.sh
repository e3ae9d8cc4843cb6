#!/bin/bash
# csrc-crl: which CRLs it hands to Apache, which it refuses and why, and that Apache
# goes on whatever it finds. The authority is stock openssl, which makes any CRL;
# revoked.sh has csrc-ca's.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"

SAID=
PUBLISHED=

# crl NUMBER FROM TO [SERIAL…]: published, with those certificates revoked; FROM
# and TO as date(1) knows them.
crl()
{
	local number=$1 from=$2 to=$3 serial
	shift 3

	: >"$WORK/index"
	for serial; do
		printf 'R\t%s\t%s\t%s\tunknown\t/CN=x\n' 401231235959Z \
			"$(date -u +%y%m%d%H%M%SZ)" "$(serial_of "$serial")"
	done >>"$WORK/index"
	printf '%s\n' "$number" >"$WORK/number"
	printf '%s\n' "[ca]" "default_ca = a" "[a]" "database = $WORK/index" \
		"default_md = sha256" "crl_extensions = e" \
		${number:+"crlnumber = $WORK/number"} "[e]" \
		"authorityKeyIdentifier = keyid" >"$WORK/ca.cnf"
	openssl ca -config "$WORK/ca.cnf" -gencrl -cert "$WORK/signer.pem" \
		-keyfile "$WORK/signer.key" \
		-crl_lastupdate "$(date -u -d "$from" +%Y%m%d%H%M%SZ)" \
		-crl_nextupdate "$(date -u -d "$to" +%Y%m%d%H%M%SZ)" \
		-out "$PUBLISHED" 2>"$WORK/err" ||
		bail_out "no CRL: $(cat "$WORK/err")"
}

serial_of()
{
	openssl x509 -in "$APACHE_CONF/$1.pem" -noout -serial | cut -d = -f 2
}

# signed_by NAME: the next CRLs are
signed_by()
{
	cp "$WORK/$1.pem" "$WORK/signer.pem"
	cp "$WORK/$1.key" "$WORK/signer.key"
}

pick_up()
{
	SAID=$(APACHECTL=$APACHECTL "$CSRC_SOURCE/contrib/apache/csrc-crl" \
		"$PUBLISHED" "$APACHE_CONF" 2>&1)
}

# taken TEXT: and Apache has it
taken()
{
	pick_up
	is "$?:${SAID%% has CRL*}" "0:csrc-crl: Apache" "$1" || diag "$SAID"
	ok "  all of it is there" cmp -s "$PUBLISHED" "$APACHE_CONF/crl.pem"
	is "$(left)" "crl.pem" "  and nothing beside it"
}

# refused TEXT PATTERN: nothing changed, and Apache is there
refused()
{
	local before

	before=$(cat "$APACHE_CONF/crl.pem" 2>&1)
	pick_up
	like "$?:$SAID" "1:csrc-crl: $2" "$1"
	is "$(cat "$APACHE_CONF/crl.pem" 2>&1)" "$before" "  the old one stays"
	ok "  and Apache serves" serves
}

left()
{
	(cd "$APACHE_CONF" && echo crl.pem*)
}

# status SERIAL: what Apache answers to this device; 000: it does not let it in
status()
{
	apache_as "$1"
	apache_curl "${APACHE_AS[@]}" -o "$WORK/body" -w '%{http_code}' \
		-X PROPFIND -H 'Depth: 0' "${APACHE_URL}outbox/$1/"
}

# What is in force may take a moment to begin: until those that served before
# have gone.
comes()
{
	[ "$(status "$1")" = "$2" ]
}

serves()
{
	comes A1 207
}

prepare()
{
	local name

	PUBLISHED=$WORK/published.pem
	for name in A1 B2 C3; do
		apache_device "$name"
		mkdir -p "$APACHE_FILES/outbox/$name"
	done
	[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$APACHE_FILES"
	cp "$APACHE_CONF"/ca.{pem,key} "$WORK"
	# of the same name, with another key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$WORK/other.key" -out "$WORK/other.pem" -days 30 \
		-subj "/O=csrc test/CN=authority" 2>/dev/null
	signed_by ca
}

test_none()
{
	is "$(status A1)$(status B2)" 207207 "without a CRL two devices get in"
	refused "none is published" "*published.pem is no CRL"
	echo "no CRL" >"$PUBLISHED"
	refused "what is published is none" "*published.pem is no CRL"
	openssl x509 -in "$WORK/ca.pem" -out "$PUBLISHED"
	refused "a certificate instead" "*published.pem is no CRL"
	rm "$PUBLISHED" && mkfifo "$PUBLISHED"
	refused "a pipe in its place" "*published.pem is no CRL"
	rm "$PUBLISHED"
}

# The first one is in force without a word in Apache's configuration.
test_first()
{
	crl 0F "1 hour ago" "20 days" B2
	taken "the first CRL is taken"
	ok "who is in it gets nothing" wait_for 10 comes B2 000
	is "$(status A1)" 207 "who is not, does"
	pick_up
	is "$?:$SAID" "0:" "the same once more: nothing to do"
}

# A session from before must not be a way round.
resumes()
{
	printf 'PROPFIND /csrc/outbox/C3/ HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\nConnection: close\r\n\r\n' |
		timeout 10 openssl s_client -quiet -connect \
			"localhost:$APACHE_PORT" -servername localhost \
			-CAfile "$APACHE_CONF/ca.pem" -cert "$APACHE_CONF/C3.pem" \
			-key "$APACHE_CONF/C3.key" "$@" 2>/dev/null |
		head -n 1 | cut -d ' ' -f 2
}

test_next()
{
	local version

	for version in tls1_2 tls1_3; do
		is "$(resumes -$version -sess_out "$WORK/session.$version")" \
			207 "C3 gets in with $version, and keeps the session"
		is "$(resumes -$version -sess_in "$WORK/session.$version")" \
			207 "which lets it in once more"
	done
	crl 10 "1 hour ago" "20 days" B2 C3
	taken "the next one, whose number has no more digits but is higher"
	ok "C3 gets nothing now" wait_for 10 comes C3 000
	for version in tls1_2 tls1_3; do
		is "$(resumes -$version -sess_in "$WORK/session.$version")" "" \
			"nor by its session with $version"
	done
	crl 0100 "1 hour ago" "20 days" B2
	taken "one with a longer number, in which C3 is not any more"
	ok "so C3 gets in" wait_for 10 comes C3 207
}

test_unfit()
{
	crl 0101 "40 days ago" "1 hour ago" B2
	refused "past its end" "*ended on *"
	crl 0101 "1 hour" "20 days"
	refused "from the future" "* to come"
	crl FF "1 hour ago" "20 days"
	refused "with a lower number" "*older*0xFF, not 0x0100"
	crl "" "1 hour ago" "20 days"
	refused "without a number" "* has no number"
	signed_by other
	crl 0101 "1 hour ago" "20 days"
	refused "of another key, under the authority's name" "*not signed by*"
	signed_by ca
	crl 0101 "1 hour ago" "20 days"
	openssl crl -in "$PUBLISHED" -outform DER | head -c -1 >"$WORK/der"
	printf x >>"$WORK/der"
	openssl crl -in "$WORK/der" -inform DER -out "$PUBLISHED"
	refused "altered" "*not signed by*"
}

test_broken_apache()
{
	crl 0101 "1 hour ago" "20 days" B2 C3
	cp "$APACHE_DIR/apache.conf" "$WORK/apache.conf"
	echo "NoSuchDirective on" >>"$APACHE_DIR/apache.conf"
	refused "Apache's configuration is broken" \
		"*configuration is broken*NoSuchDirective*"
	is "$(left)" crl.pem "  nothing is left beside it"
	cp "$WORK/apache.conf" "$APACHE_DIR/apache.conf"
	cp "$APACHE_CONF/server.key" "$WORK/server.key"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$APACHE_CONF/server.key"
	refused "the server's key is another than its certificate's" \
		"*server.key is not that of server.pem*"
	cp "$WORK/server.key" "$APACHE_CONF/server.key"
	taken "when it is mended, the CRL comes in by itself"
	ok "and C3 gets nothing" wait_for 10 comes C3 000
}

# As if it had been killed before Apache knew.
test_killed()
{
	crl 0102 "1 hour ago" "20 days" B2
	cp "$APACHE_CONF/crl.pem" "$APACHE_CONF/crl.pem.old"
	cp "$PUBLISHED" "$APACHE_CONF/crl.pem"
	: >"$APACHE_CONF/crl.pem.new"
	taken "what was begun and cut off is done"
	ok "and C3 gets in" wait_for 10 comes C3 207
}

test_old()
{
	crl 0103 "25 days ago" "5 days"
	pick_up
	like "$?:$SAID" "1:*has CRL 0x0103*Apache's CRL ends on *no newer*" \
		"one that is good for few days is taken, and that is told"
	pick_up
	like "$?:$SAID" "1:csrc-crl: Apache's CRL ends on *" "each time"
	crl 0104 "1 hour ago" "20 days"
	taken "until there is a newer one"
}

test_stopped()
{
	apache_stop
	crl 0105 "1 hour ago" "20 days" B2
	taken "an Apache that does not run is not started"
	listens "$APACHE_PORT" && fail "it runs"
	apache_start "$WORK" certificate || bail_out "no Apache"
	is "$(status A1)$(status B2)" 207000 "it has the CRL from its start on"
}

webdav_begin certificate
prepare
test_none
test_first
test_next
test_unfit
test_broken_apache
test_killed
test_old
test_stopped
done_testing
