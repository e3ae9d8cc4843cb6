# shellcheck shell=bash
# The show of "contrib/demo agent": three printers that speak SNMPv3, a collection
# agent that reads them, and a private Apache between it and the center. To be
# sourced by contrib/demo, behind apache.sh, receive.sh, snmpd.sh and dca.sh.
# shellcheck disable=SC2153,SC2154 # center and the like are the demo's

agent=NORTH
agent_printers=(A4FM021007480 A4FM021007481 A4FM021007482)
agent_addresses=(127.0.40.1 127.0.40.2 127.0.40.3)
agent_port=

# SERIAL ADDRESS: a stock snmpd, with the Printer-MIB and one user.
agent_printer()
{
	local line lines=()

	while IFS= read -r line; do
		lines+=("$line")
	done < <(snmpd_printer "$1" "$2")
	snmpd_start "$directory" "$1" "$agent_port" "$3" "${lines[@]}" \
		'createUser reader SHA-256 "demo-passphrase-1" AES "demo-passphrase-2"' \
		'rouser reader priv' || surprise "no printer $1"
}

# agent_set ID OF: an agent with that ID, and the certificate called so, in
# DCA_DIR.
agent_set()
{
	dca_configure "$directory" "$1" "$center" "$RECEIVE_URL" interval=1h \
		contact_interval=1h snmp_timeout=1s "ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/$2.pem" \
		"certificate_key=$APACHE_CONF/$2.key" \
		<"$directory/mails/key.$agent"
	dca_credentials site user=reader auth=sha256 priv=aes128 \
		"auth_passphrase=demo-passphrase-1" \
		"priv_passphrase=demo-passphrase-2"
	dca_printers floor site 127.0.40.1-127.0.40.3 "port=$agent_port"
}

agent_set_up()
{
	local i

	title "And three printers, an agent that reads them, and its way in"
	agent_port=$(free_port)
	for i in 0 1 2; do
		agent_printer "${agent_printers[i]}" $((1000 * (i + 1))) \
			"${agent_addresses[i]}"
	done
	receive_start "$directory" || surprise "csrc-receive did not start"
	receive_apache "$directory" || surprise "Apache did not start"
	csrcadm agent add "$agent" --center "$center" >&3 &&
		(umask 077 && csrcadm agent key "$agent" --generate \
			>"$directory/mails/key.$agent") ||
		surprise "cannot register the agent"
	receive_certificate north "$agent" || surprise "no certificate"
	receive_certificate south SOUTH || surprise "no certificate"
	csrcadm device add "${agent_printers[0]}" --center "$center" >&3 &&
		csrcadm device add "${agent_printers[1]}" --center "$center" \
			>&3 &&
		csrcadm agent assign "$agent" "${agent_printers[0]}" \
			"${agent_printers[1]}" >&3 ||
		surprise "cannot assign the printers"
	agent_set "$agent" north
	wait_for 20 receive_known "$agent" || surprise "Apache knows no agent"
	echo "Three printers (snmpd, SNMPv3), of which two are registered, an agent"
	echo "$agent at their site, csrc-dca, and a private Apache: $RECEIVE_URL"
	echo
}

# polls: it asks its printers, and uploads; what it says is in
# $directory/mails/said.
polls()
{
	dca poll >"$directory/mails/said" 2>&1
	set -- $?
	cat "$directory/mails/said" >&3
	return "$1"
}

agent_spooled()
{
	gateway_reports | wc -l
}

# in_the_spool COUNT
in_the_spool()
{
	wait_for 10 has_in_the_spool "$1" ||
		surprise "$(agent_spooled) reports in the spool, not $1"
}

has_in_the_spool()
{
	[ "$(agent_spooled)" -eq "$1" ]
}

# uploads: how many the web server has seen, and let in.
agent_posts()
{
	grep -c "\"POST /csrc/agent/[^ ]*/reports " "$APACHE_DIR/access.log"
}

agent_reports()
{
	tried "The agent looks for printers"
	dca discover >"$directory/mails/said" 2>&3 ||
		surprise "discover: $(cat "$directory/mails/said")"
	cat "$directory/mails/said" >&3
	[ "$(grep -c '^127\.' "$directory/mails/said")" -eq 3 ] ||
		surprise "not three: $(cat "$directory/mails/said")"
	became "" "three answer by SNMPv3"

	tried "It asks them, and uploads what they say"
	polls || surprise "poll: $(cat "$directory/mails/said")"
	in_the_spool 4
	became 200 "two printers are in the spool; nobody knows the third: it is kept"

	tried "The operator registers what the agent has seen"
	csrcadm agent show "$agent" --unassigned >&3
	csrcadm agent assign "$agent" --unassigned >&3 ||
		surprise "cannot assign it"
	in_the_spool 6
	became "" "what was kept of it is in the spool, too"
}

# An agent that is not who it says is: nothing of what it has may leave it.
agent_denied()
{
	local before told

	before=$(agent_posts)
	polls && surprise "it was let in"
	told=$(tail -n 1 "$APACHE_DIR/access.log" |
		sed 's/.*HTTP\/1\.1" \([0-9]*\) .*/\1/')
	[ "$told" = 403 ] || surprise "it was told $told"
	[ "$(agent_posts)" -eq "$before" ] || surprise "it sent something"
	dca_use "$directory" "$agent"
	became "$told" "it was refused, and sent nothing"
}

agent_cheats()
{
	local mails=$directory/mails said

	tried "An agent with an ID that is not registered"
	agent_set SOUTH south
	agent_denied

	tried "A copied ID and key, with another certificate"
	mv "$DCA_DIR" "$directory/kept"
	agent_set "$agent" south
	agent_denied
	rm -r "$DCA_DIR"
	mv "$directory/kept" "$DCA_DIR"

	tried "An upload, by stock openssl and curl"
	receive_bundle "$center" "${agent_printers[0]}=1000" |
		seal "$(sed -n 's/^key-id: //p' "$mails/key.$agent")" \
			"$(sed -n 's/^key: //p' "$mails/key.$agent")" \
			>"$mails/upload"
	said=$(receive_upload north "$agent" "$mails/upload")
	cat "$RECEIVE_BODY" >&3
	[ "$said" = 200 ] || surprise "it was told $said"
	in_the_spool 7
	became "$said" "it is in the spool: the agent is nothing special"

	tried "The same upload again"
	said=$(receive_upload north "$agent" "$mails/upload")
	cat "$RECEIVE_BODY" >&3
	grep -q '"verdict":"duplicate"' "$RECEIVE_BODY" ||
		surprise "$(cat "$RECEIVE_BODY")"
	became "$said" "it changed nothing"
}

agent_cut_off()
{
	tried "The line is cut, and the agent goes on asking"
	apache_stop
	polls && surprise "it has uploaded"
	dca status >&3
	[ "$(dca_waits)" -gt 0 ] || surprise "it keeps nothing"
	became "" "what it has waits on its disk"

	tried "The line is back"
	apache_start "$directory" certificate || surprise "Apache did not start"
	# readings are dated to the second: the same again in the same one is
	# the same reading
	sleep 1
	polls || surprise "poll: $(cat "$directory/mails/said")"
	[ "$(dca_waits)" -eq 0 ] || surprise "something still waits"
	in_the_spool 13
	became 200 "both rounds are in the spool, each reading once"
}

agent_end()
{
	[ "$(gateway_reports | jq -r '.serial + .report.kind + .report.date' | sort |
		uniq -d)" = "" ] || surprise "something is there twice"
	csrcadm spool verify >&3 || surprise "the spool does not verify"
	table
	echo
	echo "The spool, which billing reads:"
	gateway_reports | jq -r '"    \(.sequence)  \(.received)  \(.serial)  " +
		"\(.channel) \(.agent)  \(.report.kind)" +
		(if .report.counters then ", total \(.report.counters.total)"
		else "" end)'
	cat <<END

All as expected, in $1 seconds. Read next:
    man -l man/csrc-dca.8              the agent
    man -l man/csrc-receive.8          the center's end
    man -l man/csrc-agent.5            what they say to each other
    contrib/apache/csrc-agent.conf     the web server: who is let in
END
}

agent_stay()
{
	cat <<END

agent:          $CSRC_BUILD/csrc-dca -d $DCA_DIR (poll, discover, status)
center's end:   $RECEIVE_URL, log $RECEIVE_LOG
END
}
