#!/bin/bash
# An agent that reads three printers each second and uploads what they say, while
# the daemon, csrc-receive, Apache and the agent itself are killed (-9) at random
# moments. No two readings of a printer are alike, since it counts them: each that
# was ever on the agent's disk is in the spool at the end, and each once.
#
#     killed.sh [KILLS]     8, or CSRC_KILLS
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
. "${srcdir:-.}/tests/agent/receiving.sh"
. "$CSRC_SOURCE/contrib/lib/snmpd.sh"
. "$CSRC_SOURCE/contrib/lib/dca.sh"

KILLS=${1:-${CSRC_KILLS:-8}}
PRINTERS=(P1 P2 P3)
COUNT=1.3.6.1.2.1.43.10.2.1.4 # prtMarkerLifeCount
declare -A KILLED=([daemon]=0 [receive]=0 [apache]=0 [agent]=0)
WATCHER=

# What snmpd asks for that counter: each answer is one more.
counting()
{
	cat <<END
#!/bin/sh
case "\$1 \$2" in
"-g .$COUNT.1.1" | "-n .$COUNT" | "-n .$COUNT.1") ;;
*) exit 0 ;;
esac
n=\$((\$(cat "$1") + 1))
echo \$n >"$1"
printf '.$COUNT.1.1\ncounter\n%s\n' \$n
END
}

printer()
{
	local serial=$1 address=$2 line lines=()

	echo 0 >"$WORK/$serial.count"
	counting "$WORK/$serial.count" >"$WORK/$serial.sh"
	chmod 755 "$WORK/$serial.sh"
	while IFS= read -r line; do
		lines+=("$line")
	done < <(snmpd_printer "$serial" 0 | grep -vF "$COUNT")
	snmpd_start "$WORK" "$serial" "$PORT" "$address" "${lines[@]}" \
		"pass .$COUNT $WORK/$serial.sh" \
		'createUser reader SHA-256 "a-passphrase-1" AES "a-passphrase-2"' \
		'rouser reader priv'
}

begin()
{
	local i

	receiving_begin NORTH
	trap finish EXIT
	PORT=$(free_port)
	snmpd_unpack || skip_all "snmpd's package cannot be had"
	for i in "${!PRINTERS[@]}"; do
		csrcadm device add "${PRINTERS[i]}" --center K0001 &&
			printer "${PRINTERS[i]}" "127.0.41.$((i + 1))" ||
			bail_out "no printer"
	done
	csrcadm agent assign NORTH "${PRINTERS[@]}" || bail_out "not assigned"
	dca_configure "$WORK" NORTH K0001 "$RECEIVE_URL" interval=1s \
		contact_interval=1s snmp_timeout=1s timeout=10s \
		"ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/north.pem" \
		"certificate_key=$APACHE_CONF/north.key" <"$WORK/NORTH.key"
	dca_credentials site user=reader auth=sha256 priv=aes128 \
		auth_passphrase=a-passphrase-1 priv_passphrase=a-passphrase-2
	dca_printers floor site 127.0.41.1-127.0.41.3 "port=$PORT"
	dca discover >"$WORK/found" || bail_out "no printer was found"
}

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	[ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null
	dca_stop
	snmpd_stop_all
	receiving_end
}

# "SERIAL COUNT" of whole lines.
readings()
{
	sed -n 's/.*"serial":"\([^"]*\)".*"counters":{"total":\([0-9]*\).*}$/\1 \2/p'
}

# All that is ever in the queue.
watch()
{
	while :; do
		cat "$DCA_DIR"/state/queue/[0-9]*.{jsonl,undated} 2>/dev/null |
			readings
		sleep 0.1
	done >>"$WORK/watched"
}

kill_one()
{
	case $((RANDOM % 4)) in
	0)
		KILLED[daemon]=$((KILLED[daemon] + 1))
		kill_process "$GATEWAY_PID"
		gateway_start || bail_out "no gateway"
		;;
	1)
		KILLED[receive]=$((KILLED[receive] + 1))
		receive_kill
		receive_start "$WORK" || bail_out "no csrc-receive"
		;;
	2)
		KILLED[apache]=$((KILLED[apache] + 1))
		apache_kill
		apache_start "$WORK" certificate || bail_out "no Apache"
		;;
	3)
		KILLED[agent]=$((KILLED[agent] + 1))
		dca_kill
		dca_start
		;;
	esac
}

kill_them()
{
	local left=$KILLS nap

	while [ $((left--)) -gt 0 ]; do
		printf -v nap '0.%03d' $((RANDOM % 700))
		sleep "$nap"
		kill_one
	done
}

# Everything is there again, and the queue runs empty.
drained()
{
	dca poll >>"$WORK/drain" 2>&1 && [ "$(dca_waits)" -eq 0 ]
}

begin
dca_start
watch &
WATCHER=$!
ok "it uploads" wait_for 30 has_spooled 'length > 3' true ||
	diag "$(tail -n 5 "$DCA_LOG" "$RECEIVE_LOG" "$GATEWAY_LOG")"
kill_them
ok "the agent stops when it is asked to" dca_stop
ok "its queue runs empty" wait_for 60 drained
kill "$WATCHER"
wait "$WATCHER" 2>/dev/null
WATCHER=
sort -u "$WORK/watched" >"$WORK/was"
ok "so does the spool" wait_for 20 has_spooled 'length > 9' true
gateway_reports | jq -r 'select(.report.kind == "counters") |
	"\(.serial) \(.report.counters.total)"' | sort >"$WORK/spooled"
is "$(uniq -d "$WORK/spooled")" "" "each reading is there once"
is "$(comm -23 "$WORK/was" "$WORK/spooled")" "" \
	"and each that was ever in the queue"
is "$(find "$DCA_DIR/state/queue/refused"* -type f -size +0 2>/dev/null)" "" \
	"none was refused"
is "$(csrcadm quarantine list)" "" "nor kept aside"
ok "the store is whole" csrcadm check
ok "and the spool" csrcadm spool verify
is "$(grep -ciE 'sanitizer|assert|abort' "$RECEIVE_LOG" "$DCA_LOG" |
	cut -d : -f 2 | paste -sd +)" 0+0 "nobody was unwell"
diag "$(wc -l <"$WORK/spooled") readings, $(wc -l <"$WORK/was") of them seen" \
	"in the queue; killed: the daemon ${KILLED[daemon]} times, csrc-receive" \
	"${KILLED[receive]}, Apache ${KILLED[apache]}, the agent ${KILLED[agent]}"
done_testing
