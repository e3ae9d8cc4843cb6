# shellcheck shell=bash
# The rows of an agent's upload: readings that waited, by csrc-dca through Apache and
# csrc-receive into the gateway, as one bundle and in bundles as long as it makes them
# itself. To be sourced by bench.sh.

UPLOAD_READINGS=10000
UPLOAD_DEVICES=200

upload_begin()
{
	local at=$WORK/upload limit=$((32 << 20)) i
	local -a serials

	mkdir -m 755 "$at"
	# shellcheck disable=SC2034 # it is receive.sh's
	RECEIVE_DOOR="Define CSRC_AGENT_LIMIT $limit"
	gateway_configure "$at" publish_interval=1s max_message_size=$limit \
		max_reports_per_hour=1000000000 max_octets_per_day=1024G \
		"${RECEIVE_GATEWAY[@]}"
	gateway_register "$CENTER" "$ADDRESS" BENCH $UPLOAD_DEVICES \
		"$at/devices" >"$WORK/out" 2>&1 ||
		die "register: $(cat "$WORK/out")"
	gateway_start && receive_start "$at" max_message_size=$limit &&
		receive_apache "$at" || die "servers did not start"
	csrcadm agent add NORTH --center "$CENTER" >"$WORK/out" 2>&1 &&
		csrcadm agent key NORTH --generate >"$at/key" ||
		die "no agent: $(cat "$WORK/out")"
	mapfile -t serials < <(cut -d ' ' -f 1 "$at/devices")
	for ((i = 0; i < ${#serials[@]}; i += 20)); do
		csrcadm agent assign NORTH "${serials[@]:i:20}" \
			>"$WORK/out" 2>&1 ||
			die "not assigned: $(cat "$WORK/out")"
	done
	receive_certificate north NORTH
	wait_for 20 receive_known NORTH || die "NORTH is not in the registry"
}

# What csrc-dca makes of a printer, so many times.
upload_lines()
{
	cut -d ' ' -f 1 "$WORK/upload/devices" |
		awk -v count=$UPLOAD_READINGS -v now="$(date +%s)" \
			-v center="$CENTER" '
	{ serial[NR] = $1 }
	END {
		for (i = 0; i < count; i++)
			printf "{\"version\":1,\"kind\":\"counters\",\"date\":\"%s\",\"center\":\"%s\",\"serial\":\"%s\",\"model\":\"Example Printer 300\",\"agent\":{\"address\":\"192.0.2.%d\",\"profile\":\"printer-mib\",\"oids\":{\"total\":\"1.3.6.1.2.1.43.10.2.1.4.1.1\",\"total.color\":\"1.3.6.1.4.1.99999.1.1\"}},\"counters\":{\"total\":%d,\"total.color\":%d},\"supplies\":[{\"description\":\"Black Toner\",\"type\":\"toner\",\"unit\":\"impressions\",\"level\":4200,\"capacity\":10000,\"oid\":\"1.3.6.1.2.1.43.11.1.1.9.1.1\"},{\"description\":\"Waste Toner Box\",\"type\":\"wasteToner\",\"unit\":\"percent\",\"level\":-3,\"capacity\":-2,\"oid\":\"1.3.6.1.2.1.43.11.1.1.9.1.2\"}]}\n",
				strftime("%Y-%m-%dT%H:%M:%SZ", now - count + i, 1),
				center, serial[1 + i % NR], i % 250, 100000 + i, i
	}'
}

upload_done()
{
	[ "$(dca_waits)" = 0 ]
}

# upload_once NAME=VALUE…: "MILLISECONDS BUNDLES KILOBYTES", the last its memory
# at most
upload_once()
{
	local queue peak

	dca_configure "$WORK/upload" NORTH "$CENTER" "$RECEIVE_URL" \
		"ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/north.pem" \
		"certificate_key=$APACHE_CONF/north.key" interval=1h \
		contact_interval=1s snmp_timeout=1s snmp_tries=1 "$@" \
		<"$WORK/upload/key"
	dca_credentials none version=v2c community=none
	dca_printers none none 127.0.99.99 discover=no port=9
	queue=$DCA_DIR/state/queue
	rm -rf "$DCA_DIR/state" "$DCA_LOG"
	mkdir -p "$queue"
	chmod 700 "$DCA_DIR/state" "$queue"
	upload_lines >"$queue/0000000000000001.jsonl"
	dca_start
	wait_for 120 upload_done ||
		die "not all is sent: $(tail -n 3 "$DCA_LOG")"
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$DCA_PID/status")
	dca_stop
	sed -n 's/.*bundle of \([0-9]*\) reports.* in \([0-9]*\) ms$/\1 \2/p' \
		"$DCA_LOG" | awk -v peak="$peak" '
	{ n++; ms += $2 }
	END { print ms, n, peak }'
}

uploaded()
{
	local round ms count peak mega
	local -a one=() many=() memory=() counts=()

	upload_begin
	for ((round = 0; round < 3; round++)); do
		read -r ms _ < <(upload_once max_message_size=32M)
		one+=("$(awk "BEGIN { print $UPLOAD_READINGS * 1000 / $ms }")")
		read -r ms count peak < <(upload_once)
		many+=("$(awk "BEGIN { print $UPLOAD_READINGS * 1000 / $ms }")")
		memory+=("$peak")
		counts+=("$count")
	done
	mega=$(awk "BEGIN { printf \"%.1f\", $(wc -c < <(upload_lines)) / 1048576 }")
	row 15 "csrc-dca: $UPLOAD_READINGS readings as one bundle of $mega MB" "/s" "" \
		"${one[@]}"
	row 15 "the same in ${counts[0]} bundles of 2 MB" "/s" "" "${many[@]}"
	row 15 "its memory then, at most" kB "<= 32768" "${memory[@]}"
	dca_stop
	apache_stop
	receive_stop
	gateway_stop
}
