#!/bin/bash
# contrib/billing over a spool made by hand: nothing lost, nothing twice, and
# nothing billed that a person should look at first.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"

for program in jq sqlite3 flock setpriv; do
	command -v $program >/dev/null || skip_all "no $program"
done
srcdir=$(cd "$srcdir" && pwd)
work=$(mktemp -d) || bail_out "mktemp"
trap 'rm -rf "$work"' EXIT
# A path that a careless script would split.
spool="$work/the spool's"
db=$work/billing.sqlite

fresh()
{
	rm -rf "$spool" "$db"*
	mkdir -p "$spool/new" "$spool/cur" "$spool/tmp"
}

# report SEQUENCE SERIAL DATE COUNTERS [DIGEST]
report()
{
	printf '{"sequence":%d,"version":1,"received":"%s","channel":"mail",' \
		"$1" "2026-10-31T12:00:00Z"
	printf '"assurance":"sealed","center":"K0001","serial":"%s",' "$2"
	printf '"digest":"%s","report":{"version":1,"kind":"counters",' \
		"${5:-$1}"
	printf '"date":"%s","counters":{%s}}}\n' "$3" "$4"
}

# uncounted: the same, of the way that is not billed.
uncounted()
{
	sed 's/"digest"/"counts":false,&/'
}

# with MEMBER: the same, with another member of the record.
with()
{
	sed "s/\"digest\"/$1,&/"
}

# segment SEQUENCE: what comes on standard input, published.
segment()
{
	cat >"$spool/tmp/$1"
	mv "$spool/tmp/$1" "$spool/new/$(printf %020d "$1").jsonl"
}

billing()
{
	"$srcdir/contrib/billing/billing.sh" -s "$spool" -d "$db" "$@" \
		2>"$work/err"
}

query()
{
	sqlite3 "$db" "$1"
}

# consumed TEXT COMMAND…: a loop over the spool, given the directory to write
# into, does what it says: everything once, whatever goes wrong on the way.
consumed()
{
	local text=$1 out=$work/readings
	shift

	rm -rf "$out" && mkdir "$out"
	fresh
	report 1 A 2026-10-01T00:00:00Z '"total":100' | segment 1
	report 2 B 2026-10-01 '"total":7' | segment 2
	ok "$text: runs" "$@"
	is "$(cat "$out"/*.csv | grep -c 'total\|100\|7')" 2 "$text: each report"
	is "$(find "$spool" -name '*.jsonl')" "" "$text: and nothing stays"
	ok "$text: an empty spool" "$@"
	is "$(find "$out" -name '*.csv' | wc -l)" 2 "$text: is nothing"
	report 3 A 2026-10-02 '"total":101' | segment 3
	failing_jq "$@"
	is "$(ls "$spool/cur")" 00000000000000000003.jsonl \
		"$text: jq fails: it stays"
	is "$(find "$out" -name '*.csv' | wc -l)" 2 "$text: and nothing is half written"
	"$@"
	is "$(grep -c 101 "$out/00000000000000000003.csv")" 1 \
		"$text: the next run takes it up"
	is "$(ls "$spool/cur")" "" "$text: and finishes it"
	report 4 A 2026-10-03 '"total":102' | segment 4
	ln -s /dev/full "$out/00000000000000000004.part"
	"$@" 2>"$work/err"
	is "$(ls "$spool/cur")" 00000000000000000004.jsonl \
		"$text: the disk is full: it stays"
	rm "$out/00000000000000000004.part"
	"$@"
	is "$(cat "$out"/*.csv | grep -c 102)" 1 "$text: there is room again"
	mkfifo "$spool/new/00000000000000000005.jsonl"
	ok "$text: a FIFO is passed by" member timeout 20 "${@:2}"
}

# A jq that gives up in the middle.
failing_jq()
{
	mkdir -p "$work/jq"
	printf '%s\n' '#!/bin/sh' 'echo half; exit 5' >"$work/jq/jq"
	chmod +x "$work/jq/jq"
	local PATH=$work/jq:$PATH

	"$@" 2>"$work/err"
}

# As a member of the spool's group where there is somebody to be; the spool is
# then as the gateway makes it.
member()
{
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	chmod 755 "$work" "$spool"
	chgrp -R uucp "$spool"
	chmod 2770 "$spool/new" "$spool/cur"
	find "$spool/new" "$spool/cur" -type f -exec chmod 640 {} +
	chown -R nobody "$work/readings"
	setpriv --reuid nobody --regid nogroup --groups uucp "$@"
}

# The loop as README or the manual prints it, with directories of ours.
printed()
{
	sed -e "s|/var/spool/csrc|\"$spool\"|g" \
		-e "s|/var/lib/readings|$work/readings|g" \
		-e "s|\$HOME|$work/readings|g" >"$work/loop"
	[ -s "$work/loop" ] || bail_out "no loop is printed"
}

test_consume()
{
	local segment=00000000000000000001

	consumed consume.sh member sh "$srcdir/contrib/billing/consume.sh" \
		"$spool" "$work/readings"
	fresh
	rm "$work/readings/"*
	report 1 A 2026-10-01T00:00:00Z '"total":100,"scan":5' | segment 1
	ok "consume.sh" "$srcdir/contrib/billing/consume.sh" "$spool" \
		"$work/readings"
	is "$(cat "$work/readings/$segment.csv")" \
'1,"A","2026-10-01T00:00:00Z","total",100
1,"A","2026-10-01T00:00:00Z","scan",5' "writes each counter"
	fresh
	report 7 A 2026-10-01T00:00:00Z '"total":100' >"$work/elsewhere"
	ln -s "$work/elsewhere" "$spool/new/00000000000000000007.jsonl"
	cp "$work/elsewhere" "$spool/new/0000000000000000001
7.jsonl"
	cp "$work/elsewhere" "$spool/new/00000000000000000007
.jsonl"
	ok "consume.sh" "$srcdir/contrib/billing/consume.sh" "$spool" \
		"$work/readings"
	is "$(find "$spool/new" -name '*.jsonl' | grep -c new/)" 3 \
		"takes neither a link nor what is no segment's name"
	sed -n '/^    cd .var.spool.csrc/,/^    done/p' "$srcdir/README.md" |
		printed
	consumed README.md member sh "$work/loop"
	awk '/^cd .var.spool.csrc/ { on = 1 } /^\.Ed/ { on = 0 } on' \
		"$srcdir/man/csrc-report.5" | sed 's/\\e$/\\/' | printed
	consumed "csrc-report(5)" member sh "$work/loop"
}

test_month()
{
	fresh
	{
		report 1 A 2026-09-29T10:00:00Z '"total":1000,"scan":10'
		report 2 A 2026-10-05T10:00:00Z '"total":1100,"scan":10'
		# 23:30 UTC on the last of October
		report 3 A 2026-11-01T00:30:00+01:00 '"total":1250,"scan":30'
		report 4 A 2026-11-05T10:00:00Z '"total":1300'
	} | segment 1
	# Late mail: its date decides, not its number.
	report 5 A 2026-10-20T10:00:00Z '"total":1200' | segment 5
	# A board replaced; a device seen for the first time.
	{
		report 6 F 2026-09-30 '"total":500'
		report 7 F 2026-10-01 '"total":600'
		report 8 F 2026-10-02 '"total":3'
		report 9 N 2026-10-02 '"total":9007199254740991'
	} | segment 6
	# Its other way is billed.
	report 10 N 2026-10-03 '"total":1' | uncounted | segment 10
	ok "four segments are loaded" billing load
	is "$(find "$spool" -name '*.jsonl')" "" "and removed"
	is "$(billing month 2026-10)" \
'serial,counter,readings,opened,opening,closed,closing,pages,flag
A,scan,2,"2026-09-29 10:00:00",10,"2026-10-31 23:30:00",30,20,""
A,total,3,"2026-09-29 10:00:00",1000,"2026-10-31 23:30:00",1250,250,""
F,total,2,"2026-09-30 00:00:00",500,"2026-10-02 00:00:00",3,,fallen
N,total,1,"2026-10-02 00:00:00",9007199254740991,"2026-10-02 00:00:00",9007199254740991,0,first' \
		"the page of October"
	is "$(billing month 2026-11 | tail -n +2)" \
'A,total,1,"2026-10-31 23:30:00",1250,"2026-11-05 10:00:00",1300,50,""' \
		"November goes on where October ended"
	is "$(billing fallen | tail -n +2)" \
'F,total,8,"2026-10-01 00:00:00",600,"2026-10-02 00:00:00",3' \
		"the counter that fell is listed"
	is "$(billing gaps)" "" "no gaps"
	not_ok "a month that is none" billing month 2026-1
}

# SIGKILL between the commit and the removal of the segment.
test_crash()
{
	fresh
	report 1 A 2026-10-01 '"total":1' | segment 1
	report 2 A 2026-10-02 '"total":2' | segment 2
	mkdir -p "$work/bin"
	printf '%s\n' '#!/bin/sh' "kill -9 \$PPID" >"$work/bin/rm"
	chmod +x "$work/bin/rm"
	(
		PATH=$work/bin:$PATH
		billing load
	) 2>/dev/null
	is "$(query "SELECT count(*) FROM reports")" 1 "killed after a commit"
	is "$(ls "$spool/cur")" 00000000000000000001.jsonl "before the removal"
	ok "the next run goes on" billing load
	is "$(query "SELECT count(*) FROM reports")" 2 "no report is there twice"
	is "$(query "SELECT count(*), sum(value) FROM readings")" "2|3" \
		"nor is a reading"
	is "$(find "$spool" -name '*.jsonl')" "" "the spool is empty"
	# After a power failure the gateway may publish it again.
	report 2 A 2026-10-02 '"total":2' | segment 2
	ok "a segment that comes again" billing load
	is "$(query "SELECT count(*) FROM reports")" 2 "changes nothing"
}

# stays TEXT: the segment in question was not loaded, and is kept.
stays()
{
	not_ok "$1 is refused" billing load
	is "$(query "SELECT count(*) FROM reports WHERE sequence > 1")" 0 \
		"nothing of it is loaded"
	is "$(ls "$spool/cur")" 00000000000000000002.jsonl "it is kept"
	rm "$spool/cur/"*
}

test_faults()
{
	fresh
	report 1 A 2026-10-01 '"total":1' | segment 1
	ok "a good one first" billing load
	report 2 A 2026-10-02 '"total":2' | head -c 100 | segment 2
	stays "half a line"
	{
		report 2 A 2026-10-02 '"total":2'
		report 4 A 2026-10-03 '"total":3'
	} | segment 2
	stays "a gap within"
	report 3 A 2026-10-02 '"total":2' | segment 2
	stays "a number that is not the name's"
	printf '' | segment 2
	stays "an empty one"
	{
		report 2 A 2026-10-02 '"total":2'
		echo '{"sequence":3,"report":{}}'
	} | segment 2
	stays "a record that lacks its fields"
	report 1 A 2026-10-01 '"total":9' other | segment 1
	not_ok "a number taken by other content" billing load
	is "$(query "SELECT value FROM readings")" 1 "the first one stands"
}

test_gaps()
{
	fresh
	report 4 A 2026-10-01 '"total":1' | segment 4
	report 7 A 2026-10-02 '"total":2' | segment 7
	not_ok "gaps are told" billing load
	is "$(billing gaps)" "missing: 1 to 3
missing: 5 to 6" "which"
	is "$(query "SELECT count(*) FROM reports")" 2 "what is there is loaded"
	not_ok "from 4 on" billing -f 4 load
	is "$(billing gaps)" "missing: 5 to 6" "the start is kept"
	{
		report 5 A 2026-10-01 '"total":1'
		report 6 A 2026-10-01 '"total":1'
	} | segment 5
	ok "they are closed" billing load
	is "$(billing gaps)" "" "none is left"
}

test_hostile()
{
	fresh
	report 1 "A');DROP TABLE reports;--" 2026-10-01 \
		'"total":1,"x\";--":2,"text":"3","real":1.5,"huge":99999999999999999999' | segment 1
	ok "names that are SQL are loaded" billing load
	is "$(query "SELECT serial FROM reports")" \
		"A');DROP TABLE reports;--" "as they are"
	is "$(query "SELECT count(*) FROM readings")" 2 "integers only"
	is "$(cat "$work/err")" "billing.sh: 00000000000000000001.jsonl: 3 counters \
that are no integers are left in the record" "and that is said"
	report 2 A garbage '"total":1' | segment 2
	ok "a date that is none" billing load
	is "$(query "SELECT at FROM readings WHERE sequence = 2")" \
		"2026-10-31 12:00:00" "is when it came"
}

# Whoever may write to the spool may give a file any name.
test_names()
{
	local name

	fresh
	report 1 A 2026-10-01 '"total":1' >"$work/one"
	for name in "0' || (SELECT edit('x', 'touch $work/ran; true'))||'" \
		"0);.shell touch ran" 0000000000000000001 000000000000000000001 \
		"0000000000000000000x" "" "-v"; do
		name=$(tr / _ <<<"$name")
		cp "$work/one" "$spool/new/$name.jsonl"
		cp "$work/one" "$spool/cur/$name.jsonl"
	done
	ln -s "$work/one" "$spool/new/00000000000000000001.jsonl"
	mkfifo "$spool/new/00000000000000000002.jsonl"
	mkdir "$spool/new/00000000000000000003.jsonl"
	not_ok "names that are no segment's" billing load
	is "$(query "SELECT count(*) FROM reports")" 0 "are not loaded"
	like "$(cat "$work/err")" "*is no segment*" "and said"
	is "$(find "$work" "$spool" -name 'ran*')" "" "nor is anything run"
	is "$(find "$spool" -name '*.jsonl' | wc -l)" 17 "and nothing is moved"
}

test_two_loaders()
{
	local i first second

	fresh
	for ((i = 1; i <= 40; i++)); do
		report "$i" A 2026-10-01 "\"total\":$i" | segment "$i"
	done
	billing load &
	first=$!
	"$srcdir/contrib/billing/billing.sh" -s "$spool" -d "$db" load \
		2>/dev/null &
	second=$!
	wait $first
	is $? 0 "two loaders at once: the first"
	wait $second
	is $? 0 "and the second"
	is "$(query "SELECT count(*) FROM reports")" 40 "each report once"
}

# The same reading twice is one, wherever it stands.
test_same()
{
	fresh
	{
		report 1 A 2026-09-30 '"total":100'
		report 2 A 2026-10-05T10:00:00Z '"total":150'
		report 3 A 2026-10-05T12:00:00Z '"total":160'
		# In the same segment, and by its own date before both.
		report 4 A 2026-10-05 '"total":160,"scan":7' |
			with '"same_as":3'
		report 5 A 2026-10-06T10:00:00Z '"total":170' | uncounted
	} | segment 1
	report 6 A 2026-10-06T10:00:00Z '"total":170,"scan":9' |
		with '"same_as":5' | segment 6
	ok "readings that are the same are loaded" billing load
	is "$(query "SELECT sequence, counter, at, value FROM readings
		WHERE sequence > 2 ORDER BY sequence, counter")" \
'3|total|2026-10-05 12:00:00|160
4|scan|2026-10-05 12:00:00|7
6|scan|2026-10-06 10:00:00|9
6|total|2026-10-06 10:00:00|170' "each counter of them once"
	is "$(query "SELECT count(*) FROM reports")" 6 "each record is kept"
	is "$(billing month 2026-10 | cut -d , -f 1,2,8,9)" \
'serial,counter,pages,flag
A,scan,2,first
A,total,70,""' "and they are billed once"
}

test_flags()
{
	fresh
	report 1 A 2026-09-30 '"total":100' |
		with '"flags":["jump","it'"'"'s; new","jump",7]' | segment 1
	ok "a record with flags is loaded" billing load
	report 1 A 2026-09-30 '"total":100' | with '"flags":["jump"]' | segment 1
	ok "and comes again" billing load
	is "$(query "SELECT * FROM flags")" "1|it's; new
1|jump" "the flags are kept, each once"
}

# What was loaded by the first version of billing.sh.
test_earlier_version()
{
	local record

	fresh
	query "CREATE TABLE reports(
			sequence INTEGER PRIMARY KEY, received TEXT NOT NULL,
			center TEXT NOT NULL, serial TEXT NOT NULL,
			assurance TEXT NOT NULL, digest TEXT NOT NULL,
			kind TEXT NOT NULL, date TEXT, record TEXT NOT NULL);
		CREATE TABLE readings(
			sequence INTEGER NOT NULL REFERENCES reports,
			serial TEXT NOT NULL, counter TEXT NOT NULL,
			at TEXT NOT NULL, value INTEGER NOT NULL,
			PRIMARY KEY(sequence, counter));
		CREATE TABLE start(sequence INTEGER NOT NULL);
		INSERT INTO start VALUES(7);
		CREATE VIEW steps AS SELECT * FROM readings;
		CREATE VIEW gaps AS SELECT 1 AS first, 2 AS last"
	{
		report 7 A 2026-10-01 '"total":1' | with '"flags":["zero"]'
		report 8 A 2026-10-01 '"total":1' | with '"same_as":7'
	} >"$work/lines"
	while read -r record; do
		query "INSERT INTO reports SELECT '$record'->>'sequence',
			'$record'->>'received', 'K0001', 'A', 'sealed',
			'$record'->>'digest', 'counters', '2026-10-01', '$record';
			INSERT INTO readings SELECT '$record'->>'sequence', 'A',
			'total', '2026-10-01 00:00:00', 1"
	done <"$work/lines"
	not_ok "an earlier database" billing statement 2026-10
	like "$(cat "$work/err")" "*load makes it one of this*" "wants a load"
	report 9 A 2026-10-02 '"total":2' | segment 9
	ok "which makes it one of ours" billing load
	is "$(query "SELECT sequence, value FROM readings")" "7|1
9|2" "and reads its records anew"
	is "$(query "SELECT * FROM flags")" "7|zero" "with their flags"
	query "PRAGMA user_version = 2"
	not_ok "a later one" billing load
	like "$(cat "$work/err")" "*later version*" "is not touched"
}

test_restored()
{
	fresh
	report 1 A 2026-10-01 '"total":1' | segment 1
	report 9 A 2026-10-02 '"total":2' |
		with '"restored":{"after":1,"to":8}' | segment 9
	ok "numbers that were skipped after a restore" billing load
	is "$(billing gaps)" "" "are not missing"
	report 12 A 2026-10-03 '"total":3' |
		with '"restored":{"after":9,"to":10}' | segment 12
	not_ok "others are" billing load
	is "$(billing gaps)" "missing: 10 to 11" "and said"
}

# contracts ROW…: a contract file.
contracts()
{
	printf '%s\n' "serial,contract,customer,valid from,valid to,counter,\
weight,price per unit" "$@" >"$work/con;tracts'.csv"
}

statement()
{
	billing statement "$1" --contracts "$work/con;tracts'.csv" "${@:2}"
}

# As short lines: serial, counter, from, to, opening, closing, pages, units, amount,
# state, note.
short()
{
	tail -n +2 | cut -d , -f 3-6,8,10,11,13,15-
}

test_statement()
{
	fresh
	{
		report 1 A 2026-09-29T10:00:00Z '"total":1000,"copy.a3":10'
		report 2 A 2026-10-14T23:59:59Z '"total":1100,"copy.a3":20'
		report 3 A 2026-10-20T10:00:00Z '"total":1300,"scan":9'
		# The device that came in the place of A.
		report 4 B 2026-10-25 '"total":0'
		report 5 B 2026-10-31T23:00:00Z '"total":50'
		report 6 C 2026-10-31T23:00:00Z '"total":7'
		# By its own date it is October's, and it is late.
		report 7 A 2026-10-24T10:00:00Z '"total":1303' |
			with '"flags":["old","order"]'
		report 8 A 2026-11-01T00:00:00Z '"total":1310'
	} | segment 1
	ok "the spool is loaded" billing load
	contracts A,V1,Alpha,2026-01-01,2026-10-14,total,1,0.01235 \
		'a,V1,Alpha,2026-01-01,2026-10-14,copy.a3,2.5,1.1' \
		A,V2,"\"Beta, Inc\"",2026-10-15,2026-10-24,total,1,0.5 \
		B,V2,"\"Beta, Inc\"",2026-10-25,,total,1,0.5 \
		D,V2,"\"Beta, Inc\"",2020-01-01,,total,1,0.5 \
		A,V0,Alpha,2025-01-01,2025-12-31,total,1,9
	is "$(statement 2026-10)" \
'customer,contract,serial,counter,from,to,opened,opening,closed,closing,pages,weight,units,price,amount,state,note
Alpha,V1,A,total,2026-10-01,2026-10-14,"2026-09-29 10:00:00",1000,"2026-10-14 23:59:59",1100,100,1,100,0.01235,1.24,billed,""
Alpha,V1,A,copy.a3,2026-10-01,2026-10-14,"2026-09-29 10:00:00",10,"2026-10-14 23:59:59",20,10,2.5,25,1.1,27.50,billed,""
"Beta, Inc",V2,A,total,2026-10-15,2026-10-24,"2026-10-14 23:59:59",1100,"2026-10-24 10:00:00",1303,203,1,203,0.5,101.50,billed,"7 (old order)"
"Beta, Inc",V2,B,total,2026-10-25,2026-10-31,"2026-10-25 00:00:00",0,"2026-10-31 23:00:00",50,50,1,50,0.5,25.00,billed,"the first reading opens the account"
"Beta, Inc",V2,D,total,2026-10-01,2026-10-31,,,,,,1,,0.5,,"no reading",""
,,C,total,2026-10-31,2026-10-31,"2026-10-31 23:00:00",7,"2026-10-31 23:00:00",7,0,,,,,"no contract","the first reading opens the account"' \
		"the statement of October"
	is "$(statement 2026-11 | grep -v 'B\|D,' | short)" \
		"A,total,2026-11-01,2026-11-01,1303,1310,7,,,\"no contract\",\"7 (old order)\"" \
		"what a device does without a contract is said"
	is "$(billing statement 2026-10 | cut -d , -f 1-4,11,15,16 | head -3)" \
'customer,contract,serial,counter,pages,amount,state
,,A,copy.a3,10,,"no contract"
,,A,scan,0,,"no contract"' "without contracts, the counters of all"
	like "$(statement 2026-10 --format html)" \
		'*<h2>Beta, Inc</h2><p>Contract V2</p>*Sum, without 1 of 3 lines<th class="n">126.50*' \
		"as a page, with sums"
	contracts A,V2,Beta,2026-10-18,,total,1,0.5
	is "$(statement 2026-10 | grep Beta | cut -d , -f 8,10,11,17)" \
		'1100,1303,203,"with what it counted before the contract; 7 (old order)"' \
		"pages of before the contract are said"
}

# Nothing is a float, and what does not fit is not billed.
test_large()
{
	fresh
	report 1 A 2026-09-30 '"total":0,"scan":0,"copy":0' | segment 1
	report 2 A 2026-10-30 \
		'"total":9007199254740991,"scan":9007199254740991,"copy":3' |
		segment 2
	ok "the largest counter" billing load
	contracts A,V,X,2026-01-01,,total,1,0.00001 \
		A,V,X,2026-01-01,,scan,1,0.00002 A,V,X,2026-01-01,,copy,0.5,0.01
	is "$(statement 2026-10 | short | cut -d , -f 2,5-)" \
'total,0,9007199254740991,9007199254740991,9007199254740991,90071992547.41,billed,""
scan,0,9007199254740991,,,,"too large",""
copy,0,3,3,1.5,0.02,billed,""' "is billed exactly, or not at all"
}

test_held()
{
	fresh
	{
		report 1 A 2026-09-30 '"total":600'
		report 2 A 2026-10-05 '"total":3' | with '"flags":["fell","reset"]'
		report 3 A 2026-10-06 '"total":10'
		report 4 A 2026-11-05 '"total":15'
		report 5 R 2026-09-30 '"total":9999990'
		report 6 R 2026-10-01 '"total":15' |
			with '"flags":["fell","rollover"]'
		report 7 J 2026-09-30 '"total":5'
		report 8 J 2026-10-30 '"total":999999' | with '"flags":["jump"]'
		report 9 J 2026-11-01 '"total":9'
		report 10 J 2026-11-02 '"total":12' | with '"flags":["future"]'
	} | segment 1
	ok "readings that somebody must look at" billing load
	contracts A,V,X,2026-01-01,,total,1,1 R,V,X,2026-01-01,,total,1,1 \
		J,V,X,2026-01-01,,total,1,1
	is "$(statement 2026-10 | short | cut -d , -f 1,5-)" \
'A,600,10,,,,held,"2 (fell reset) held back"
J,5,999999,,,,held,"8 (jump) held back"
R,9999990,15,,,,held,"6 (fell rollover) held back"' "hold their lines back"
	is "$(statement 2026-11 | short | grep J | cut -d , -f 5-)" \
'999999,12,,,,held,"8 (jump) held back; 9 (fell) held back; 10 (future)"' \
		"and the next month's that begin with them"
	like "$(statement 2026-10 --format html)" \
		'*<b>held back, not summed</b>*without 3 of 3 lines<th class="n">0.00*' \
		"the page says so"
	not_ok "why must be said" billing confirm 2
	not_ok "and nobody is nobody" billing confirm 2 --why x --who ''
	not_ok "of no record" billing confirm 2 99 --why x
	not_ok "nor of what is no number" billing confirm "2) --" --why x
	is "$(query "SELECT count(*) FROM settlements")" 0 "nothing is noted"
	ok "a confirmation" billing confirm 2 6 --why "the board's new; --" \
		--who "O'Hara
<b>"
	ok "a reading that is wrong" billing discard 8 --why noise --who eva
	is "$(query "SELECT sequence, verdict, who, why FROM settlements
		WHERE at <= datetime('now')")" \
"2|confirmed|O'Hara
<b>|the board's new; --
6|confirmed|O'Hara
<b>|the board's new; --
8|discarded|eva|noise" "who and why is noted"
	is "$(statement 2026-10 | tr '\n' ' ' | sed 's/""/"/g')" \
"$(statement 2026-10 | head -1) \
X,V,A,total,2026-10-01,2026-10-31,\"2026-09-30 00:00:00\",600,\
\"2026-10-06 00:00:00\",10,7,1,7,1,7.00,billed,\
\"2 (fell reset) confirmed by O'Hara <b>: the board's new; --\" \
X,V,J,total,2026-10-01,2026-10-31,\"2026-09-30 00:00:00\",5,,,,1,,1,,\
\"no reading\",\"8 (jump) discarded by eva: noise\" \
X,V,R,total,2026-10-01,2026-10-31,\"2026-09-30 00:00:00\",9999990,\
\"2026-10-01 00:00:00\",15,25,1,25,1,25.00,billed,\
\"6 (fell rollover) confirmed by O'Hara <b>: the board's new; --\" " \
		"and they are billed"
	is "$(statement 2026-11 | short | grep J | cut -d , -f 5-)" \
		'5,12,7,7,7.00,billed,"10 (future)"' "or passed over"
	ok "the last word stands" billing confirm 8 --why "it was so"
	like "$(statement 2026-10)" '*,999999,999994,*' "that of the confirmation"
	ok "a load after it" billing load
	is "$(query "SELECT count(*) FROM settlements")" 4 "forgets nothing"
}

# refused ROW TEXT: a contract file with this row says this, and prints nothing.
refused()
{
	contracts A,V,X,2026-01-01,,total,1,1 "$1"
	is "$(statement 2026-10)" "" "a contract: ${1@Q}"
	like "$(cat "$work/err")" "*contracts: $2*" "is refused: $2"
}

test_contract_faults()
{
	fresh
	report 1 A 2026-10-01 '"total":1' | segment 1
	ok "the spool is loaded" billing load
	refused A,V,X "*:3: expected 8 columns"
	refused A,V,X,2025-01-01,2025-12-31,total,1,1,0 "*:3: expected 8 columns"
	refused '"A,V,X' "*unterminated"
	refused ,V,X,2025-01-01,2025-12-31,total,1,1 "row 3 has no serial"
	refused A,V,X,2025-02-30,2025-12-31,total,1,1 "row 3 valid from"
	refused "A,V,X,'';--,2025-12-31,total,1,1" "row 3 valid from"
	refused A,V,X,2025-01-01,31.12.2025,total,1,1 "row 3 valid to"
	refused A,V,X,2025-02-01,2025-01-01,total,1,1 "row 3 ends before"
	refused A,V,X,2026-10-01,2026-10-01,total,1,1 "row 3 has days of row 2"
	refused A,V,X,2025-01-01,2025-12-31,total,1.2345,1 "row 3 weight"
	refused A,V,X,2025-01-01,2025-12-31,total,-1,1 "row 3 weight"
	refused A,V,X,2025-01-01,2025-12-31,total,1,1e3 "row 3 price"
	refused A,V,X,2025-01-01,2025-12-31,total,1,"\"0,5\"" "row 3 price"
	printf 'serial;contract\n' >"$work/con;tracts'.csv"
	not_ok "another head" statement 2026-10
	: >"$work/con;tracts'.csv"
	not_ok "an empty one" statement 2026-10
	not_ok "none" billing statement 2026-10 --contracts "$work/none"
	not_ok "another format" billing statement 2026-10 --format pdf
	printf '\357\273\277' | cat - <(contracts \
		A,V,X,2026-01-01,,total,1,1; sed 's/$/\r/' \
		"$work/con;tracts'.csv") >"$work/dos.csv"
	like "$(billing statement 2026-10 --contracts "$work/dos.csv")" \
		"*X,V,A,total,*,0.00,billed,*" "a mark in front, and lines as DOS ends them"
}

# Texts that a careless script would run, or hand to SQL or to a browser.
test_hostile_texts()
{
	local text="A'; DROP TABLE reports; --\$(touch $work/ran)<script>&"

	fresh
	{
		report 1 "${text^^}" 2026-09-30 "\"it's;\\n|x\":1"
		report 2 "${text^^}" 2026-10-30 "\"it's;\\n|x\":4"
		report 3 "|touch $work/ran" 2026-10-30 '"total":4'
	} | segment 1
	ok "names that are SQL" billing load
	contracts "\"$text\",\"V';\$(touch $work/ran)\`touch $work/ran\`
.shell touch $work/ran
\",\"X\"\"'); DELETE FROM readings; --</td><script src=http://x>\",\
2026-01-01,,\"it's;
|x\",1,1"
	is "$(statement 2026-10 | grep -c ',3,1,3,1,3.00,billed')" 1 "are billed"
	like "$(statement 2026-10)" \
		"*\"X\"\"'); DELETE FROM readings; --</td><script src=http://x>\",\"V';*
.shell touch $work/ran*" "and printed as they are"
	like "$(statement 2026-10 --format html)" \
		"*<h2>X\"'); DELETE FROM readings; --&lt;/td&gt;&lt;script src=*" \
		"escaped in a page"
	is "$(statement 2026-10 --format html | grep -ci '<script\|<img\|url(\|@import\|<link\|<td[^>]* on')" \
		0 "that runs nothing and asks nobody"
	ok "a file whose name is a command" cp "$work/con;tracts'.csv" \
		"$work/|touch ran"
	is "$(cd "$work" && billing statement 2026-10 --contracts "|touch ran" |
		grep -c billed)" 1 "is a file"
	is "$(query "SELECT count(*) FROM readings")" 3 "no reading is lost"
	is "$(find "$work" "$spool" -name 'ran*')" "" "nor is anything run"
}

test_consume
test_month
test_same
test_flags
test_earlier_version
test_restored
test_statement
test_large
test_held
test_contract_faults
test_hostile_texts
test_crash
test_faults
test_gaps
test_hostile
test_names
test_two_loaders
done_testing
