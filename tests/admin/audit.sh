#!/bin/bash
# The chain and its archive: what was admitted is proved, and whatever is done to
# the archive is found, in the place where it was done. CSRC_TAMPERS: how many
# octets are altered, at random (40).
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

archive=$work/var/archive
tampers=${CSRC_TAMPERS:-40}
cat >>"$conf" <<END
archive_directory = $archive
segment_reports = 7
END

# bundle FIRST LAST: as many reports, sealed in one message
bundle()
{
	local i

	{
		printf '%s\n' "CSRC-Center-ID: K0001" \
			"CSRC-Device-Serial: $serial" \
			"Content-Type: application/vnd.csrc.reports+jsonl" ""
		for ((i = $1; i <= $2; i++)); do
			printf '{"version":1,"kind":"counters","date":"%s",' \
				"$(date -u -d "-$((9000 - i)) seconds" +%FT%TZ)"
			printf '"center":"K0001","serial":"%s",' "$serial"
			printf '"model":",\\"report\\":{","counters":{"total":%d}}\n' \
				$((1000 + i))
		done
	} | openssl cms -encrypt -binary -aes-256-gcm -outform SMIME \
		-secretkey "$(sed -n 's/^key: //p' "$work/key")" \
		-secretkeyid "$(sed -n 's/^key-id: //p' "$work/key")" \
		>"$work/bundle"
	exits 0 submit "$work/bundle" --center K0001
}

# What csrc-report(5) tells to do by hand, of all that is archived.
by_hand()
{
	# shellcheck disable=SC2016 # sed's
	sed -n '/^chain=\$(printf/,/^done/p' "$srcdir/man/csrc-report.5" |
		sed 's/\\e/\\/g' >"$work/by-hand"
	cat "$1"/*/*.jsonl | bash "$work/by-hand"
}

exits 0 init
exits 0 center add K0001 --address csrc@center.example
exits 0 device add "$serial" --center K0001
exits 0 device key "$serial" --generate
cp "$work/out" "$work/key"
exits 0 audit verify
is "$out" "no records" "$how: of nothing"
bundle 1 40
exits 0 audit verify
like "$out" "40 records, from 1 to 40, as they were admitted; 0 without*" \
	"$how: all that was admitted"
month=$(date -u +%Y-%m)
is "$(find "$archive" -name '*.jsonl' -printf '%P %n\n' | sort | head -n 1)" \
	"$month/00000000000000000001.jsonl 2" "$how: by month, linked"
exits 0 --json audit checkpoint
cp "$work/out" "$work/checkpoint"
start_daemon || bail_out "the daemon does not start"
how=daemon
bundle 41 60
exits 0 --json audit verify --checkpoint "$work/checkpoint"
is "$(jq -c '[.holds,.first,.last,.records,.breaks,.checkpoint]' \
	<<<"$out")" '[true,1,60,60,0,true]' "$how: after a restart"
kill "$daemon" && wait "$daemon"
daemon=
how=alone
ok "$how: by sha256sum alone" by_hand "$archive"

# the words to keep elsewhere, signed and verified by stock openssl
openssl genpkey -algorithm ed25519 -out "$work/sign.pem" 2>/dev/null
openssl pkey -in "$work/sign.pem" -pubout -out "$work/verify.pem"
openssl pkeyutl -sign -rawin -inkey "$work/sign.pem" -in "$work/checkpoint" \
	-out "$work/checkpoint.sig"
ok "a checkpoint's signature" openssl pkeyutl -verify -rawin -pubin \
	-inkey "$work/verify.pem" -in "$work/checkpoint" \
	-sigfile "$work/checkpoint.sig"
sed 's/"head":"./&x/; s/x//' "$work/checkpoint" |
	sed 's/"head":"\(.\)/"head":"'"$(
		sed -n 's/.*"head":"\(.\).*/\1/p' "$work/checkpoint" |
			tr 0-9a-f f0-9a-e)"'/' >"$work/other"
exits 1 audit verify --checkpoint "$work/other"
like "$err" "*line 5: it is not what the checkpoint says*" \
	"another checkpoint is not believed"
echo '{}' >"$work/none"
exits 3 audit verify --checkpoint "$work/none"
exits 0 audit verify --from 10 --to 20
like "$out" "11 records, from 10 to 20,*" "a part of it"
exits 2 audit verify --from x

# tampered WHAT WHERE COMMAND…: in a copy; it is found, there
tampered()
{
	local what=$1 where=$2
	shift 2

	rm -rf "$work/var/copy"
	cp -r "$archive" "$work/var/copy"
	chmod -R a+rwX "$work/var/copy"
	(cd "$work/var/copy/$month" && "$@") || diag "cannot tamper: $*"
	keep "$builddir/csrcadm" -c "$work/copy.conf" audit verify
	is "$code" 1 "$what is found" || diag "$out" "$err"
	like "$err" "$where" "$what: where" || diag "$err"
}

sed "s,^archive_directory.*,archive_directory = $work/var/copy," "$conf" \
	>"$work/copy.conf"
name()
{
	printf '%020d.jsonl' "$1"
}
tampered "a line left out" "*$(name 8), line 3: records before it are missing*" \
	sed -i 3d "$(name 8)"
tampered "a line put in" "*$(name 8), line 4: its number was there before*" \
	sed -i 3p "$(name 8)"
tampered "two lines swapped" "*$(name 8), line 3: records before*" \
	sed -i '3{h;d};4{G}' "$(name 8)"
tampered "a value altered" "*$(name 8), line 4: the record before it was*" \
	sed -i '3s/"total":1010/"total":1011/' "$(name 8)"
tampered "a number altered" "*$(name 8), line 1: its number is not the file*" \
	sed -i '1s/"sequence":8/"sequence":9/' "$(name 8)"
# shellcheck disable=SC2016 # sed's
tampered "the last record altered" "*record 60 is not the one*" \
	sed -i '$s/"total":1060/"total":1061/' "$(name 55)"
tampered "a file left out" "*$(name 15), line 1: records before*" \
	rm "$(name 8)"
tampered "the first file left out" "*$(name 8), line 1: records before*" \
	rm "$(name 1)"
tampered "the last file left out" "*ends with record 54, and not with 60*" \
	rm "$(name 55)"
tampered "a file cut off" "*$(name 8), line 7: the file was cut off*" \
	truncate -s -1 "$(name 8)"
# shellcheck disable=SC2016 # sed's
tampered "a file cut at a line" "*$(name 15), line 1: records before*" \
	sed -i '$d' "$(name 8)"
tampered "a file renamed" "*its number is not the file*" \
	mv "$(name 8)" "$(name 9)"
tampered "a record without a chain" "*line 3: *" \
	sed -i '3s/"chain":"[^"]*",//' "$(name 8)"
tampered "a break that was not" "*line 3: *" \
	sed -i '3s/"chain":"[^"]*",/&"restored":{"after":2,"to":9},/' "$(name 8)"

# the last one of a range: the next one tells
keep "$builddir/csrcadm" -c "$work/copy.conf" audit verify --to 10
rm -rf "$work/var/copy"
cp -r "$archive" "$work/var/copy"
sed -i '3s/"total":1010/"total":1011/' "$work/var/copy/$month/$(name 8)"
chmod -R a+rX "$work/var/copy"
keep "$builddir/csrcadm" -c "$work/copy.conf" audit verify --to 10
is "$code" 1 "the last one of a range was altered"
like "$err" "*line 4: the record before it was altered*" "and where"

# any octet, anywhere
found=0
size=$(cat "$archive/$month"/*.jsonl | wc -c)
for ((i = 0; i < tampers; i++)); do
	rm -rf "$work/var/copy"
	cp -r "$archive" "$work/var/copy"
	at=$(((RANDOM << 15 | RANDOM) % size))
	for file in "$work/var/copy/$month"/*.jsonl; do
		length=$(stat -c %s "$file")
		[ "$at" -ge "$length" ] || break
		at=$((at - length))
	done
	octet=$(od -An -tu1 -j "$at" -N 1 "$file")
	# shellcheck disable=SC2059 # the octet is the format
	printf "\\$(printf %o $(((octet + 1 + RANDOM % 255) % 256)))" |
		dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
	chmod -R a+rX "$work/var/copy"
	keep "$builddir/csrcadm" -c "$work/copy.conf" audit verify
	if [ "$code" -eq 1 ]; then
		found=$((found + 1))
	else
		diag "not found: octet $at of ${file##*/}" "$out"
	fi
done
is "$found" "$tampers" "any octet that is altered is found"

# a report that has to go
rm -rf "$work/var/copy"
cp -r "$archive" "$work/var/copy"
file=$work/var/copy/$month/$(name 8)
line=$(sed -n 3p "$file")
head=${line%%',"report":{'*}
report=${line#"$head"',"report":'}
digest=$(printf %s "${report%'}'}" | sha256sum | cut -c 1-64)
{
	sed -n 1,2p "$file"
	printf '%s,"report":"sha256:%s"}\n' "$head" "$digest"
	sed 1,3d "$file"
} >"$work/erased"
cat "$work/erased" >"$file"
chmod -R a+rX "$work/var/copy"
keep "$builddir/csrcadm" -c "$work/copy.conf" audit verify
is "$code" 0 "the chain holds with a report erased" || diag "$err"
like "$out" "60 records,*1 with the report erased*" "and says so"
ok "by hand, too" by_hand "$work/var/copy"

# numbers that the operator skips
exits 0 sequence --next 100
bundle 61 63
exits 0 audit verify
like "$out" "63 records, from 1 to 102,*1 declared breaks*" \
	"a declared break"

# what cannot be an archive
sed "s,^archive_directory.*,archive_directory = /proc," "$conf" >"$work/bad"
keep "$builddir/csrc-milter" -n -c "$work/bad"
is "$code" 78 "csrc-milter -n: not on another file system" || diag "$err"
like "$err" "*archive_directory*" "and says which option"
sed "/^archive_directory/d" "$conf" >"$work/bad"
keep "$builddir/csrcadm" -c "$work/bad" audit verify
is "$code" 3 "no archive"
done_testing
