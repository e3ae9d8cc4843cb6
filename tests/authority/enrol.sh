#!/bin/bash
# csrc-device enrol and csrc-webdav enrol through the real Apache, csrc-ca and
# daemon: licence, certificate, first key, report, another certificate; and killed at
# each step they go on, with one certificate for a licence.
set -u
. "${srcdir:-.}/tests/authority/harness.sh"
. "$CSRC_SOURCE/contrib/lib/report.sh"
. "$CSRC_SOURCE/contrib/lib/squid.sh"

prefix=()
OUT=''
ERR=''
D=''

# afresh NAME: files of a device's own, in D
afresh()
{
	D=$WORK/$1
	rm -rf "$D"
	mkdir "$D"
}

# licence KIND NAME: a new one, in the file D/licence
licence()
{
	authority_licence "$1" "$2" &&
		(umask 077 && printf 'licence: %s\ncode: %s\n' "$LICENCE" \
			"$CODE" >"$D/licence")
}

# run COMMAND…: what it says is in OUT and ERR
run()
{
	local code

	OUT=$("${prefix[@]}" "$@" 2>"$WORK/err")
	code=$?
	ERR=$(cat "$WORK/err")
	return $code
}

# enrol SERIAL [OPTION…]
enrol()
{
	local serial=$1
	shift

	run "$CSRC_BUILD/csrc-device" enrol --url "http://$AUTHORITY_HTTP/" \
		--serial "$serial" --certificate "$D/c.pem" \
		--certificate-key "$D/c.key" "$@"
}

first()
{
	enrol "$1" --code-file "$D/licence" --ca-out "$D/ca.pem" "${@:2}"
}

with_key=()

# exits CODE TEXT COMMAND…
exits()
{
	local wanted=$1 text=$2 code
	shift 2

	"$@"
	code=$?
	is "$code" "$wanted" "$text (exit $wanted)" || diag "$ERR"
}

files()
{
	(cd "$D" && echo *)
}

# is_let_in SERIAL TEXT: Apache knows the pair
is_let_in()
{
	is "$(curl -s --cacert "$D/ca.pem" --cert "$D/c.pem" --key "$D/c.key" \
		-X PROPFIND -H 'Depth: 0' -o "$WORK/said" -w '%{http_code}' \
		"${APACHE_URL}outbox/$1/")" 207 "$2"
}

outbox()
{
	mkdir -p "$APACHE_FILES/outbox/$1"
	chmod 777 "$APACHE_FILES/outbox/$1"
}

test_device()
{
	local serial=A1

	afresh a1
	outbox $serial
	with_key=(--webdav "$APACHE_URL" --key-file "$D/key")
	licence device $serial
	exits 0 "a licence buys a certificate" first $serial
	like "$OUT" "certified device:$serial until 20*Z" "it says"
	is "$(files)" "c.key c.pem ca.pem licence" "its files"
	is_let_in $serial "Apache lets it in"
	is "$(state_of "$LICENCE")" confirmed "it was confirmed"
	exits 0 "and with it the first key" first $serial "${with_key[@]}"
	like "$OUT" "kept device:$serial *key $D/key" "it says"
	is "$(stat -c %a "$D/key")" 600 "which nobody else can read"
	cp "$D/key" "$D/first"
	exits 0 "again" first $serial "${with_key[@]}"
	ok "it is left alone" cmp "$D/key" "$D/first"
	rm "$D/key"
	exits 0 "lost before it was used" first $serial "${with_key[@]}"
	ok "it is given again" cmp "$D/key" "$D/first"
	exits 0 "a report" run "$CSRC_BUILD/csrc-device" report \
		--center K0001 --serial $serial --key-file "$D/key" \
		--counter total=7 --queue "$D/queue" --webdav "$APACHE_URL" \
		--certificate "$D/c.pem" --certificate-key "$D/c.key" \
		--ca-file "$D/ca.pem"
	like "$OUT" "sent $serial.*" "is on the server"
	csrcadm --json submit "$APACHE_FILES/inbox/$serial".*.p7m \
		--center K0001 >"$WORK/verdict"
	is "$(jq -r .verdict "$WORK/verdict")" genuine "and genuine"
	rm "$D/key"
	exits 1 "a key that was used" first $serial "${with_key[@]}"
	is "$(files)" "c.key c.pem ca.pem first licence queue" "is not given again"
}

test_ways()
{
	afresh b2
	licence device B/2
	run "$CSRC_BUILD/csrc-device" enrol --url "https://$AUTHORITY_HTTPS" \
		--ca-file /dev/null --serial B/2 --certificate "$D/both.pem" \
		--code-file "$D/licence"
	is $? 3 "HTTPS, no authorities"
	exits 4 "HTTPS, not of those that the system knows" \
		run "$CSRC_BUILD/csrc-device" enrol \
		--url "https://$AUTHORITY_HTTPS" --serial B/2 \
		--certificate "$D/both.pem" --code-file "$D/licence"
	exits 0 "HTTPS, verified" run "$CSRC_BUILD/csrc-device" enrol \
		--url "https://$AUTHORITY_HTTPS" --serial B/2 \
		--ca-file "$AUTHORITY_PUBLIC/ca.pem" \
		--certificate "$D/both.pem" --code-file "$D/licence"
	like "$(openssl x509 -in "$D/both.pem" -noout -subject)" \
		"*OU = device, CN = B=2F2" "a name that has to be spelled"

	squid_start "$WORK" || { skip "a proxy" "no Squid to be had"; return; }
	(umask 077 && echo proxy-password >"$D/password")
	licence device A1
	exits 1 "a proxy that wants a password" first A1 \
		--proxy "http://127.0.0.1:$SQUID_PORT"
	exits 0 "and has it" first A1 --proxy "http://127.0.0.1:$SQUID_PORT" \
		--proxy-user proxy --proxy-password-file "$D/password"
	squid_stop
}

test_denied()
{
	afresh denied
	licence device A1
	sed -i 's/^code: .*/code: K9VB-FJNS-JAV6-CNBQ-GNNF-PVY5-PMTG/' \
		"$D/licence"
	exits 1 "a wrong code" first A1
	like "$ERR" "*refused*does not take this licence with this code*" "why"
	cp "$D/c.key.new" "$D/waits"
	sed -i 's/^licence: .*/licence: lic-9wbxeyuyzh/' "$D/licence"
	exits 1 "a licence that is not known" first A1
	like "$ERR" "*refused*does not take this licence with this code*" \
		"sounds the same"
	licence device B/2
	exits 1 "another device's licence" first A1
	like "$ERR" "*for device:B/2, not for device:A1*" "why"
	licence device A1
	csrcadm licence revoke "$LICENCE"
	exits 1 "a revoked one" first A1
	licence device A1
	ok "nothing was made of all that" cmp "$D/c.key.new" "$D/waits"
	exits 0 "a good one, with the key that waits" first A1
	rm "$D/c.pem" "$D/c.key"
	exits 1 "the same with another key" first A1
	csrcadm licence reset "$LICENCE"
	exits 0 "which was reset" first A1
}

test_renewed()
{
	local number

	afresh renewed
	licence device A1
	first A1 || bail_out "no certificate: $ERR"
	cp "$D/c.key" "$D/old"
	exits 0 "not due" enrol A1 --renew
	like "$OUT" "kept device:A1 *" "it is kept"
	number=$(number renewed/c)
	exits 0 "by force" enrol A1 --renew --before 5000d
	like "$OUT" "certified device:A1 *" "another one"
	not_ok "with another key" cmp "$D/c.key" "$D/old"
	is_let_in A1 "Apache lets it in"
	is "$(told "$(number renewed/c)" renews)" "$number" \
		"the store knows which one it renews"
	csrcadm certificate revoke "$(number renewed/c)"
	exits 1 "revoked, it is not renewed" enrol A1 --renew --before 5000d
	like "$ERR" "*refused*" "it says"
}

test_gone()
{
	afresh gone
	licence device A1
	gateway_stop
	exits 4 "no daemon" first A1
	gateway_start || bail_out "no gateway"
	exits 0 "the same again" first A1
	authority_stop
	exits 4 "no csrc-ca" enrol A1 --renew --before 5000d
	authority_start "$WORK" || bail_out "no authority"
	exits 0 "the same again" enrol A1 --renew --before 5000d
	is "$(files)" "c.key c.pem ca.pem licence" "one pair"
}

test_together()
{
	local i pids=() done=0

	afresh together
	licence device A1
	for i in 1 2 3 4; do
		"$CSRC_BUILD/csrc-device" enrol --url "http://$AUTHORITY_HTTP/" \
			--serial A1 --certificate "$D/$i.pem/c" \
			--code-file "$D/licence" >"$D/out.$i" 2>&1 &
		pids+=($!)
		mkdir "$D/$i.pem"
	done
	for i in "${pids[@]}"; do
		wait "$i" && done=$((done + 1))
	done
	is $done 1 "four keys at once, and one certificate" ||
		diag "$(cat "$D"/out.*)"
}

# --- killed

# killed TEXT PREPARE COMMAND…: at each step, and then the same again
killed()
{
	local text=$1 prepare=$2 n=0 wrong=0 code
	shift 2

	while :; do
		n=$((n + 1))
		$prepare $n
		prefix=("$CSRC_BUILD/tests/tools/killed-at" "$n")
		"$@"
		code=$?
		prefix=()
		[ $code -eq 99 ] || break
		"$@" && [ "$(files)" = "$WANTED" ] && pair_is_one && continue
		wrong=$((wrong + 1))
		diag "$text, killed at $n: $(files): $ERR"
	done
	is $code 0 "$text: $((n - 1)) steps, and then its end"
	ok "there were many" test $n -gt 20
	is $wrong 0 "killed at each of them, it goes on to one pair"
}

pair_is_one()
{
	[ "$(openssl x509 -in "$D/c.pem" -pubkey -noout)" = \
		"$(openssl pkey -in "$D/c.key" -pubout)" ] &&
		openssl verify -CAfile "$AUTHORITY_PUBLIC/ca.pem" "$D/c.pem" \
			>/dev/null 2>&1
}

# A device of its own for each, since a center gives few first keys.
killed_device()
{
	csrcadm device add "K$1" --center K0001 && afresh killed &&
		licence device "K$1" || bail_out "no device K$1"
	SERIAL=K$1
}

killed_enrol()
{
	first "$SERIAL" --webdav "$APACHE_URL" --key-file "$D/key"
}

killed_renew()
{
	enrol A1 --renew --before 5000d
}

killed_pair()
{
	:
}

test_killed()
{
	local all

	# LeakSanitizer does not work while somebody traces
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	WANTED="c.key c.pem ca.pem key licence"
	killed "a first one, with its key" killed_device killed_enrol
	all=$(csrcadm --json certificate list |
		jq -r 'select(.principal | startswith("device:K")) | .licence')
	is "$(sort <<<"$all" | uniq -d)" "" "no licence has bought two"

	afresh renewing
	licence device A1
	first A1 || bail_out "no certificate: $ERR"
	WANTED="c.key c.pem ca.pem licence"
	killed "another one" killed_pair killed_renew
	is_let_in A1 "Apache lets the last one in"
}

# --- the collector

test_collector()
{
	local own=$WORK/own

	collector_configure "$WORK"
	collector_server north "url=$APACHE_URL" center=K0001 \
		"certificate=$own/north.pem" "key=$own/north.key" \
		"ca_file=$own/ca.pem" paths=certificate \
		"enrol_url=http://$AUTHORITY_HTTP/" enrol_name=east
	D=$own
	mkdir "$own"
	licence collector EAST
	chown -R "$COLLECTOR_USER:$COLLECTOR_GROUP" "$own"
	exits 0 "csrc-webdav has a certificate" run collector_as \
		"$COLLECTOR_DIR/csrc-webdav" enrol -c "$COLLECTOR_CONF" \
		--code-file "$own/licence" --ca-out "$own/ca.pem" north
	like "$OUT" "north: certified collector:EAST until *" "it says"
	exits 0 "and collects with it" run collector --once
	collector_start && wait_for 20 collector_works ||
		bail_out "no collector"
	exits 0 "another one" run collector_as \
		"$COLLECTOR_DIR/csrc-webdav" enrol -c "$COLLECTOR_CONF" \
		--renew --before 5000d
	like "$OUT" "north: certified collector:EAST until *" "it says"
	kill -HUP "$COLLECTOR_PID"
	ok "which a reload takes up" wait_for 20 \
		grep -q "configuration reloaded" "$COLLECTOR_LOG"
	collector_stop
}

collector_works()
{
	grep -q started "$COLLECTOR_LOG"
}

authority_begin A1 B/2
test_device
test_ways
test_denied
test_renewed
test_gone
test_together
test_killed
test_collector
done_testing
