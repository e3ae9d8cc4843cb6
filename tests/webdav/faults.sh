#!/bin/bash
# csrc-webdav and a server that fails in each way, at each step: what becomes of
# the message, what is said, and that it is in the spool once when all is well
# again.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/tests/webdav/collecting.sh"

FAULTS=
SERVER=
FILES=
TOTAL=0

faults_begin()
{
	WORK=$(mktemp -d) || bail_out "no temporary directory"
	trap 'faults_end' EXIT
	trap 'exit 1' INT TERM
	collecting_begin 1
	FAULTS=$WORK/faults FILES=$WORK/server/csrc
	mkdir -p "$FILES"/{inbox,work,outbox}
	: >"$FAULTS"
	perl "$CSRC_SOURCE/tests/webdav/faults.pl" "$WORK/server" "$FAULTS" \
		"$WORK/requests" >"$WORK/port" 2>"$WORK/server.err" &
	SERVER=$!
	wait_for 20 test -s "$WORK/port"
	collector_configure "$WORK" timeout=1m
	collector_server f "url=http://127.0.0.1:$(cat "$WORK/port")/csrc/" \
		center=K0001 allow_http=yes
}

faults_end()
{
	collecting_end
	[ -z "$SERVER" ] || kill "$SERVER"
	rm -rf "$WORK"
}

spooled()
{
	gateway_reports | jq -s --argjson total "$TOTAL" \
		'map(select(.report.counters.total == $total)) | length'
}

in_spool()
{
	[ "$(spooled)" -ge 1 ]
}

# A busy machine is slow, and only who hangs is to be given up soon.
patience()
{
	sed -i "s/^timeout = .*/timeout = $1/" "$COLLECTOR_CONF"
}

# fault CODE "METHOD PATH WHAT" SAID: with one message in inbox/, --once ends so
# and says that; without the fault everything is done.
fault()
{
	local code=$1 what=$2 said=$3

	TOTAL=$((TOTAL + 1))
	message D00001 $TOTAL >"$FILES/inbox/D00001.0123456789abcdef.p7m"
	echo "$what" >"$FAULTS"
	[[ $what != *hang ]] || patience 5
	once "$code" "$what: exit status $code"
	like "$OUT
$ERR" "$said" "$what: it says so"
	: >"$FAULTS"
	patience 1m
	once 0 "$what: all is well again"
	wait_for 10 in_spool
	is "$(spooled)" 1 "$what: in the spool, once"
	is "$(files "$FILES/inbox")$(files "$FILES/work")" "" \
		"$what: and away"
	is "$(files "$FILES/outbox")" "D00001 D00001/0123456789abcdef.receipt " \
		"$what: with a receipt"
	rm -r "$FILES/outbox/D00001"
}

test_listing()
{
	local what

	for what in 401 403; do
		fault 3 "PROPFIND inbox $what" "*PROPFIND *inbox/: *$what*"
	done
	for what in 500 503 423 cut garbage hang drop; do
		fault 4 "PROPFIND inbox $what" "*PROPFIND *inbox/: *"
	done
	for what in 301 302 307 400 404 405; do
		fault 4 "PROPFIND inbox $what" "*PROPFIND *inbox/: *"
	done
	fault 3 "PROPFIND work 403" "*PROPFIND *work/: *403*"
	fault 4 "PROPFIND work 500" "*PROPFIND *work/: *500*"
}

test_move()
{
	local what

	# what lost a race is no failure, but it may be none: so it is left
	for what in 404 412 423 500 503 drop; do
		fault 1 "MOVE inbox $what" "*0 taken*1 left*"
	done
	fault 3 "MOVE inbox 403" "*: MOVE *403*"
	for what in 301 409; do
		fault 4 "MOVE inbox $what" "*: MOVE *$what*"
	done
}

test_get()
{
	local what

	for what in 423 500 cut garbage hang drop; do
		fault 1 "GET work $what" "*left in work/: GET *"
	done
	fault 4 "GET work endless" "*left in work/: GET *"
	fault 3 "GET work 403" "*left in work/: GET *403*"
	fault 4 "GET work 302" "*left in work/: GET *302*"
}

test_receipt()
{
	local what

	for what in 401 403 409 423 500 507 hang drop; do
		fault 1 "PUT outbox $what" "*left in work/: receipt: *"
	done
	for what in 403 409 500; do
		fault 1 "MKCOL outbox $what" "*left in work/: receipt: *$what*"
	done
}

test_delete()
{
	local what

	for what in 423 500 hang; do
		fault 1 "DELETE work $what" "*left in work/: DELETE *"
	done
	fault 3 "DELETE work 403" "*left in work/: DELETE *403*"
	fault 4 "DELETE work 301" "*left in work/: DELETE *301*"
}

# A server that hangs holds up no stop.
test_stop()
{
	local began=$EPOCHSECONDS status

	patience "1h\nstop_timeout = 1"
	echo "PROPFIND . hang" >"$FAULTS"
	: >"$WORK/requests"
	collector_start
	wait_for 20 grep -q PROPFIND "$WORK/requests"
	kill "$COLLECTOR_PID"
	wait "$COLLECTOR_PID"
	status=$?
	is $status 4 "a stop during a request that hangs"
	ok "takes stop_timeout, and no more" \
		test $((EPOCHSECONDS - began)) -lt $((20 * PATIENCE))
	ok "and says so" grep -q "stopped with something under way" \
		"$COLLECTOR_LOG"
	COLLECTOR_PID=
}

faults_begin
test_listing
test_move
test_get
test_receipt
test_delete
test_stop
done_testing
