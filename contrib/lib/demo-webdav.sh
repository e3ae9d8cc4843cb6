# shellcheck shell=bash
# The show of "contrib/demo webdav": a private Apache between device and center,
# and csrc-webdav, which collects. To be sourced by contrib/demo, behind
# apache.sh and collector.sh.
# shellcheck disable=SC2154 # center, serial and the like are the demo's

# by_web SERIAL COMMAND [OPTION…]: csrc-device as that device has it installed,
# with its key, its login (or that of $login) and its queue. What it says is in
# $directory/mails/said.
by_web()
{
	local who=$1 command=$2 mails=$directory/mails
	shift 2

	"$CSRC_BUILD/csrc-device" "$command" --center "$center" \
		--serial "$who" --key-file "$mails/key.$who" \
		--queue "$mails/queue.$who" --webdav "$APACHE_URL" \
		--ca-file "$APACHE_CONF/ca.pem" --user "${login:-$who}" \
		--password-file "$mails/password.$who" "$@" \
		>"$mails/said" 2>&1
	set -- $?
	cat "$mails/said" >&3
	return "$1"
}

# waits SERIAL: the messages in its queue, a path a line.
waits()
{
	find "$directory/mails/queue.$1" -maxdepth 1 \
		\( -name '*.p7m' -o -name '*.eml' \)
}

# A password for a device's file, and the line with its hash for Apache's.
web_login()
{
	local made

	made=$(csrcadm --json webdav password "$1") || return 1
	(umask 077 && jq -r .password <<<"$made" \
		>"$directory/mails/password.$1") &&
		jq -r .line <<<"$made" >>"$APACHE_CONF/password"
}

web_set_up()
{
	local name

	title "And a WebDAV server between device and center, and its collector"
	apache_start "$directory" basic || surprise "Apache did not start"
	for name in "$serial" "$other"; do
		web_login "$name" || surprise "no login for $name"
	done
	csrcadm device set "$serial" --channel webdav >&3 ||
		surprise "cannot set the channel of $serial"
	collector_configure "$directory" interval=5s
	collector_server demo "url=$APACHE_URL" "center=$center" user=collector \
		"password_file=$(collector_secret demo collector-password)" \
		"ca_file=$APACHE_CONF/ca.pem" paths=login
	echo "Devices write to a private Apache, $APACHE_URL,"
	echo "each with its own login; csrc-webdav collects."
	echo
}

web_verdicts()
{
	grep ' verdict=.* channel=webdav ' "$GATEWAY_LOG"
}

# collect TOLD VERDICT REASON: the collector comes by once, and finds one message.
collect()
{
	local line sequence count

	count=$(web_verdicts | wc -l)
	collector --once >&3 2>&3 || surprise "the collector failed"
	[ "$(web_verdicts | wc -l)" -eq $((count + 1)) ] ||
		surprise "the collector did not find one message"
	line=$(web_verdicts | tail -n 1)
	echo "log:   $line" >&3
	case "$line " in
	*" verdict=$2 reason=$3 "*) ;;
	*) surprise "expected verdict=$2 reason=$3: $line" ;;
	esac
	sequence=$(sed -n 's/.* sequence=\([0-9]*\).*/\1/p' <<<"$line")
	became "$1" "$(meaning "$2" "$3" "$sequence")"
}

# forgotten: the device polls, and its queue is empty.
forgotten()
{
	by_web "$serial" poll || surprise "poll: $(cat "$directory/mails/said")"
	[ -z "$(waits "$serial")" ] || surprise "it is still in the queue"
}

web_reports()
{
	local mails=$directory/mails

	tried "A genuine report, by HTTPS"
	by_web "$serial" report --counter total=4711 ||
		surprise "report: $(cat "$mails/said")"
	cp "$(waits "$serial")" "$mails/genuine"
	collect 201 genuine -

	tried "The device looks for its receipt"
	forgotten
	became "" "it is genuine, so the device forgets its report"

	tried "Somebody changed a setting"
	by_web "$serial" report --setting duplex=off:on ||
		surprise "report: $(cat "$mails/said")"
	collect 201 genuine -
	forgotten
}

web_round_trip()
{
	local mails=$directory/mails

	tried "The center asks the device, and the server keeps it"
	email_id=$(csrcadm --json request "$serial" --command counters --send |
		jq -r .email_id)
	[ -n "$email_id" ] || surprise "no request"
	collector --once >&3 2>&3 || surprise "the collector failed"
	[ -e "$APACHE_FILES/outbox/$serial/$email_id.p7m" ] ||
		surprise "the request is not in the outbox"
	became "" "it waits in the device's outbox, sealed"

	tried "The device fetches it; a program of its own answers"
	printf '#!/bin/sh\necho %s\n' "'{\"counters\":{\"total\":4815}}'" \
		>"$mails/counters"
	chmod 755 "$mails/counters"
	by_web "$serial" poll --run "$mails/counters" ||
		surprise "poll: $(cat "$mails/said")"
	collect 201 genuine -
	still answered
	forgotten
}

# turned_away SERIAL: by the server, before anybody looks; the queue goes.
turned_away()
{
	local status

	by_web "$1" report --counter total=1 &&
		surprise "the server took it"
	status=$(sed -n 's/.*: \(403\) .*/\1/p
		s/.* not authenticate to server:.*/401/p' \
		"$directory/mails/said")
	[ -n "$status" ] || surprise "report: $(cat "$directory/mails/said")"
	[ -z "$(ls "$APACHE_FILES/inbox")" ] || surprise "it is in the inbox"
	rm -r "$directory/mails/queue.$1"
	became "$status" "the server turned it away"
}

web_cheats()
{
	local mails=$directory/mails copy

	tried "Another device writes where this one does"
	cp "$mails/password.$serial" "$mails/password"
	cp "$mails/password.$other" "$mails/password.$serial"
	login=$other turned_away "$serial"

	tried "Somebody who knows the login's name alone"
	turned_away "$serial"
	cp "$mails/password" "$mails/password.$serial"

	tried "A device hands in another's report as its own"
	copy=$mails/queue.$other/$other.0123456789abcdef.p7m
	mkdir -m 700 "$mails/queue.$other"
	cp "$mails/genuine" "$copy"
	by_web "$other" poll || surprise "poll: $(cat "$mails/said")"
	collect 201 spoof wrong-origin
	by_web "$other" poll
	[ -e "$copy" ] || surprise "it got a receipt"

	tried "A plain report, where sealing is required"
	by_web "$serial" report --plain --counter total=9999 ||
		surprise "report: $(cat "$mails/said")"
	collect 201 spoof unprotected
	rm -r "$mails/queue.$serial"

	tried "The server's people forge a receipt"
	forge_receipt
	by_web "$serial" poll && surprise "poll took a forged receipt"
	[ -n "$(waits "$serial")" ] || surprise "the report is forgotten"
	became "" "the device keeps its report, and says so"
	tried "So it arrives all the same"
	collect "" genuine -
	forgotten

	tried "What came by the web, sent again by mail"
	tr -d '\r' <"$mails/genuine" >"$mails/replay"
	give "$mails/replay" duplicate -
}

# For a report that is on the server and was not collected yet.
forge_receipt()
{
	local message id

	by_web "$serial" report --counter total=4900 ||
		surprise "report: $(cat "$directory/mails/said")"
	message=$(waits "$serial")
	id=$(basename "$message" .p7m)
	printf '%s\n' "CSRC-Receipt: 1" "Principal: device:$serial" \
		"Key-Id: $key_id" \
		"Digest: sha-256=$(sha256sum "$message" | cut -d ' ' -f 1)" \
		"State: taken" "Date: $(date -u +%FT%TZ)" \
		"MAC: $(openssl rand -hex 32)" \
		>"$APACHE_FILES/outbox/$serial/${id#*.}.receipt"
}

web_end()
{
	local count

	count=$(gateway_reports | wc -l)
	[ "$count" -eq 4 ] || surprise "$count reports in the spool"
	csrcadm spool verify >&3 || surprise "the spool does not verify"
	table
	echo
	echo "The spool, which billing reads, has these four and no more:"
	gateway_reports | jq -r '"    \(.sequence)  \(.received)  \(.serial)  " +
		"\(.channel)  \(.report.kind)"'
	cat <<END

All as expected, in $1 seconds. Read next:
    man -l man/csrc-webdav.8           the collector
    man -l man/csrc-device.1           the device's end
    contrib/apache/csrc-webdav.conf    the server: who may reach which path
END
}

web_stay()
{
	collector_start
	cat <<END

WebDAV:         $APACHE_URL
its files:      $APACHE_FILES
logins:         $directory/mails/password.$serial
collector:      $COLLECTOR_CONF, log $COLLECTOR_LOG
END
}
