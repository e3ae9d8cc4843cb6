#!/bin/sh
# Loads the spool into an SQLite database, each report once, and prints monthly
# pages a device, and statements a contract. See README.md.
set -u

usage()
{
	cat >&2 <<'END'
usage: billing.sh [-s SPOOL] [-d DATABASE] [-f SEQUENCE] load
       billing.sh [-d DATABASE] month YYYY-MM
       billing.sh [-d DATABASE] fallen | gaps
       billing.sh [-d DATABASE] silent DAYS
       billing.sh [-d DATABASE] statement YYYY-MM [--contracts FILE]
           [--format csv|html]
       billing.sh [-d DATABASE] confirm | discard SEQUENCE... --why TEXT
           [--who NAME]
END
	exit 2
}

fail()
{
	echo "billing.sh: $*" >&2
	exit 4
}

spool=/var/spool/csrc
db=billing.sqlite
from=
while getopts s:d:f: option; do
	case $option in
	s) spool=$OPTARG ;;
	d) db=$OPTARG ;;
	f) from=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
case $db in
-*) db=./$db ;;
esac
case $from in
*[!0-9]* | ????????????????*) usage ;;
esac

# sql WORD…: each word one statement or dot-command; the first error ends it,
# and an open transaction with it. Whose it is to run sqlite3 decides what it
# does: a file of settings in a home directory does not.
sql()
{
	sqlite3 -bail -batch -init /dev/null "$db" ".timeout 60000" "$@"
}

# beside FILE: the text of a file beside this script, without its comments: sqlite3
# would take a word that begins with one for an option.
beside()
{
	sed '/^--/d' "$(dirname "$(readlink -f "$0")")/$1" ||
		fail "cannot read $1"
}

# quoted TEXT: as a string of SQL.
quoted()
{
	printf "'%s'" "$(printf '%s' "$1" | LC_ALL=C sed "s/'/''/g")"
}

is_month()
{
	case $1 in
	[0-9][0-9][0-9][0-9]-0[1-9] | [0-9][0-9][0-9][0-9]-1[0-2]) ;;
	*) return 1 ;;
	esac
}

# The tables of an earlier version are made ours: what is in readings and flags
# comes from the records.
make_tables()
{
	version=$(sql "PRAGMA user_version") || fail "cannot open $db"
	case $version in
	0)
		tables=$(beside tables.sql) || exit 4
		sql "BEGIN IMMEDIATE" "$tables" "CREATE TEMP TABLE new AS
				SELECT record AS line, sequence, digest
				FROM reports" \
			"DELETE FROM readings" "$take" \
			"PRAGMA user_version = 1" "COMMIT" ||
			fail "cannot make the tables in $db"
		;;
	esac
	is_ours
	[ -z "$from" ] ||
		sql "BEGIN IMMEDIATE" "DELETE FROM start" \
			"INSERT INTO start VALUES($from)" "COMMIT" ||
		fail "cannot note the first sequence number"
}

is_ours()
{
	[ -e "$db" ] || fail "no $db"
	version=$(sql "PRAGMA user_version") || fail "cannot open $db"
	case $version in
	1) ;;
	0) fail "$db is of an earlier version: load makes it one of this" ;;
	*) fail "$db is of a later version" ;;
	esac
}

# is_segment FILE: whoever may write to the spool may put anything there, and the
# name goes into SQL.
is_segment()
{
	[ -f "$1" ] && ! [ -L "$1" ] || return 1
	name=${1##*/}
	case ${name%.jsonl} in
	*[!0-9]*) return 1 ;;
	????????????????????) return 0 ;;
	*) return 1 ;;
	esac
}

# load_segment FILE: all of it or nothing, and nothing twice. A number that is
# there already must belong to the same content.
load_segment()
{
	first=${1##*/}
	first=${first%.jsonl}
	first=$(echo "$first" | sed 's/^0*//')

	sql "CREATE TEMP TABLE lines(line TEXT)" \
	"CREATE TEMP TABLE must(
		j CONSTRAINT 'every line is a record' CHECK(j),
		n CONSTRAINT 'numbered from its name on' CHECK(n),
		d CONSTRAINT 'the same content as before' CHECK(d))" \
	".mode ascii" ".separator \"\\037\" \"\\n\"" \
	"BEGIN IMMEDIATE" \
	".import --schema temp /dev/stdin lines" \
	"INSERT INTO must(j) SELECT count(*) > 0 AND ifnull(min(
		json_valid(line) AND
		ifnull(json_type(line, '\$.sequence') = 'integer', 0)), 0)
		FROM lines" \
	"CREATE TEMP TABLE new AS SELECT line,
		json_extract(line, '\$.sequence') AS sequence,
		json_extract(line, '\$.digest') AS digest FROM lines" \
	"INSERT INTO must(n) SELECT min(sequence) = 0${first:-0} AND
		max(sequence) - min(sequence) + 1 = count(*) AND
		count(DISTINCT sequence) = count(*) FROM new" \
	"INSERT INTO must(d) SELECT count(*) = 0 FROM new
		JOIN reports USING(sequence)
		WHERE new.digest IS NOT reports.digest" \
	"DELETE FROM new WHERE sequence IN (SELECT sequence FROM reports)" \
	"INSERT INTO reports SELECT sequence,
		json_extract(line, '\$.received'),
		json_extract(line, '\$.center'),
		json_extract(line, '\$.serial'),
		json_extract(line, '\$.assurance'), digest,
		json_extract(line, '\$.report.kind'),
		json_extract(line, '\$.report.date'), line FROM new" \
	"$take" \
	"COMMIT" ".mode list" \
	"SELECT 'billing.sh: ${1##*/}: ' || count(*) || ' counters that are no '
		|| 'integers are left in the record'
		FROM new AS n, json_each(n.line, '\$.report.counters') AS c
		WHERE typeof(c.value) <> 'integer' HAVING count(*) > 0" <"$1" >&2
}

# What an earlier run claimed and did not finish comes first.
load()
{
	[ -d "$spool/new" ] || fail "there is no spool in $spool, or it may not be read"
	exec 9>"$db.lock" || fail "cannot make $db.lock"
	flock 9 || fail "cannot lock $db.lock"
	take=$(beside take.sql) || exit 4
	make_tables
	bad=0
	for file in "$spool"/cur/*.jsonl "$spool"/new/*.jsonl; do
		[ -e "$file" ] || [ -L "$file" ] || continue
		if ! is_segment "$file"; then
			echo "billing.sh: $file is no segment" >&2
			bad=1
			continue
		fi
		cur=$spool/cur/${file##*/}
		if [ "$file" != "$cur" ]; then
			mv "$file" "$cur" || fail "cannot claim $file"
		fi
		if load_segment "$cur"; then
			rm "$cur" || fail "cannot remove $cur"
		else
			echo "billing.sh: $cur is not loaded" >&2
			bad=1
		fi
	done
	show_gaps >&2 || bad=1
	return $bad
}

# 1 if there is any.
show_gaps()
{
	missing=$(sql "SELECT 'missing: ' || first || ' to ' || last FROM gaps") ||
		fail "cannot read $db"
	[ -n "$missing" ] || return 0
	echo "$missing"
	return 1
}

# A device's first reading opens its account and bills nothing. A counter that
# fell within the month is for a person to settle: it bills nothing either.
month()
{
	is_month "$1" || usage
	show_gaps >&2
	sql ".mode csv" ".separator , \"\\n\"" ".headers on" "
		WITH s AS (SELECT *, row_number() OVER d AS n,
				row_number() OVER (PARTITION BY serial, counter
					ORDER BY at DESC, sequence DESC) AS back
			FROM steps
			WHERE at >= '$1-01' AND at < date('$1-01', '+1 month')
			WINDOW d AS (PARTITION BY serial, counter
				ORDER BY at, sequence))
		SELECT serial, counter, count(*) AS readings,
			max(CASE WHEN n = 1 THEN ifnull(at_before, at) END)
				AS opened,
			max(CASE WHEN n = 1 THEN ifnull(before, value) END)
				AS opening,
			max(CASE WHEN back = 1 THEN at END) AS closed,
			max(CASE WHEN back = 1 THEN value END) AS closing,
			CASE WHEN max(value < before) THEN NULL
				ELSE sum(value - ifnull(before, value)) END
				AS pages,
			CASE WHEN max(value < before) THEN 'fallen'
				WHEN max(before IS NULL) THEN 'first'
				ELSE '' END AS flag
		FROM s GROUP BY serial, counter ORDER BY serial, counter" ||
		fail "cannot read $db"
}

fallen()
{
	sql ".mode csv" ".separator , \"\\n\"" ".headers on" "
		SELECT serial, counter, sequence, at_before, before, at, value
		FROM steps WHERE value < before ORDER BY serial, at" ||
		fail "cannot read $db"
}

silent()
{
	case $1 in
	'' | *[!0-9]*) usage ;;
	esac
	sql ".mode csv" ".separator , \"\\n\"" ".headers on" "
		SELECT serial, max(received) AS received FROM reports
		GROUP BY serial
		HAVING datetime(max(received)) < datetime('now', '-$1 days')
		ORDER BY 2" || fail "cannot read $db"
}

# Fails with what is wrong with them, as far as sqlite3 or contracts.sql see it.
check_contracts()
{
	complaints=$(printf '%s\n' "$contracts" | db=:memory: sql "$import" \
		".import --csv --schema temp /dev/stdin import" "$terms" \
		".mode list" ".separator ' '" \
		"SELECT 'row ' || row, text FROM complaints" 2>&1) &&
		[ -z "$complaints" ] && return
	printf '%s\n' "$complaints" | sed 's/^/billing.sh: contracts: /' >&2
	exit 4
}

# statement MONTH [OPTION…]
statement()
{
	month=$1 format=csv contracts="serial,contract,customer,valid from,valid \
to,counter,weight,price per unit"
	is_month "$month" || usage
	shift
	while [ $# -gt 0 ]; do
		case $#:$1:${2-} in
		1:*) usage ;;
		*:--contracts:*) contracts=$(cat <"$2") ||
			fail "cannot read the contracts" ;;
		*:--format:csv | *:--format:html) format=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	is_ours
	import="CREATE TEMP TABLE import(serial, contract, customer, valid_from,
		valid_to, counter, weight, price)"
	terms=$(beside contracts.sql) && lines=$(beside statement.sql) || exit 4
	check_contracts
	show_gaps >&2
	print_"$format"
}

# make_lines WORD…: makes the lines of the month, and goes on with these words.
make_lines()
{
	printf '%s\n' "$contracts" | sql "BEGIN" "$import" \
		".import --csv --schema temp /dev/stdin import" "$terms" \
		"CREATE TEMP TABLE period AS SELECT '$month-01' AS start,
			date('$month-01', '+1 month', '-1 day') AS finish" \
		"$lines" "$@" || fail "cannot read $db"
}

print_csv()
{
	make_lines ".mode csv" ".separator , \"\\n\"" ".headers on" \
		"SELECT customer, contract, serial, counter,
			first AS \"from\", last AS \"to\", opened, opening,
			closed, closing, pages, weight, units, price, amount,
			state, note FROM shown ORDER BY id"
}

print_html()
{
	page=$(beside page.sql) || exit 4
	page=$(make_lines ".mode list" "$page") || exit 4
	cat <<END
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
	content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Statement of $month</title>
<style>
$(beside page.css)
</style>
</head>
<body>
<h1>Statement of $month</h1>
$page
</body>
</html>
END
}

# settle VERDICT SEQUENCE… [OPTION…]
settle()
{
	verdict=$1 who=$(id -un) why='' numbers=''
	shift
	while [ $# -gt 0 ]; do
		case $#:$1 in
		1:--*) usage ;;
		*:--why) why=$2 && shift ;;
		*:--who) who=$2 && shift ;;
		*:*[!0-9]* | *: | *:????????????????*) usage ;;
		*) numbers=${numbers:+$numbers, }\($1\) ;;
		esac
		shift
	done
	[ -n "$numbers" ] && [ -n "$why" ] && [ -n "$who" ] || usage
	is_ours
	sql "CREATE TEMP TABLE asked(sequence INTEGER PRIMARY KEY)" \
		"CREATE TEMP TABLE must(
			k CONSTRAINT 'each number is one of a record' CHECK(k))" \
		"BEGIN IMMEDIATE" \
		"INSERT OR IGNORE INTO asked VALUES $numbers" \
		"INSERT INTO must SELECT count(*) = 0 FROM asked
			WHERE sequence NOT IN (SELECT sequence FROM reports)" \
		"INSERT INTO settlements(sequence, verdict, who, why)
			SELECT sequence, '$verdict', $(quoted "$who"),
			$(quoted "$why") FROM asked" \
		"COMMIT" || fail "nothing is $verdict"
}

case $#:${1-} in
1:load) load ;;
2:month) [ -e "$db" ] || fail "no $db"; month "$2" ;;
1:fallen) [ -e "$db" ] || fail "no $db"; fallen ;;
1:gaps) [ -e "$db" ] || fail "no $db"; show_gaps ;;
2:silent) [ -e "$db" ] || fail "no $db"; silent "$2" ;;
[2-9]:statement) shift; statement "$@" ;;
*:confirm) shift; settle confirmed "$@" ;;
*:discard) shift; settle discarded "$@" ;;
*) usage ;;
esac
