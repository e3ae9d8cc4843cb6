-- lines as the sections of a page, one a contract: whatever came from outside is
-- escaped.

CREATE TEMP VIEW escaped AS
SELECT s.*, min(id) OVER (PARTITION BY customer, contract) AS section,
	replace(replace(replace(customer, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
		AS customer_html,
	replace(replace(replace(contract, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
		AS contract_html,
	replace(replace(replace(serial, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
		AS serial_html,
	replace(replace(replace(counter, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
		AS counter_html,
	replace(replace(replace(note, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
		AS note_html
FROM shown AS s;

SELECT html FROM (
	SELECT section, 0 AS place, id, '<section><h2>'
		|| ifnull(customer_html || '</h2><p>Contract ' || contract_html
			|| '</p>', 'No contract</h2>')
		|| char(10) || '<table><thead><tr><th>Device<th>Counter<th>Days'
		|| '<th>Opening<th>Closing<th class="n">Pages'
		|| '<th class="n">Weight<th class="n">Units'
		|| '<th class="n">Price<th class="n">Amount<th>Remarks'
		|| '</tr></thead><tbody>' AS html
	FROM escaped WHERE id = section
	UNION ALL SELECT section, 1, id, '<tr class="' || replace(state, ' ', '-')
		|| '"><td>' || serial_html || '<td>' || counter_html
		|| '<td>' || first || ' to ' || last
		|| '<td>' || ifnull(opening || '<br><small>' || opened
			|| '</small>', '')
		|| '<td>' || ifnull(closing || '<br><small>' || closed
			|| '</small>', '')
		|| '<td class="n">' || ifnull(pages, '')
		|| '<td class="n">' || ifnull(weight, '')
		|| '<td class="n">' || ifnull(units, '')
		|| '<td class="n">' || ifnull(price, '')
		|| '<td class="n">' || ifnull(amount, '')
		|| '<td>' || CASE state WHEN 'billed' THEN ''
			WHEN 'held' THEN '<b>held back, not summed</b> '
			ELSE '<b>' || state || '</b> ' END
		|| note_html || '</tr>'
	FROM escaped
	UNION ALL SELECT section, 2, NULL, '</tbody>'
		|| CASE WHEN contract IS NULL THEN '' ELSE
			'<tfoot><tr><th colspan="9">Sum'
			|| CASE sum(state <> 'billed') WHEN 0 THEN ''
				ELSE ', without ' || sum(state <> 'billed')
				|| ' of ' || count(*) || ' lines' END
			|| '<th class="n">' || printf('%d.%02d',
				ifnull(sum(cents), 0) / 100,
				ifnull(sum(cents), 0) % 100)
			|| '<th></tr></tfoot>' END
		|| '</table></section>'
	FROM escaped GROUP BY section)
ORDER BY section, place, id;
SELECT '<footer>By the records up to ' || ifnull(max(sequence), 0)
	|| '. Dates are UTC.</footer>' FROM reports;
