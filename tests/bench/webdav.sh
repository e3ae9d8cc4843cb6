# shellcheck shell=bash
# The rows of the collector: csrc-webdav from Apache into the gateway, bare neon
# with the same requests and no gateway, and "rclone move" of the same files into
# a directory. To be sourced by bench.sh.

WEBDAV_ROUNDS=5
WEBDAV_FIRST=1

rclone_unpack()
{
	unpack rclone rclone
}

webdav_begin()
{
	local serial

	mkdir -m 755 "$WORK/webdav"
	gateway_configure "$WORK/webdav" publish_interval=1s log_level=info \
		max_reports_per_hour=1000000000 max_octets_per_day=1024G \
		"${COLLECTOR_GATEWAY[@]}"
	gateway_register "$CENTER" "$ADDRESS" BENCH "$DEVICES" "$WORK/webdav/senders" \
		>"$WORK/out" 2>&1 || die "register: $(cat "$WORK/out")"
	gateway_start && apache_start "$WORK/webdav" certificate ||
		die "servers did not start"
	openssl pkcs12 -export -in "$APACHE_CONF/collector.pem" \
		-inkey "$APACHE_CONF/collector.key" -passout pass:bench \
		-out "$WORK/webdav/collector.p12" || die "no certificate"
	chown "$COLLECTOR_USER" "$APACHE_CONF/collector.key"
	while read -r serial _; do
		install -d -o nobody -g nogroup "$APACHE_FILES/outbox/$serial"
	done <"$WORK/webdav/senders"
}

# New messages in WORK/webdav/messages, under the names that devices would give.
make_reports()
{
	local at=$WORK/webdav/messages

	rm -rf "$at"
	mkdir "$at"
	"$CSRC_BUILD/tests/tools/sealmail" -d "$WORK/webdav/senders" \
		-c "$CENTER" -r "$ADDRESS" -n "$REPORTS" -b $WEBDAV_FIRST "$at" ||
		die "sealmail failed"
	WEBDAV_FIRST=$((WEBDAV_FIRST + REPORTS))
	find "$at" -name '*.eml' -printf '%f\n' |
		awk -v list="$WORK/webdav/senders" '
	BEGIN { while ((getline line < list) > 0) {
		split(line, part, " ")
		serials[n++] = part[1]
	} }
	{ printf "%s %s.bench-%011d.p7m\n", $0, serials[$0 % n], $0 }' |
		(cd "$at" && xargs -n 2 mv)
	chown -R nobody:nogroup "$at"
}

# All of them are in the inbox, and no receipt is anywhere.
fill_inbox()
{
	find "$APACHE_FILES/outbox" -type f -delete
	cp -p "$WORK/webdav/messages"/*.p7m "$APACHE_FILES/inbox" ||
		die "the inbox cannot be filled"
	sync -f "$APACHE_FILES"
}

# through_apache COMMAND…: reports a second, of a whole inbox that it empties.
through_apache()
{
	local began

	fill_inbox
	began=$(date +%s%N)
	"$@" >"$WORK/out" 2>"$WORK/err" ||
		die "$1: $(cat "$WORK/out" "$WORK/err" | tail -n 5)"
	awk "BEGIN { print $REPORTS * 1e9 / ($(date +%s%N) - $began) }"
	[ -z "$(find "$APACHE_FILES/inbox" "$APACHE_FILES/work" -type f)" ] ||
		die "$1: not all is done"
}

# collecting NAME=VALUE…: the collector's configuration.
collecting()
{
	collector_configure "$WORK/webdav"
	collector_server a "url=$APACHE_URL" "center=$CENTER" paths=certificate \
		"ca_file=$APACHE_CONF/ca.pem" \
		"certificate=$APACHE_CONF/collector.pem" \
		"key=$APACHE_CONF/collector.key" "$@"
}

by_collector()
{
	collecting "connections=$1"
	through_apache collector --once
	grep -q "^a: $REPORTS taken" "$WORK/out" || die "$(cat "$WORK/out")"
}

bare_loop()
{
	find "$APACHE_FILES/inbox" -type f -printf '%f\n' |
		"$CSRC_BUILD/tests/bench/davbare" "$APACHE_PORT" \
			"$APACHE_CONF/ca.pem" "$WORK/webdav/collector.p12" "$1"
}

rclone_move()
{
	rm -rf "$WORK/webdav/moved"
	"$UNPACK_DIR/rclone/usr/bin/rclone" --config "" \
		--ca-cert "$APACHE_CONF/ca.pem" \
		--client-cert "$APACHE_CONF/collector.pem" \
		--client-key "$APACHE_CONF/collector.key" --transfers "$1" \
		--checkers "$1" --webdav-url "${APACHE_URL}inbox/" \
		move :webdav: "$WORK/webdav/moved"
}

# connections ITEM NUMBER
connections()
{
	local item=$1 round ours bare moved used=0
	local -a all=() bares=() moves=() to_bare=() to_moves=()

	say "through Apache, $2 connections"
	for ((round = 0; round < WEBDAV_ROUNDS; round++)); do
		make_reports
		[ $((round % 2)) -eq 0 ] ||
			bare=$(through_apache bare_loop "$2") || exit 1
		used=$((used - $(processor "$GATEWAY_PID")))
		ours=$(by_collector "$2") || exit 1
		used=$((used + $(processor "$GATEWAY_PID")))
		[ $((round % 2)) -eq 1 ] ||
			bare=$(through_apache bare_loop "$2") || exit 1
		all+=("$ours")
		bares+=("$bare")
		to_bare+=("$(awk "BEGIN { print $ours / $bare }")")
		rclone_unpack 2>"$WORK/err" || continue
		moved=$(through_apache rclone_move "$2") || exit 1
		moves+=("$moved")
		to_moves+=("$(awk "BEGIN { print $ours / $moved }")")
	done
	row "$item" "csrc-webdav / bare neon, $2 connections" "" ">= 0.80" \
		"${to_bare[@]}"
	[ ${#moves[@]} -eq 0 ] ||
		row "" "csrc-webdav / rclone move" "" ">= 2.00" "${to_moves[@]}"
	row "" "csrc-webdav" " /s" "" "${all[@]}"
	row "" "bare neon" " /s" "" "${bares[@]}"
	[ ${#moves[@]} -eq 0 ] || row "" "rclone move" " /s" "" "${moves[@]}"
	row "" "gateway's processor time, a report" " us" "" \
		$((used / (WEBDAV_ROUNDS * REPORTS)))
}

# requests NUMBER: so many are in Apache's log.
requests()
{
	[ "$(wc -l <"$APACHE_DIR/access.log")" -ge "$1" ]
}

# Beginning and end are seen when a request is, to a fraction of a second.
idle()
{
	local began took

	collecting interval=1
	: >"$APACHE_DIR/access.log"
	collector_start
	# the first round looks at more
	wait_for 20 requests 4
	: >"$APACHE_DIR/access.log"
	began=$(date +%s%N)
	wait_for 30 requests 10 || die "the collector does not ask"
	took=$(($(date +%s%N) - began))
	collector_stop
	row "" "requests an interval, empty inbox" "" "<= 1" \
		"$(awk "BEGIN { print 10 / int($took / 1e9 + 0.5) }")"
}

collected()
{
	if [ "$(id -u)" -ne 0 ] || ! apache_unpack; then
		say "no Apache, or not root: part webdav left out"
		return
	fi
	rclone_unpack || say "no rclone: its rows are left out"
	gateway_stop
	webdav_begin
	connections "(h)" 1
	connections "" 4
	connections "" 16
	idle
}
