#!/bin/bash
# Reports by fax, for real: csrc-device makes pages, two fax machines of spandsp
# speak T.30 over audio, csrc-fax reads what has come and hands it over. HylaFAX's
# own programs and mgetty's where they can be had.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "a channel needs a user of its own"
[ -x "$builddir/tests/tools/t30" ] || skip_all "no spandsp"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
# shellcheck disable=SC2034 # for unpack.sh
CSRC_BUILD=$builddir
# shellcheck source=contrib/lib/unpack.sh
. "$srcdir/contrib/lib/unpack.sh"

cat >>"$conf" <<END
control_socket_group = games
channel_users = bin=fax
END
tsi='+49 30 123-456'
csi='+49 89 77'
tray=$work/tray

# The device, with its key in $work/key.
report()
{
	"$builddir/csrc-device" report --center K0001 --serial "$serial" \
		--key-file "$work/key" "$@"
}

# pages FILE [OPTION…]: the message in FILE as FILE.tif
pages()
{
	local message=$1
	shift

	"$builddir/csrc-device" fax --output "$message.tif" "$@" "$message"
}

# new TOTAL: a report in the file $work/TOTAL, and its pages
new()
{
	report --counter "total=$1" >"$work/$1" &&
		pages "$work/$1" "${@:2}"
}

# call [OPTION…] SENT: by telephone; what arrives is $work/came.tif
call()
{
	rm -f "$work/came.tif"
	keep "$builddir/tests/tools/t30" -c "$csi" "${@:1:$#-1}" "${!#}" \
		"$work/came.tif"
}

# hook [ERROR [NUMBER]]: as HylaFAX runs it
hook()
{
	keep "$builddir/csrc-fax" hylafax --center K0001 -d "$tray" -l stderr \
		"$work/came.tif" ttyS0 000000042 "${@:-}"
	[ "$code" -eq 0 ] || diag "$out" "$err"
	chown -R bin "$tray"
}

# fax_work CODE [WORD…]: as its own user; what it has said is in err
fax_work()
{
	local wanted=$1
	shift

	keep "$@" setpriv --reuid=bin --regid=games --clear-groups \
		"$work/csrc-fax" work -d "$tray" -l stderr \
		-s "$work/run/control.sock" -t "${seconds:-60s}"
	[ "$wanted" = any ] || is "$code" "$wanted" "csrc-fax work exits $wanted" ||
		diag "$out" "$err"
}

waiting()
{
	find "$tray/incoming" -name '*.tif' | wc -l
}

kept()
{
	find "$tray/quarantine" -name '*.tif' | wc -l
}

# records: their totals and channels, in order
records()
{
	cat "$work/var/spool/new/"* 2>/dev/null |
		jq -r '"\(.report.counters.total // .counters.total)"' |
		tr '\n' ' '
}

# published N: so many records are in the spool
published()
{
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(cat "$work/var/spool/new/"* 2>/dev/null | wc -l)" \
			-ge "$1" ] && break
		sleep 0.1
	done
	is "$(cat "$work/var/spool/new/"* | wc -l)" "$1" "records: $1"
}

begin()
{
	mkdir -p "$tray/incoming" "$tray/quarantine"
	# a stranger need not be able to look into the build directory
	cp "$builddir/csrc-fax" "$work"
	exits 0 center add K0001 --address csrc@center.example
	exits 0 device add "$serial" --center K0001
	exits 0 device key "$serial" --generate
	cp "$work/out" "$work/key"
	chmod 600 "$work/key"
	exits 3 device set "$serial" --fax "12#"
	exits 0 fax tsi
	is "$out" "" "nobody may send"
	exits 0 device set "$serial" --fax "$tsi"
	exits 0 --json fax tsi
	is "$(jq -r '.serial + .fax' <<<"$out")" "$serial+4930123456" \
		"the list, as JSON"
	exits 0 fax tsi --output "$work/tsi"
	like "$(cat "$work/tsi")" '^*[+]*4*9*6*$ # '"$serial" "the list"
}

# Who calls itself otherwise is refused before a page, and by both ends.
idents()
{
	new 101
	call -e -a "$work/tsi" -i "+49 30 123-457" "$work/101.tif"
	is "$code" 3 "another's TSI is refused"
	like "$err" "*pages=0 refused=receiver*" "before a page"
	not_ok "and nothing has come" test -s "$work/came.tif"
	call -e -a "$work/tsi" "$work/101.tif"
	is "$code" 3 "no TSI is refused"
	call -e -a "$work/tsi" -i "$tsi" -w "+49 89 78" "$work/101.tif"
	is "$code" 3 "another CSI is refused by the device"
	like "$err" "*pages=0 refused=caller*" "before a page"
	call -e -a "$work/tsi" -i "$tsi" -w "$csi" "$work/101.tif"
	is "$code:$out" "0:$csi" "the right ones are let through"
	hook
	is "$(waiting)" 1 "it is kept"
	fax_work 0
	like "$err" "*verdict=genuine*disposal=taken*station=+4930123456*1 done*" \
		"and handed over"
	is "$(waiting)$(kept)" 00 "and gone"
	published 1
	is "$(cat "$work/var/spool/new/"* | jq -r .channel)" fax \
		"the record says how it came"
	hook
	fax_work 0
	like "$err" "*verdict=duplicate*disposal=taken*" "once more is harmless"
	is "$(waiting)$(kept)" 00 "and gone"
}

# What the machine calls itself is asked again by the gateway.
strangers()
{
	new 102
	call -e -i "+49 30 123-457" "$work/102.tif"
	hook
	fax_work 0
	like "$err" "*reason=wrong-origin*disposal=refused*quarantine/*refused*" \
		"another's TSI is no origin"
	call -e "$work/102.tif"
	hook
	fax_work 0
	like "$err" "*reason=wrong-origin*" "no TSI neither"
	is "$(waiting)$(kept)" 02 "people have to look at them"
	exits 0 device set "$serial" --caller "030 123456"
	call -e -i "$tsi" "$work/102.tif"
	hook "" 030123457
	fax_work 0
	like "$err" "*reason=wrong-origin*" "nor another caller"
	hook "" 030123456
	fax_work 0
	like "$err" "*verdict=genuine*" "the right one is"
	exits 0 device set "$serial" --caller ""
	rm "$tray/quarantine/"*
	published 2
}

# settings N FILE: a report that is as long as N settings are
settings()
{
	local args=() i

	for ((i = 0; i < $1; i++)); do
		args+=(--setting "a.setting.with.a.long.name.$i=old.value:$i")
	done
	report "${args[@]}" >"$2"
}

# Several pages, coarse and fine, with error correction and without it.
forms()
{
	settings 60 "$work/long"
	pages "$work/long" --dots 6 --resolution standard --compression g4
	call -e -a "$work/tsi" -i "$tsi" "$work/long.tif"
	like "$err" "*pages=[2-9]*results: OK; OK*" "several pages"
	hook
	fax_work 0
	like "$err" "*verdict=genuine*" "are one report"
	new 103 --dots 4
	call -a "$work/tsi" -i "$tsi" "$work/103.tif"
	hook
	fax_work 0
	like "$err" "*verdict=genuine*" "without error correction, a good line"
	published 4
}

# Without error correction a page is "well" that nobody can read; with it the
# same noise is no matter.
noise()
{
	local seed seconds=5s

	settings 30 "$work/104"
	pages "$work/104"
	for ((seed = 1; seed <= 20; seed++)); do
		call -a "$work/tsi" -i "$tsi" -n -30.5 -s "$seed" \
			"$work/104.tif"
		[ "$code" -eq 0 ] || continue
		hook
		fax_work 0
		[ "$(kept)" -eq 0 ] || break
	done
	like "$err" "*quarantine/K0001.*unreadable*" \
		"a page that was well, and is not" || diag "$err"
	is "$(waiting)" 0 "does not wait"
	call -e -a "$work/tsi" -i "$tsi" -n -30.5 "$work/104.tif"
	is "$code" 0 "with error correction"
	seconds=60s
	hook
	fax_work 0
	like "$err" "*verdict=*disposal=taken*" "the report is there"
	rm -f "$tray/quarantine/"*
	published 5
}

# A send program as the device's maker writes it.
from_the_queue()
{
	local i

	cat >"$work/send" <<END
#!/bin/sh
"$builddir/tests/tools/t30" -e -a "$work/tsi" -i "$tsi" -c "$csi" -w "\$2" \\
	"\$1" "$work/came.tif" 2>/dev/null
END
	chmod 755 "$work/send"
	report --counter total=105 --queue "$work/queue" >/dev/null
	report --counter total=106 --queue "$work/queue" >/dev/null
	keep "$builddir/csrc-device" fax --serial "$serial" --queue \
		"$work/queue" --output "$work/q.tif" --send "$work/send" \
		--csi "+49 89 78"
	is "$code" 5 "another answers: nothing counts as sent"
	for ((i = 1; i <= 3; i++)); do
		keep "$builddir/csrc-device" fax --serial "$serial" --queue \
			"$work/queue" --output "$work/q.tif" --now \
			--send "$work/send" --csi "$csi"
		is "$code:$(grep -c '^sent ' "$work/out")" 0:2 "sent, $i" ||
			diag "$out" "$err"
		hook
	done
	is "$(find "$work/queue" -name '*.p7m' | wc -l)" 0 \
		"three times, and forgotten"
	fax_work 0
	is "$(grep -c verdict=genuine <<<"$err")" 2 "two reports in one call"
	is "$(grep -c verdict=duplicate <<<"$err")" 4 "each once"
	published 7
	keep "$builddir/csrc-device" fax --serial "$serial" --queue \
		"$work/queue" --output "$work/none.tif"
	is "$code" 0 "nothing is due"
	not_ok "and there are no pages" test -e "$work/none.tif"
}

# Kept while the gateway is away, and whenever somebody is killed.
troubles()
{
	local i

	keep "$builddir/csrc-fax" work -d "$tray" -l stderr
	is "$code" 3 "root is no channel"
	keep "$builddir/csrc-fax" hylafax -d "$tray" x y z ""
	is "$code" 2 "no center"
	keep "$builddir/csrc-fax" mgetty --center K0001 -d "$tray" 0 1 2
	is "$code" 2 "not what mgetty gives"
	keep "$builddir/csrc-fax" hylafax --center K0001 -d "$tray" \
		-l stderr "$work/none.tif" ttyS0 1 ""
	is "$code" 3 "no fax"
	new 107
	call -e -i "$tsi" "$work/107.tif"
	hook
	keep setpriv --reuid=bin --regid=games --clear-groups \
		"$work/csrc-fax" work -d "$tray" -l stderr -s "$work/none"
	is "$code:$(waiting)" 4:1 "no gateway: it waits"
	for ((i = 1; i < 200; i++)); do
		fax_work any "$builddir/tests/tools/killed-at" "$i"
		[ "$code" -eq 99 ] || break
		[ "$(waiting)" -gt 0 ] || hook
	done
	is "$code" 0 "killed at each of $i steps" || diag "$err"
	is "$(waiting)$(kept)" 00 "it is done"
	published 8
	head -c 100000 /dev/urandom >"$work/came.tif"
	hook
	fax_work 0
	like "$err" "*quarantine/*unreadable*" "what is no fax is told"
	is "$(waiting)$(kept)" 01 "and kept for people"
	rm "$tray/quarantine/"*
	echo >"$tray/incoming/notes.txt"
	fax_work 0
	like "$err" "*notes.txt is no fax, and left*" "other files are left"
	rm "$tray/incoming/notes.txt"
}

# csrc-fax as it is called by contrib's files, with our directory
hook_program()
{
	cat >"$work/hook" <<END
#!/bin/sh
verb=\$1
shift
exec "$work/csrc-fax" "\$verb" -d "$tray" -l stderr "\$@"
END
	chmod 755 "$work/hook"
}

# HylaFAX's own: its look at a TIFF, its test of the list, its faxrcvd.
hylafax()
{
	local root=$UNPACK_DIR/hylafax spool=$work/hylafax

	if ! unpack hylafax hylafax-server hylafax-client libtiff-tools; then
		skip "HylaFAX's own programs" "they cannot be had"
		return
	fi
	export LD_LIBRARY_PATH=$root/usr/lib/hylafax
	exits 0 fax tsi --output "$work/tsi"
	is "$(printf '%s\n' "$tsi" +49301234567 "" "<UNSPECIFIED>" |
		"$root/usr/lib/hylafax/bin/tsitest" -q "$work/tsi" 2>&1 |
		grep -o -e accept -e reject | tr '\n' ' ')" \
		"accept reject reject reject " "tsitest takes the list"
	new 108
	call -e -a "$work/tsi" -i "$tsi" "$work/108.tif"
	like "$("$root/usr/lib/hylafax/bin/faxinfo" -n "$work/came.tif" 2>&1)" \
		"*Sender: $tsi*" "faxinfo sees the TSI where we do"
	mkdir -p "$spool/recvq" "$spool/etc" "$spool/tmp"
	cp -r "$root/var/spool/hylafax/bin" "$spool"
	cp "$work/came.tif" "$spool/recvq/fax000000001.tif"
	sed "s,^CENTER=.*,&\\nCSRC_FAX=$work/hook," \
		"$srcdir/contrib/hylafax/FaxDispatch" >"$spool/etc/FaxDispatch"
	hook_program
	printf '%s\n' "SBIN=$root/usr/lib/hylafax/bin" AWK=awk SED=sed \
		SENDMAIL=true "TIFFBIN=$root/usr/bin" >"$spool/etc/setup.cache"
	(cd "$spool" && bash bin/faxrcvd recvq/fax000000001.tif ttyS0 \
		000000042 "" >"$work/faxrcvd" 2>&1)
	is "$(waiting)" 1 "faxrcvd runs our hook" || diag "$(cat "$work/faxrcvd")"
	unset LD_LIBRARY_PATH
	chown -R bin "$tray"
	fax_work 0
	like "$err" "*verdict=genuine*" "and it is read"
	published 9
}

# mgetty's: a file a page, as its own tools write them.
mgetty()
{
	local root=$UNPACK_DIR/mgetty-fax at count

	if ! unpack mgetty-fax mgetty-fax libtiff-tools; then
		skip "mgetty's own programs" "they cannot be had"
		return
	fi
	new 109
	read -r at < <("$root/usr/bin/tiffdump" "$work/109.tif" |
		sed -n 's/^StripOffsets.*<\([0-9]*\)>.*/\1/p')
	read -r count < <("$root/usr/bin/tiffdump" "$work/109.tif" |
		sed -n 's/^StripByteCounts.*<\([0-9]*\)>.*/\1/p')
	tail -c "+$((at + 1))" "$work/109.tif" | head -c "$count" |
		"$root/usr/bin/g32pbm" -r 2>/dev/null |
		"$root/usr/bin/pbm2g3" >"$work/ff1a2b3.01" 2>/dev/null
	ok "a page as mgetty has it" test -s "$work/ff1a2b3.01"
	hook_program
	ok "new_fax" env CSRC_FAX="$work/hook" PATH="$root/usr/bin:$PATH" \
		CALLER_ID=none "$srcdir/contrib/mgetty/new_fax" 0 "$tsi" 1 \
		"$work/ff1a2b3.01"
	not_ok "has no use for the page any more" test -e "$work/ff1a2b3.01"
	chown -R bin "$tray"
	fax_work 0
	like "$err" "*verdict=genuine*" "and it is read" || diag "$err"
	published 10
}

exits 0 init
start_daemon || bail_out "the daemon does not start"
begin
idents
strangers
forms
noise
from_the_queue
troubles
hylafax
mgetty
exits 0 device disable "$serial"
exits 0 fax tsi
is "$out" "" "who is disabled may not send"
done_testing
