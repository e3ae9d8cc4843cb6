#!/bin/bash
# csrc-dca between real snmpds and a real center (Apache, csrc-receive, the
# gateway): what leaves it and when, on the wire; what becomes of each reading when
# the line is cut, either end is killed, the disk is full, the clock is wrong; and
# requests. CSRC_KILLS: how often both ends are killed.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
. "${srcdir:-.}/tests/agent/receiving.sh"
. "$CSRC_SOURCE/contrib/lib/snmpd.sh"
. "$CSRC_SOURCE/contrib/lib/squid.sh"
. "$CSRC_SOURCE/contrib/lib/dca.sh"

KILLS=${CSRC_KILLS:-8}
PASSPHRASES=("auth_passphrase=a passphrase to sign"
	"priv_passphrase=a passphrase to hide")
PORT=$(free_port)
OUT=
ID=
RIGHT=0 # octets to the center in a round where all is right
HAVE_TCPDUMP=
command -v tcpdump >/dev/null && HAVE_TCPDUMP=yes

end()
{
	dca_stop
	snmpd_stop_all
	squid_stop
	umount "$WORK/small" 2>/dev/null
	receiving_end
}

# printer NAME ADDRESS SERIAL PAGES [LINE…]
printer()
{
	local name=$1 address=$2 serial=$3 pages=$4 lines
	shift 4

	mapfile -t lines < <(snmpd_printer "$serial" "$pages")
	snmpd_start "$WORK" "$name" "$PORT" "$address" \
		'createUser csrc SHA-256 "a passphrase to sign" AES "a passphrase to hide"' \
		"rouser csrc priv" "${lines[@]}" "$@" || bail_out "no snmpd"
}

# agent ID CERTIFICATE [NAME=VALUE…]: with NORTH's key
agent()
{
	local id=$1 certificate=$APACHE_CONF/$2
	shift 2

	dca_configure "$WORK" "$id" K0001 "$RECEIVE_URL" \
		"ca_file=$APACHE_CONF/ca.pem" "certificate=$certificate.pem" \
		"certificate_key=$certificate.key" interval=1h \
		contact_interval=1s timeout=20s snmp_tries=2 snmp_timeout=1s \
		"$@" <"$WORK/NORTH.key"
	dca_credentials lab user=csrc "${PASSPHRASES[@]}"
	dca_printers lab lab "127.0.5.1 127.0.5.2 127.0.5.3" "port=$PORT"
}

# CODE TEXT WORD…: csrc-dca ends so
ends()
{
	local code=$1 text=$2
	shift 2

	OUT=$(dca "$@" 2>&1)
	is $? "$code" "$text" || diag "$OUT"
}

# FILTER WANTED TEXT
state()
{
	is "$(dca_state "$1")" "$2" "$3" || diag "$(dca status)"
}

# The readings of counters in the spool, "SERIAL DATE TOTAL", sorted.
readings()
{
	gateway_reports | jq -r '.report | select(.kind == "counters") |
		"\(.serial) \(.date) \(.counters.total)"' | sort
}

totals()
{
	readings | cut -d ' ' -f 1,3
}

count()
{
	readings | wc -l
}

# Those of WORK/truth that are there.
true_ones()
{
	readings | grep -F -x -f "$WORK/truth" | cksum
}

prints()
{
	[ "$("$1")" = "$2" ]
}

# COMMAND WANTED TEXT: what it prints, soon, since the spool follows the receipt
becomes()
{
	wait_for 10 prints "$1" "$2"
	is "$("$1")" "$2" "$3"
}

# Those in the queue.
waiting()
{
	cat "$DCA_DIR"/state/queue/[0-9]* 2>/dev/null |
		grep -c '"kind":"counters"'
}

all_sent()
{
	[ "$(dca_waits)" = 0 ]
}

once()
{
	is "$(readings | uniq -d)" "" "$1"
}

# --- the wire ---

# wire_begin FILTER: what goes there on loopback, into WORK/wire
wire_begin()
{
	[ -n "$HAVE_TCPDUMP" ] || return 0
	tcpdump -Z root -i lo -U --immediate-mode -s 0 -w "$WORK/wire" "$1" 2>"$WORK/tcpdump" &
	WIRE_PID=$!
	wait_for 10 grep -q "listening on" "$WORK/tcpdump"
}

wire_end()
{
	[ -n "$HAVE_TCPDUMP" ] || return 0
	# what the kernel has still to hand over
	sleep 0.3
	stop_process "$WIRE_PID"
}

# How many octets of TCP went to the center.
wire_sent()
{
	tcpdump -nn -r "$WORK/wire" "tcp dst port ${RECEIVE_URL##*:}" \
		2>/dev/null | sed -n 's/.* length \([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

test_first()
{
	agent NORTH north
	ends 0 "its configuration is read" -n
	ends 0 "nothing keeps it from working" check
	like "$OUT" "*K0001 takes us for NORTH*" \
		"and the center knows it"
	wire_begin "udp port $PORT or tcp port ${RECEIVE_URL##*:}"
	ends 0 "a round" poll
	wire_end
	like "$OUT" "*PRT001 *answered*PRT002 *answered*PRT003 *answered*" \
		"all have answered"
	becomes totals "$(printf 'PRT001 1001\nPRT002 2002')" \
		"those that are assigned are in the spool"
	state '.contact | "\(.state) \(.refused)"' "confirmed 0" \
		"the center has all of it"
	is "$(dca_waits)" 0 "and nothing waits"
	like "$(csrcadm agent show NORTH --unassigned)" "*PRT003*" \
		"one that nobody has registered is listed there"
}

test_wire()
{
	local word

	[ -n "$HAVE_TCPDUMP" ] || {
		skip "what a sniffer sees" "no tcpdump"
		return
	}
	ok "a sniffer sees it" test "$(wc -c <"$WORK/wire")" -gt 10000
	for word in PRT001 public passphrase "Example Printer" "total" K0001 \
		'"kind"'; do
		not_ok "but no $word in clear" grep -a -q -F "$word" "$WORK/wire"
	done
	RIGHT=$(wire_sent)
}

# TEXT ID CERTIFICATE: nothing leaves
test_wrong()
{
	local text=$1 sent
	shift

	agent "$@"
	wire_begin "port ${RECEIVE_URL##*:}"
	ends 1 "$text" poll
	wire_end
	[ -z "$HAVE_TCPDUMP" ] || {
		sent=$(wire_sent)
		ok "$text: $sent octets have left, a handshake, where $RIGHT would" \
			test "$sent" -lt $((RIGHT - 2000))
	}
	state .contact.state refused "$text: it is refused"
	is "$(waiting)" 3 "$text: all of it waits"
	rm -rf "$DCA_DIR"
}

# --- the line is cut ---

receive_again()
{
	apache_start "$WORK" certificate || bail_out "no Apache: $(apache_said)"
}

test_line()
{
	local polls=3 i before

	agent NORTH north
	before=$(readings | wc -l)
	apache_stop
	for ((i = 0; i < polls; i++)); do
		ends 1 "the center is away" poll
		sleep 1.1 # readings of one second would be one reading
	done
	state .contact.state unreachable "it says so"
	is "$(waiting)" $((3 * polls)) "the readings wait"
	receive_again
	ends 0 "it is there again" poll
	becomes count $((before + 2 * (polls + 1))) \
		"all of them are at the center"
	once "each once"
	is "$(dca_waits)" 0 "nothing waits"
}

# Lines as it would have put them, weeks of them.
weeks()
{
	awk -v count="$1" -v now="$(date +%s)" 'BEGIN {
		for (i = 0; i < count; i++)
			printf "{\"version\":1,\"kind\":\"counters\",\"date\":" \
				"\"%s\",\"center\":\"K0001\",\"serial\":\"PRT00%d\"," \
				"\"model\":\"Example Printer 300\"," \
				"\"counters\":{\"total\":%d}}\n",
				strftime("%Y-%m-%dT%H:%M:%SZ", now - 60 * (count - i), 1),
				1 + i % 2, 500000 + i
	}'
}

# weeks_wait COUNT: they are in its queue, and "SERIAL DATE TOTAL" in WORK/truth
weeks_wait()
{
	local queue=$DCA_DIR/state/queue number=1 file

	mkdir -p "$queue"
	chmod 700 "$DCA_DIR/state" "$queue"
	weeks "$1" | split -l 250 -a 3 -d - "$WORK/week."
	for file in "$WORK"/week.*; do
		mv "$file" "$queue/$(printf %016d "$number").jsonl"
		number=$((number + 250))
	done
	cat "$queue"/*.jsonl | jq -r '"\(.serial) \(.date) \(.counters.total)"' |
		sort >"$WORK/truth"
}

disturb()
{
	case $(($1 % 4)) in
	0 | 2) dca_kill ;;
	1)
		csrcadm agent disable NORTH
		sleep 0.2
		dca_kill
		csrcadm agent enable NORTH
		;;
	3)
		receive_kill
		dca_kill
		receive_start "$WORK"
		;;
	esac
}

# Either end is killed, the agent is disabled and enabled, while weeks are sent.
test_killed()
{
	local i count=3000

	rm -rf "$DCA_DIR"
	agent NORTH north max_message_size=1M
	weeks_wait $count
	cp -a "$DCA_DIR/state/queue" "$WORK/old"
	for ((i = 0; i < KILLS; i++)); do
		dca_start
		sleep "0.$((RANDOM % 5 + 1))"
		disturb $i
	done
	wait_for 20 receive_known NORTH || fail "it is in the registry again"
	dca_start
	wait_for 60 all_sent
	dca_stop
	is "$(dca_waits)" 0 "after $KILLS kills all is at the center"
	becomes true_ones "$(cksum <"$WORK/truth")" \
		"each of $count readings once"
	once "and nothing twice"
}

# A queue that was sent before, from a backup say.
test_replay()
{
	rm -rf "$DCA_DIR/state/queue"
	mv "$WORK/old" "$DCA_DIR/state/queue"
	dca_start
	wait_for 60 all_sent
	dca_stop
	is "$(dca_waits)" 0 "an old queue is sent again"
	is "$(true_ones)" "$(cksum <"$WORK/truth")" "and adds nothing"
}

answered()
{
	gateway_reports | jq -r "select(.email_id == \"$ID\") | .report.serial"
}

test_request()
{
	agent NORTH north
	dca poll >/dev/null 2>&1
	ID=$(csrcadm request PRT001 --command counters --send 2>&1 |
		grep -o -E -w '[a-z2-7]{26}' | head -n 1)
	like "$ID" "??????????????????????????" "a request is made"
	ends 0 "the next contact" poll
	becomes answered PRT001 "has its answer"
	is "$(find "$DCA_DIR/state/answers" -type f | wc -l)" 0 "it is done with"
}

test_engine()
{
	ends 0 "engines are pinned" poll
	stop_process "${SNMPD_PIDS[1]}"
	rm -rf "$WORK/two/persistent"
	printer two 127.0.5.2 PRT002 2010 "engineIDNick another"
	ends 1 "another engine there" poll
	like "$OUT" "*127.0.5.2:$PORT *engine-changed*" \
		"is told, and asked nothing"
	ends 0 "it is accepted" accept "127.0.5.2:$PORT"
	ends 0 "and polled again" poll
	ends 3 "which is for one only" accept "127.0.5.1:$PORT"
}

# On a file system of 2 MB.
test_full()
{
	mkdir "$WORK/small"
	mount -t tmpfs -o size=2M none "$WORK/small" 2>/dev/null || {
		skip "a full disk" "no tmpfs"
		return
	}
	sed -i "1i state_directory = $WORK/small/state" "$DCA_DIR/csrc-dca.conf"
	apache_stop
	dca poll >/dev/null 2>&1
	dd if=/dev/zero of="$WORK/small/fill" bs=1k >/dev/null 2>&1
	ends 4 "nothing is kept on a full disk" poll
	like "$OUT" "*o space left*" "and it says so"
	rm "$WORK/small/fill"
	receive_again
	ends 0 "there is room again" poll
	is "$(dca_waits)" 0 "nothing waits"
	umount "$WORK/small"
	sed -i 1d "$DCA_DIR/csrc-dca.conf"
}

stepped_dca()
{
	CSRC_STEPPED=$WORK/step LD_PRELOAD=$CSRC_BUILD/tests/tools/stepped.so \
		dca "$@" >"$WORK/out" 2>&1
}

# A clock that is three days ahead, and that nobody looks after: what is read waits
# for the center's.
test_clock()
{
	local last

	apache_stop
	echo "259200 0 0" >"$WORK/step"
	stepped_dca poll
	ok "without a clock readings wait undated" \
		ls "$DCA_DIR"/state/queue/*.undated
	receive_again
	stepped_dca poll
	is "$?" 0 "the center has one" || diag "$(cat "$WORK/out")"
	is "$(dca_waits)" 0 "nothing waits"
	sleep 0.5 # what follows the receipt
	last=$(readings | cut -d ' ' -f 2 | sort | tail -n 1)
	last=$(($(date +%s) - $(date -d "$last" +%s)))
	ok "and dates them ($last s ago)" test $last -ge -5 -a $last -lt 60
}

# One that says another's serial is another's bill.
test_conflict()
{
	printer four 127.0.5.4 PRT001 9
	sed -i 's/^addresses = .*/& 127.0.5.4/' "$DCA_DIR/csrc-dca.conf"
	ends 1 "a printer with another's serial" poll
	like "$OUT" "*127.0.5.4:$PORT * conflict *" "is told"
	sed -i 's/ 127.0.5.4$//' "$DCA_DIR/csrc-dca.conf"
	is "$(readings | grep -c 'PRT001 .* 9$')" 0 "and not reported"
}

# From a directory of his own, by somebody who may do nothing.
test_unprivileged()
{
	local other=$WORK/dca-NOBODY

	cp "$CSRC_BUILD/csrc-dca" "$WORK"
	cp -a "$DCA_DIR" "$other"
	chown -R nobody "$other"
	install -m 400 -o nobody "$APACHE_CONF/north.key" "$other/north.key"
	sed -i "s|^certificate_key = .*|certificate_key = $other/north.key|" \
		"$other/csrc-dca.conf"
	ok "nobody can run it" setpriv --reuid=nobody --clear-groups \
		"$WORK/csrc-dca" -d "$other" poll
	is "$(find "$other/state" ! -user nobody)" "" "all it keeps is his"
}

test_proxy()
{
	squid_unpack || {
		skip "a proxy" "Squid's package cannot be had"
		return
	}
	squid_start "$WORK" basic || bail_out "no Squid"
	echo proxy-password >"$WORK/proxy-password"
	chmod 600 "$WORK/proxy-password"
	agent NORTH north "proxy=http://localhost:$SQUID_PORT" proxy_user=proxy \
		"proxy_password_file=$WORK/proxy-password"
	ends 0 "through a proxy that wants a password" poll
	ok "it was asked" grep -q CONNECT "$SQUID_LOG"
	squid_stop
	ends 1 "and not round it" poll
	agent NORTH north
}

test_two_places()
{
	ends 0 "one place" poll
	cp -a "$DCA_DIR" "$WORK/dca-AGAIN"
	dca_use "$WORK" AGAIN
	ends 0 "another one with its ID and key" poll
}

snmpd_unpack || skip_all "snmpd's package cannot be had"
receiving_begin NORTH SOUTH
trap end EXIT
for serial in PRT001 PRT002; do
	csrcadm device add $serial --center K0001 || bail_out "no device"
	csrcadm device set $serial --channel agent || bail_out "no channel"
done
csrcadm agent assign NORTH PRT001 PRT002 >/dev/null || bail_out "not assigned"
printer one 127.0.5.1 PRT001 1001
printer two 127.0.5.2 PRT002 2002
printer three 127.0.5.3 PRT003 3003

test_first
test_wire
test_wrong "a wrong ID" WEST north
test_wrong "a copied ID with another certificate" NORTH south
test_line
test_killed
test_replay
test_request
test_engine
test_full
test_clock
test_conflict
test_unprivileged
test_proxy
test_two_places
done_testing
