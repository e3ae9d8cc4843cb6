#!/bin/sh
# Runs the examples of the manual pages as they are printed: what a reader
# types in must work. Without a daemon; nothing outside a directory of its own
# is touched. TAP.

srcdir=${srcdir:-.}
builddir=${builddir:-.}
man=$srcdir/man

command -v openssl >/dev/null || {
	echo "1..0 # SKIP no openssl"
	exit 0
}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
builddir=$(cd "$builddir" && pwd) || exit 99
n=0

# ok TEXT COMMAND...: what the command says is shown only if it fails
ok() {
	n=$((n + 1))
	text=$1
	shift
	if "$@" >"$work/output" 2>&1; then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
		sed 's/^/# /' "$work/output"
	fi
}

# block PAGE TEXT: the first literal block that has TEXT in it, as one reads it
block() {
	awk -v want="$2" '/^\.Bd -literal/{ on = 1; text = ""; next }
		/^\.Ed/{
			if (on && index(text, want)) { printf "%s", text; exit }
			on = 0
		}
		on{ text = text $0 "\n" }' "$man/$1" |
		sed -e 's/\\e/\\/g' -e 's/\\&//g' -e 's/\\-/-/g'
}

# run PAGE TEXT: that block, in this shell
run() {
	block "$1" "$2" >"$work/block"
	[ -s "$work/block" ] || return 1
	# shellcheck source=/dev/null
	. "$work/block"
}

csrcadm() {
	"$builddir/csrcadm" -c "$work/conf" "$@"
}

# Printed dates are of the day the page was written.
today() {
	sed "s/2026-11-22T[0-9:]*+01:00/$(date -u +%FT%TZ)/"
}

# plain TYPE: a plain mail of what comes in
plain() {
	printf '%s\n' "Date: $(LC_ALL=C date -R)" "Content-Type: $1" \
		"CSRC-Device-Serial: A4FM021007478" ""
	cat
}

# The daemon and its store are never root's.
user=
[ "$(id -u)" -ne 0 ] || user=nobody
chmod 755 "$work"
cat >"$work/conf" <<END
user = $user
control_socket = $work/control.sock
state_directory = $work/state
spool_directory = $work/spool
master_key_file = $work/master.key
quarantine_directory = $work/quarantine
format_directory = $work/none
local_format_directory = $work/formats
min_free_space = 0
log_target = stderr
END
chmod 644 "$work/conf"
mkdir "$work/formats"
cd "$work" || exit 99

ok "a store is made" csrcadm init

# csrc-gateway(7), the first device
ok "csrc-gateway: center, device and key" run csrc-gateway.7 "csrcadm center add"
ok "csrc-gateway: the key is there to be read" test -s device.key
run csrc-gateway.7 "sed -n 's/^key-id" >output 2>&1
ok "csrc-gateway: the report is genuine" run csrc-gateway.7 "csrcadm explain"

# csrc-message(5)
rm -f report.eml entity.eml
run csrc-message.5 "KEYID="
echo "$KEYID $KEY" >key
ok "csrc-message: the key can be imported" \
	csrcadm device key A4FM021007478 --import key
run csrc-message.5 "cat > entity.eml"
ok "csrc-message: openssl seals" run csrc-message.5 "openssl cms -encrypt"
ok "csrc-message: openssl opens what it sealed" run csrc-message.5 \
	"openssl cms -cmsout"
ok "csrc-message: the report is genuine" run csrc-message.5 "csrcadm explain"

csrcadm --json submit report.eml --center K0001 >answer
sed 's/.*"receipt": *"\([^"]*\)".*/\1/; s/\\n/\
/g' answer | sed '/^$/d' >receipt
run csrc-message.5 "openssl kdf" >mac
ok "csrc-message: openssl says of a receipt what the gateway says" \
	grep -qi "^MAC: $(cat mac)$" receipt

# csrc-profile(5)
mkdir profiles
cp "$srcdir/agent/profiles/printer-mib.profile" profiles
block csrc-profile.5 "Counter32: 12345" >acme.walk
block csrc-profile.5 "[profile]" >profiles/acme.profile
chmod 644 profiles/*
printf '%s\n' "center = K0001" "id = A1" "url = https://center.example/" \
	"profiles = $work/profiles" >dca.conf
csrc_dca() {
	"$builddir/csrc-dca" -c "$work/dca.conf" "$@"
}
block csrc-profile.5 "csrc-dca profile test" |
	sed 's/^csrc-dca/csrc_dca/' >typed
# shellcheck source=/dev/null
. ./typed >trial
ok "csrc-profile: the new device's counters are taken" test \
	"$(grep -cE '(counter|printer) .* yes ' trial)" -eq 5

# csrc-device(1), with the same key
PATH=$builddir:$PATH
rm -f device.key report.eml
run csrc-device.1 "csrc-device report"
umask 022
ok "csrc-device: the report is genuine" csrcadm explain report.eml
ok "csrc-device: openssl opens it" run csrc-device.1 "openssl cms -decrypt"

# csrc-message(5), plain
csrcadm device set A4FM021007478 --protection optional
block csrc-message.5 "alarms" | today >plain.eml
ok "csrc-message: the plain mail is genuine" csrcadm explain plain.eml

# csrc-report(5)
block csrc-report.5 '"model": "bizhub' | today |
	plain application/vnd.csrc.report+json >report.eml
ok "csrc-report: the report is genuine" csrcadm explain report.eml

# csrc-format(5)
block csrc-format.5 "Equipment ID" >formats/example.format
block csrc-format.5 "Counters by Function:" | sed 's/W790300123/A4FM021007478/' |
	plain text/plain >mail.eml
ok "csrc-format: the example reads its mail" csrcadm explain mail.eml

# csrc-format(5), from an unknown mail to a record
block csrc-format.5 "Acme Office Machines - monthly" |
	sed "s/19.11.2026 06:30/$(date -u '+%d.%m.%Y %H:%M')/" >body
{
	printf '%s\n' "Date: $(LC_ALL=C date -R)" "From: d@site.example" \
		"Content-Type: text/plain" ""
	cat body
} >acme.eml
mv formats kept && mkdir formats
nothing_reads() { ! csrcadm format test "$1"; }
ok "csrc-format: nothing reads the unknown mail" nothing_reads acme.eml
csrcadm format draft acme.eml >formats/acme.format
ok "csrc-format: the draft reads it" csrcadm format test acme.eml
block csrc-format.5 "Springfield" >formats/acme.format
ok "csrc-format: the finished file has no fault" csrcadm format check
csrcadm format test acme.eml >shown
ok "csrc-format: it reads what the mail says" grep -q \
	'"serial":"AC-9900017","counters":{"copy.black":12340,"copy.color":1200,"print.black":40000},"no_value":\["print.color"\]' shown
block csrc-format.5 "skip = Sum" >formats/table.format
printf '%s\n' "Date: $(LC_ALL=C date -R)" "Content-Type: text/csv" "" \
	"Serial no.;Model;Black;Colour;As of" "T9900001;M;7;3;19.11.2026" \
	"Sum;;7;3;" >table.eml
csrcadm format test table.eml >shown
ok "csrc-format: the table is read without its sum" grep -q \
	'^report: .*"total.black":7,"total.color":3' shown
csrcadm format list >shown
ok "csrc-format: both files are listed" [ "$(wc -l <shown)" -eq 2 ]
rm -r formats && mv kept formats

# csrc-milter.conf(5)
block csrc-milter.conf.5 "milter_socket_group" >>conf
sed -i '/^milter_socket_group/d;/^spool_group/d' conf
ok "csrc-milter.conf: the example is one" "$builddir/csrc-milter" -n -c conf

echo "1..$n"
