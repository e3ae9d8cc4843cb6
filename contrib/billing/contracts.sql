-- A contract file that was read into import, as terms; what is wrong with it, as
-- complaints, which never repeat its text. Money and weights become integers:
-- a weight of 1 is 1000, a price of 1 is 100000, a thousandth of a cent each.

CREATE TEMP TABLE numbers AS
SELECT row, what, CASE WHEN text GLOB '[0-9]*' AND text NOT GLOB '*.'
		AND text NOT GLOB '*[^0-9.]*' AND text NOT GLOB '*.*.*'
		AND length(whole) <= 6 AND length(part) <= places
	THEN CAST(whole || substr(part || '00000', 1, places) AS INTEGER)
	END AS value
FROM (SELECT *, substr(text, 1, instr(text || '.', '.') - 1) AS whole,
		substr(text, instr(text || '.', '.') + 1) AS part
	FROM (SELECT rowid AS row, 'weight' AS what, 3 AS places,
			trim(weight) AS text FROM import
		UNION ALL SELECT rowid, 'price', 5, trim(price) FROM import));
CREATE INDEX temp.numbers_by_row ON numbers(row, what);

CREATE TEMP TABLE terms AS
SELECT i.rowid AS row, upper(trim(i.serial)) AS serial,
	trim(i.contract) AS contract, trim(i.customer) AS customer,
	trim(i.valid_from) AS valid_from,
	nullif(trim(i.valid_to), '') AS valid_to, trim(i.counter) AS counter,
	w.value AS weight, p.value AS price
FROM import AS i
	JOIN numbers AS w ON w.row = i.rowid AND w.what = 'weight'
	JOIN numbers AS p ON p.row = i.rowid AND p.what = 'price'
WHERE i.rowid > 1;
CREATE INDEX temp.terms_by_counter ON terms(serial, counter);

CREATE TEMP VIEW complaints AS
SELECT 1 AS row, 'must be serial,contract,customer,valid from,valid to,'
	|| 'counter,weight,price per unit' AS text
WHERE NOT EXISTS (SELECT 1 FROM import WHERE rowid = 1 AND lower(serial || ','
	|| contract || ',' || customer || ',' || valid_from || ',' || valid_to
	|| ',' || counter || ',' || weight || ',' || price) =
	'serial,contract,customer,valid from,valid to,counter,weight,'
	|| 'price per unit')
UNION ALL SELECT row, 'has no serial, contract, customer or counter' FROM terms
	WHERE serial = '' OR contract = '' OR customer = '' OR counter = ''
UNION ALL SELECT row, 'valid from is no date like 2026-10-01' FROM terms
	WHERE date(valid_from, '+0 days') IS NOT valid_from
UNION ALL SELECT row, 'valid to is no date like 2026-10-31' FROM terms
	WHERE date(valid_to, '+0 days') IS NOT valid_to
UNION ALL SELECT row, 'ends before it begins' FROM terms
	WHERE valid_to < valid_from
UNION ALL SELECT row, 'weight is no number like 2 or 1.25' FROM terms
	WHERE weight IS NULL
UNION ALL SELECT row, 'price per unit is no number like 0.0125' FROM terms
	WHERE price IS NULL
UNION ALL SELECT b.row, 'has days of row ' || a.row || ', too'
	FROM terms AS a JOIN terms AS b USING(serial, counter)
	WHERE a.row < b.row
	AND a.valid_from <= ifnull(b.valid_to, '9999-12-31')
	AND b.valid_from <= ifnull(a.valid_to, '9999-12-31')
ORDER BY 1;
