#!/bin/sh
# The whole protocol of the spool in ten lines: claim by renaming, read, remove.
# Prints sequence, serial, date, counter and value of every counter as CSV.
for new in "${1:-/var/spool/csrc}"/new/*.jsonl; do
	cur=${new%/new/*}/cur/${new##*/}
	mv "$new" "$cur" 2>/dev/null || continue # none, or another was faster
	jq -r '. as $r | .report.counters // {} | to_entries[] |
		[$r.sequence, $r.serial, $r.report.date, .key, .value] | @csv' \
		"$cur" && rm "$cur"
done
