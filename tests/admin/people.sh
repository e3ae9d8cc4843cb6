#!/bin/bash
# What csrcadm does for people: how lists look, what it asks and suggests, what
# may be named at once. What each verb does is csrcadm.sh's.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

# A mail from the device, plain, with that many pages.
mail()
{
	printf '%s\n' "From: printer@example.org" \
		"CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"MIME-Version: 1.0" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}"
}

# Where each column begins: the same in every line, and under the header.
columns()
{
	awk '{ at = ""; line = $0; gap = 1
		for (i = 1; i <= length(line); i++) {
			here = substr(line, i, 1) == " "
			if (!here && gap) at = at " " i
			gap = here
		}
		print at }' | sort -u
}

test_lists()
{
	run center list
	is "$out" "" "a list of nothing has no header"
	exits 0 center add K0001 --address csrc@center.example
	exits 0 center add K0002
	run center list
	is "$out" "CENTER  ADDRESSES
K0001   csrc@center.example
K0002   -" "centers under a header"
	exits 0 device add "$serial" --center K0001 --protection optional
	exits 0 device add short --center K0002
	exits 0 device add a-much-longer-serial-number-1 --center K0001
	exits 0 device disable short
	run device list
	is "$(columns <<<"$out" | wc -l)" 1 "devices stand in columns" ||
		diag "$out"
	like "$out" "SERIAL *CENTER *PROTECTION *STATE *REPORTED*" \
		"under a header"
	exits 0 device key "$serial" --generate
	run device key "$serial" --list
	is "$(columns <<<"$out" | wc -l)" 1 "keys stand in columns"
	like "$out" "KEY-ID *BITS *STATE *CREATED *USED
*256 *live *Z  -" "under a header, with zones"
}

test_explain()
{
	mail 1 >"$work/mail.eml"
	exits 0 explain "$work/mail.eml" --to csrc@center.example
	like "$out" "*seal *skipped *there is none: plain*" \
		"explain says why a check was skipped"
	exits 0 device set "$serial" --protection required
	exits 1 explain "$work/mail.eml" --to csrc@center.example
	like "$out" "*protection *failed *ledger *skipped *not reached: protection failed*" \
		"also behind one that failed"
	exits 0 device set "$serial" --protection optional
}

# on_terminal ANSWER WORD…: csrcadm with a terminal; what it shows is in out.
on_terminal()
{
	local answer=$1
	shift

	out=$(script -qec "$builddir/csrcadm -c $conf $*" /dev/null \
		<<<"$answer" | tr -d '\r')
}

there()
{
	run device list --json
	jq -r .serial <<<"$out" | tr '\n' ' '
}

test_many()
{
	exits 2 device set "$serial"
	like "$err" "*nothing is changed without an option*" "why"
	exits 0 device add m1 --center K0002
	exits 0 device add m2 --center K0002
	exits 0 device add m3 --center K0002
	exits 0 device disable m1 m2
	is "$(run device list --disabled --json && jq -r .serial <<<"$out" |
		tr '\n' ' ')" "M1 M2 SHORT " "several are disabled"
	exits 3 device enable m1 nosuch m2
	like "$err" "*NOSUCH*" "the one that is not there is told"
	is "$(run device list --disabled --json && jq -r .serial <<<"$out" |
		tr '\n' ' ')" "SHORT " "the others are done"
	on_terminal n device remove m1 m2
	like "$out" "*device remove m1 m2: *with their keys? *" \
		"on a terminal it asks"
	like "$(there)" "*M1 M2*" "no is no"
	on_terminal "" device remove m1
	like "$(there)" "*M1 M2*" "nothing is no"
	on_terminal y device remove m1
	is "$(there)" "A-MUCH-LONGER-SERIAL-NUMBER-1 $serial M2 M3 SHORT " \
		"yes is yes"
	on_terminal n device remove m2 --yes
	exits 0 device remove m3
	is "$(there)" "A-MUCH-LONGER-SERIAL-NUMBER-1 $serial SHORT " \
		"nobody is asked with --yes, nor a script"
}

# listed OPTION…: the serials that device list prints.
listed()
{
	run device list --json "$@"
	jq -r .serial <<<"$out" | tr '\n' ' '
}

test_filters()
{
	is "$(listed --disabled)" "SHORT " "only disabled ones"
	is "$(listed --without-key)" "A-MUCH-LONGER-SERIAL-NUMBER-1 SHORT " \
		"only those without a key"
	is "$(listed --without-key --center K0001)" \
		"A-MUCH-LONGER-SERIAL-NUMBER-1 " "of a center"
	is "$(listed --never)" "A-MUCH-LONGER-SERIAL-NUMBER-1 $serial SHORT " \
		"only those that never reported"
	exits 0 submit "$work/mail.eml" --center K0001
	is "$(listed --never)" "A-MUCH-LONGER-SERIAL-NUMBER-1 SHORT " \
		"and who has is none of them"
}

# kept NAME RECEIVED REASON CENTERS OWNER: a mail as the gate keeps it.
kept()
{
	{
		printf '%s\n' "Received: $2" "Verdict: spoof" "Reason: $3" \
			"Share: registered" "Owner: $5" "Centers: $4" ""
		mail 7
	} >"$work/var/quarantine/$1.eml"
	[ -z "$user" ] || chown "$user" "$work/var/quarantine/$1.eml"
}

# found OPTION…: the names that quarantine list prints.
found()
{
	run quarantine list --json "$@"
	jq -r .name <<<"$out" | tr '\n' ' '
}

test_quarantine()
{
	kept a 2026-11-01T00:00:00Z stale K0001 "device:$serial"
	kept b 2026-11-02T00:00:00Z stale "K0002 K0001" "device:SHORT"
	kept c 2026-11-03T00:00:00Z unprotected K0002 ""
	kept d "$(date -u +%FT%TZ)" unprotected K0001 ""
	run quarantine list --reason unprotected
	is "$(columns <<<"$out" | wc -l)" 1 "mails stand in columns"
	is "$(found --reason stale)" "a.eml b.eml " "those kept for a reason"
	is "$(found --serial short)" "b.eml " "a device's"
	is "$(found --center k0001)" "a.eml b.eml d.eml " "to a center"
	is "$(found --before 2026-11-03)" "a.eml b.eml " "before a day"
	is "$(found --before 2026-11-03T01:00:00+01:00)" "a.eml b.eml " \
		"before a time"
	is "$(found --before 1d)" "a.eml b.eml c.eml " "of an age"
	is "$(found --before 1d --center K0001 --serial "$serial")" "a.eml " \
		"all must hold"
	exits 3 quarantine list --reason nosuch
	exits 2 quarantine list --before noon
	exits 2 quarantine remove
	exits 2 quarantine remove a.eml --reason stale
	exits 0 quarantine remove --reason stale --before 2026-11-02
	is "$out" a.eml "what is removed so is named"
	exits 1 quarantine release --reason stale
	like "$out" "b.eml spoof stale 0" "what is released is judged"
	exits 0 quarantine release --serial short --accept-date
	like "$out" "b.eml genuine - *" "one by one"
	exits 0 quarantine release --serial short
	is "$(found)" "c.eml d.eml " "the others stay"
	exits 0 quarantine remove c.eml d.eml
}

test_help()
{
	exits 0 help
	like "$out" "*csrcadm device add SERIAL*csrcadm help *" "help"
	exits 0 help device add
	like "$out" "csrcadm device add SERIAL*--network CIDR*" "of one command"
	exits 0 help device
	like "$out" "*csrcadm device add *csrcadm device export*" "of a verb"
	exits 2 help dance
	exits 2 devise list
	like "$err" "csrcadm: no such command: devise: did you mean device list?*" "a slip in a verb"
	exits 2 device lsit
	like "$err" "*did you mean device list?*" "in a noun"
	exits 2 add device
	like "$err" "*did you mean device add?*" "the other way round"
	exits 2 stat
	like "$err" "*did you mean stats?*" "what is begun"
	exits 2 dance
	not_ok "nothing is near everything" grep "mean" "$work/err"
	exits 2 device list --centre K0001
	like "$err" "*unknown option --centre: did you mean --center?" \
		"a slip in an option"
	exits 2 device list --jsno=1
	like "$err" "*mean --json?" "in one for all"
}

# answers WANTED WORD…: done, and this is all that it says in JSON.
answers()
{
	local wanted=$1
	shift

	exits 0 "$@" --json
	is "$out" "$wanted" "in JSON"
}

test_json()
{
	local id

	answers '{"done":"center add","center":"K0008"}' center add k0008
	answers '{"done":"center address","center":"K0008"}' \
		center address add K0008 k8@center.example
	answers '{"done":"device add","serial":"J1"}' \
		device add j1 --center K0008
	is "$(run device show j1 --json &&
		jq -c '[.from, .network, .address, .key_id]' <<<"$out")" \
		"[null,null,null,null]" "what there is not is null"
	answers '{"done":"device set","serial":"J1"}' \
		device set j1 --from a@b.example
	answers '{"done":"device disable","serial":"J1"}
{"done":"device disable","serial":"SHORT"}' device disable j1 short
	exits 0 device key j1 --generate --json
	id=$(jq -r .key_id <<<"$out")
	answers "{\"done\":\"device key\",\"key_id\":\"$id\"}" \
		device key j1 --retire "$id"
	answers '{"done":"device remove","serial":"J1"}' device remove j1
	answers '{"done":"center remove","center":"K0008"}' center remove K0008
	answers '{"done":"check"}' check
	kept e 2026-11-02T00:00:00Z stale K0001 ""
	is "$(run quarantine list --json &&
		jq -c '[.sender, .client, .queue_id, .owner]' <<<"$out")" \
		"[null,null,null,null]" "also of a mail that was kept"
	answers '{"done":"quarantine remove","name":"e.eml"}' \
		quarantine remove e.eml
	mail 9 >"$work/mail.eml"
	is "$(run explain "$work/mail.eml" --to csrc@center.example --json &&
		jq -c '[.verdict, .reason, .email_id, .owner]' <<<"$out")" \
		'["genuine",null,null,null]' "and of a judgement"
	is "$(run stats --json && jq -c '[.started_at,
		(.last_checkpoint_at | fromdate > 0)]' <<<"$out")" \
		'[null,true]' "stats has times"
}

# segment NAME: a segment of one report in new/.
segment()
{
	echo "{\"sequence\":$((10#${1%.jsonl}))}" >"$work/var/spool/new/$1"
}

test_reclaim()
{
	local a=00000000000000000101.jsonl b=00000000000000000102.jsonl

	rm -f "$work/var/spool/new/"*
	segment $a
	segment $b
	run spool next
	exits 0 spool reclaim "$out"
	is "$out" "" "what is named is known"
	is "$(ls "$work/var/spool/new")" "$a
$b" "a path is given back"
	run spool next
	run spool next
	run spool list
	like "$out" "STATE *CLAIMED
cur *$a *Z
cur *$b *Z" "since when"
	exits 0 spool reclaim --older 1h
	is "$out" "" "who is at work keeps what it has"
	exits 0 spool reclaim --older 0s
	is "$out" "$a
$b" "what is too old is given back, and named"
	exits 3 spool reclaim $a
	exits 3 spool reclaim ../../etc/master.key
	run spool next
	segment $a
	exits 3 spool reclaim $a
	like "$err" "*exists*" "one that is in new/, too"
	exits 2 spool reclaim
	exits 2 spool reclaim $a --older 1h
	exits 2 spool reclaim --older soon
	rm -f "$work/var/spool/"{new,cur}/*
}

# completes WANTED WORD...: what the last one may become.
completes()
{
	local wanted=$1
	shift

	COMP_WORDS=("$builddir/csrcadm" -c "$conf" "$@")
	COMP_CWORD=$(($# + 2))
	_csrcadm_bash
	is "$(printf '%s ' "${COMPREPLY[@]//\\/}")" "$wanted " "bash: $*"
	if ! command -v zsh >/dev/null; then
		skip "zsh: $*" "no zsh"
		return
	fi
	# shellcheck disable=SC2016 # zsh's
	is "$(cd "$builddir" && zsh -fc 'compadd() {
			[[ $1 != -M ]] || shift 2
			shift
			for found; do
				[[ ${found:u} != ${last:u}* ]] ||
					printf "%s " "$found"
			done
		}
		_files() { : }
		completion=$1
		shift
		words=("$@") CURRENT=$# last=${@[-1]}
		. "$completion"' zsh "$srcdir/contrib/completion/csrcadm" \
		"${COMP_WORDS[@]}")" "${wanted:+$wanted }" "zsh: $*"
}

test_completion()
{
	# shellcheck source=contrib/completion/csrcadm
	. "$srcdir/contrib/completion/csrcadm"
	# a name is not for a shell to expand
	# shellcheck disable=SC2016
	exits 0 device add 'A$(id)' --center K0002
	completes "disable" device dis
	completes "--center" device add x --ce
	completes "A\$(ID) A-MUCH-LONGER-SERIAL-NUMBER-1 $serial" \
		device show a
	completes "A\$(ID)" device show 'A$'
	is "${COMPREPLY[0]}" 'A\$\(ID\)' "bash is given it in quotes"
	completes "SHORT" device enable "$serial" s
	completes "K0001 K0002" device list --center k
	completes "K0001" submit FILE --center K0001
	completes "K0001 K0002" center address add ""
	completes "" submit FILE --trace K
	completes "show SHORT" request sh
	completes "cancel" request c
	COMP_WORDS=("$builddir/csrcadm" -c "$work/none" device show s)
	COMP_CWORD=5
	_csrcadm_bash
	is "${#COMPREPLY[@]}" 0 "without a daemon there are no names"
	# shellcheck disable=SC2016
	exits 0 device remove 'A$(id)'
}

test_tail()
{
	local new=$work/var/spool/new first last i

	rm -f "$work/var/spool/"{new,cur}/*
	for i in 3 4; do
		mail $i >"$work/mail.eml"
		exits 0 submit "$work/mail.eml" --center K0001
	done
	last=$(run sequence && echo $((out - 1)))
	first=$((last - 1))
	for ((i = 0; i < 100; i++)); do
		[ -z "$(find "$new" -name "*$last.jsonl")" ] || break
		sleep 0.1
	done
	exits 0 spool verify --from $first
	like "$out" "2 segments, 2 reports, $first to $last, 0 faults" \
		"a whole spool"
	mv "$new/"*"$last.jsonl" "$work/tail.jsonl"
	exits 1 spool verify
	like "$out" "-: $last to $last are missing
1 segments, *1 faults" "$how: its end is missing"
	exits 1 spool verify --json
	is "$(tail -n 1 "$work/out" | jq .published)" "$last" \
		"$how: the last one is told"
	rm "$new/"*
	exits 0 spool verify
	like "$out" "0 segments, *" "all of it may have been consumed"
	exits 1 spool verify --from $first
	like "$out" "-: $first to $last are missing*" \
		"not if it must be there"
}

# imports CODE ANSWER WORD…: device import of standard input, as it ends and
# what it says then.
imports()
{
	local wanted=$1 answer=$2
	shift 2

	run device import - "$@"
	is "$code $out" "$wanted $answer" "$how: device import $*" ||
		diag "$err"
}

test_import()
{
	printf '\357\273\277Serial;CENTER;Address;\r\n%s\r\n%s\r\n;;;\r\n' \
		'x1;K0002;"x1@device.example";' '"X2";k0002;;' \
		>"$work/excel.csv"
	imports 0 "would have added 2, updated 0, unchanged 0" --dry-run \
		<"$work/excel.csv"
	imports 0 "added 2, updated 0, unchanged 0" \
		<"$work/excel.csv"
	imports 3 "added 0, updated 0, unchanged 0, faults 7" <<-END
		serial,center,address
		x3,K0002,x1@device.example
		x4,K0009,
		x5,K_2,
		x6,K0002,x6@device.example
		x6,K0002,
		x7,K0002,x6@device.example
		x8,K0002
		x1,K0002,
		x9,K0002,
	END
	is "$(cut -d: -f2 <<<"$err" | tr '\n' ' ')" \
		" line 2  line 3  line 4  line 6  line 7  line 8  line 9 " \
		"$how: every fault is told with its line"
	like "$err" "*twice: see line 5*twice: see line 5*" \
		"$how: also what is twice"
	run device list --json
	is "$(jq -r .serial <<<"$out" | grep -c '^X')" 2 "$how: nothing is in"
	imports 3 "added 1, updated 0, unchanged 0, faults 1" --partial <<-END
		serial,center
		x3,K0009
		x4,K0002
	END
	imports 0 "would have added 1, updated 1, unchanged 1" --update \
		--dry-run <<-END
		serial	center	enabled
		x1	K0002	no
		x4	K0002	yes
		x5	K0002	yes
	END
	is "$(run device show x1 --json && jq .enabled <<<"$out")" true \
		"$how: which changes nothing"
	imports 3 "added 0, updated 0, unchanged 0, faults 4" <<-END
		serail,colour
		x1,blue
	END
	like "$err" "*serail*: did you mean serial?*colour*: there are *no column serial*no column center*" \
		"$how: with a hint for a column"
	run device import - --json --dry-run <<<"serial,center"
	is "$out" \
		'{"added":0,"updated":0,"unchanged":0,"faults":0,"dry_run":true}' \
		"$how: as JSON"
	imports 3 "added 0, updated 0, unchanged 0, faults 2" <<-END
		serial,center
		y1,"K0002"x
		y2,K0002
		y3,K0009
	END
	exits 0 device remove x1 x2 x4
}

test_bulk_keys()
{
	local dir=$work/keys.$how id

	printf 'serial,center\n%s,K0002\n%s,K0002\n' kx1 '"k""x/2"' \
		>"$work/kx.csv"
	exits 0 device import "$work/kx.csv" --dry-run \
		--generate-keys "$work/kx.$how"
	not_ok "$how: no key, no file" test -e "$work/kx.$how"
	exits 0 device import "$work/kx.csv" --generate-keys "$work/kx.$how"
	is "$out" "added 2, updated 0, unchanged 0" "$how: the answer"
	is "$(stat -c %a "$work/kx.$how")" 600 "$how: keys are for me only"
	is "$(cut -d, -f1 "$work/kx.$how" | tr '\n' ' ')" \
		'serial "KX1" "K""X/2" ' "$how: one for each device"
	id=$(sed -n 's/^"KX1",\([0-9a-f]*\),[0-9a-f]\{64\}$/\1/p' "$work/kx.$how")
	like "$(run device key kx1 --list && echo "$out")" "*$id *256 *live*" \
		"$how: which is registered"
	exits 3 device import "$work/kx.csv" --update \
		--generate-keys "$work/kx.$how"
	like "$err" "*File exists*" "$how: none is written over"
	exits 0 device key kx1 --retire "$id"
	exits 2 device key --missing --list
	exits 2 device key --generate --missing
	exits 2 device key --generate --center K0002
	exits 3 device key --generate --missing --output "$work/none"
	exits 3 device key --generate --missing --center K0077 --json
	mkdir "$dir"
	exits 0 device key --generate --missing --center K0002 --output "$dir"
	like "$out" "*KX1 $dir/KX1.key*" "$how: where each is"
	is "$(run device list --without-key --center K0002 && echo "$out")" "" \
		"$how: none is missing"
	is "$(stat -c %a "$dir"/* | sort -u)" 600 "$how: for me only"
	exits 4 device key kx1 --generate --output "$dir"
	like "$err" "*its key * is lost, retire it: *exists*" \
		"$how: what cannot be written is told"
	exits 0 device remove kx1 'k"x/2'
}

# A pipe whose reader has enough.
test_head()
{
	local i

	{
		echo "serial,center"
		for ((i = 0; i < 5000; i++)); do
			echo "head$i,K0002"
		done
	} >"$work/many.csv"
	[ -e "$work/seeded" ] || exits 0 device import "$work/many.csv"
	: >"$work/seeded"
	for words in "device export" "device list" "device list --json"; do
		# shellcheck disable=SC2086
		"$builddir/csrcadm" -c "$conf" $words 2>"$work/err" |
			head -n 1 >"$work/out"
		is "$(wc -l <"$work/out") $(cat "$work/err")" "1 " \
			"$how: $words | head ends quietly"
	done
}

# Whole, and readable again.
test_dump()
{
	[ -x "$builddir/csrc-milter" ] || return
	keep "$builddir/csrc-milter" --dump -c "$conf"
	is "$code" 0 "csrc-milter --dump"
	like "$out" "*# $conf:$(grep -n "^publish_interval" "$conf" |
		cut -d: -f1)
publish_interval = 0*" "what the file has, and where"
	like "$out" "*# default
min_free_space = *" "what it has not"
	cp "$work/out" "$work/again.conf"
	keep "$builddir/csrc-milter" --dump -c "$work/again.conf"
	is "$(grep -v '^#' "$work/out")" "$(grep -v '^#' "$work/again.conf")" \
		"it is a configuration"
	not_ok "all of it" grep "# default" "$work/out"
	keep "$builddir/csrc-milter" --defaults
	is "$(wc -l <<<"$out")" "$(grep -vc '^#' "$work/again.conf")" \
		"--defaults has every option"
	like "$out" "*on_spoof = discard*" "with its default"
	keep "$builddir/csrc-milter" --dump -c "$work/none"
	is "$code" 78 "a file that is not there"
}

test_stats()
{
	mail 2 >"$work/mail.eml"
	exits 0 submit "$work/mail.eml" --center K0001
	sleep 1.1 # a rate needs a time
	run stats
	like "$out" "*started 2*Z
uptime *last_checkpoint 2*Z
verdict genuine 1 (*/h)
channel file genuine 1 (*/h)
judgements 1 mean * ms, 99% within * ms" "stats has times and rates, and nothing that is 0"
}

exits 0 init
test_lists
test_explain
test_help
test_many
test_filters
test_quarantine
test_json
test_reclaim
test_import
test_bulk_keys
test_dump
test_head
how=daemon
start_daemon || bail_out "the daemon does not start"
test_stats
test_completion
test_tail
test_import
test_bulk_keys
test_head
done_testing
