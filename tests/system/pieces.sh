#!/bin/bash
# Bundles of makers' mails through a real Postfix: 943 readings, each mailed
# twice in other wrappings, by up to 79 in a mail; a device that was missing; a
# daemon that is killed in the middle; and what large ones cost.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

FORWARDER=service@dealer.example
READINGS=943
AT_ONCE=79
DEVICES=41
LAST_SEQUENCE=0

# bundles OUT: READINGS readings of DEVICES devices, twice, into OUT/NN.eml. The
# second time each comes from elsewhere, of another model and in another order.
bundles()
{
	mkdir -p "$1"
	awk -v n=$READINGS -v m=$DEVICES -v size=$AT_ONCE -v out="$1" \
		-v now="$(date +%s)" '
	function head(file) {
		print "From: <'$FORWARDER'>\nTo: <'$ADDRESS'>\n" \
			"Subject: Fw: counters\nMIME-Version: 1.0\n" \
			"Content-Type: multipart/digest; boundary=\"=_b_=\"\n\n" \
			"See below.\n" >file
	}
	function piece(file, i, again,   day) {
		day = strftime("%d/%m/%y", now - (1 + int(i / m)) * 86400, 1)
		print "--=_b_=\n\nFrom: <copier" again "@customer.example>\n" \
			"Subject: [" again "] counter " i "\n\n" \
			"[Model Name],XC " (again ? "300" : "") "\n" \
			"[Serial Number], F" sprintf("%03d", i % m) "\n" \
			"[Send Date]," day "\n" \
			"[Total Counter]," sprintf("%08d", 1000 + 17 * i) "\n" \
			"[Total Black Counter]," sprintf("%08d", 7 * i) \
			"\n" >file
	}
	BEGIN {
		for (k = 0; k < 2 * n; k++) {
			if (k % size == 0) {
				if (k > 0) { print "--=_b_=--" >file; close(file) }
				file = sprintf("%s/%02d.eml", out, k / size)
				head(file)
			}
			# 7 has no factor in common with n
			if (k < n) piece(file, k, 0)
			else piece(file, (k - n) * 7 % n, 1)
		}
		print "--=_b_=--" >file
	}'
}

send()
{
	smtp_send "$MTA_PORT" $FORWARDER "$1" "$ADDRESS"
}

register()
{
	local i

	ok "a forwarder" csrcadm center set $CENTER \
		--forwarder $FORWARDER --network 127.0.0.0/8
	for ((i = 0; i < DEVICES; i++)); do
		printf 'F%03d\n' "$i"
	done >"$WORK/serials"
	# the last one is forgotten
	head -n -1 "$WORK/serials" | while read -r serial; do
		csrcadm device add "$serial" --center $CENTER \
			--protection optional --forwarded yes \
			--date-order dmy || return 1
	done
}

spooled_to()
{
	[ "$(gateway_reports | wc -l)" -ge "$1" ]
}

# How many readings there are by the spool, and how many lines.
readings()
{
	gateway_reports | jq -r '[.serial, .report.date,
		.report.counters.total] | @tsv' | sort | tee "$WORK/lines" |
		uniq | wc -l
	wc -l <"$WORK/lines"
}

forwarded()
{
	local file bad=0 missing

	bundles "$WORK/bundles"
	missing=$((READINGS / DEVICES))
	register
	for file in "$WORK"/bundles/*.eml; do
		send "$file"
		[ "$SMTP_CODE" = 250 ] || bad=$((bad + 1))
	done
	is $bad 0 "24 bundles are taken"
	wait_for 20 spooled_to $((READINGS - missing))
	is "$(readings | paste -s)" \
		"$((READINGS - missing))	$((READINGS - missing))" \
		"each reading of a device that is known, once"
	is "$(gateway_reports | jq -r '[.assurance, .vouched, .forwarder] |
		@tsv' | sort -u)" "forwarded	network	$FORWARDER" \
		"they say who forwarded them"
	like "$(grep -c ': report=[0-9]*/79 verdict=' "$GATEWAY_LOG")" "18??" \
		"a line each in the log"
	like "$(csrcadm --json quarantine list | jq -r .reason | sort -u)" \
		"unknown-device*" "what the forgotten device sent is kept"
	like "$(csrcadm --json quarantine list | jq -r .owner | sort -u)" \
		"forwarder:$FORWARDER" "for the forwarder"
	csrcadm device add "$(tail -n 1 "$WORK/serials")" --center $CENTER \
		--protection optional --forwarded yes --date-order dmy
	ok "the quarantine is released" csrcadm quarantine release \
		--center $CENTER
	is "$(csrcadm --json quarantine list)" "" "and is empty then"
	wait_for 20 spooled_to $READINGS
	is "$(readings | paste -s)" "$READINGS	$READINGS" \
		"each reading, once"
	is "$(gateway_reports | jq .sequence | sort -nu | tail -n 1)" \
		$READINGS "without a gap"
	LAST_SEQUENCE=$READINGS
}

# sealed_lines FILE COUNT FROM: a sealed bundle of that many reports.
sealed_lines()
{
	local today
	today=$(date -u +%Y-%m-%dT%H:%M:%SZ)

	{
		echo "CSRC-Center-ID: $CENTER"
		echo "CSRC-Device-Serial: $DEVICE"
		echo "Content-Type: application/vnd.csrc.reports+jsonl"
		echo
		seq "$3" $(($3 + $2 - 1)) | sed 's/.*/{"version":1,'\
'"kind":"counters","date":"'"$today"'","counters":{"total":&}}/'
	} | sealed_entity $DEVICE
	mv "$MAIL" "$1"
}

# killed FILE TEXT WHEN REPORTS: the daemon dies when WHEN is in the log, and the
# mail comes again.
killed()
{
	local file=$1 text=$2 when=$3 reports=$4

	send "$file" &
	local sender=$!
	wait_for 30 grep -q "$when" "$GATEWAY_LOG"
	kill -9 "$GATEWAY_PID"
	wait "$GATEWAY_PID" 2>/dev/null
	wait $sender
	begin_gateway
	send "$file"
	is "$SMTP_CODE" 250 "$text, killed and sent again, is taken"
	LAST_SEQUENCE=$((LAST_SEQUENCE + reports))
	wait_for 30 spooled_to $LAST_SEQUENCE
	is "$(gateway_reports | jq .sequence | uniq | wc -l)" $LAST_SEQUENCE \
		"each report of it is there, once"
	is "$(gateway_reports | wc -l)" $LAST_SEQUENCE "and none twice"
}

kills()
{
	gateway_option max_reports_per_hour 100000
	csrcadm reload
	sealed_lines "$WORK/lines.eml" 3000 1
	killed "$WORK/lines.eml" "a bundle of 3,000" "report=[0-9]*00/3000" 3000
	ok "it was under way" \
		grep -q "report=[0-9]*/3000 verdict=duplicate" "$GATEWAY_LOG"
}

# Kilobytes at most since the last call of begin_peak.
begin_peak()
{
	echo 5 >"/proc/$GATEWAY_PID/clear_refs"
	BASE=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
		"/proc/$GATEWAY_PID/status")
}

peak()
{
	echo $(($(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' \
		"/proc/$GATEWAY_PID/status") - BASE))
}

# Of the largest size: 200 mails inside, each padded.
large_bundle()
{
	awk 'BEGIN {
		pad = sprintf("%1000s", ""); gsub(/ /, "x", pad)
		print "From: <'$FORWARDER'>\nMIME-Version: 1.0\nContent-Type: " \
			"multipart/mixed; boundary=cut\n"
		for (i = 0; i < 200; i++) {
			print "--cut\nContent-Type: message/rfc822\n\n" \
				"Subject: x\n\n[Model Name],XC\n" \
				"[Serial Number], F001\n[Send Date],'"$(date \
				+%d/%m/%y)"'\n[Total Counter]," 900000 + i "\n"
			for (j = 0; j < 19; j++) print pad
		}
		print "--cut--"
	}'
}

cost()
{
	local from

	gateway_stop
	gateway_option database_cache 1M
	begin_gateway
	sealed_lines "$WORK/lines.eml" 1000 100000
	send "$WORK/lines.eml"
	large_bundle >"$WORK/large.eml"
	begin_peak
	send "$WORK/large.eml"
	is "$SMTP_CODE" 250 "200 mails in one of $(stat -c %s \
		"$WORK/large.eml") octets"
	enough "$(peak)" "it"
	sealed_lines "$WORK/lines.eml" 10000 200000
	begin_peak
	from=$(date +%s%N)
	send "$WORK/lines.eml"
	is "$SMTP_CODE" 250 "10,000 reports in one"
	diag "in $((($(date +%s%N) - from) / 1000000)) ms"
	enough "$(peak)" "it"
}

# table ROWS: of a fleet tool, forwarded; a row a device and day
table()
{
	awk -v n="$1" -v now="$(date +%s)" 'BEGIN {
		print "From: <'$FORWARDER'>\nMIME-Version: 1.0\nContent-Type: " \
			"multipart/mixed; boundary=cut\n\n--cut\n" \
			"Content-Type: message/rfc822\n\nSubject: meters\n" \
			"MIME-Version: 1.0\nContent-Type: text/csv\n\n" \
			"Serial Number,Model,Date,Total"
		for (i = 0; i < n; i++)
			print "F" sprintf("%03d", i % 40) ",XC 300," \
				strftime("%Y-%m-%d %H:%M:%S", \
				now - 86400 * int(i / 40) - i, 1) "," 5000 + i
		print "--cut--"
	}'
}

# tables: of as many rows as there may be, and of half as many
tables()
{
	local rows from

	gateway_option max_octets_per_day 1G
	csrcadm reload
	for rows in 5000 10000; do
		table $rows >"$WORK/table.eml"
		begin_peak
		from=$(date +%s%N)
		send "$WORK/table.eml"
		is "$SMTP_CODE" 250 "a table of $rows rows"
		like "$(grep ": verdict=" "$GATEWAY_LOG" | tail -n 1)" \
			"*verdict=genuine *($rows reports: *" "each is a report"
		diag "in $((($(date +%s%N) - from) / 1000000)) ms"
		enough "$(peak)" "it"
	done
}

# enough KILOBYTES WHAT
enough()
{
	if grep -qa -e __asan_init -e __tsan_init "$CSRC_BUILD/csrc-milter"; then
		skip "$2 needs no more than 24 MB" "a sanitizer has its own"
		return
	fi
	ok "$2 needs $1 of 24,576 kB" test "$1" -le 24576
}

harness_begin database_cache=4M
begin_gateway
begin_postfix
forwarded
kills
cost
tables
done_testing
