-- reports: what the gateway wrote, as it wrote it. readings: one row a counter
-- that bills. flags: why a report wants a second look.
CREATE TABLE IF NOT EXISTS reports(
	sequence INTEGER PRIMARY KEY, received TEXT NOT NULL,
	center TEXT NOT NULL, serial TEXT NOT NULL,
	assurance TEXT NOT NULL, digest TEXT NOT NULL,
	kind TEXT NOT NULL, date TEXT, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS readings(
	sequence INTEGER NOT NULL REFERENCES reports,
	serial TEXT NOT NULL, counter TEXT NOT NULL, at TEXT NOT NULL,
	value INTEGER NOT NULL, PRIMARY KEY(sequence, counter));
CREATE TABLE IF NOT EXISTS flags(
	sequence INTEGER NOT NULL REFERENCES reports,
	flag TEXT NOT NULL, PRIMARY KEY(sequence, flag)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS readings_by_device
	ON readings(serial, counter, at, sequence);
CREATE INDEX IF NOT EXISTS reports_by_device ON reports(serial, received);
CREATE TABLE IF NOT EXISTS start(sequence INTEGER NOT NULL);

-- What a person said of a report. Nothing is taken back: the last word stands.
CREATE TABLE IF NOT EXISTS settlements(
	id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL REFERENCES reports,
	verdict TEXT NOT NULL CHECK(verdict IN ('confirmed', 'discarded')),
	who TEXT NOT NULL, why TEXT NOT NULL,
	at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);

DROP VIEW IF EXISTS steps;
DROP VIEW IF EXISTS gaps;

-- SQLite takes the other columns from the row of the max().
CREATE VIEW settled AS
	SELECT sequence, verdict, who, why, at, max(id) AS id
	FROM settlements GROUP BY sequence;

CREATE VIEW kept AS SELECT * FROM readings WHERE sequence NOT IN (
	SELECT sequence FROM settled WHERE verdict = 'discarded');

-- doubt: a person must look before it is billed.
CREATE VIEW reasons AS
	SELECT sequence, group_concat(flag, ' ') AS flags,
		max(flag NOT IN ('old', 'future', 'order')) AS doubt
	FROM flags GROUP BY sequence;

-- Each reading beside the one before it, in order of what the device says was the
-- time.
CREATE VIEW steps AS
	SELECT serial, counter, sequence, at, value,
		lag(at) OVER w AS at_before,
		lag(value) OVER w AS before,
		lag(sequence) OVER w AS before_sequence
	FROM kept WINDOW w AS (
		PARTITION BY serial, counter ORDER BY at, sequence);

-- Numbers that are missing; not those which the operator skipped after he had put
-- an older store back.
CREATE VIEW gaps AS
	SELECT before + 1 AS first, sequence - 1 AS last FROM (
		SELECT sequence, lag(sequence, 1, ifnull(
			(SELECT sequence - 1 FROM start), 0))
			OVER (ORDER BY sequence) AS before FROM reports) AS g
	WHERE sequence > before + 1 AND NOT EXISTS (SELECT 1 FROM reports AS r
		WHERE r.sequence = g.sequence
		AND json_extract(r.record, '$.restored.to') = r.sequence - 1);
