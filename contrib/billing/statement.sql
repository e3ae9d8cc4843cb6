-- The statement of the month that period has, by the terms of the contracts: lines.

-- A part is a counter of a device under one contract, with the days of this
-- month on which it is, and since when. An id is its place in the statement.
CREATE TEMP TABLE parts(
	id INTEGER PRIMARY KEY, customer TEXT, contract TEXT,
	serial TEXT NOT NULL, counter TEXT NOT NULL,
	first TEXT NOT NULL, last TEXT NOT NULL, since TEXT,
	weight INTEGER, price INTEGER);
INSERT INTO parts SELECT NULL, customer, contract, serial, counter,
	max(valid_from, start), min(ifnull(valid_to, finish), finish),
	valid_from, weight, price
FROM terms, period
WHERE valid_from <= finish AND ifnull(valid_to, finish) >= start
ORDER BY customer, contract, serial, valid_from, row;
CREATE INDEX temp.parts_by_device ON parts(serial, counter, first);

-- Each step from one reading to the next is in the part of the day on which it
-- ended.
CREATE TEMP TABLE taken AS
SELECT s.*, date(s.at) AS day, (SELECT id FROM parts AS p
	WHERE p.serial = s.serial AND p.counter = s.counter
	AND date(s.at) BETWEEN p.first AND p.last) AS part
FROM steps AS s, period
WHERE s.at >= start AND s.at < date(finish, '+1 day');

-- A counter that its contract does not price is no line; all counters of a
-- device that has no contract on that day are.
DELETE FROM taken WHERE part IS NULL AND EXISTS (SELECT 1 FROM parts AS p
	WHERE p.serial = taken.serial AND taken.day BETWEEN p.first AND p.last);
INSERT INTO parts(serial, counter, first, last)
SELECT serial, counter, min(day), max(day) FROM taken
WHERE part IS NULL GROUP BY serial, counter;
UPDATE taken SET part = (SELECT id FROM parts AS p WHERE p.contract IS NULL
	AND p.serial = taken.serial AND p.counter = taken.counter)
WHERE part IS NULL;
CREATE INDEX temp.taken_by_part ON taken(part, at, sequence);

-- What is to be said of a part's readings, the one that opens it among them.
CREATE TEMP TABLE said AS
SELECT part, sequence, trim(CASE WHEN max(fell) AND ' ' || ifnull(flags, '')
		|| ' ' NOT LIKE '% fell %' THEN 'fell ' ELSE '' END
		|| ifnull(flags, '')) AS reasons,
	verdict IS NULL AND (max(fell) OR ifnull(doubt, 0)) AS held,
	' ' || verdict || ' by ' || who || ': ' || why AS settled
FROM (SELECT part, sequence, ifnull(value < before, 0) AS fell FROM taken
	UNION ALL SELECT part, before_sequence, 0 FROM taken
		WHERE before IS NOT NULL
	UNION ALL SELECT p.id, r.sequence, 0 FROM settled AS d
		JOIN readings AS r USING(sequence)
		JOIN parts AS p ON p.serial = r.serial AND p.counter = r.counter
			AND date(r.at) BETWEEN p.first AND p.last
		WHERE d.verdict = 'discarded')
	LEFT JOIN reasons USING(sequence)
	LEFT JOIN settled USING(sequence)
GROUP BY part, sequence
HAVING max(fell) OR flags IS NOT NULL OR verdict IS NOT NULL;

CREATE TEMP TABLE notes AS
SELECT part, max(held) AS held, group_concat(sequence
	|| CASE reasons WHEN '' THEN '' ELSE ' (' || reasons || ')' END
	|| CASE WHEN held THEN ' held back' ELSE ifnull(settled, '') END,
	'; ') AS note
FROM (SELECT * FROM said ORDER BY part, sequence) GROUP BY part;

-- A counter that fell and is confirmed begins anew, and nothing is billed of that
-- step; one that rolled over counted on through its end.
CREATE TEMP TABLE sums AS
SELECT part, max(CASE WHEN n = 1 THEN ifnull(at_before, at) END) AS opened,
	max(CASE WHEN n = 1 THEN ifnull(before, value) END) AS opening,
	max(CASE WHEN back = 1 THEN at END) AS closed,
	max(CASE WHEN back = 1 THEN value END) AS closing,
	max(before IS NULL) AS first_one,
	sum(CASE WHEN before IS NULL THEN 0
		WHEN value >= before THEN value - before
		WHEN NOT rolled THEN 0
		WHEN before BETWEEN 9000000 AND 9999999
			THEN 10000000 - before + value
		WHEN before BETWEEN 90000000 AND 99999999
			THEN 100000000 - before + value
		ELSE 0 END) AS pages
FROM (SELECT *, row_number() OVER (PARTITION BY part
		ORDER BY at, sequence) AS n,
	row_number() OVER (PARTITION BY part
		ORDER BY at DESC, sequence DESC) AS back,
	EXISTS (SELECT 1 FROM flags WHERE flags.sequence = taken.sequence
		AND flag = 'rollover') AS rolled FROM taken)
GROUP BY part;

-- SQLite makes a float of an integer that grows too large: no bill is made of one.
CREATE TEMP TABLE lines AS
SELECT *, CASE WHEN state IN ('billed', 'no contract') THEN all_pages END
		AS pages,
	CASE WHEN state = 'billed' THEN all_pages * weight END AS units,
	CASE WHEN state = 'billed'
		THEN (all_pages * weight * price + 500000) / 1000000 END
		AS cents
FROM (SELECT p.*, s.pages AS all_pages,
	ifnull(opened, (SELECT at FROM kept AS k WHERE k.serial = p.serial
		AND k.counter = p.counter AND k.at < p.first
		ORDER BY at DESC, sequence DESC LIMIT 1)) AS opened,
	ifnull(opening, (SELECT value FROM kept AS k WHERE k.serial = p.serial
		AND k.counter = p.counter AND k.at < p.first
		ORDER BY at DESC, sequence DESC LIMIT 1)) AS opening,
	closed, closing,
	CASE WHEN closed IS NULL THEN 'no reading'
		WHEN held THEN 'held'
		WHEN contract IS NULL THEN 'no contract'
		WHEN typeof(s.pages * weight * price + 500000) <> 'integer'
			THEN 'too large'
		ELSE 'billed' END AS state,
	CASE WHEN first_one
			THEN rtrim('the first reading opens the account; '
				|| ifnull(note, ''), '; ')
		WHEN date(opened) < date(since, '-1 day')
			THEN rtrim('with what it counted before the contract; '
				|| ifnull(note, ''), '; ')
		ELSE ifnull(note, '') END AS note
FROM parts AS p LEFT JOIN sums AS s ON s.part = p.id
	LEFT JOIN notes AS o ON o.part = p.id);

-- As people write it: without a trailing 0, 1.250 is 1.25, and 2.000 is 2.
CREATE TEMP VIEW shown AS
SELECT id, customer, contract, serial, counter, first, last,
	opened, opening, closed, closing, pages,
	CASE WHEN weight IS NOT NULL THEN rtrim(rtrim(printf('%d.%03d',
		weight / 1000, weight % 1000), '0'), '.') END AS weight,
	CASE WHEN units IS NOT NULL THEN rtrim(rtrim(printf('%d.%03d',
		units / 1000, units % 1000), '0'), '.') END AS units,
	CASE WHEN price IS NOT NULL THEN rtrim(rtrim(printf('%d.%05d',
		price / 100000, price % 100000), '0'), '.') END AS price,
	CASE WHEN cents IS NOT NULL THEN printf('%d.%02d',
		cents / 100, cents % 100) END AS amount,
	cents, state, note
FROM lines;
