#!/bin/bash
# Certificates by CMP: stock openssl cmp, through the real Apache, csrc-ca and daemon.
# Who has a licence's code gets one certificate, for its own name; nobody else gets
# anything.
set -u
. "${srcdir:-.}/tests/authority/harness.sh"

# What the certificate in FILE says, by openssl's option.
says()
{
	openssl x509 -in "$WORK/$1.pem" -noout -nameopt RFC2253 "-$2" "${@:3}" |
		sed 's/^subject=//; s/^issuer=//'
}

test_enrolment()
{
	enrols "a device gets a certificate" device A1 a1 -cacertsout "$WORK/ca.pem"
	is "$(says a1 subject | tr , '\n' | grep -v ^O= | xargs)" \
		"CN=A1 OU=device" "with its name in the subject"
	like "$(says a1 ext subjectAltName,extendedKeyUsage,basicConstraints)" \
		"*CA:FALSE*Web Client*urn:csrc:device:A1*" "and as a URI"
	ok "it is the authority's, for clients" openssl verify -x509_strict \
		-purpose sslclient -CAfile "$AUTHORITY_PUBLIC/ca.pem" "$WORK/a1.pem"
	not_ok "and for nothing else" openssl verify -purpose sslserver \
		-CAfile "$AUTHORITY_PUBLIC/ca.pem" "$WORK/a1.pem"
	is "$(openssl x509 -in "$WORK/ca.pem")" \
		"$(openssl x509 -in "$AUTHORITY_PUBLIC/ca.pem")" \
		"the authority's own came with it"
	is "$(told "$(number a1)" principal) $(told "$(number a1)" state)" \
		"device:A1 valid" "the store knows it"
	is "$(state_of "$LICENCE")" confirmed "and that it was confirmed"
	apache_as nobody
	is "$(curl -s --cacert "$APACHE_CONF/ca.pem" --cert "$WORK/a1.pem" \
		--key "$WORK/a1.key" -o "$WORK/said" -w '%{http_code}' -T "$0" \
		-H 'If-None-Match: *' "${APACHE_URL}inbox/A1.0123456789abcdef.eml")" \
		201 "and Apache lets it in"
}

test_ways()
{
	local tls=(-server "$AUTHORITY_HTTPS" -tls_used -tls_trusted
		"$AUTHORITY_PUBLIC/ca.pem" -tls_host localhost)

	enrols "by HTTPS" device B/2 b2 "${tls[@]}"
	like "$(says b2 subject)" "*CN=B=2F2,OU=device*" \
		"a name that has to be spelled is"
	csrcadm agent add s7 --center K0001 >"$WORK/said" ||
		diag "agent add fails"
	enrols "an agent" agent s7 s7
	like "$(says s7 subject)" "*CN=S7,OU=agent*" "as such"
	authority_licence device A1
	authority_key "$WORK/p10.key"
	openssl req -new -key "$WORK/p10.key" -subj /CN=X -out "$WORK/p10.csr"
	does "by a PKCS#10 request" -cmd p10cr -csr "$WORK/p10.csr" \
		-ref "$LICENCE" -secret "pass:$CODE" -certout "$WORK/p10.pem"
	like "$(says p10 subject)" "*CN=A1,OU=device*" "with the name of the licence"
	authority_licence device A1
	gets "by cr" cr -cmd cr
	authority_licence device A1
	gets "with a stronger MAC" strong -mac hmacWithSHA256 -digest sha512
	authority_licence device A1
	gets "with an id as somebody types it" typed -ref "${LICENCE^^}"
	authority_licence device A1
	gets "who asks for no confirmation confirms all the same" implicit \
		-implicit_confirm
	is "$(state_of "$LICENCE")" confirmed "as the store has it"
}

# On the port of the WebDAV server, by the authority's name, without a certificate.
test_beside()
{
	local host=ca.localhost:$APACHE_PORT

	authority_licence device A1
	asks beside -server localhost:1 -msg_timeout 1 -reqout "$WORK/beside.der"
	apache_curl -k --resolve "$host:127.0.0.1" -o "$WORK/beside.answer" \
		-H "Content-Type: application/pkixcmp" \
		--data-binary "@$WORK/beside.der" "https://$host/.well-known/cmp"
	ok "beside the WebDAV server's host a message is answered" \
		openssl asn1parse -inform DER -in "$WORK/beside.answer"
	is "$(apache_curl -k --resolve "$host:127.0.0.1" -o "$WORK/said" \
		-w '%{http_code}' -H "Host: localhost" -X PROPFIND -H 'Depth: 1' \
		"https://$host/csrc/inbox/")" 421 "who came in there reaches no files"
}

test_other_name()
{
	authority_licence device A1
	gets "another name is asked for" other -subject "/O=X/OU=collector/CN=C" \
		-sans "urn:csrc:collector:C DNS:center.example" -days 9999
	like "$(says other subject)" "*CN=A1,OU=device*" \
		"the certificate has the licence's"
	like "$(says other ext subjectAltName)" "*urn:csrc:device:A1*" "there too"
	not_ok "and nothing of what was asked for" grep -qE 'collector|center.example' \
		<(says other text)
}

test_keys()
{
	local name

	authority_licence device A1
	for name in "RSA -pkeyopt rsa_keygen_bits:1024" \
		"EC -pkeyopt ec_paramgen_curve:P-224" \
		"EC -pkeyopt ec_paramgen_curve:secp256k1"; do
		# shellcheck disable=SC2086 # words
		openssl genpkey -algorithm $name -out "$WORK/weak.key" 2>/dev/null
		denied "a key that is none for this: ${name##*:}" notAuthorized weak
	done
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
		-out "$WORK/rsa.key" 2>/dev/null
	gets "the licence is still good, for RSA of 2048 bits" rsa
}

# shape FILE: a message without its values
shape()
{
	openssl asn1parse -inform DER -in "$1" |
		sed -E 's/^ *[0-9]+:(d=[0-9]+) .*(l= *[0-9]+) (prim|cons): ([^:]*)(:.*)?/\1 \2 \4/'
}

# What openssl made of it, without what is new each time.
outcome()
{
	sed -E 's/^[0-9A-F]{16}:/X:/; s/lic-[a-z0-9-]*/LICENCE/g' \
		<<<"$AUTHORITY_SAID" | grep -v 'transactionID\|contacting\|connected'
}

test_wrong()
{
	local good known answer

	authority_licence device A1
	good=$CODE
	CODE=$(tr A-Z2-9 B-Z2-9A <<<"$good")
	denied "a wrong code" "wrong pbm value" wrong -rspout "$WORK/wrong.der"
	known=$(outcome) answer=$(shape "$WORK/wrong.der")
	[ -s "$WORK/wrong.der" ] || fail "there is no answer to look at"
	LICENCE=$(tr a-z2-9 b-z2-9a <<<"${LICENCE#lic-}")
	denied "an unknown licence" "wrong pbm value" wrong -ref "lic-${LICENCE}" \
		-rspout "$WORK/unknown.der"
	is "$(outcome)" "$known" "looks the same to the client"
	is "$(shape "$WORK/unknown.der")" "$answer" "and so does the answer itself"
	denied "a reference that is no licence's" "wrong pbm value" wrong -ref "root" \
		-rspout "$WORK/unknown.der"
	is "$(outcome)" "$known" "looks the same"
	authority_licence device A1
	csrcadm licence revoke "$LICENCE"
	denied "a revoked licence" "wrong pbm value" wrong -rspout "$WORK/revoked.der"
	is "$(outcome)" "$known" "looks the same"
	authority_licence device A1 --valid 1s
	wait_for 10 expired "$LICENCE"
	denied "an expired one" "wrong pbm value" wrong
	is "$(outcome)" "$known" "looks the same"
	authority_licence device GONE
	csrcadm device disable GONE
	denied "a disabled device's" "wrong pbm value" wrong
	is "$(outcome)" "$known" "looks the same"
}

expired()
{
	[ "$(state_of "$1")" = expired ]
}

test_used()
{
	local before

	authority_licence device A1
	gets "the first key gets a certificate" first
	before=$(count device:A1)
	denied "another key gets none for the same licence" "another public key" second
	gets "the same key gets another answer" first.again -newkey "$WORK/first.key"
	is "$(cat "$WORK/first.again.pem")" "$(cat "$WORK/first.pem")" \
		"with the same certificate"
	is "$(count device:A1)" "$before" "nothing new was made"
}

# The client breaks off when it has its certificate, or before.
test_broken()
{
	local before

	authority_licence device A1
	before=$(count device:A1)
	gets "without a confirmation" broken -disable_confirm
	is "$(state_of "$LICENCE")" used "the licence is used, and not confirmed"
	cp "$WORK/broken.pem" "$WORK/broken.old"
	denied "another key gets nothing" "another public key" broken.other
	gets "the same key goes on" broken
	is "$(cat "$WORK/broken.pem")" "$(cat "$WORK/broken.old")" \
		"with the same certificate"
	is "$(state_of "$LICENCE")" confirmed "which is confirmed now"
	is "$(count device:A1)" $((before + 1)) "one was made"
	authority_licence device A1
	asks cut -server localhost:1 -msg_timeout 1 -reqout "$WORK/cut.der"
	posts application/pkixcmp "$WORK/cut.der"
	is "$STATUS:$BODY" 200:1 "an answer is lost on its way"
	gets "the same key gets it, in another transaction" cut
	is "$(state_of "$LICENCE")" confirmed "and confirms"
}

test_rejected()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$WORK/strange.key" -out "$WORK/strange.pem" -days 30 \
		-subj "/O=csrc test/CN=A1" 2>/dev/null
	authority_licence device A1
	denied "a client that does not want the certificate" "certificate not accepted" rejected \
		-out_trusted "$WORK/strange.pem"
	is "$(csrcadm --json certificate list --revoked |
		jq -r --arg id "$LICENCE" 'select(.licence == $id) | .state')" \
		revoked "the one that it rejects is revoked"
}

test_possession()
{
	local before

	before=$(count device:A1)
	authority_licence device A1
	denied "without proof of possession" "badPOP*popo missing" popo -popo -1
	denied "with somebody else's word for it" "badPOP*popo raverified" popo -popo 0
	denied "without protection" "missing protection" popo -unprotected_requests
	is "$(count device:A1):$(state_of "$LICENCE")" "$before:unused" \
		"nothing was made"
	gets "with it" popo
}

test_replayed()
{
	local before number

	authority_licence device A1
	gets "an enrolment that somebody listens to" replay \
		-reqout "$WORK/replay.ir,$WORK/replay.conf"
	before=$(count device:A1) number=$(number replay)
	posts application/pkixcmp "$WORK/replay.ir"
	like "$STATUS:$BODY" "200:*" "its request again"
	cmp -s "$WORK/answer" "$WORK/replay.pem" && fail "it is the certificate"
	posts application/pkixcmp "$WORK/replay.conf"
	like "$STATUS:$BODY" "200:*" "its confirmation again"
	is "$(count device:A1) $(told "$number" state)" "$before valid" \
		"nothing came of it"
	authority_licence device A1
	asks order -reqin "$WORK/replay.conf" -reqin_new_tid
	posts application/pkixcmp "$WORK/replay.conf"
	is "$BODY" 23 "a confirmation of nothing is an error"
	is "$(state_of "$LICENCE")" unused "and no licence is used"
}

# at_once COUNT KEY…: so many clients for one licence; how many got a certificate
at_once()
{
	local key pid pids=() got=0

	for key; do
		asks "$key" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" && got=$((got + 1))
	done
	echo $got
}

test_at_once()
{
	local before round

	before=$(count device:A1)
	for round in 1 2 3 4; do
		authority_licence device A1
		is "$(at_once "race$round".{1,2,3,4,5,6})" 1 \
			"of six keys at once one has the licence"
	done
	is "$(count device:A1)" $((before + 4)) "and one certificate each time"
}

test_renewal()
{
	local by=(-cmd kur -trusted "$AUTHORITY_PUBLIC/ca.pem"
		-unprotected_errors)

	enrols "a device enrols" device R3 r3
	rm -f "$WORK/r3.new.pem"
	authority_key "$WORK/r3.new.key"
	does "and renews" "${by[@]}" -cert "$WORK/r3.pem" \
		-key "$WORK/r3.key" -newkey "$WORK/r3.new.key" \
		-certout "$WORK/r3.new.pem"
	like "$(says r3.new subject)" "*CN=R3,OU=device*" "under its name"
	is "$(told "$(number r3.new)" renews)" "$(number r3)" \
		"the store knows what it renews"
	fails "its old key is no new one" "a key of its own" "${by[@]}" \
		-cert "$WORK/r3.new.pem" -key "$WORK/r3.new.key" \
		-newkey "$WORK/r3.new.key" -certout "$WORK/x.pem"
	authority_key "$WORK/r3.third.key"
	fails "the old one is renewed once" "was renewed by" "${by[@]}" \
		-cert "$WORK/r3.pem" -key "$WORK/r3.key" \
		-newkey "$WORK/r3.third.key" -certout "$WORK/x.pem"
	fails "nobody renews another's" "another certificate than it is signed by" "${by[@]}" \
		-cert "$WORK/a1.pem" -key "$WORK/a1.key" \
		-oldcert "$WORK/r3.new.pem" -newkey "$WORK/r3.third.key" \
		-certout "$WORK/x.pem"
	fails "nor with a certificate of another authority" "received ERROR" \
		"${by[@]}" -cert "$WORK/strange.pem" -key "$WORK/strange.key" \
		-newkey "$WORK/r3.third.key" -certout "$WORK/x.pem"
	csrcadm certificate revoke "$(number r3.new)"
	fails "nor with a revoked one" "received ERROR" "${by[@]}" \
		-cert "$WORK/r3.new.pem" -key "$WORK/r3.new.key" \
		-newkey "$WORK/r3.third.key" -certout "$WORK/x.pem"
	not_ok "and there is no certificate of all these" test -e "$WORK/x.pem"
}

test_revocation()
{
	local by=(-cmd rr -trusted "$AUTHORITY_PUBLIC/ca.pem")

	enrols "a device enrols" device R3 lost
	fails "nobody revokes another's" "another certificate than it is signed by" "${by[@]}" \
		-cert "$WORK/a1.pem" -key "$WORK/a1.key" -oldcert "$WORK/lost.pem"
	is "$(told "$(number lost)" state)" valid "it is valid"
	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	does "it revokes its own" "${by[@]}" -cert "$WORK/lost.pem" \
		-key "$WORK/lost.key" -oldcert "$WORK/lost.pem" -revreason 1
	is "$(told "$(number lost)" state)" revoked "it is revoked"
	wait_for 10 authority_has_crl "$WORK/crl.old"
	like "$(openssl crl -in "$AUTHORITY_PUBLIC/crl.pem" -noout -text |
		grep -A 4 -i "$(number lost)")" "*Key Compromise*" \
		"and in the CRL, with its reason"
	authority_licence device R3
	gets "a licence is reset" reset
	csrcadm licence reset "$LICENCE"
	is "$(told "$(number reset)" state)" revoked "what it gave is revoked"
	rm "$WORK/reset.key"
	gets "and it is good for another key" reset
}

test_nonsense()
{
	local size

	authority_licence device A1
	denied "a question that is not answered" "received ERROR" genm -cmd genm \
		-infotype caProtEncCert
	asks whole -server localhost:1 -msg_timeout 1 -reqout "$WORK/whole.der"
	posts application/octet-stream "$WORK/whole.der"
	is "$STATUS" 415 "another type of content is refused"
	: >"$WORK/part.der"
	posts application/pkixcmp "$WORK/part.der"
	like "$STATUS" "4??" "nothing at all"
	for size in 1 2 10 100 200 300; do
		head -c $size "$WORK/whole.der" >"$WORK/part.der"
		posts application/pkixcmp "$WORK/part.der"
		like "$STATUS:$BODY" "4??:" "$size octets of a message"
	done
	head -c 65536 /dev/urandom >"$WORK/part.der"
	posts application/pkixcmp "$WORK/part.der"
	like "$STATUS:$BODY" "4??:" "noise"
	head -c 65537 /dev/zero >"$WORK/part.der"
	posts application/pkixcmp "$WORK/part.der"
	is "$STATUS" 403 "more than there may be does not get beyond Apache"
	gets "and it is still there" whole
}

# More of them than csrc-ca has threads, and each says a little and waits.
test_slow()
{
	local fds=() fd i

	for i in 1 2 3 4 5 6 7 8; do
		exec {fd}<>"/dev/tcp/localhost/${AUTHORITY_HTTP##*:}" ||
			bail_out "no connection"
		printf '%s\r\n' "POST /.well-known/cmp HTTP/1.1" \
			"Host: localhost" "Content-Type: application/pkixcmp" \
			"Content-Length: 1000" "" "part $i" >&"$fd"
		fds+=("$fd")
	done
	authority_licence device A1
	gets "who is slow keeps nobody out" quick -msg_timeout 10
	for fd in "${fds[@]}"; do
		exec {fd}>&-
	done
}

test_daemon_away()
{
	authority_licence device A1
	asks away -server localhost:1 -msg_timeout 1 -reqout "$WORK/away.der"
	gateway_stop
	posts application/pkixcmp "$WORK/away.der"
	is "$STATUS" 503 "without the daemon: try again"
	gateway_start || bail_out "no gateway"
	gets "with it, as before" away
	authority_stop
	posts application/pkixcmp "$WORK/away.der"
	is "$STATUS" 503 "without the authority: try again"
	authority_start "$WORK" || bail_out "no authority"
	authority_licence device A1
	gets "with it, as before" here
}

# None but what was told, and none twice.
test_all_known()
{
	local file

	for file in "$WORK"/*.pem; do
		[ "$(openssl x509 -in "$file" -noout -issuer)" = \
			"$(openssl x509 -in "$AUTHORITY_PUBLIC/ca.pem" -noout -subject |
				sed s/subject/issuer/)" ] || continue
		[ "$file" != "$WORK/ca.pem" ] || continue
		told "$(number "$(basename "$file" .pem)")" number
	done | sort -u >"$WORK/numbers"
	is "$(grep -cvE '^[0-9a-f]{32}$' "$WORK/numbers")" 0 \
		"the store knows each certificate that anybody has"
	ok "and is whole" csrcadm check
}

authority_begin A1 B/2 R3 GONE
test_enrolment
test_ways
test_beside
test_other_name
test_keys
test_wrong
test_used
test_broken
test_rejected
test_possession
test_replayed
test_at_once
test_renewal
test_revocation
test_nonsense
test_slow
test_daemon_away
test_all_known
is "$(grep -ciE 'sanitizer|assert|abort' "$AUTHORITY_LOG")" 0 "csrc-ca was well"
done_testing
