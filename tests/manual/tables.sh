#!/bin/sh
# Holds the manual pages against the programs: every option, verb, reason,
# verdict and exit code of either side must be on the other, with the same
# default, range and options. TAP.
#
# The pages are read as mdoc source. What is compared stands in list items of
# a fixed form, which the functions below describe.

srcdir=${srcdir:-.}
builddir=${builddir:-.}
man=$srcdir/man
tables=$builddir/tests/manual/tables
pages="csrc-milter.8 csrcadm.8 csrc-milter.conf.5 csrc-message.5
	csrc-report.5 csrc-format.5 csrc-gateway.7 csrc-device.1
	csrc-webdav.8 csrc-webdav.conf.5 csrc-ca.8 csrc-ca.conf.5
	csrc-crl.8 csrc-line.5 csrc-line.8 csrc-line.conf.5
	csrc-agent.5 csrc-dca.8 csrc-dca.conf.5 csrc-receive.8 csrc-receive.conf.5"

LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

# ok STATUS TEXT: one TAP line
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
}

# same TEXT: are $work/code and $work/page alike? Both must hold something.
same() {
	[ -s "$work/code" ] && [ -s "$work/page" ] &&
		diff -u "$work/code" "$work/page" >"$work/diff"
	status=$?
	ok $status "$1"
	[ $status -eq 0 ] || sed 's/^/# /' "$work/diff"
}

code() { "$tables" | grep "^$1	" | cut -f2-; }

# The lines of one section: section NAME FILE
section() {
	awk -v want="$1" '/^\.Sh /{ on = substr($0, 5) == want; next } on' "$2"
}

# .It Ic NAME
# .Pq Ar KIND , No default VALUE , No LOW to HIGH , Em restart
page_options() {
	awk '/^\.It Ic /{ name = $3; next }
	name != "" && /^\.Pq /{
		row = substr($0, 5)
		reload = sub(/ , Em restart$/, "", row) ? "restart" : "reload"
		range = "-"
		if (match(row, / , No [0-9]+[a-zA-Z]* to [0-9]+[a-zA-Z]*$/)) {
			range = substr(row, RSTART + 6)
			row = substr(row, 1, RSTART - 1)
		}
		at = index(row, " , No default ")
		fallback = substr(row, at + 14)
		sub(/^Li /, "", fallback)
		values = substr(row, 1, at - 1)
		gsub(/(Li|Ar) | /, "", values)
		print name "\t" values "\t" fallback "\t" range "\t" reload
		name = ""
	}' "$1"
}

# .It Xo
# .Cm VERB [NOUN]
# .Ar OPERAND, .Fl -OPTION Ar VALUE, .Op Fl -OPTION Ar VALUE …
# .Xc
# as it is read: "VERB NOUN OPERAND --OPTION VALUE [--OPTION VALUE]".
page_verbs() {
	awk '
	# puts text behind what is there, with a space unless they are glued
	function put(text) {
		out = out (out == "" || glued ? "" : " ") text
		glued = 0
	}
	function close_with(text) { glued = 1; put(text) }
	/^\.It Xo/{ on = 1; out = ""; glued = 0; next }
	/^\.Xc/ && on{ on = 0; print out; next }
	on{
		sub(/^\./, "")
		optional = $1 == "Op"
		for (i = 1; i <= NF; i++) {
			if ($i == "Op" || $i == "Oo") { put("["); glued = 1 }
			else if ($i == "Po") { put("("); glued = 1 }
			else if ($i == "Oc") close_with("]")
			else if ($i == "Pc") close_with(")")
			else if ($i == "Fl") { put("-"); glued = 1 }
			else if ($i ~ /^(\\&)?\.\.\.$/) close_with("...")
			else if ($i !~ /^(Cm|Ar)$/) put($i)
		}
		if (optional) close_with("]")
	}' "$1"
}

# The first words of the items "It Li WORD [Pq …]" of a section.
items() {
	section "$1" "$2" | sed -n 's/^\.It Li \([a-z0-9-]*\).*/\1/p'
}

# Style remarks count too, except that our own pages are not installed yet and
# that the index of other pages is not always there.
lint() {
	mandoc -Tlint "$1" 2>&1 |
		grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' \
			-e 'mandoc.db: No such file'
}

for page in $pages; do
	if command -v mandoc >/dev/null; then
		lint "$man/$page" >"$work/lint"
		[ ! -s "$work/lint" ]
		ok $? "$page passes mandoc's lint"
		sed 's/^/# /' "$work/lint"
	else
		n=$((n + 1))
		echo "ok $n - $page # SKIP no mandoc"
	fi
	missing=
	# shellcheck disable=SC2013 # names of pages are words
	for ref in $(sed -n 's/^\.Xr \(csrc[a-z.-]*\) \([0-9]\).*/\1.\2/p' \
		"$man/$page" | sort -u); do
		[ -f "$man/$ref" ] || missing="$missing $ref"
	done
	[ -z "$missing" ]
	ok $? "$page refers only to pages there are$missing"
done

code option >"$work/code"
page_options "$man/csrc-milter.conf.5" >"$work/page"
same "configuration: names, order, values, defaults, ranges, restart"

# sample FILE: its options and their values
sample() {
	sed -n -e 's,@sysconfdir@,/etc,' -e 's,@runstatedir@,/run,' \
		-e 's,@localstatedir@,/var,' \
		-e 's,@pkgdatadir@,/usr/share/csrc-gateway,' \
		-e 's/^#\([a-z_]*\) =$/\1	none/p' \
		-e 's/^#\([a-z_]*\) = \(.*\)/\1	\2/p' \
		"$srcdir/contrib/$1" | sort
}

code option | cut -f1,3 | sort >"$work/code"
sample csrc-milter.conf.in >"$work/page"
same "the sample configuration: every option and its default"

code webdav >"$work/code"
page_options "$man/csrc-webdav.conf.5" >"$work/page"
same "csrc-webdav.conf: names, order, values, defaults, ranges"

code webdav | cut -f1,3 | sort >"$work/code"
sample csrc-webdav.conf.in >"$work/page"
same "csrc-webdav.conf, the sample: every option and its default"

code ca >"$work/code"
page_options "$man/csrc-ca.conf.5" >"$work/page"
same "csrc-ca.conf: names, order, values, defaults, ranges"

code ca | cut -f1,3 | sort >"$work/code"
sample csrc-ca.conf.in >"$work/page"
same "csrc-ca.conf, the sample: every option and its default"

{
	code dca
	code credentials
} >"$work/code"
page_options "$man/csrc-dca.conf.5" >"$work/page"
same "csrc-dca.conf: names, order, values, defaults, ranges"

code dca | cut -f1,3 | sort >"$work/code"
sample csrc-dca.conf.in >"$work/page"
same "csrc-dca.conf, the sample: every option and its default"

code line >"$work/code"
page_options "$man/csrc-line.conf.5" >"$work/page"
same "csrc-line.conf: names, order, values, defaults, ranges"

code line | cut -f1,3 | sort >"$work/code"
sample csrc-line.conf.in >"$work/page"
same "csrc-line.conf, the sample: every option and its default"

code receive >"$work/code"
page_options "$man/csrc-receive.conf.5" >"$work/page"
same "csrc-receive.conf: names, order, values, defaults, ranges"

code receive | cut -f1,3 | sort >"$work/code"
sample csrc-receive.conf.in >"$work/page"
same "csrc-receive.conf, the sample: every option and its default"

code verb | sort >"$work/code"
page_verbs "$man/csrcadm.8" | sort >"$work/page"
same "csrcadm: verbs, their operands and options, as they are written"

code global | sort >"$work/code"
section DESCRIPTION "$man/csrcadm.8" | sed '/^\.Ss /q' |
	sed -n 's/^\.It .*Fl -\([a-z]*\).*/--\1/p' | sort >"$work/page"
same "csrcadm: global options"

code reason | tr '\t' ' ' >"$work/code"
sed -n '/^\.Ss Reasons/,/^\.Ss Log/s/^\.It Li \([a-z-]*\) Pq \([a-z]*\)$/\1 \2/p' \
	"$man/csrc-milter.8" >"$work/page"
same "csrc-milter: reasons, in their order, and their verdicts"

code verdict >"$work/code"
sed -n '/^\.Ss What becomes/,/^\.Ss Reasons/s/^\.It Li \([a-z-]*\)$/\1/p' \
	"$man/csrc-milter.8" >"$work/page"
same "csrc-milter: verdicts"

code postfix >"$work/code"
grep -v -e '^#' -e '^$' "$srcdir/contrib/postfix/main.cf" >"$work/page"
same "Postfix: what setup prints is the sample"
sed -n '/^smtpd_milters = /,/^\.Ed/{/^\.Ed/d;p;}' "$man/csrc-gateway.7" \
	>"$work/page"
same "Postfix: what setup prints is in csrc-gateway(7)"

code sendmail >"$work/code"
# shellcheck disable=SC2016 # quotes of m4
sed -n "s/^[[:space:]]*\`\(S=.*\)')dnl$/\1/p" \
	"$srcdir/contrib/sendmail/csrc.mc" |
	sed -e 's/, /\n/g' -e 's/T=C:/C:/' -e 's/;/\n/g' |
	sed 's/^T=//' >"$work/page"
same "Sendmail: what setup prints is the sample"

sed -n 's/^[[:space:]]*EXIT_[A-Z]* = \([0-9]*\).*/\1/p' \
	"$srcdir/control/protocol.h" >"$work/code"
items "EXIT STATUS" "$man/csrcadm.8" >"$work/page"
same "csrcadm: exit codes"

sed -n 's/.*{ "\([a-z_]*\)", "\(csrc_[a-z_]*\)",.*/\1 \2/p' \
	"$srcdir/control/commands/stats.c" >"$work/code"
section STATISTICS "$man/csrcadm.8" |
	sed -n 's/^\.It Li \([a-z_]*\) Ta Li \([a-z_]*\) .*/\1 \2/p' \
		>"$work/page"
same "csrcadm: statistics and their names for Prometheus"

sed -n 's/.*getopt_long.*//;s/.*argv, "\([a-zA-Z:]*\)".*/\1/p' \
	"$srcdir/daemon/main.c" | tr -d ':\n' | sed 's/./&\n/g' |
	sort >"$work/code"
section DESCRIPTION "$man/csrc-milter.8" |
	sed -n 's/^\.It Fl \([a-zA-Z]\)\>.*/\1/p' | sort >"$work/page"
same "csrc-milter: options"

# EX_OK is how main ends when nothing failed; the others are in sysexits.h.
{
	echo EX_OK
	cat "$srcdir"/daemon/*.c | grep -o '\<EX_[A-Z]*' | grep -v EX_OK
} | sort -u >"$work/code"
section "EXIT STATUS" "$man/csrc-milter.8" |
	sed -n 's/^\.It Li [0-9]* Pq Dv \(EX_[A-Z]*\).*/\1/p' |
	sort >"$work/page"
same "csrc-milter: exit codes"

# service NAME FILE: its options, and its exit codes but those that it lacks
service() {
	sed -n 's/^	{ "\([a-z-]*\)", .*_argument, .*/--\1/p' "$srcdir/$2" |
		sort -u >"$work/code"
	section DESCRIPTION "$man/$1.8" | sed -n '/^\.El/q;p' |
		grep '^\.It Fl' | tr ' ' '\n' | sed -n 's/^-[a-z-]*$/-&/p' |
		sort >"$work/page"
	same "$1: options"

	sed -n 's/^	EXIT_[A-Z]* = \([0-9]*\).*/\1/p' \
		"$srcdir/control/protocol.h" | grep -v "^${3:--}$" >"$work/code"
	items "EXIT STATUS" "$man/$1.8" >"$work/page"
	same "$1: exit codes"
}
service csrc-webdav webdav/main.c
service csrc-dca agent/main.c
# these never answer no
service csrc-ca authority/main.c 1
service csrc-exporter exporter/main.c 1
service csrc-fax fax/main.c 1
service csrc-receive receive/main.c 1
service csrc-line line/center/main.c

sed -n 's/^	{ "\([a-z-]*\)", .*/--\1/p' "$srcdir/device/arguments.c" |
	sort >"$work/code"
section DESCRIPTION "$man/csrc-device.1" | grep '^\.It Fl' |
	grep -o 'Fl -[a-z-]*' | sed 's/Fl -/--/' |
	grep -v -x -e --help -e --version | sort >"$work/page"
same "csrc-device: options"

sed -n 's/^	{ "\([a-z]*\)", FOR_.*/\1/p' "$srcdir/device/main.c" >"$work/code"
section DESCRIPTION "$man/csrc-device.1" |
	sed -n 's/^\.It Cm \([a-z]*\)$/\1/p' >"$work/page"
same "csrc-device: commands"

sed -n 's/^	EXIT_[A-Z]* = \([0-9]*\).*/\1/p' "$srcdir/device/main.c" \
	>"$work/code"
items "EXIT STATUS" "$man/csrc-device.1" >"$work/page"
same "csrc-device: exit codes"

# HACKING.md has a section "### ROOM/" for each room, with items "- `module` ...".
rooms="base parser parser/formats config store gate outgoing control
	control/commands milter daemon admin enrol device webdav fcgi authority
	receive exporter agent fax line line/center"
for room in $rooms; do
	for file in "$srcdir/$room"/*.[ch]; do
		basename "${file%.[ch]}"
	done | sort -u | sed "s,^,$room/,"
done >"$work/code"
for room in $rooms; do
	awk -v want="### $room/" '/^##/{ on = $0 == want; next }
		on && /^- `/' "$srcdir/HACKING.md" |
		sed -n "s,^- \`\\([a-z0-9_]*\\)\`.*,$room/\\1,p" | sort
done >"$work/page"
same "HACKING.md: every module"

echo "1..$n"
