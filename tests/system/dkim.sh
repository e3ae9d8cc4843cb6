#!/bin/bash
# A forwarder is known by a DKIM signature that OpenDKIM, in front of the gateway
# in a real Postfix, has verified; and not by the Authentication-Results fields
# that a sender can write.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

FORWARDER=service@dealer.example
AUTHSERV=mx.center.example
OPENDKIM_PID=
DKIM_PORT=

# The verifier, with the senders' public keys from a file instead of the DNS.
opendkim_start()
{
	local root=$UNPACK_DIR/opendkim domain

	unpack opendkim opendkim libopendkim11 libvbr2 librbl1 libunbound8 \
		libopendbx1 liblua5.3-0 libmemcached11 libhashkit2 ||
		skip_all "OpenDKIM's packages cannot be had"
	for domain in dealer.example evil.example; do
		openssl genrsa -out "$WORK/$domain.pem" 2048 2>/dev/null
		printf 'mail._domainkey.%s v=DKIM1; k=rsa; p=%s\n' $domain \
			"$(openssl rsa -in "$WORK/$domain.pem" -pubout \
				2>/dev/null | sed '/^-/d' | tr -d '\n')"
	done >"$WORK/keys"
	DKIM_PORT=$(free_port)
	cat >"$WORK/opendkim.conf" <<-END
		Mode v
		AuthservID $AUTHSERV
		TestPublicKeys $WORK/keys
		Socket inet:$DKIM_PORT@127.0.0.1
		UserID nobody
		On-Default tempfail
		On-BadSignature accept
		On-KeyNotFound accept
		On-NoSignature accept
		AlwaysAddARHeader yes
	END
	chmod 644 "$WORK/keys"
	LD_LIBRARY_PATH=$root/usr/lib:$root/usr/lib/x86_64-linux-gnu \
		"$root/usr/sbin/opendkim" -f -x "$WORK/opendkim.conf" \
		>"$WORK/opendkim.out" 2>&1 &
	OPENDKIM_PID=$!
	wait_for 20 listens "$DKIM_PORT" || {
		diag "$(cat "$WORK/opendkim.out")"
		bail_out "no OpenDKIM"
	}
}

# signed DOMAIN FILE: FILE with a signature of that domain on top (RFC 6376,
# simple/simple); FILE begins with its From field.
signed()
{
	local body field from
	body=$(sed '1,/^$/d; s/$/\r/' "$2" | openssl dgst -sha256 -binary |
		base64 -w 0)
	field="DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=$1; \
s=mail; h=From; bh=$body; b="
	from=$(head -n 1 "$2")
	printf '%s%s\n' "$field" "$(printf '%s\r\n%s' "$from" "$field" |
		openssl dgst -sha256 -sign "$WORK/$1.pem" | base64 -w 0)"
	cat "$2"
}

# bundle TOTAL: what is sent on
bundle()
{
	cat <<-END
		From: <$FORWARDER>
		Subject: Fw
		MIME-Version: 1.0
		Content-Type: multipart/mixed; boundary=cut

		--cut
		Content-Type: message/rfc822

		Subject: counter

		[Serial Number], F1
		[Send Date],$(date +%d/%m/%y)
		[Total Counter],$(printf %08d "$1")
		--cut--
	END
}

forged()
{
	echo "Authentication-Results: $1; dkim=pass header.d=dealer.example"
}

# comes TEXT VERDICT REASON: $MAIL, from the forwarder's address
comes()
{
	mark
	smtp_send "$MTA_PORT" $FORWARDER "$MAIL" "$ADDRESS"
	is "$SMTP_CODE" 250 "$1: is taken" || diag "$SMTP_REPLY"
	wait_for 10 verdicts
	like "$(verdicts)" "*verdict=$2 reason=$3 *" "$1: $2 $3"
}

judged()
{
	MAIL=$MAILS/mail
	bundle 1 >"$WORK/bundle"
	cat "$WORK/bundle" >"$MAIL"
	comes "no signature" spoof unprotected
	{ forged $AUTHSERV && cat "$WORK/bundle"; } >"$MAIL"
	comes "no signature, a forged result on top" spoof unprotected
	signed evil.example "$WORK/bundle" >"$WORK/evil"
	{ forged $AUTHSERV && cat "$WORK/evil"; } >"$MAIL"
	comes "another domain's, and a forged result" spoof unprotected
	signed dealer.example "$WORK/bundle" | sed 's/,0000000/,0000007/' \
		>"$WORK/altered"
	{ forged $AUTHSERV && cat "$WORK/altered"; } >"$MAIL"
	comes "an altered body, and a forged result" spoof unprotected
	{ forged other.example && cat "$WORK/altered"; } >"$MAIL"
	comes "the same, by another's word" spoof unprotected
	signed dealer.example "$WORK/bundle" >"$MAIL"
	comes "the forwarder's signature" genuine -
	wait_for 10 in_spool 1
	like "$(report_of 1)" "*\"assurance\":\"forwarded\",\"vouched\":\"dkim\",\
\"forwarder\":\"$FORWARDER\"*" "the record says what proved it"
	bundle 2 >"$WORK/bundle"
	{
		forged $AUTHSERV | sed 's/pass/fail/'
		signed dealer.example "$WORK/bundle"
	} >"$MAIL"
	comes "a forged failure is no obstacle" genuine -
}

harness_begin authserv_id=$AUTHSERV
opendkim_start
trap 'kill $OPENDKIM_PID 2>/dev/null; harness_end' EXIT
csrcadm center set $CENTER --forwarder $FORWARDER --dkim dealer.example
csrcadm device add F1 --center $CENTER --protection optional \
	--forwarded yes --date-order dmy
begin_gateway
postfix_unpack || skip_all "Postfix's package cannot be had"
postfix_start "$WORK" "inet:127.0.0.1:$DKIM_PORT,$GATEWAY_MILTER" ||
	bail_out "no Postfix"
MTA_PORT=$POSTFIX_PORT
judged
done_testing
