#!/bin/bash
# Certificates, from a licence to their end: asked for over the control socket
# by a user that has the role of the authority, with certificates that openssl
# makes in its place; and what an operator sees and does.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root, to be another user"
[ -x "$builddir/csrc-milter" ] || skip_all "the daemon is not built"

cat >>"$conf" <<END
control_socket_group = games
channel_users = daemon=authority bin=webdav
END
pki=$work/pki
mkdir "$pki"

# asks WHO CODE VERB WORD…: a program of that user's, by the typed calls; its
# failures are the codes of base/error.h and 10.
TROUBLE=17 DENIED=16 EXISTS=15 NOT_FOUND=14 BAD=12
program()
{
	local who=$1
	shift

	setpriv --reuid="$who" --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$work/authority" "$work/run/control.sock" \
		"$@"
}

asks_as()
{
	local who=$1 wanted=$2
	shift 2

	keep program "$who" "$@"
	is "$code" "$wanted" "$who: $* exits $wanted" || diag "$out" "$err"
}

asks()
{
	asks_as daemon "$@"
}

make_authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$pki/ca.key" -out "$pki/ca.pem" -days 30 \
		-subj "/O=Center/CN=authority" 2>/dev/null &&
		openssl x509 -in "$pki/ca.pem" -outform DER -out "$pki/ca.der"
}

# key NAME [ALGORITHM]
key()
{
	[ -e "$pki/$1.key" ] && return
	case ${2-ec} in
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
	*) openssl genpkey -algorithm "$2" ;;
	esac >"$pki/$1.key" 2>/dev/null
}

# certificate NAME KEY OU CN [DAYS]: NAME.der, with a number by chance in NUMBER.
certificate()
{
	key "$2"
	NUMBER=0$(openssl rand -hex 16 | cut -c 2-)
	openssl req -new -key "$pki/$2.key" -subj "/O=Center/OU=$3/CN=$4" \
		-out "$pki/csr" 2>/dev/null &&
		openssl x509 -req -in "$pki/csr" -CA "$pki/ca.pem" \
			-CAkey "$pki/ca.key" -set_serial "0x$NUMBER" \
			-extfile <(echo "subjectAltName=URI:urn:csrc:$3:$4") \
			-days "${5:-20}" -outform DER -out "$pki/$1.der" \
			2>/dev/null
	chmod 644 "$pki"/*.der
}

# licence WORD…: a new one, in LICENCE and CODE
licence()
{
	exits 0 licence new "$@"
	LICENCE=$(sed -n 's/^licence: //p' <<<"$out")
	CODE=$(sed -n 's/^code: //p' <<<"$out")
}

# state NUMBER: as csrcadm has it
state()
{
	"$builddir/csrcadm" -c "$conf" --json certificate show "$1" |
		jq -r .state
}

revision()
{
	program daemon due "$work/due" | sed -n 's/^crl //p'
}

enrolled()
{
	local first=$NUMBER

	asks $NOT_FOUND reserve lic-aaaaaaaaaa t1
	asks $BAD reserve nonsense t1
	asks $BAD reserve "$LICENCE" "T 1"
	asks 0 reserve "$LICENCE" t1
	is "$out" "$LICENCE device:$serial $CODE 0 -" "the code is told"
	asks $EXISTS reserve "$LICENCE" t2
	asks 0 release "$LICENCE" t2
	asks $EXISTS reserve "$LICENCE" t2
	asks 0 begin
	asks 0 reserve "$LICENCE" t2
	asks 0 release "$LICENCE" t2
	asks 0 reserve "$LICENCE" t1
	asks $DENIED record "$LICENCE" t2 "$pki/one.der" "$work/given"
	asks $BAD record "$LICENCE" t1 "$pki/stranger.der" "$work/given"
	asks $BAD record "$LICENCE" t1 "$conf" "$work/given"
	asks 0 record "$LICENCE" t1 "$pki/one.der" "$work/given"
	is "$out" "$first" "its number"
	ok "and it is given" cmp "$pki/one.der" "$work/given"

	# the answer was lost, and everything begins anew
	certificate two key1 device "$serial"
	asks 0 reserve "$LICENCE" t3
	asks 0 record "$LICENCE" t3 "$pki/two.der" "$work/given"
	is "$out" "$first again" "the same key has the same"
	ok "which is given again" cmp "$pki/one.der" "$work/given"
	certificate three key2 device "$serial"
	asks 0 reserve "$LICENCE" t4
	asks $EXISTS record "$LICENCE" t4 "$pki/three.der" "$work/given"
	asks 0 release "$LICENCE" t4

	exits 0 licence list --used
	like "$out" "*$LICENCE*device:$serial*used*" "the licence is used"
	asks 0 confirm "$first"
	asks 0 confirm "$first"
	asks $NOT_FOUND confirm 00000000000000000000000000000000
	asks $BAD confirm x
	exits 0 --json licence show "$LICENCE"
	is "$(jq -r .state <<<"$out")" confirmed "and confirmed"
	asks 0 certificate "$first" "$work/given"
	is "$out" "$first device:$serial $LICENCE valid -" "it is valid"
	ok "and whole" cmp "$pki/one.der" "$work/given"
	FIRST=$first
}

seen_by_operators()
{
	exits 0 certificate list
	is "$(awk 'NR == 2 { print $1, $2, $3 }' <<<"$out")" \
		"$FIRST device:$serial valid" "it is listed"
	exits 0 certificate list --expiring 30d --principal "device:$serial"
	is "$(wc -l <<<"$out")" 2 "as one that ends soon"
	for words in "--expiring 5d" --revoked "--principal device:OTHER"; do
		# shellcheck disable=SC2086 # words
		exits 0 certificate list $words
		is "$out" "" "and not $words"
	done
	exits 2 certificate list --expiring never
	exits 3 certificate list --principal me
	exits 0 certificate show "$FIRST"
	like "$out" "certificate $FIRST
for device:$serial
licence $LICENCE
state valid
*
renews -
renewed by -
key *
digest $(sha256sum <"$pki/one.der" | sed 's/ .*//')" "it is shown"
	is "$(sed -n 's/^key //p' <<<"$out")" "$(openssl pkey -pubout \
		-in "$pki/key1.key" -outform DER | sha256sum |
		sed 's/ .*//')" "with its key"
	exits 0 certificate show "$(sed 's/../&:/g; s/:$//' <<<"${FIRST^^}")"
	exits 3 certificate show 00000000000000000000000000000000
	exits 0 certificate show "$FIRST" --pem
	openssl x509 -in "$work/out" -outform DER -out "$work/read"
	ok "as openssl reads it" cmp "$pki/one.der" "$work/read"
}

renewed()
{
	local r1 r2 r3 before

	before=$(revision)
	certificate r1 key3 device "$serial"
	r1=$NUMBER
	asks 0 renew "$FIRST" "$pki/r1.der" "$work/given"
	is "$out" "$r1" "a renewal"
	certificate again key3 device "$serial"
	asks 0 renew "$FIRST" "$pki/again.der" "$work/given"
	is "$out" "$r1 again" "the same key has the same"
	ok "whose octets come" cmp "$pki/r1.der" "$work/given"
	certificate old key1 device "$serial"
	asks $DENIED renew "$FIRST" "$pki/old.der" "$work/given"
	is "$(state "$r1")" valid "which changes nothing"

	certificate r2 key4 device "$serial"
	r2=$NUMBER
	asks 0 renew "$FIRST" "$pki/r2.der" "$work/given"
	is "$out" "$r2" "another takes its place"
	is "$(state "$r1") $(state "$r2")" "revoked valid" "which is revoked"
	asks 0 revoked
	is "$out" "$r1 superseded" "and in the CRL"
	is "$(revision)" $((before + 1)) "whose revision is one more"
	asks 0 confirm "$r2"
	certificate r3 key5 device "$serial"
	asks $DENIED renew "$FIRST" "$pki/r3.der" "$work/given"
	asks 0 renew "$FIRST" "$pki/r2.der" "$work/given"
	is "$out" "$r2 again" "its answer is given still"
	certificate other key5 device OTHER
	asks $BAD renew "$r2" "$pki/other.der" "$work/given"
	certificate r3 key5 device "$serial"
	r3=$NUMBER
	asks 0 renew "$r2" "$pki/r3.der" "$work/given"
	asks $DENIED confirm "$r1"
	exits 0 --json certificate show "$r2"
	is "$(jq -r '.renews, .renewed' <<<"$out" | xargs)" "$FIRST $r3" \
		"what it renews, and by what it is"
	LAST=$r3
	exits 0 check
}

keyed()
{
	asks $DENIED first-key "$FIRST" "$pki/two.der" "$work/cms"
	asks $DENIED first-key "$LAST" "$pki/r3.der" "$work/cms"
	asks 0 first-key "$FIRST" "$pki/one.der" "$work/cms"
	openssl cms -decrypt -binary -inform DER -in "$work/cms" \
		-inkey "$pki/key1.key" -out "$work/first" ||
		fail "openssl opens it"
	like "$(cat "$work/first")" "key-id: 63*
key: *" "a key file"
	asks 0 first-key "$FIRST" "$pki/one.der" "$work/cms"
	openssl cms -decrypt -binary -inform DER -in "$work/cms" \
		-inkey "$pki/key1.key" -out "$work/second"
	ok "again, the same" cmp "$work/first" "$work/second"
	exits 0 --json device key "$serial" --list
	is "$(jq -r .key_id <<<"$out")" \
		"$(sed -n 's/^key-id: //p' "$work/first")" "it is registered"
	not_ok "it is in no log" grep -rqF \
		"$(sed -n 's/^key: //p' "$work/first")" "$work/run/log" \
		"$work/var/state/journal"
	used_key
	asks $DENIED first-key "$FIRST" "$pki/one.der" "$work/cms"
	exits 0 device key "$serial" --retire \
		"$(sed -n 's/^key-id: //p' "$work/first")"
	asks $DENIED first-key "$FIRST" "$pki/one.der" "$work/cms"
	key rsa RSA
	licence --serial "$serial"
	certificate rsa rsa device "$serial"
	asks 0 reserve "$LICENCE" t8
	asks 0 record "$LICENCE" t8 "$pki/rsa.der" "$work/given"
	asks 0 first-key "$NUMBER" "$pki/rsa.der" "$work/cms"
	ok "for an RSA key, too" openssl cms -decrypt -binary -inform DER \
		-in "$work/cms" -inkey "$pki/rsa.key" -out "$work/first"
	exits 0 device disable "$serial"
	asks $DENIED first-key "$NUMBER" "$pki/rsa.der" "$work/cms"
	asks 0 certificate "$NUMBER" "$work/given"
	like "$out" "* void -" "void, while it is disabled"
	exits 0 device enable "$serial"
}

# A report that is sealed with it.
used_key()
{
	printf '%s\n' "CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":1}}" |
		openssl cms -encrypt -binary -aes-256-gcm -outform SMIME \
			-secretkey "$(sed -n 's/^key: //p' "$work/first")" \
			-secretkeyid "$(sed -n 's/^key-id: //p' "$work/first")" \
			>"$work/sealed"
	exits 0 submit "$work/sealed" --center K0001
}

ended()
{
	local before

	before=$(revision)
	asks $BAD revoke "$LAST" because
	asks 0 revoke "$LAST" keyCompromise
	asks 0 revoke "$LAST" superseded
	is "$(revision)" $((before + 1)) "revoked once"
	exits 0 certificate list --revoked
	ok "which is listed" grep -q "^$LAST" "$work/out"
	asks 0 revoked
	ok "with the first reason" grep -qx "$LAST keyCompromise" "$work/out"
	asks 0 revoked "$LAST"
	not_ok "but not behind itself" grep -q "^$LAST" "$work/out"
	certificate r4 key6 device "$serial"
	asks $DENIED renew "$LAST" "$pki/r4.der" "$work/given"

	exits 0 --json certificate show "$FIRST"
	LICENCE=$(jq -r .licence <<<"$out")
	exits 0 licence reset "$LICENCE"
	is "$(state "$FIRST")" revoked "with its licence it goes"
	asks 0 certificate "$FIRST" "$work/given"
	like "$out" "* revoked -" "for the authority, too"
	certificate anew key7 device "$serial"
	asks 0 reserve "$LICENCE" t9
	like "$out" "* 1 -" "it was reset once"
	asks 0 record "$LICENCE" t9 "$pki/anew.der" "$work/given"
	is "$out" "$NUMBER" "and another key has it"
	exits 0 licence revoke "$LICENCE"
	is "$(state "$NUMBER")" revoked "it can be revoked with it"
	exits 0 --json certificate show "$NUMBER"
	is "$(jq -r .reason <<<"$out")" privilegeWithdrawn "and says why"
	asks $DENIED reserve "$LICENCE" t10
	exits 2 certificate revoke "$NUMBER" --reason because
	exits 0 certificate revoke "$NUMBER" --reason keyCompromise
	exits 0 check
}

mailed()
{
	exits 0 server add SOUTH --url https://dav.example/csrc \
		--mail admin@dav.example
	licence --server south
	certificate server key8 server SOUTH
	asks 0 reserve "$LICENCE" t11
	like "$out" "*:SOUTH * 0 https://dav.example/csrc" "its URL is told"
	asks 0 record "$LICENCE" t11 "$pki/server.der" "$work/given"
	asks 0 due "$work/due"
	ok "it is to be mailed" grep -qx \
		"mail $NUMBER SOUTH https://dav.example/csrc admin@dav.example" \
		"$work/out"
	ok "whole" cmp "$pki/server.der" "$work/due/$NUMBER"
	asks 0 mailed "$NUMBER"
	asks 0 mailed "$NUMBER"
	asks 0 due "$work/due"
	not_ok "once" grep -q ^mail "$work/out"
	exits 0 certificate mail --server South
	asks 0 due "$work/due"
	ok "and again" grep -q "^mail $NUMBER" "$work/out"
	exits 3 certificate mail --server NORTH
	exits 3 certificate mail "$FIRST"
	exits 0 server remove SOUTH
	is "$(state "$NUMBER")" revoked "it goes with its server"
	asks 0 due "$work/due"
	not_ok "and is not mailed" grep -q ^mail "$work/out"
}

# The operator's request in a file; the authority is played by hand.
signed()
{
	local pid transaction

	exits 0 server add EAST --url https://east.example/ --mail a@b.example
	licence --server EAST
	key key9
	openssl req -new -key "$pki/key9.key" -subj "/CN=whatever" \
		-out "$work/csr.pem"
	openssl req -in "$work/csr.pem" -outform DER -out "$work/csr.der"
	exits 3 certificate sign "$conf" --licence "$LICENCE"
	exits 3 certificate sign "$work/csr.pem" --licence lic-aaaaaaaaaa
	exits 2 certificate sign "$work/csr.pem" --licence "$LICENCE" \
		--timeout never
	exits 1 certificate sign "$work/csr.pem" --licence "$LICENCE" \
		--timeout 1s
	exits 0 --json certificate signing "$LICENCE"
	is "$(jq -r .state <<<"$out")" waiting "it waits"
	asks 0 due "$work/due"
	read -r _ _ _ transaction <<<"$(grep "^sign $LICENCE server:EAST" \
		"$work/out")"
	ok "the authority has it" cmp "$work/csr.der" "$work/due/$LICENCE"
	asks 0 unsigned "$LICENCE" "a weak key"
	asks $NOT_FOUND unsigned "$LICENCE" "a weak key"
	exits 0 --json certificate signing "$LICENCE"
	is "$(jq -r '.state, .why' <<<"$out" | xargs)" "refused a weak key" \
		"and refuses it"

	"$builddir/csrcadm" -c "$conf" certificate sign "$work/csr.der" \
		--licence "${LICENCE^^}" --output "$work/chain.pem" \
		>"$work/sign.out" 2>&1 &
	pid=$!
	until transaction=$(program daemon due "$work/due" |
		awk '/^sign/ { print $4 }') && [ -n "$transaction" ]; do
		kill -0 $pid || break
		sleep 0.1
	done
	certificate signed key9 server EAST
	asks 0 reserve "$LICENCE" "$transaction"
	asks 0 record "$LICENCE" "$transaction" "$pki/signed.der" "$work/given"
	wait $pid
	is "$?:$(cat "$work/sign.out")" "0:$NUMBER $work/chain.pem" \
		"who waits has it"
	ok "with the authority's" openssl verify -CAfile "$pki/ca.pem" \
		-untrusted "$work/chain.pem" "$work/chain.pem"
	is "$(grep -c BEGIN "$work/chain.pem")" 2 "two in the file"
	asks 0 due "$work/due"
	not_ok "nothing waits" grep -q ^sign "$work/out"
	exits 0 check
}

published()
{
	asks $BAD published 1 1 2000 1000 "$pki/ca.der"
	asks 0 published 7 8 1795000000 1797592000 "$pki/ca.der"
}

removed()
{
	local number=$NUMBER

	licence --serial "$serial"
	certificate last key10 device "$serial"
	number=$NUMBER
	asks 0 reserve "$LICENCE" t12
	asks 0 record "$LICENCE" t12 "$pki/last.der" "$work/given"
	exits 0 device remove "$serial"
	is "$(state "$number")" revoked "it goes with its device"
	asks 0 revoked
	ok "because that is gone" grep -qx "$number cessationOfOperation" \
		"$work/out"
	exits 0 check
}

# What stats, doctor and the log say of all that.
told()
{
	local valid ending revoked

	exits 0 --json certificate list
	valid=$(jq -r 'select(.state == "valid") | .number' "$work/out" |
		wc -l)
	exits 0 --json certificate list --expiring 30d
	ending=$(wc -l <"$work/out")
	exits 0 --json certificate list --revoked
	revoked=$(wc -l <"$work/out")
	exits 0 --json stats
	is "$(jq -c '[.certificates, .certificates_ending,
		.certificates_revoked, .licences_unconfirmed, .crl_made,
		.crl_ends, .authority_heard < 30]' "$work/out")" \
		"[$valid,$ending,$revoked,0,1795000000,1797592000,true]" \
		"counted"
	exits 0 stats --prometheus
	ok "for Prometheus" grep -qx "csrc_certificates $valid" "$work/out"
	run --json doctor
	is "$(jq -r 'select(.check == "authority" or .check == "certificates") |
		.check, .state' "$work/out" | xargs)" \
		"authority ok certificates wrong" "looked at"
	asks 0 published 7 9 $((now - 40 * 86400)) $((now - 60)) "$pki/ca.der"
	run doctor
	ok "a CRL that has ended" grep -q "it ended at" "$work/out"
	asks 0 published 7 9 $((now - 25 * 86400)) $((now + 5 * 86400)) \
		"$pki/ca.der"
	run doctor
	ok "or is about to" grep -q "it ends at" "$work/out"
	kill "$daemon"
	wait "$daemon"
	start_daemon || bail_out "the daemon does not start again"
	for _ in {1..100}; do
		! grep -q "certificates end within 30 days" "$work/run/log" ||
			break
		sleep 0.1
	done
	ok "the log tells of those" grep -q "certificates end within 30 days" \
		"$work/run/log"
	ok "the log warns of it" grep -q "the last CRL ends at" "$work/run/log"
	run doctor
	ok "nobody was heard" grep -q "not heard since" "$work/out"
}

now=$(date +%s)
ok "openssl makes an authority" make_authority
cp "$builddir/tests/tools/authority" "$work"
mkdir -m 777 "$work/due"
touch "$work/given" "$work/cms"
chmod 666 "$work/given" "$work/cms"
chmod 711 "$pki"
how=daemon
exits 0 init
start_daemon || bail_out "the daemon does not start"
exits 0 center add K0001
exits 0 device add "$serial" --center K0001 --channel webdav
certificate stranger key1 device OTHER
certificate one key1 device "$serial"
chmod 644 "$conf"
licence --serial "$serial"
published
enrolled
asks_as bin $TROUBLE due "$work/due"
seen_by_operators
renewed
keyed
ended
mailed
signed
told
removed
done_testing
