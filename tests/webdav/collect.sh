#!/bin/bash
# csrc-webdav between a real Apache and a real gateway: what goes up, what comes
# down, what is left alone, and what it says.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/tests/webdav/collecting.sh"
. "$CSRC_SOURCE/contrib/lib/lighttpd.sh"

ID=0123456789abcdef
INBOX=
WORKING=
OUTBOX=

apache_options()
{
	SERVER=("url=$APACHE_URL" center=k0001 user=collector
		"password_file=$(collector_secret password collector-password)"
		"ca_file=$APACHE_CONF/ca.pem")
}

# configured NAME=VALUE…: one server, with these too.
configured()
{
	collector_configure "$WORK"
	apache_options
	collector_server a "${SERVER[@]}" "$@"
}

# refuses PATTERN TEXT: -n does, and says so.
refuses()
{
	local code
	ERR=$(collector -n 2>&1)
	code=$?
	is "$code" 3 "$2" && like "$ERR" "csrc-webdav: $1" "$2: why"
}

test_configuration()
{
	local secret

	configured
	ok "-n takes what is right" collector -n
	ok "root may check it too" \
		"$COLLECTOR_DIR/csrc-webdav" -n -c "$COLLECTOR_CONF"
	ERR=$("$COLLECTOR_DIR/csrc-webdav" --once -c "$COLLECTOR_CONF" 2>&1)
	is $? 3 "root may not collect"
	like "$ERR" "*must not run as root*" "and hears why"
	collector --json 2>/dev/null
	is $? 2 "--json without --once"
	collector --once extra 2>/dev/null
	is $? 2 "an operand"
	like "$(collector --version)" "csrc-webdav (csrc-gateway) *" "its version"
	secret=$COLLECTOR_DIR/secret/password
	chmod 644 "$secret"
	refuses "$COLLECTOR_CONF:3: server a: password_file: $secret: mode is*" \
		"a password that all may read"
	configured key=/dev/null certificate=/dev/null
	refuses "*key: /dev/null: not a regular file*" "a key that is none"
	configured "ca_file=$COLLECTOR_CONF"
	refuses "*given before in line*" "an option twice"
	collector_configure "$WORK"
	collector_server a "url=$APACHE_URL" center=K0001 \
		"ca_file=$COLLECTOR_CONF"
	refuses "*server a: *$COLLECTOR_CONF*" "an authority that is none"
	collector_configure "$WORK"
	collector_server a url=http://localhost/ center=K0001
	refuses "*server a: *http*" "http, unasked"
	collector_configure "$WORK"
	refuses "*no \[server NAME\]*" "no server"
}

receipt_of()
{
	sed -n "s/^$2: //p" "$OUTBOX/$1.receipt"
}

# By the key of its device, and openssl alone.
is_genuine()
{
	local key receipt=$OUTBOX/$2.receipt mac

	key=$(grep "^$1 " "$DEVICES" | cut -d ' ' -f 3)
	mac=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 \
		-kdfopt "hexkey:$key" -kdfopt "info:csrc receipt 1" -binary \
		HKDF | od -An -v -tx1 | tr -d ' \n')
	mac=$(sed '/^MAC: /d' "$receipt" | openssl mac -digest SHA256 \
		-macopt "hexkey:$mac" -in - HMAC)
	[ "${mac,,}" = "$(sed -n 's/^MAC: //p' "$receipt")" ]
}

test_up()
{
	configured paths=login
	message D00001 101 >"$WORK/m1"
	store "$WORK/m1" "D00001.$ID.p7m"
	is "$OUT" 201 "a device writes a report"
	once 0 "it is collected"
	is "$OUT" "a: 1 taken, 0 refused, 0 left, 0 left alone; 0 requests put, 0 left" \
		"and told"
	like "$ERR" "*csrc-webdav\[*info: a: D00001.$ID.p7m: verdict=genuine reason=- disposal=taken sequence=1 receipt=yes" \
		"and logged"
	reports_come 1
	is "$(gateway_reports | jq -r '.channel + .serial')" webdavD00001 \
		"it is in the spool"
	is "$(files "$INBOX")$(files "$WORKING")" "" "and nowhere else"
	is "$(receipt_of "D00001/$ID" Digest)" \
		"sha-256=$(sha256sum <"$WORK/m1" | cut -d ' ' -f 1)" \
		"its receipt has the digest of what was written"
	is "$(receipt_of "D00001/$ID" State)" taken "and what became of it"
	ok "and is genuine" is_genuine D00001 "D00001/$ID"

	store "$WORK/m1" "D00001.$ID.p7m"
	once 0 "the same again"
	like "$ERR" "*verdict=duplicate*disposal=taken*receipt=yes" \
		"is a duplicate, and taken"
	is "$(reports)" 1 "once in the spool"
}

# Who copies another's message is told nothing, and tells nobody anything.
test_stranger()
{
	local id=copied-from-another

	store "$WORK/m1" "D00002.$id.p7m"
	once 0 "another device's message"
	like "$ERR" "*verdict=spoof reason=wrong-origin disposal=refused*receipt=no" \
		"is refused, where paths prove who writes"
	configured paths=none
	store "$WORK/m1" "D00002.$id.p7m"
	once 0 "where they prove nothing"
	like "$ERR" "*verdict=duplicate*disposal=taken*receipt=no" \
		"it is what it is"
	is "$(files "$OUTBOX")" "D00001 D00001/$ID.receipt " \
		"and no receipt goes anywhere"
}

test_plain()
{
	configured paths=none
	csrcadm device set D00003 --protection optional
	report_json D00003 301 | report_entity K0001 D00003 >"$WORK/plain"
	store "$WORK/plain" "D00003.$ID.eml"
	once 0 "a plain report by nobody knows whom"
	like "$ERR" "*verdict=spoof*disposal=refused*receipt=no" "is refused"
	configured paths=login
	store "$WORK/plain" "D00003.$ID.eml"
	once 0 "by a device with its login"
	like "$ERR" "*verdict=genuine*disposal=taken*receipt=no" "is taken"
	report_json D00001 302 | report_entity K0001 D00001 >"$WORK/plain"
	store "$WORK/plain" "D00001.$ID.eml"
	once 0 "by one that must seal"
	like "$ERR" "*verdict=spoof*disposal=refused*receipt=no" "is refused"
	echo "no message" >"$WORK/plain"
	store "$WORK/plain" "D00001.$ID.eml"
	once 0 "what is no message"
	like "$ERR" "*disposal=refused*" "is refused"
	is "$(files "$INBOX")$(files "$WORKING")" "" "all of it is gone"
}

test_left_alone()
{
	local name=D00001.aaaaaaaaaaaaaaaa.p7m

	configured
	collector_configure "$WORK" max_message_size=1k
	collector_server a "${SERVER[@]}"
	touch "$INBOX/not ours" "$INBOX/d00001.$ID.p7m" "$INBOX/.davfs.tmpXXXX"
	mkdir "$INBOX/D00001.$ID.p7m"
	truncate -s 1025 "$INBOX/$name"
	touch "$WORKING/what"
	chown -R nobody:nogroup "$INBOX" "$WORKING"
	once 0 "what is no name of ours, and what is too large"
	like "$OUT" "*0 taken*0 left, 4 left alone*" "are left alone"
	like "$ERR" "*a: not%20ours: left alone: no name of a message*" "and told"
	like "$ERR" "*a: $name: left alone: larger than*" "each with why"
	is "$(grep -c 'left alone:' <<<"$ERR")" 5 "and only once"
	is "$(files "$INBOX")" \
		".davfs.tmpXXXX D00001.$ID.p7m $name d00001.$ID.p7m not ours " \
		"they are there"
	rm -r "${INBOX:?}"/* "$INBOX/.davfs.tmpXXXX" "$WORKING/what"
}

# What an earlier one has left comes first, and if it was handed over before it
# is a duplicate.
test_leftovers()
{
	configured
	message D00001 401 >"$WORKING/0123456789abcdef.D00001.${ID}1.p7m"
	cp "$WORK/m1" "$WORKING/0123456789abcdee.D00001.${ID}2.p7m"
	chown nobody "$WORKING"/*
	once 0 "what was left in work/"
	like "$OUT" "a: 2 taken*" "is done"
	is "$(files "$WORKING")" "" "and gone"
	reports_come 3
	is "$(gateway_reports | jq -s 'map(select(.report.counters.total == 401)) |
		length')" 1 "and in the spool"
}

# Without a gateway nothing is moved; what it cannot take now stays in work/.
test_gateway_away()
{
	configured
	message D00001 501 >"$WORK/m5"
	store "$WORK/m5" "D00001.${ID}5.p7m"
	gateway_stop
	once 4 "no gateway: trouble"
	like "$OUT" "a: 0 taken*: gateway: *" "which is told"
	is "$(files "$INBOX")" "D00001.${ID}5.p7m " "nothing was moved"
	gateway_option min_free_space 1024G
	gateway_start || bail_out "no gateway"
	once 1 "a gateway that cannot take anything now"
	like "$ERR" "*disposal=later*" "says so"
	like "$OUT" "a: 0 taken, 0 refused, 1 left*" "and so do we"
	like "$(files "$WORKING")" "????????????????.D00001.${ID}5.p7m " \
		"it is in work/"
	gateway_stop
	gateway_option min_free_space 0
	gateway_option channel_users ""
	gateway_start || bail_out "no gateway"
	once 4 "a gateway that does not know us refuses"
	like "$OUT" "*gateway: the daemon refused: not allowed" "in words"
	gateway_stop
	gateway_option channel_users daemon=webdav
	gateway_start || bail_out "no gateway"
	once 0 "at last"
	like "$ERR" "*verdict=genuine*" "it is taken"
	is "$(files "$WORKING")" "" "and gone"
}

# Another server of the same center that is not there.
test_servers()
{
	local dead

	dead=$(free_port)
	configured
	collector_server b "url=https://localhost:$dead/" center=K0001
	message D00002 601 >"$WORK/m6"
	store "$WORK/m6" "D00002.${ID}6.p7m"
	once 4 "a server that is dead"
	like "$OUT" "a: 1 taken*b: 0 taken*" "holds up no other"
	OUT=$(collector --once --json 2>/dev/null)
	is "$(jq -c '[.server, .taken, .left, .error == null]' <<<"$OUT" |
		tr '\n' ' ')" '["a",0,0,true] ["b",0,0,false] ' "as JSON too"
}

# More than the gateway has places for a user.
test_many_servers()
{
	local i

	configured
	for i in {1..39}; do
		collector_server "b$i" "${SERVER[@]}" connections=1
	done
	once 0 "40 servers have their turn"
	is "$(wc -l <<<"$OUT")" 40 "each of them"
}

idle_requests()
{
	grep -c '"PROPFIND /csrc/inbox/ HTTP/1.1" 207' "$APACHE_DIR/access.log"
}

at_least()
{
	[ "$(idle_requests)" -ge "$1" ]
}

# An idle inbox costs one request an interval, and no others.
test_idle()
{
	local before began

	configured interval=1
	: >"$APACHE_DIR/access.log"
	collector_start
	wait_for 20 at_least 2
	: >"$APACHE_DIR/access.log"
	began=$(date +%s%N)
	wait_for 30 at_least 6
	before=$(wc -l <"$APACHE_DIR/access.log")
	began=$((($(date +%s%N) - began) / 1000000))
	ok "idle: one request an interval ($before in $began ms)" \
		test "$before" -ge 6 -a "$before" -le $((began / 1000 + 1))
	store "$WORK/m1" "D00001.$ID.p7m"
	ok "what comes then is found" wait_for 20 \
		grep -q "D00001.$ID.p7m: verdict=" "$COLLECTOR_LOG"
	collector_stop
	is "$(grep -c stopped "$COLLECTOR_LOG")" 1 "and it ends when it is asked to"
}

test_reload()
{
	configured interval=1h
	: >"$COLLECTOR_LOG"
	collector_start
	ok "a service starts" wait_for 20 grep -q "started, version" "$COLLECTOR_LOG"
	echo "nonsense = 1" >>"$COLLECTOR_CONF"
	kill -HUP "$COLLECTOR_PID"
	ok "a bad configuration is not taken" wait_for 20 grep -q \
		"not reloaded, the old configuration stays:.*nonsense" "$COLLECTOR_LOG"
	configured interval=1
	kill -HUP "$COLLECTOR_PID"
	ok "a good one is" wait_for 20 grep -q "configuration reloaded" \
		"$COLLECTOR_LOG"
	store "$WORK/m1" "D00001.$ID.p7m"
	ok "and counts" wait_for 20 grep -q "D00001.$ID.p7m: verdict=" \
		"$COLLECTOR_LOG"
	collector_stop
	not_ok "no password is in the log" grep -q collector-password \
		"$COLLECTOR_LOG"
}

waiting()
{
	csrcadm pending --json | jq -r .email_id
}

# A request waits until it is on each server of its center.
test_requests()
{
	local id key

	rm -rf "${OUTBOX:?}/D00002"
	configured
	csrcadm device set D00002 --channel webdav
	csrcadm request D00002 --command counters --send >/dev/null
	id=$(waiting)
	once 0 "a request"
	like "$OUT" "*1 requests put, 0 left" "is put"
	like "$ERR" "*a: request $id to device D00002: put" "and logged"
	is "$(files "$OUTBOX/D00002")" "$id.p7m " "where its device finds it"
	is "$(waiting)" "" "and waits no more"
	read -r _ key_id key < <(grep '^D00002 ' "$DEVICES")
	printf 'key-id: %s\nkey: %s\n' "$key_id" "$key" >"$WORK/key"
	chmod 600 "$WORK/key"
	ok "its device opens it" "$CSRC_BUILD/csrc-device" show \
		--center K0001 --serial D00002 --key-file "$WORK/key" \
		"$OUTBOX/D00002/$id.p7m"
	rm -r "$OUTBOX/D00002"

	collector_server b "url=https://localhost:$(free_port)/" center=K0001
	csrcadm request D00002 --command counters --send >/dev/null
	id=$(waiting)
	once 4 "with one of two servers away"
	is "$(files "$OUTBOX/D00002")" "$id.p7m " "it is put on the other"
	is "$(waiting)" "$id" "and waits"
	configured
	apache_options
	collector_server b "${SERVER[@]/localhost/127.0.0.1}"
	once 0 "when both are there"
	is "$(waiting)" "" "it waits no more"
	rm -r "$OUTBOX/D00002"
	csrcadm device set D00002 --channel mail
}

# device COMMAND OPTION…: csrc-device as D00003, with a queue.
device()
{
	"$CSRC_BUILD/csrc-device" "$1" --center K0001 --serial D00003 \
		--key-file "$WORK/key3" --queue "$WORK/queue" \
		--webdav "$APACHE_URL" --ca-file "$APACHE_CONF/ca.pem" \
		--user D00003 --password-file "$WORK/password3" "${@:2}"
}

# The whole way, with our own device at the other end.
test_device()
{
	local key_id key

	configured paths=login
	csrcadm device set D00003 --protection required --channel webdav
	read -r _ key_id key < <(grep '^D00003 ' "$DEVICES")
	printf 'key-id: %s\nkey: %s\n' "$key_id" "$key" >"$WORK/key3"
	echo D00003-password >"$WORK/password3"
	chmod 600 "$WORK/key3" "$WORK/password3"
	ok "a device reports" device report --counter total=901
	once 0 "that is collected"
	like "$ERR" "*verdict=genuine*receipt=yes" "and genuine"
	ok "it fetches the receipt" device poll --counter total=902
	is "$(files "$OUTBOX/D00003")" "" "and leaves none"
	csrcadm request D00003 --command counters --send >/dev/null
	once 0 "a request"
	ok "is answered" device poll --counter total=903 --now
	once 0 "that is collected, too"
	is "$(csrcadm request list --answered --json | jq -r .serial)" D00003 \
		"and answers the request"
	ok "it fetches that receipt" device poll --counter total=904
	is "$(files "$OUTBOX/D00003")$(files "$INBOX")" "" "nothing is left"
}

# Another server, with a login by Digest.
test_lighttpd()
{
	local name=D00002.${ID}9.p7m

	lighttpd_start "$WORK" || bail_out "no lighttpd"
	collector_configure "$WORK"
	collector_server l "url=$LIGHTTPD_URL" center=K0001 user=collector \
		"password_file=$(collector_secret password collector-password)" \
		"ca_file=$LIGHTTPD_CA"
	message D00002 950 >"$LIGHTTPD_FILES/inbox/$name"
	chown nobody:nogroup "$LIGHTTPD_FILES/inbox/$name"
	csrcadm device set D00002 --channel webdav
	csrcadm request D00002 --command counters --send >/dev/null
	once 0 "a report at lighttpd, and a request"
	like "$ERR" "*l: $name: verdict=genuine*receipt=yes*" "it is genuine"
	like "$OUT" "l: 1 taken, 0 refused, 0 left*; 1 requests put, 0 left" \
		"and both are done"
	like "$(files "$LIGHTTPD_FILES/outbox/D00002")" \
		"*${ID}9.receipt *" "its receipt is there"
	is "$(files "$LIGHTTPD_FILES/inbox")$(files "$LIGHTTPD_FILES/work")" \
		"" "and nothing is left"
	lighttpd_stop
	csrcadm device set D00002 --channel mail
}

# However full an inbox is, memory is not.
test_many()
{
	local peak

	configured connections=4
	perl -e 'for (1 .. 100000) { open(my $f, ">", sprintf("%s/D00001.many-%011d.p7m", $ARGV[0], $_)) or die }' \
		"$INBOX"
	chown -R nobody:nogroup "$INBOX"
	: >"$COLLECTOR_LOG"
	collector_start
	ok "of 100,000 some are done" wait_for 60 \
		grep -q "disposal=refused" "$COLLECTOR_LOG"
	peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$COLLECTOR_PID/status")
	collector_stop
	ok "in $peak kB" test "$peak" -lt 65536
	rm -rf "$INBOX" "$WORKING"
	mkdir "$INBOX" "$WORKING"
	chown nobody:nogroup "$INBOX" "$WORKING"
}

webdav_begin basic
trap 'collecting_end; lighttpd_stop; webdav_end' EXIT
collecting_begin 3
INBOX=$APACHE_FILES/inbox WORKING=$APACHE_FILES/work OUTBOX=$APACHE_FILES/outbox
for serial in D00001 D00002 D00003; do
	apache_device $serial
done
test_configuration
test_up
test_stranger
test_plain
test_left_alone
test_leftovers
test_gateway_away
test_servers
test_many_servers
test_idle
test_reload
test_requests
test_device
test_lighttpd
test_many
done_testing
