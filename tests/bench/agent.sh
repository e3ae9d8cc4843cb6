# shellcheck shell=bash
# The rows of the agent: printers a second against a bare loop of net-snmp and
# against snmpbulkget in parallel; whole Printer-MIBs; SNMPv3 of real agents;
# memory. Everything is on this machine, the printers as well: what they cost is
# a row of its own. To be sourced by bench.sh.

AGENT_ROUNDS=3
AGENT_PORT=
AGENT_PID=
SNMPDS=20 # real agents, for SNMPv3
WINDOW=64
OBJECTS=(1.3.6.1.2.1.1.2.0 1.3.6.1.2.1.1.3.0 1.3.6.1.2.1.25.3.2.1.3.1
	1.3.6.1.2.1.43.5.1.1.17.1 1.3.6.1.2.1.43.10.2.1.4.1.1
	1.3.6.1.2.1.43.11.1.1.8.1.1 1.3.6.1.2.1.43.11.1.1.9.1.1
	1.3.6.1.2.1.43.16.5.1.2.1.1)

agent_responder()
{
	AGENT_PORT=$(free_port)
	"$CSRC_BUILD/tests/tools/snmp_responder" "$AGENT_PORT" public \
		"$CSRC_SOURCE/tests/agent/printers/plain.snmprec" \
		>"$WORK/responder" 2>&1 &
	AGENT_PID=$!
	wait_for 10 grep -q ready "$WORK/responder" ||
		die "responder: $(cat "$WORK/responder")"
}

agent_stop()
{
	stop_process "$AGENT_PID" 5
	AGENT_PID=
	snmpd_stop_all
}

# ask COUNT WORD…: the first COUNT printers; what it says into said
ask_printers()
{
	local count=$1
	shift

	"$CSRC_BUILD/tests/tools/snmpclient" "port=$AGENT_PORT" quiet=yes \
		window=$WINDOW "$@" poll "127.4.0.0-$(printer $((count - 1)))" \
		>"$WORK/said" || die "$(cat "$WORK/said")"
	grep -q " $count answered" "$WORK/said" || die "$(cat "$WORK/said")"
}

printer()
{
	echo "127.4.$(($1 / 256)).$(($1 % 256))"
}

# what it said as printers a second
printers_a_second()
{
	sed -n 's/^\([0-9]*\) printers, [0-9]* rows, \([0-9]*\) ms.*/\1 \2/p' \
		"$WORK/said" | awk '{ print $1 * 1000 / ($2 > 0 ? $2 : 1) }'
}

bare_printers_a_second()
{
	"$CSRC_BUILD/tests/bench/snmpbare" "$AGENT_PORT" "$1" $WINDOW \
		"${OBJECTS[@]}" >"$WORK/bare" || die "snmpbare"
	grep -q "^$1 answered" "$WORK/bare" || say "$(cat "$WORK/bare")"
	sed -n 's/.*seconds=//p' "$WORK/bare" |
		awk -v count="$1" '{ print count / $1 }'
}

# Of 500 printers, since each costs a process.
bulkget_printers_a_second()
{
	local began ended n

	began=$(date +%s%N)
	for ((n = 0; n < 500; n++)); do
		printer "$n"
	done | MIBS='' SNMPCONFPATH=$WORK/none SNMP_PERSISTENT_DIR=$WORK/none \
		xargs -P $WINDOW -I '{}' \
		"$UNPACK_DIR/snmp/usr/bin/snmpbulkget" -v2c -c public \
		-Cn${#OBJECTS[@]} -Cr0 "{}:$AGENT_PORT" "${OBJECTS[@]}" \
		>"$WORK/out" 2>&1 || die "snmpbulkget: $(tail -n 3 "$WORK/out")"
	ended=$(date +%s%N)
	awk "BEGIN { print 500 * 1e9 / ($ended - $began) }"
}

against_others()
{
	local round gets=() one
	local -a ours=() bare=() ratio=() bulk=() times=()

	for one in "${OBJECTS[@]}"; do
		gets+=("get=$one")
	done
	for ((round = 0; round < AGENT_ROUNDS; round++)); do
		say "printers, round $round"
		bare+=("$(bare_printers_a_second "$PRINTERS")") || exit 1
		ask_printers "$PRINTERS" version=v2c community=public \
			"${gets[@]}"
		ours+=("$(printers_a_second)")
		ratio+=("$(awk "BEGIN { print ${ours[-1]} / ${bare[-1]} }")")
		[ $round -eq 0 ] || continue
		bulk+=("$(bulkget_printers_a_second)") || exit 1
		times+=("$(awk "BEGIN { print ${ours[-1]} / ${bulk[-1]} }")")
	done
	row "(l)" "printers / a bare net-snmp loop's, 8 objects" "" ">= 0.50" \
		"${ratio[@]}"
	row "" "printers" " /s" "" "${ours[@]}"
	row "" "bare loop" " /s" "" "${bare[@]}"
	row "" "printers / those of snmpbulkget, $WINDOW at once" "" \
		">= 5.00" "${times[@]}"
	row "" "snmpbulkget" " /s" "" "${bulk[@]}"
}

whole_printers()
{
	local before after

	say "$PRINTERS whole Printer-MIBs"
	before=$(processor "$AGENT_PID")
	ask_printers "$PRINTERS" version=v2c community=public \
		get="${OBJECTS[0]}" walk=1.3.6.1.2.1.43
	after=$(processor "$AGENT_PID")
	row "" "whole Printer-MIBs (56 rows)" " printers/s" "" \
		"$(printers_a_second)"
	row "" "processor time of the responder, a printer" " us" "" \
		"$(((after - before) / PRINTERS))"
	row "" "of the agent" " us" "" "$(sed -n \
		's/.*processor \([0-9]*\) ms.*/\1/p' "$WORK/said" |
		awk -v n="$PRINTERS" '{ print $1 * 1000 / n }')"
	row "" "memory of the agent, $PRINTERS printers" " MB" "<= 32" \
		"$(sed -n 's/.*memory \([0-9]*\) kB.*/\1/p' "$WORK/said" |
			awk '{ print $1 / 1024 }')"
}

# Each real agent is 50 printers to us, one after the other, as it has one
# engine.
by_version_three()
{
	local n lines=() ranges=()

	snmpd_unpack || die "no snmpd"
	mapfile -t lines < <(snmpd_printer BENCH 1234
		echo 'createUser bench SHA-256 auth-passphrase AES priv-passphrase'
		echo 'rouser bench priv')
	AGENT_PORT=$(free_port)
	for ((n = 1; n <= SNMPDS; n++)); do
		mkdir -p "$WORK/snmpd"
		snmpd_start "$WORK/snmpd" "$n" "$AGENT_PORT" "127.5.$n.1" \
			"${lines[@]}" || die "snmpd"
		ranges+=("127.5.$n.1")
	done
	for ((n = 0; n < 50; n++)); do
		ranges+=("${ranges[@]:0:SNMPDS}")
	done
	"$CSRC_BUILD/tests/tools/snmpclient" "port=$AGENT_PORT" quiet=yes \
		window=$WINDOW user=bench auth=sha256 priv=aes128 \
		auth_passphrase=auth-passphrase \
		priv_passphrase=priv-passphrase "engines=$WORK/engines" \
		get="${OBJECTS[0]}" get="${OBJECTS[3]}" get="${OBJECTS[4]}" \
		get="${OBJECTS[5]}" get="${OBJECTS[6]}" poll "${ranges[@]}" \
		>"$WORK/said"
	row "" "by v3 of $SNMPDS real agents, 5 objects" " printers/s" "" \
		"$(printers_a_second)"
	row "" "processor time of the agent, a printer" " us" "" "$(sed -n \
		's/.*processor \([0-9]*\) ms.*/\1/p' "$WORK/said" |
		awk -v n="${#ranges[@]}" '{ print $1 * 1000 / n }')"
}

asked()
{
	unpack snmp snmp || die "no snmpbulkget"
	agent_responder
	against_others
	whole_printers
	agent_stop
	by_version_three
	agent_stop
}
