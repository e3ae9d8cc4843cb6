#!/bin/bash
# csrc-receive behind a stock Apache, asked by curl with messages that openssl has
# made: who is refused before it has sent anything, what becomes of each report,
# and requests on their way to a printer's agent.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
. "${srcdir:-.}/tests/agent/receiving.sh"

E=abcdefghijklmnopqrstuvwxyz # an Email-ID
MESSAGE=(-H "Content-Type: message/rfc822" -H "Expect: 100-continue"
	--expect100-timeout 60)

# TEXT STATUS NAME PATH [OPTION…]: it hears that, and has sent no octet.
refused()
{
	local text=$1 status=$2
	shift 2

	is "$(receive_curl "$@" -w '%{http_code} %{size_upload}')" "$status 0" \
		"$text: $status, and nothing was sent"
}

# PATH…: north's own certificate reaches nothing by these.
test_paths()
{
	local path

	for path in / /csrc /csrc/agent /csrc/agent/ /csrc/agent/NORTH/ \
		/csrc/agent/north /csrc/agent/North /csrc/agent/N%4FRTH \
		/csrc/agent/N%6frth \
		/csrc/agent/NORTH%20 '/csrc/agent/NORTH?' '/csrc/agent/NORTH?a=b' \
		'/csrc/agent/NORTH;x' //csrc/agent/NORTH /csrc//agent/NORTH \
		/csrc/./agent/NORTH /csrc/agent/SOUTH/../NORTH \
		/csrc/agent/%2e%2e/agent/NORTH \
		/csrc/agent/NORTH/requests/ /csrc/agent/NORTH/requests/SHORT \
		"/csrc/agent/NORTH/requests/${E^^}" \
		"/csrc/agent/NORTH/requests/$E/" "/csrc/agent/NORTH/requests/$E/x" \
		/csrc/agent/NORTH/reports/ /csrc/agent/NORTH/other \
		/csrc/agent/=4E=4FRTH /csrc/agent/NORTH/SOUTH \
		/csrc/agent/NORTH=00 /csrc/agent/../agent/NORTH; do
		asks "no way by $path" 403 north "$path"
	done
	for path in /csrc/agent/NORTH%00 /csrc/agent/NORTH%2f \
		/csrc/agent/SOUTH/..%2fNORTH; do
		asks "nor by $path" 404 north "$path"
	done
}

test_access()
{
	local post=/csrc/agent/NORTH/reports

	asks "north is north" 200 north /csrc/agent/NORTH
	answers "and hears who it is" '.[0] | [.agent, .center, .printers,
		.requests, .octets]' '["NORTH","K0001",0,0,4194304]'
	asks "no certificate, no answer" 000 "" /csrc/agent/NORTH
	asks "another's certificate" 403 south /csrc/agent/NORTH
	asks "a device's of that name" 403 device /csrc/agent/NORTH
	asks "one that is not registered" 403 west /csrc/agent/WEST
	asks "one that names another by its URI" 403 liar /csrc/agent/NORTH
	test_paths
	asks "a body where none is" 403 north /csrc/agent/NORTH -X GET -d x
	asks "another method" 403 north /csrc/agent/NORTH -X DELETE
	asks "TRACE" 403 north /csrc/agent/NORTH -X TRACE
	asks "a header says who it is" 403 south /csrc/agent/NORTH \
		-H "Remote-User: NORTH" -H "SSL_CLIENT_S_DN_CN: NORTH" \
		-H "X-Forwarded-User: NORTH"
	MESSAGE+=(--data-binary "@$WORK/large")
	refused "another's certificate" 403 south $post "${MESSAGE[@]}"
	refused "a device's" 403 device $post "${MESSAGE[@]}"
	refused "who is not registered" 403 west /csrc/agent/WEST/reports \
		"${MESSAGE[@]}"
	refused "a path in another spelling" 403 north /csrc/agent/north/reports \
		"${MESSAGE[@]}"
	refused "too long" 413 north $post "${MESSAGE[@]}"
	refused "without a length" 411 north $post "${MESSAGE[@]}" \
		-H "Transfer-Encoding: chunked"
	refused "of another type" 415 north $post \
		-H "Content-Type: text/plain" -H "Expect: 100-continue" \
		--expect100-timeout 60 -d octets
	is "$(grep -c 'handed\|, of [0-9]* reports' "$RECEIVE_LOG")" 0 \
		"nothing was handed over"
}

test_upload()
{
	ok "printers" csrcadm device add A1 --center K0001
	ok "are registered" csrcadm device add A2 --center K0001
	ok "and assigned" csrcadm agent assign NORTH A1 A2
	sealed NORTH "$WORK/first" A1=1000 A2=2000
	uploads "a bundle" 200 NORTH "$WORK/first"
	answers "each report is answered" '[.[:2][] | [.report, .verdict,
		.reason, .serial, .kept]]' \
		'[[1,"genuine","-","A1",false],[2,"genuine","-","A2",false]]'
	answers "and the message" '.[2].message' \
		'{"verdict":"genuine","reason":"-","kept":false}'
	ok "with the gateway's receipt" receipt_good NORTH "$WORK/first"
	spooled '[.[] | [.serial, .channel, .agent]]' \
		'[["A1","agent","NORTH"],["A2","agent","NORTH"]]' \
		"both are in the spool"
	uploads "the same again" 200 NORTH "$WORK/first"
	answers "is nothing new" '[.[:2][].verdict]' '["duplicate","duplicate"]'
	ok "and has a receipt, too" receipt_good NORTH "$WORK/first"
	spooled length 2 "the spool has each once"
	asks "it has two printers" 200 north /csrc/agent/NORTH
	answers "that are counted" '.[0].printers' 2
}

# One unknown printer holds up nobody, and is not lost.
test_unassigned()
{
	sealed NORTH "$WORK/second" A1=1100 X9=500
	uploads "with a printer that nobody knows" 200 NORTH "$WORK/second"
	answers "which is kept" '[.[:2][] | [.verdict, .reason, .kept]]' \
		'[["genuine","-",false],["spoof","unknown-device",true]]'
	ok "with a receipt" receipt_good NORTH "$WORK/second"
	is "$(csrcadm --json agent show NORTH --unassigned | jq -r .serial)" X9 \
		"its agent has seen it"
	ok "it is registered by one command" csrcadm agent assign NORTH X9
	spooled '[.[] | select(.serial == "X9") | .report.counters.total]' '[500]' \
		"and what it said is in the spool"
	spooled length 4 "nothing twice"
	uploads "the same again" 200 NORTH "$WORK/second"
	answers "is nothing new" '[.[:2][].verdict]' '["duplicate","duplicate"]'
	sealed SOUTH "$WORK/foreign" A1=1
	uploads "another agent's printer" 200 SOUTH "$WORK/foreign"
	answers "is refused, and kept" '[.[0].verdict, .[0].reason, .[0].kept]' \
		'["spoof","wrong-device",true]'
	ok "with a receipt" receipt_good SOUTH "$WORK/foreign"
}

# A message that somebody else has sealed, by whatever way it came.
test_copies()
{
	sealed NORTH "$WORK/copied" A1=1200
	uploads "a copy by another agent" 422 SOUTH "$WORK/copied"
	answers "came the wrong way, and has no receipt" \
		'[.[-1].message.reason, .[-1].receipt]' '["wrong-origin",null]'
	sed 's/^MI/MJ/' "$WORK/copied" >"$WORK/garbled"
	uploads "what is no seal" 422 NORTH "$WORK/garbled"
	answers "has no receipt" '.[-1].receipt' null
	head -c 1000 /dev/urandom >"$WORK/noise"
	uploads "noise" 422 NORTH "$WORK/noise"
	: >"$WORK/empty"
	uploads "nothing" 422 NORTH "$WORK/empty"
	uploads "by its own agent it counts" 200 NORTH "$WORK/copied"
	answers "as new" '.[0].verdict' '"genuine"'
	asks "north's ID from elsewhere" 200 copy /csrc/agent/NORTH \
		--interface 127.0.0.2
	ok "is told" wait_for 10 grep -q "agent:NORTH is in two places" \
		"$RECEIVE_LOG"
	ok "and shown" wait_for 10 is_shown_elsewhere
}

is_shown_elsewhere()
{
	[ "$(csrcadm --json agent show NORTH | jq -r .elsewhere)" = 127.0.0.1 ]
}

# FIFO: a client that has said what it will send, and an octet of it.
slow_client()
{
	{
		printf 'POST /csrc/agent/NORTH/reports HTTP/1.1\r\n'
		printf 'Host: localhost\r\nContent-Type: message/rfc822\r\n'
		printf 'Content-Length: 1000\r\n\r\nx'
		cat "$1"
	} | openssl s_client -quiet -connect "${RECEIVE_URL#https://}" \
		-cert "$APACHE_CONF/north.pem" -key "$APACHE_CONF/north.key" \
		>/dev/null 2>&1
}

# More of them than are served at once.
test_slow()
{
	local clients=8

	mkfifo "$WORK/slow"
	while [ $((clients--)) -gt 0 ]; do
		slow_client "$WORK/slow" &
	done
	exec 8>"$WORK/slow"
	# one agent has a few at once: it is others that must not wait
	sealed SOUTH "$WORK/quick" A1=1300
	uploads "slow ones hold up nobody" 200 SOUTH "$WORK/quick" --max-time 15
	exec 8>&-
}

test_disabled()
{
	ok "an agent is disabled" csrcadm agent disable NORTH
	sealed NORTH "$WORK/later" A1=1400
	uploads "it is refused at once" 403 NORTH "$WORK/later"
	ok "and soon by Apache, too" wait_for 30 not receive_known NORTH
	refused "before it has sent anything" 403 north \
		/csrc/agent/NORTH/reports "${MESSAGE[@]}"
	ok "it is enabled" csrcadm agent enable NORTH
	ok "and known again" wait_for 30 receive_known NORTH
	uploads "what it kept" 200 NORTH "$WORK/later"
	answers "is new" '.[0].verdict' '"genuine"'
}

not()
{
	! "$@"
}

test_requests()
{
	local id

	id=$(csrcadm request A1 --command counters --send)
	id=${id%% *}
	asks "a request waits" 200 north /csrc/agent/NORTH
	answers "and is counted" '.[0].requests' 1
	asks "it is listed" 200 north /csrc/agent/NORTH/requests
	answers "with its printer" '[.[] | [.email_id, .serial]]' \
		"[[\"$id\",\"A1\"]]"
	asks "not to others" 200 south /csrc/agent/SOUTH/requests
	answers "at all" length 0
	asks "nor given" 404 south "/csrc/agent/SOUTH/requests/$id"
	asks "nor forgotten" 204 south \
		"/csrc/agent/SOUTH/requests/$id/delivered" -X POST
	asks "it is given" 200 north "/csrc/agent/NORTH/requests/$id"
	key_of NORTH
	ok "sealed with the agent's key" openssl cms -decrypt -inform SMIME \
		-secretkeyid "$KEY_ID" -secretkey "$KEY" -in "$RECEIVE_BODY" \
		-out "$WORK/request"
	ok "for that printer" grep -q '"serial": *"A1"' "$WORK/request"
	asks "delivered" 204 north "/csrc/agent/NORTH/requests/$id/delivered" \
		-X POST
	asks "twice is no error" 204 north \
		"/csrc/agent/NORTH/requests/$id/delivered" -X POST
	asks "it waits no more" 404 north "/csrc/agent/NORTH/requests/$id"
	{
		receive_bundle K0001
		report_json A1 1500 | sed "s/}$/,\"email_id\":\"$id\"}/"
	} | seal "$KEY_ID" "$KEY" >"$WORK/answer"
	uploads "its answer" 200 NORTH "$WORK/answer"
	answers "is one" '.[0].verdict' '"genuine"'
	like "$(csrcadm request show "$id")" "*answered*" "and the center has it"
}

# What is away is asked again.
test_away()
{
	sealed NORTH "$WORK/patient" A1=1600
	gateway_stop
	uploads "without the gateway it is later" 503 NORTH "$WORK/patient"
	gateway_start || bail_out "no gateway"
	uploads "and then it counts" 200 NORTH "$WORK/patient"
	answers "once" '.[0].verdict' '"genuine"'
	receive_kill
	asks "without csrc-receive it is later, too" 503 north /csrc/agent/NORTH
	receive_start "$WORK" || bail_out "no csrc-receive"
	asks "and back" 200 north /csrc/agent/NORTH
	receive_stop
	is "$?" 0 "it stops when it is asked to"
	not_ok "and leaves no socket" test -e "$RECEIVE_DIR/run/fastcgi.sock"
	receive_start "$WORK" || bail_out "no csrc-receive"
}

receiving_begin NORTH SOUTH
receive_certificate device NORTH device
receive_certificate west WEST
receive_certificate copy NORTH
apache_certificate liar "/OU=agent/CN=NORTH" "extendedKeyUsage=clientAuth
subjectAltName=URI:urn:csrc:agent:SOUTH"
head -c 5000000 /dev/zero >"$WORK/large"
test_access
test_upload
test_unassigned
test_copies
test_slow
test_disabled
test_requests
test_away
done_testing
