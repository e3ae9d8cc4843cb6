-- What the records in new have to be billed by. A report without time of day
-- counts from midnight, UTC, and one without a date from when it came.
CREATE TEMP VIEW found AS
	SELECT n.sequence, json_extract(n.line, '$.serial') AS serial,
		c.key AS counter,
		ifnull(datetime(upper(json_extract(n.line, '$.report.date'))),
			datetime(json_extract(n.line, '$.received'))) AS at,
		c.value, json_extract(n.line, '$.same_as') AS same_as
	FROM new AS n, json_each(n.line, '$.report.counters') AS c
	WHERE typeof(c.value) = 'integer'
		AND ifnull(json_extract(n.line, '$.counts'), 1);
INSERT INTO readings SELECT sequence, serial, counter, at, value FROM found
	WHERE same_as IS NULL;

-- One that is the same as another takes its place in time, and gives only the
-- counters that the other has not.
INSERT INTO readings SELECT sequence, serial, counter,
		ifnull((SELECT min(at) FROM readings AS r
			WHERE r.sequence = f.same_as), at), value
	FROM found AS f WHERE same_as IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM readings AS r
		WHERE r.sequence = f.same_as AND r.counter = f.counter);

INSERT OR IGNORE INTO flags SELECT n.sequence, f.value
	FROM new AS n, json_each(n.line, '$.flags') AS f
	WHERE typeof(f.value) = 'text';
