#!/bin/bash
# csrcadm for real: every verb, first alone and then through the daemon, with
# what it prints and its exit code. Needs root only to have the daemon drop it.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"

[ "$(id -u)" -ne 0 ] || id nobody >/dev/null 2>&1 ||
	skip_all "no user nobody"
command -v jq >/dev/null || skip_all "no jq"

work=$(mktemp -d) || bail_out "mktemp"
daemon=
finish()
{
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait
	rm -rf "$work"
}
trap finish EXIT

serial=A4FM021007478
conf=$work/csrc-milter.conf
user=
mkdir "$work/run" "$work/backups"
chmod 755 "$work"
if [ "$(id -u)" -eq 0 ]; then
	user=nobody
	chown nobody "$work/run" "$work/backups"
fi
umask 022
cat >"$conf" <<END
user = $user
milter_socket = unix:$work/run/milter.sock
control_socket = $work/run/control.sock
state_directory = $work/var/state
spool_directory = $work/var/spool
quarantine_directory = $work/var/quarantine
master_key_file = $work/etc/master.key
format_directory = $work/formats
local_format_directory = $work/local
publish_interval = 0
log_target = $work/run/log
END

# run WORD…: csrcadm; its streams and exit code in out, err, code.
run()
{
	"$builddir/csrcadm" -c "$conf" "$@" >"$work/out" 2>"$work/err"
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# exits CODE WORD…: that command ends with that code.
exits()
{
	local wanted=$1
	shift

	run "$@"
	is "$code" "$wanted" "$how: csrcadm $* exits $wanted" ||
		diag "$out" "$err"
}

# says PATTERN WORD…: it is done, and its output matches.
says()
{
	local pattern=$1
	shift

	exits 0 "$@"
	like "$out" "$pattern" "$how: its output"
}

# refuses PATTERN WORD…: exit 3, and why on standard error only.
refuses()
{
	local pattern=$1
	shift

	exits 3 "$@"
	like "$err" "csrcadm: $pattern" "$how: why"
	is "$out" "" "$how: nothing on standard output"
}

# A mail from the device, plain, with that many pages.
mail()
{
	printf '%s\n' "From: printer@example.org" \
		"To: csrc@center.example" \
		"CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"MIME-Version: 1.0" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}"
}

test_usage()
{
	exits 0 --help
	like "$out" "*csrcadm device add SERIAL --center ID*" "all verbs"
	exits 0 device --help
	exits 0 device key --help
	like "$out" "*--retire KEYID*" "its options"
	says "csrcadm [0-9]*" --version
	exits 2
	exits 2 dance
	exits 2 device
	exits 2 device show
	exits 2 device show --colour red "$serial"
	exits 2 --colour
	run --json device show
	is "$(jq -r .exit_code <<<"$err")" 2 "usage errors as JSON"
	run device show --json
	is "$(jq -r .exit_code <<<"$err")" 2 "--json behind the verb"
	"$builddir/csrcadm" --config="$work/none" stats 2>"$work/err"
	is $? 4 "a configuration that is not there"
	like "$(cat "$work/err")" "*$work/none*" "it is named"
}

test_init()
{
	refuses "*csrcadm init" center list
	says "*master.key: made*" init
	says "*master.key: was there*" init
	is "$(stat -c %a "$work/etc/master.key")" 600 "the key's mode"
	is "$(stat -c %a "$work/var/state")" 700 "the state's mode"
	is "$(stat -c %a "$work/var/spool/new")" 2770 "the spool's mode"
	is "$(stat -c %a "$work/var/quarantine")" 700 "the quarantine's mode"
	if [ -n "$user" ]; then
		is "$(find "$work/var/"* ! -user "$user")" "" \
			"everything is the daemon's user's"
	fi
}

test_centers()
{
	exits 0 center add k0001 --address CSRC@Center.Example \
		--address csrc2@center.example
	refuses "*" center add K0001
	refuses "*" center add K_1
	refuses "*" center add K0003 --address csrc@center.example
	exits 0 center add K0002
	is "$(run center list --json && jq -r .center <<<"$out" | tr '\n' ' ')" \
		"K0001 K0002 " "$how: centers as JSON lines"
	says "K0001 *csrc2@center.example csrc@center.example" \
		center show k0001
	exits 0 center address add K0002 other@center.example
	refuses "*" center address add K0002 csrc@center.example
	exits 0 center address remove K0002 OTHER@center.example
	refuses "*" center address remove K0002 other@center.example
	refuses "*" center show K0009
	exits 0 center export
	cp "$work/out" "$work/centers.csv"
	is "$(sed -n 1p "$work/centers.csv")" "center,address" \
		"$how: the header of the export"
	exits 0 center remove K0002
	exits 0 center import "$work/centers.csv"
	exits 0 center export
	ok "$how: what was exported is imported" \
		cmp "$work/out" "$work/centers.csv"
	printf 'center,address\nK0003,x@y.example\nK0002,csrc@center.example\n' \
		>"$work/bad.csv"
	refuses "line 3: *K0001*" center import "$work/bad.csv"
	exits 0 center remove K0003
	exits 0 center remove K0002
}

test_devices()
{
	exits 2 device add $serial
	refuses "*" device add $serial --center K0009
	refuses "*serial*" device add "a b" --center K0001
	refuses "*network*" device add $serial --center K0001 --network 1.2.3
	refuses "*address*" device add $serial --center K0001 --from nobody
	exits 0 device add a4fm021007478 --center k0001
	refuses "*" device add $serial --center K0001
	refuses "*" center remove K0001
	exits 0 device set $serial --protection optional \
		--from Printer@example.org --network 192.0.2.0/24
	refuses "*protection*" device set $serial --protection none
	says "*from printer@example.org*network 192.0.2.0/24*" \
		device show $serial
	exits 0 device set $serial --from ""
	says "*from -*network 192.0.2.0/24*" device show $serial
	exits 0 device disable $serial
	is "$(run device show $serial --json && jq .enabled <<<"$out")" false \
		"$how: disabled"
	exits 0 device enable $serial
	says "*$serial*enabled*-" device list
	says "" device list --center K0005
	says "" device list --overdue 1d
	sleep 1.1
	says "$serial*" device list --overdue 0s
	exits 2 device list --overdue soon
	refuses "*" device show NOSUCH
	refuses "*" device enable NOSUCH
	refuses "*" device remove NOSUCH
}

test_keys()
{
	local id key

	exits 2 device key $serial
	exits 2 device key $serial --generate --list
	exits 2 device key $serial --generate --bits 192
	refuses "*" device key NOSUCH --generate
	exits 0 device key $serial --generate
	cp "$work/out" "$work/key"
	id=$(sed -n 's/^key-id: //p' "$work/key")
	key=$(sed -n 's/^key: //p' "$work/key")
	is "${#key}" 64 "$how: 256 bits in hex"
	exits 0 device key $serial --generate --bits 128 --json
	is "$(jq -r '.key | length' <<<"$out")" 32 "$how: 128 bits in hex"
	refuses "*" device key $serial --generate
	says "*$id 256 live*" device key $serial --list
	run device show $serial --json
	is "$(jq '[.keys[].bits] | add' <<<"$out")" 384 "$how: keys in show"
	not_ok "$how: no secret in show" grep -q "$key" "$work/out"
	exits 0 device key $serial --retire "$id"
	says "*$id 256 retired*" device key $serial --list
	refuses "*" device key $serial --retire 00ff
	refuses "*" device key $serial --retire nothex
	exits 0 device remove $serial
	exits 0 device add $serial --center K0001 --protection optional
	exits 0 device key $serial --import "$work/key"
	run device key $serial --import - <<<"0102 $(printf '%032d' 7)"
	is "$code" 0 "$how: a key from standard input"
	says "0102 128 live*" device key $serial --list
	refuses "*" device key $serial --import "$work/key"
	refuses "*" device key $serial --import "$work/nonexistent"
	printf '0103 1234\n' >"$work/short"
	refuses "*16 or 32*" device key $serial --import "$work/short"
}

test_import()
{
	local i

	{
		echo "center,serial,protection,network,from"
		for ((i = 1; i <= 2500; i++)); do
			echo "K0001,imp$i,required,,"
		done
	} >"$work/devices.csv"
	says "added 2500, *" device import "$work/devices.csv"
	refuses_after "line 2: *exists*" "added 0*" \
		device import "$work/devices.csv"
	sed -i 's/,imp7,required,/,imp7,optional,/' "$work/devices.csv"
	says "added 0, updated 1, unchanged 2499" \
		device import "$work/devices.csv" --update
	says "*protection optional*" device show IMP7
	printf '%s\n' serial,center new1,K0001 '"new2","K0001"' new3,K0009 \
		new4,K0001 >"$work/some.csv"
	refuses_after "line 4: *" "added 2, *" device import "$work/some.csv"
	refuses "*" device show new4
	printf 'serial,center\nnew5,K0001\nnew6,K0001,x\n' >"$work/some.csv"
	refuses_after "line 3: *" "added 1, *" device import "$work/some.csv"
	printf 'serial,colour\n' >"$work/some.csv"
	refuses_after "line 1: *colour*" "added 0*" \
		device import "$work/some.csv"
	refuses_after "line 1: *serial*" "added 0*" \
		device import /dev/null
	exits 0 device export
	cp "$work/out" "$work/export.csv"
	is "$(wc -l <"$work/export.csv")" 2505 "$how: all are exported"
	is "$(run device export --json && jq -r .serial <<<"$out" | wc -l)" \
		2504 "$how: as JSON lines"
	for i in new1 new2 new5; do
		exits 0 device remove $i
	done
	run device import - --update --json <"$work/export.csv"
	is "$(jq -c '[.added, .unchanged]' <<<"$out")" "[3,2501]" \
		"$how: what was exported is imported"
}

# Like refuses, but it says as well how far it came.
refuses_after()
{
	local why=$1 done=$2
	shift 2

	exits 3 "$@"
	like "$err" "csrcadm: $why" "$how: why"
	like "$out" "$done" "$how: how far it came"
}

test_explain()
{
	mail 100 >"$work/mail.eml"
	exits 0 explain "$work/mail.eml" --from printer@example.org \
		--client 192.0.2.7
	like "$out" "*verdict: genuine*" "$how: genuine"
	is "$("$builddir/csrcadm" -c "$conf" --json explain - \
		--to csrc@center.example <"$work/mail.eml" |
		jq -r .verdict)" genuine "$how: from standard input, as JSON"
	exits 0 device set $serial --protection required
	exits 1 explain "$work/mail.eml"
	like "$out" "*failed*verdict: spoof unprotected*" "$how: unprotected"
	exits 0 device set $serial --protection optional
	exits 1 explain "$work/mail.eml" --to nobody@center.example
	like "$out" "*untouched*" "$how: no center"
	exits 2 explain "$work/mail.eml" --client example.org
	exits 3 explain "$work/nonexistent.eml"
	exits 1 explain /dev/null
	run stats --json
	is "$(jq .next_sequence <<<"$out")" 1 "$how: nothing was admitted"
}

# quarantined NAME: a mail as the gate keeps it.
quarantined()
{
	{
		printf '%s\n' "Received: $(date -u +%FT%TZ)" \
			"Verdict: spoof" "Reason: unprotected" "Detail: " \
			"Queue-ID: Q1" "Sender: printer@example.org" \
			"Client: 192.0.2.7" "Centers: K0001" "Too-Large: no" ""
		cat
	} >"$work/var/quarantine/$1"
	[ -z "$user" ] || chown "$user" "$work/var/quarantine/$1"
}

test_quarantine()
{
	says "" quarantine list
	refuses "*" quarantine show nosuch
	refuses "*" quarantine release nosuch
	refuses "*" quarantine remove ../../etc/master.key
	ok "$how: the key is still there" test -s "$work/etc/master.key"
	mail 5 | quarantined 2026-11-22T12:00:00Z-01.eml
	mail 6 | quarantined 2026-11-22T12:00:00Z-02.eml
	says "*-01.eml * spoof unprotected K0001 192.0.2.7 printer@*-02.eml *" \
		quarantine list
	is "$(run quarantine list --json && jq -r .queue_id <<<"$out" |
		tr '\n' ' ')" "Q1 Q1 " "$how: as JSON lines"
	says 'Received: *"total":6*' \
		quarantine show 2026-11-22T12:00:00Z-02.eml
	exits 0 device disable $serial
	exits 1 quarantine release 2026-11-22T12:00:00Z-01.eml
	like "$out" "*-01.eml spoof disabled-device 0" "$how: still no"
	exits 0 device enable $serial
	says "*-01.eml genuine - 1" \
		quarantine release 2026-11-22T12:00:00Z-01.eml
	refuses "*" quarantine release 2026-11-22T12:00:00Z-01.eml
	exits 0 quarantine remove 2026-11-22T12:00:00Z-02.eml
	says "" quarantine list
	is "$(run device show $serial --json && jq .sequence <<<"$out")" 1 \
		"$how: the device has reported"
	says "" device list --overdue 1d
}

test_system()
{
	run stats
	like "$out" "healthy 1*" "$how: stats"
	is "$(run stats --json && jq -r .healthy <<<"$out")" true \
		"$how: stats as JSON"
	says '*# TYPE csrc_mails_total counter
csrc_mails_total{verdict="genuine",reason="-"} [01]*' stats --prometheus
	says "" check
	cd "$work/backups" || bail_out "cd"
	exits 0 backup "copy.$how"
	cd "$OLDPWD" || bail_out "cd"
	ok "$how: the backup is there" ls "$work/backups/copy.$how/"*
	exits 3 backup "$work/backups/copy.$how"
	"$builddir/csrcadm" -c "$conf" device export >/dev/full 2>"$work/err"
	is $? 4 "$how: a full disk is noticed"
}

# What test_quarantine released is there.
test_spool()
{
	local segment=00000000000000000001.jsonl
	local i

	for ((i = 0; i < 50; i++)); do
		[ -e "$work/var/spool/new/$segment" ] && break
		sleep 0.1
	done
	is "$(run spool list --json && jq -r .state <<<"$out")" new \
		"$how: spool list"
	says "1 segments, 1 reports, 1 to 1, 0 faults" spool verify --from 1
	is "$(stat -c %A "$work/var/spool/new/$segment" | cut -c5)" r \
		"$how: the spool's group may read it"
	says "$work/var/spool/cur/$segment" spool next
	is "$(jq .report.counters.total "$out")" 5 "$how: the report"
	exits 0 spool "done" "$out"
	refuses "*" spool "done" $segment
	exits 1 spool next
	is "$out" "" "$how: nothing to claim"
	says "0 segments, *" spool verify
}

everything()
{
	test_centers
	test_devices
	test_keys
	test_explain
	test_import
	test_quarantine
	test_system
	test_spool
}

start_daemon()
{
	local i

	"$builddir/csrc-milter" -f -c "$conf" >"$work/daemon" 2>&1 &
	daemon=$!
	for ((i = 0; i < 100; i++)); do
		"$builddir/csrcadm" -c "$conf" reload >/dev/null 2>&1 && return
		sleep 0.1
	done
	cat "$work/daemon" "$work/run/log" >&2
	return 1
}

how=alone
test_usage
test_init
refuses "no daemon is running" reload
everything
if [ -x "$builddir/csrc-milter" ]; then
	# The same again in an empty store.
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	everything
	exits 0 reload
	echo "nonsense = 1" >>"$conf"
	refuses "*nonsense*" reload
	sed -i '$d' "$conf"
	says "*healthy 1*" stats
	if [ "$(id -u)" -eq 0 ]; then
		# a stranger need not be able to look into the build directory
		cp "$builddir/csrcadm" "$work/csrcadm"
		is "$(setpriv --reuid=65533 --clear-groups \
			env -u TSAN_OPTIONS "$work/csrcadm" -c "$conf" \
			stats 2>&1 |
			grep -c 'only root')" 1 "strangers are refused"
	fi
	kill "$daemon"
	wait "$daemon"
	is $? 0 "the daemon stops"
	not_ok "and takes its socket away" test -e "$work/run/control.sock"
	start_daemon || bail_out "the daemon does not start again"
	says "*devices 2504*" stats
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
	ok "a killed one leaves it" test -e "$work/run/control.sock"
	how=after
	says "*devices 2504*" stats
	says "" check
else
	skip "through the daemon" "it is not built"
fi
done_testing
