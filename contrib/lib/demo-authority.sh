# shellcheck shell=bash
# The show of "contrib/demo authority": licences, certificates of our own authority
# for server, collector and device, and what they are good for. To be sourced by
# contrib/demo, behind authority.sh and demo-webdav.sh.
# shellcheck disable=SC2153,SC2154 # center, serial and the like are the demo's,
# CODE and LICENCE authority.sh's

# The authority's mails leave by the private Postfix.
auth_sendmail()
{
	cat <<END
#!/bin/bash
. $directory/smtp.sh
while [ \$# -gt 0 ] && [ "\$1" != -- ]; do shift; done
shift
file=\$(mktemp "$directory/authority/mail/.XXXXXX") && cat >"\$file" &&
	smtp_send $POSTFIX_PORT ca@center.example "\$file" "\$@"
status=\$?
rm -f "\$file"
exit \$status
END
}

auth_set_up()
{
	title "And an authority, csrc-ca, with a key of its own"
	cp "$CSRC_SOURCE/contrib/lib/smtp.sh" "$directory/smtp.sh"
	auth_sendmail >"$directory/send"
	chmod 755 "$directory/send" && chmod 644 "$directory/smtp.sh"
	authority_start "$directory" "sendmail=$directory/send" ||
		surprise "csrc-ca did not start"
	openssl x509 -in "$AUTHORITY_PUBLIC/ca.pem" -noout -subject -enddate >&3
	echo "An authority of its own, csrc-ca: licences buy certificates."
	echo
}

# take_out NAME <MAIL: that attachment. A boundary has hex digits, a PEM has not.
take_out()
{
	sed -n "/filename=\"$1\"/,/^--[0-9a-f]/p" | tr -d '\r' |
		sed '1,/^$/d; /^--[0-9a-f]/d'
}

auth_server()
{
	local conf mails=$directory/mails

	tried "The WebDAV server's people ask for a certificate"
	authority_server "$directory" somebody@elsewhere.example >&3 ||
		surprise "csrcadm certificate sign failed"
	conf=$APACHE_CONF
	openssl x509 -in "$conf/server.pem" -noout -subject >&3
	became "" "their request is signed: csrcadm certificate sign"

	tried "It is mailed to the address that is registered"
	wait_for 20 arrived somebody || surprise "no mail arrived"
	cp "$(arrived somebody)" "$mails/certificate"
	cat "$mails/certificate" >&3
	take_out NORTH.pem <"$mails/certificate" >"$mails/server.pem"
	cmp -s <(openssl x509 -in "$mails/server.pem") \
		<(openssl x509 -in "$conf/server.pem") ||
		surprise "the mail has not the certificate"
	rm "$(arrived somebody)"
	became "" "certificate, chain and authority, ready to install"

	title "A private Apache, with what the mail had"
	cp "$mails/server.pem" "$conf/server.pem"
	authority_apache "$directory" || surprise "Apache did not start"
	authority_crl >&3 2>&1 || surprise "Apache does not take the CRL"
}

# pays KIND NAME FILE: who has the code of a new licence has a certificate.
pays()
{
	authority_enrol "$@" || surprise "$2 does not enrol: $AUTHORITY_SAID"
	echo "$AUTHORITY_SAID" >&3
	openssl x509 -in "$3.pem" -noout -subject -ext subjectAltName >&3
}

# csrc-device does all of it: licence and code in, certificate and key out.
enrols_itself()
{
	local mails=$directory/mails

	(umask 077 && echo "$CODE" >"$mails/code")
	rm "$mails/key.$serial"
	"$CSRC_BUILD/csrc-device" enrol --url "http://$AUTHORITY_HTTP/" \
		--serial "$serial" --licence "$LICENCE" --code-file "$mails/code" \
		--certificate "$mails/$serial.pem" \
		--certificate-key "$mails/$serial.key" \
		--ca-out "$mails/ca.pem" --ca-file "$mails/ca.pem" \
		--webdav "$APACHE_URL" --key-file "$mails/key.$serial" >&3 2>&3 ||
		surprise "csrc-device enrol failed"
	openssl x509 -in "$mails/$serial.pem" -noout -subject >&3
}

# unpaid LICENCE CODE WHY: it gets nothing, and openssl says why.
unpaid()
{
	local file=$directory/mails/unpaid

	authority_key "$file.key"
	authority_cmp -cmd ir -ref "$1" -secret "pass:$2" -subject /CN=X \
		-newkey "$file.key" -certout "$file.pem" &&
		surprise "it has a certificate"
	echo "$AUTHORITY_SAID" >&3
	case $AUTHORITY_SAID in
	*"$3"*) ;;
	*) surprise "not refused as was expected: $AUTHORITY_SAID" ;;
	esac
	[ ! -e "$file.pem" ] || surprise "there is a certificate"
}

# csrc-webdav does the same, by the server's section of its configuration.
auth_collector()
{
	collector_configure "$directory" interval=5s
	install -d -o "$COLLECTOR_USER" -m 700 "$COLLECTOR_DIR/own"
	collector_server demo "url=$APACHE_URL" "center=$center" \
		paths=certificate "ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$COLLECTOR_DIR/own/demo.pem" \
		"key=$COLLECTOR_DIR/own/demo.key" \
		"enrol_url=http://$AUTHORITY_HTTP/" enrol_name=collector
	authority_licence collector collector || surprise "no licence"
	collector_as "$COLLECTOR_DIR/csrc-webdav" enrol -c "$COLLECTOR_CONF" \
		--licence "$LICENCE" demo >&3 2>&3 \
		--code-file "$(collector_secret code "$CODE")" ||
		surprise "csrc-webdav enrol failed"
}

auth_licences()
{
	local mails=$directory/mails licence code

	tried "A device pays with its licence"
	authority_licence device "$serial" || surprise "no licence"
	licence=$LICENCE code=$CODE
	enrols_itself
	became "" "it has a certificate, and with that its first key"

	tried "The licence is used once more, with another key"
	unpaid "$licence" "$code" "is another public key's"
	became "" "refused: it is used"

	tried "Somebody who knows a licence's id, and not its code"
	authority_licence device "$other" || surprise "no licence"
	unpaid "$LICENCE" "$code" "wrong pbm value"
	became "" "refused"

	tried "It is tried with an id that there is not"
	unpaid lic-abcdefghjk "$code" "wrong pbm value"
	became "" "refused, in the same words"

	tried "Another device, by openssl, asks to be the first"
	pays device "$other" "$mails/$other" -subject "/OU=device/CN=$serial"
	openssl x509 -in "$mails/$other.pem" -noout -subject -nameopt RFC2253 |
		grep -q "CN=$other" || surprise "it is in the wrong name"
	became "" "it has a certificate, in its own name"

	tried "The collector pays with its own"
	auth_collector
	became "" "it has one too"
}

# by_certificate SERIAL COMMAND [OPTION…]: csrc-device, with that device's key and
# certificate (or that of $certificate); what it says is in $directory/mails/said.
by_certificate()
{
	local who=$1 command=$2 mails=$directory/mails
	local shown=$mails/${certificate:-$1}
	shift 2

	"$CSRC_BUILD/csrc-device" "$command" --center "$center" \
		--serial "$who" --key-file "$mails/key.$who" \
		--queue "$mails/queue.$who" --webdav "$APACHE_URL" \
		--ca-file "$AUTHORITY_PUBLIC/ca.pem" \
		--certificate "$shown.pem" --certificate-key "$shown.key" "$@" \
		>"$mails/said" 2>&1
	set -- $?
	cat "$mails/said" >&3
	return "$1"
}

auth_reports()
{
	local mails=$directory/mails

	csrcadm device set "$serial" --channel webdav >&3 ||
		surprise "cannot set the channel of $serial"
	tried "The device reports, with its certificate"
	by_certificate "$serial" report --counter total=4711 ||
		surprise "report: $(cat "$mails/said")"
	collect 201 genuine -
	by_certificate "$serial" poll && [ -z "$(waits "$serial")" ] ||
		surprise "poll: $(cat "$mails/said")"
}

# kept_out TOLD: the server takes nothing; the queue goes.
kept_out()
{
	by_certificate "$serial" report --counter total=1 &&
		surprise "the server took it"
	[ -z "$(ls "$APACHE_FILES/inbox")" ] || surprise "it is in the inbox"
	[ -z "$1" ] || grep -q ": $1 " "$directory/mails/said" ||
		surprise "the server did not say $1: $(cat "$directory/mails/said")"
	rm -r "$directory/mails/queue.$serial"
}

# As if it had been enrolled in January.
old_certificate()
{
	local mails=$directory/mails

	cp "$mails/$serial.key" "$mails/old.key"
	openssl req -new -key "$mails/old.key" -subj "/OU=device/CN=$serial" \
		-out "$mails/old.csr" && : >"$mails/index" &&
		printf '%s\n' "[ca]" default_ca=a "[a]" "database=$mails/index" \
			"new_certs_dir=$mails" rand_serial=yes default_md=sha256 \
			policy=p "[p]" OU=supplied CN=supplied >"$mails/ca.cnf" &&
		openssl ca -batch -notext -config "$mails/ca.cnf" \
			-in "$mails/old.csr" -cert "$AUTHORITY_PUBLIC/ca.pem" \
			-keyfile "$AUTHORITY_KEY" -preserveDN -out "$mails/old.pem" \
			-startdate 20260101000000Z -enddate 20260201000000Z \
			2>&3 || surprise "no old certificate"
}

auth_cheats()
{
	local mails=$directory/mails number crl=$directory/mails/crl began

	tried "Another device's certificate, where this one writes"
	certificate=$other kept_out 403
	became 403 "the server turned it away"

	tried "A certificate that it has made for itself"
	openssl req -x509 -key "$mails/$serial.key" -days 30 \
		-subj "/OU=device/CN=$serial" -out "$mails/own.pem" 2>&3
	cp "$mails/$serial.key" "$mails/own.key"
	certificate=own kept_out ""
	became TLS "it did not get in"

	tried "Its certificate of a year ago, expired"
	old_certificate
	certificate=old kept_out ""
	became TLS "it did not get in"

	tried "The device is disabled; its certificate is good"
	csrcadm device disable "$serial" >&3 || surprise "cannot disable $serial"
	by_certificate "$serial" report --counter total=2 ||
		surprise "report: $(cat "$mails/said")"
	collect 201 spoof disabled-device
	rm -r "$mails/queue.$serial"
	csrcadm device enable "$serial" >&3

	tried "Its certificate is revoked"
	number=$(openssl x509 -in "$mails/$serial.pem" -noout -serial |
		cut -d = -f 2 | tr A-F a-f)
	cp "$AUTHORITY_PUBLIC/crl.pem" "$crl" && began=$SECONDS
	csrcadm certificate revoke "$number" >&3 || surprise "cannot revoke it"
	wait_for 20 authority_has_crl "$crl" || surprise "no CRL was published"
	authority_crl >&3 2>&1 || surprise "Apache does not take the CRL"
	kept_out ""
	became TLS "it does not get in, $((SECONDS - began)) seconds later"
}

auth_end()
{
	[ "$(gateway_reports | wc -l)" -eq 1 ] ||
		surprise "$(gateway_reports | wc -l) reports in the spool"
	csrcadm spool verify >&3 || surprise "the spool does not verify"
	table
	echo
	echo "The certificates, of which the store knows each:"
	csrcadm certificate list | sed 's/^/    /'
	echo "The spool, which billing reads, has this one report:"
	gateway_reports | jq -r '"    \(.sequence)  \(.received)  \(.serial)  " +
		"\(.channel)  \(.report.kind)"'
	cat <<END

All as expected, in $1 seconds. Read next:
    man -l man/csrc-ca.8               the authority
    man -l man/csrc-device.1           the device's end: csrc-device enrol
    contrib/apache/csrc-ca.conf        the door to it; csrc-crl(8) has the CRL's way
END
}

show_authority()
{
	auth_set_up
	auth_server
	auth_licences
	auth_reports
	auth_cheats
	auth_end $((SECONDS - began))
	[ -z "$stay" ] || auth_stay
}

auth_stay()
{
	cat <<END

WebDAV:         $APACHE_URL
CMP:            http://$AUTHORITY_HTTP/.well-known/cmp
authority:      $AUTHORITY_CONF, log $AUTHORITY_LOG
certificates:   $directory/mails/$other.pem and .key
END
}
