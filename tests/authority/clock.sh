#!/bin/bash
# csrc-ca while the daemon does not believe its clock: it issues, renews and revokes
# nothing and says "try again", nothing is lost, and it goes on when the clock is
# right. Its CRL cannot be renewed meanwhile: it warns before the end, and after.
set -u
. "${srcdir:-.}/tests/authority/harness.sh"
. "$CSRC_SOURCE/tests/stepped.sh"

# So that half of it is soon over.
CRL=(crl_validity=1h crl_interval=50m)

restart_stepped()
{
	gateway_stop
	stepped 0 0 0
	stepped_start gateway_start || bail_out "no gateway"
	wait_for 30 stepped_in believed || bail_out "no clock"
}

issued()
{
	csrcadm --json certificate list | jq -r '[.number, .state] | @tsv' | sort
}

# tries TEXT: all that needs a time. Each is to come later, and changes nothing.
tries()
{
	local before

	before=$(issued)
	posts application/pkixcmp "$WORK/first.der"
	is "$STATUS" 503 "$1: who has a licence is to try again"
	fails "  so is who renews" "code=503" -cmd kur -trusted "$AUTHORITY_PUBLIC/ca.pem" \
		-cert "$WORK/old.pem" -key "$WORK/old.key" \
		-newkey "$WORK/next.key" -certout "$WORK/next.pem"
	fails "  and who revokes its own" "code=503" -cmd rr \
		-trusted "$AUTHORITY_PUBLIC/ca.pem" -cert "$WORK/lost.pem" \
		-key "$WORK/lost.key" -oldcert "$WORK/lost.pem"
	apache_as old
	is "$(apache_curl "${APACHE_AS[@]}" -o "$WORK/key" -w '%{http_code}' \
		"${APACHE_URL%/csrc/}/csrc/key")" 503 "  and who asks for its key"
	not_ok "  no server's is signed" csrcadm certificate sign \
		"$WORK/server.csr" --licence "$SERVER"
	is "$(issued)" "$before" "  nothing was issued, nothing revoked"
}

# What the tests come back to.
prepare()
{
	enrols "a device enrols" device A1 old
	enrols "and another" device A2 lost
	cp "$WORK"/old.* "$APACHE_CONF"
	authority_key "$WORK/next.key"
	authority_licence server NORTH
	SERVER=$LICENCE
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$WORK/server.key" -subj / -out "$WORK/server.csr" \
		2>/dev/null
	authority_licence device A3
	asks first -server localhost:1 -msg_timeout 1 -reqout "$WORK/first.der"
	STATE=$(state_of "$LICENCE")
}

doubted()
{
	stepped "$2" 0 0
	ok "$1: the clock is not believed" \
		wait_for 20 stepped_in "not believed"
	tries "$1"
	is "$(state_of "$LICENCE")" "$STATE" "  the licence is as it was"
	wait_for 10 grep -q "what is due cannot be done: .*the clock is not believed" \
		"$AUTHORITY_LOG"
	is "$(grep -c "the clock is not believed" <(grep "is due cannot" \
		"$AUTHORITY_LOG"))" 1 "  csrc-ca says why, once"
}

# Each that was told to try again does.
goes_on()
{
	stepped 0 0 0
	ok "the clock is right again" wait_for 20 stepped_in believed
	ok "csrc-ca sees it" wait_for 10 \
		grep -q "what is due is done again" "$AUTHORITY_LOG"
	gets "the licence is good for its certificate" first
	does "who renews gets one" -cmd kur -trusted "$AUTHORITY_PUBLIC/ca.pem" \
		-cert "$WORK/old.pem" -key "$WORK/old.key" \
		-newkey "$WORK/next.key" -certout "$WORK/next.pem"
	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	does "who revokes its own is revoked" -cmd rr \
		-trusted "$AUTHORITY_PUBLIC/ca.pem" -cert "$WORK/lost.pem" \
		-key "$WORK/lost.key" -oldcert "$WORK/lost.pem"
	ok "and in a CRL" wait_for 10 authority_has_crl "$WORK/crl.old"
	ok "the server's is signed" csrcadm certificate sign \
		"$WORK/server.csr" --licence "$SERVER"
	ok "the store is sound" csrcadm check
}

# csrc-ca anew, with its own clock that far ahead.
ahead()
{
	authority_stop
	: >"$AUTHORITY_LOG"
	stepped "$1" 0 0
	stepped_start authority_start "$WORK" "${CRL[@]}"
}

says()
{
	wait_for 10 grep -q "$1" "$AUTHORITY_LOG"
}

list_ends()
{
	local warns="the CRL ends at .*Z, and there is no newer one"
	local ended="the CRL has ended at .*Z: servers that read it refuse"

	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	ahead 0
	wait_for 10 authority_has_crl "$WORK/crl.old"
	gateway_stop
	ahead $((10 * 60))
	ok "what is due is not done" says "what is due cannot be done"
	not_ok "with most of its time left, a CRL is nothing to say" \
		grep -q "the CRL" "$AUTHORITY_LOG"
	ahead $((40 * 60))
	ok "near its end it is" says "warn.*$warns"
	sleep 3 # that many rounds
	is "$(grep -c "$warns" "$AUTHORITY_LOG")" 1 "once"
	ahead $((70 * 60))
	ok "and behind it" says "error.*$ended"
	cp "$AUTHORITY_PUBLIC/crl.pem" "$WORK/crl.old"
	ahead 0
	gateway_start || bail_out "no gateway"
	csrcadm certificate revoke "$(number next)"
	ok "with the daemon there is a new one" \
		wait_for 20 authority_has_crl "$WORK/crl.old"
}

authority_begin A1 A2 A3
restart_stepped
prepare
doubted "a clock 100 days ahead" $((100 * 86400))
doubted "a clock three hours behind" $((-3 * 3600))
goes_on
list_ends
done_testing
