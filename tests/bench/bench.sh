#!/bin/bash
# The table of "make bench": what the gateway costs against what it is made of
# and against a filter that does nothing, all in one run on one machine. It
# never fails for being slow; it says where it falls short. The parts with
# Postfix and with Apache need root.
#
# CSRC_BENCH: the parts to run (ratio commits devices answers resident formats
# postfix memory webdav authority agent upload line).
# CSRC_BENCH_MAILS: mails a round through Postfix (1500).
# CSRC_BENCH_REPORTS: reports a round through Apache (500).
# CSRC_BENCH_ENROLMENTS: enrolments a round (200).
# CSRC_BENCH_PRINTERS: printers that the agent asks in a round (10000).
set -u -o pipefail

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/contrib/lib/postfix.sh"
. "$CSRC_SOURCE/contrib/lib/gateway.sh"
. "$CSRC_SOURCE/contrib/lib/apache.sh"
. "$CSRC_SOURCE/contrib/lib/collector.sh"
. "$CSRC_SOURCE/contrib/lib/line.sh"
. "$CSRC_SOURCE/contrib/lib/authority.sh"
. "$CSRC_SOURCE/tests/bench/webdav.sh"
. "$CSRC_SOURCE/tests/bench/authority.sh"
. "$CSRC_SOURCE/tests/bench/line.sh"
. "$CSRC_SOURCE/contrib/lib/snmpd.sh"
. "$CSRC_SOURCE/contrib/lib/receive.sh"
. "$CSRC_SOURCE/contrib/lib/dca.sh"
. "$CSRC_SOURCE/tests/bench/agent.sh"
. "$CSRC_SOURCE/tests/bench/upload.sh"
export srcdir=$CSRC_SOURCE

PARTS=${CSRC_BENCH:-ratio commits devices answers resident formats postfix memory webdav authority agent upload line}
MAILS=${CSRC_BENCH_MAILS:-1500}
REPORTS=${CSRC_BENCH_REPORTS:-500}
ENROLMENTS=${CSRC_BENCH_ENROLMENTS:-200}
PRINTERS=${CSRC_BENCH_PRINTERS:-10000}
ROUNDS=7
DEVICES=20
CENTER=K0001
ADDRESS=csrc@center.example
WORK=
NULL_PID=
declare -A PORT

say()
{
	echo "bench: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

clean_up()
{
	trap - EXIT INT TERM
	postfix_stop
	stop_process "$NULL_PID" 2
	collector_stop
	authority_stop
	agent_stop
	dca_stop
	receive_stop
	gateway_stop
	apache_stop
	[ -z "$WORK" ] || rm -rf "$WORK"
}

wants()
{
	[[ " $PARTS " == *" $1 "* ]]
}

# row ITEM WHAT UNIT AIM VALUE…: the median of the values and their range.
# AIM: "<= N", ">= N" or "".
row()
{
	local item=$1 what=$2 unit=$3 aim=$4
	shift 4

	printf '%s\n' "$@" | sort -g | awk -v item="$item" -v what="$what" \
		-v unit="$unit" -v aim="$aim" '
	{ v[NR] = $1 }
	END {
		m = v[int((NR + 1) / 2)]
		digits = m > 0 && m < 0.1 ? 4 : m < 100 ? 2 : 0
		split(aim, want, " ")
		judgement = aim == "" ? "" : \
			(want[1] == "<=" ? m <= want[2] : m >= want[2]) ? \
			"OK" : "SHORT"
		printf "%s\t%s\t%.*f%s\t%.*f..%.*f\t%s\t%s\n", item, what,
			digits, m, unit, digits, v[1], digits, v[NR], aim,
			judgement
	}' | tee -a "$WORK/rows" >&2
}

in_process()
{
	say "$1"
	"$CSRC_BUILD/tests/bench/gatebench" "$1" | tee -a "$WORK/rows" >&2
}

# One Postfix with three entrances: the gateway, the null filter, no filter.
# What no filter takes goes to discard(8).
start_servers()
{
	local null=unix:$WORK/null.sock

	(umask 0 && exec "$CSRC_BUILD/tests/tools/nullmilter" "$null") &
	NULL_PID=$!
	gateway_start || return 1
	postfix_start "$WORK" "$GATEWAY_MILTER" \
		"virtual_mailbox_domains = elsewhere.example" \
		"relay_domains = center.example" "relay_recipient_maps =" \
		"relay_transport = discard:" || return 1
	PORT[gateway]=$POSTFIX_PORT
	PORT[null]=$(free_port)
	PORT[none]=$(free_port)
	cat >>"$POSTFIX_DIR/etc/master.cf" <<END
127.0.0.1:${PORT[null]} inet n - n - 50 smtpd -o smtpd_milters=$null
127.0.0.1:${PORT[none]} inet n - n - 50 smtpd -o smtpd_milters=
discard unix - - n - - discard
END
	postfix -c "$POSTFIX_DIR/etc" reload >"$WORK/out" 2>&1 &&
		wait_for 10 listens "${PORT[null]}" &&
		wait_for 10 listens "${PORT[none]}"
}

queue_empty()
{
	postqueue -c "$POSTFIX_DIR/etc" -p | grep -q 'queue is empty'
}

# rate ENTRANCE FIRST SESSIONS: mails a second.
rate()
{
	"$CSRC_BUILD/tests/tools/smtpload" -s "${PORT[$1]}" \
		-d "$WORK/senders" -c $CENTER -r $ADDRESS -n "$MAILS" \
		-b "$2" -j "$3" -k 100 -p >"$WORK/load" ||
		die "load: $(cat "$WORK/load")"
	wait_for 60 queue_empty
	sed -n 's/.* rate=//p' "$WORK/load"
}

# processor PID: microseconds of processor time that it has taken so far.
processor()
{
	awk -v tick="$(getconf CLK_TCK)" \
		'{ sub(/.*\) /, ""); print ($12 + $13) * 1000000 / tick }' \
		"/proc/$1/stat"
}

FIRST=1

# through_postfix ITEM SESSIONS
through_postfix()
{
	local round gateway null none used null_used
	local -a gateways nulls nones to_null to_none

	say "through Postfix, $2 sessions"
	# once to wake everybody up
	rate gateway $FIRST "$2" >"$WORK/out"
	rate null $FIRST "$2" >"$WORK/out"
	used=$(processor "$GATEWAY_PID")
	null_used=$(processor "$NULL_PID")
	for ((round = 0; round < ROUNDS; round++)); do
		FIRST=$((FIRST + MAILS))
		[ $((round % 2)) -eq 0 ] || null=$(rate null $FIRST "$2")
		gateway=$(rate gateway $FIRST "$2")
		[ $((round % 2)) -eq 1 ] || null=$(rate null $FIRST "$2")
		none=$(rate none $FIRST "$2")
		gateways+=("$gateway")
		nulls+=("$null")
		nones+=("$none")
		to_null+=("$(awk "BEGIN { print $gateway / $null }")")
		to_none+=("$(awk "BEGIN { print $gateway / $none }")")
	done
	FIRST=$((FIRST + MAILS))
	row "$1" "gateway / null filter, $2 sessions" "" ">= 0.90" \
		"${to_null[@]}"
	row "" "gateway / no filter" "" "" "${to_none[@]}"
	row "" "gateway" " /s" "" "${gateways[@]}"
	row "" "null filter" " /s" "" "${nulls[@]}"
	row "" "no filter" " /s" "" "${nones[@]}"
	used=$(($(processor "$GATEWAY_PID") - used))
	null_used=$(($(processor "$NULL_PID") - null_used))
	row "" "gateway's processor time, a mail" " us" "" \
		$((used / (ROUNDS * MAILS)))
	row "" "null filter's processor time, a mail" " us" "" \
		$((null_used / (ROUNDS * MAILS)))
}

# memory ITEM CONNECTIONS WHEN: of the daemon, with connections in mid-mail.
memory()
{
	local path=${GATEWAY_MILTER#unix:} answer

	answer=$("$CSRC_BUILD/tests/bench/milterhold" "$path" \
		"$GATEWAY_PID" "$2" $ADDRESS 2000) || die "milterhold failed"
	row "$1" "resident, $2 connections, $3" " MB" "<= 64" \
		"$(awk "BEGIN { print ${answer% *} / 1024 }")"
	# the MTA hung up; the daemon must notice
	sleep 1
}

served()
{
	if [ "$(id -u)" -ne 0 ] || ! postfix_unpack; then
		say "no Postfix, or not root: parts postfix and memory left out"
		return
	fi
	gateway_configure "$WORK" publish_interval=1s log_level=info \
		max_reports_per_hour=1000000000 max_octets_per_day=1024G
	gateway_register $CENTER $ADDRESS BENCH $DEVICES "$WORK/senders" \
		>"$WORK/out" 2>&1 || die "register: $(cat "$WORK/out")"
	start_servers || die "servers did not start"
	if wants postfix; then
		through_postfix "(b)" 4
		through_postfix "" 16
	fi
	if wants memory; then
		memory "(e)" 1 "as it is"
		memory "" 200 "as it is"
		# a registry larger than the database's cache, read through
		{
			echo "serial,center"
			seq -f "FILL%08.0f,$CENTER" 400000
		} >"$WORK/devices.csv"
		csrcadm device import "$WORK/devices.csv" >"$WORK/out" 2>&1 &&
			csrcadm device export >"$WORK/out" 2>&1 ||
			die "import: $(tail -n 1 "$WORK/out")"
		memory "" 200 "cache full"
	fi
}

LOAD=$(cut -d' ' -f1 /proc/loadavg)
WORK=$(mktemp -d) || exit 1
chmod 755 "$WORK"
trap clean_up EXIT
trap 'exit 1' INT TERM
printf 'item\twhat\tvalue\trange\taim\t\n' >"$WORK/rows"
for part in ratio commits devices answers resident formats; do
	! wants $part || in_process $part || die "$part failed"
done
if wants postfix || wants memory; then
	served
fi
! wants webdav || collected
! wants authority || enrolled
! wants agent || asked
! wants upload || uploaded
! wants line || telephoned
echo "$(nproc) processors ($(sed -n 's/^model name.*: //p' /proc/cpuinfo |
	sort -u)), load average before: $LOAD"
column -t -s "$(printf '\t')" "$WORK/rows"
cat <<'END'

(a) The bare sum has neither Jansson nor look-ups nor a log line in it.
(b) The null filter does nothing, and with it Postfix waits for no disk: the
    ratio is what opening, judging and one durable commit a mail add to all that
    Postfix, libmilter and the client do on the same processors. Without any
    filter Postfix itself writes each mail to the disk.
(j) The parser alone, with all format files that are installed; the libraries
    build their trees and decode each part, and read nothing.
(f) The ledger alone, in process and without waiting for the disk.
(d) Each device has a key of its own; the devices are addressed at random.
(h) Whole runs of a program over a full inbox, all by TLS with certificates. The
    bare loop does the same four requests a report and has no gateway: the ratio
    is what the hand-over and a durable commit add on the same processors, and
    on one connection all of that is waited for. rclone does two requests, GET
    and DELETE, and syncs no file, but waits 10 ms from one request to the next.
(i) An enrolment is ir and certConf through Apache, csrc-ca and the daemon, by
    clients on the same processors; it makes one signature for its certificate
    and one for its proof of possession. Each of its four messages is protected
    by a MAC whose key takes 500 rounds, at both ends; it waits for the disk
    when the certificate is recorded, and when it is confirmed.
(l) Printers that tests/tools/snmp_responder makes of 127.0.0.0/8, on the same
    processors; eight objects in one Get of v2c. The bare loop has a session a
    printer and no questions after the first; snmpbulkget has a process.
(m) Octets of the messages in what the line could have carried in that time, of
    ten bits each, from the start of csrc-device to its end. zmodem, of lrzsz,
    sends the same files at the same time, over the same kind of pipe, in one
    direction; it proves nothing and knows no answers.
END
