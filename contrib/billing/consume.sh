#!/bin/sh
# The whole protocol of the spool: claim by renaming, read, remove. Writes
# sequence, serial, date, counter and value of every counter as CSV into a file
# for each segment. Whatever fails, run it again: it begins with what an earlier
# run claimed and did not finish, and a file written twice is the same file.
spool=${1:-/var/spool/csrc} out=${2:-.} failed=0
exec 9>"$out/lock" && flock 9 || exit 1
for segment in "$spool"/cur/*.jsonl "$spool"/new/*.jsonl; do
	cur=$spool/cur/${segment##*/} name=${segment##*/} name=${name%.jsonl}
	case $name in *[!0-9]*) continue ;; esac
	[ ${#name} -eq 20 ] && [ -f "$segment" ] && [ ! -L "$segment" ] || continue
	[ "$segment" = "$cur" ] || mv "$segment" "$cur" || { failed=1; continue; }
	jq -r 'select(.counts != false) | . as $r | .report.counters // {} | to_entries[] |
		[$r.sequence, $r.serial, $r.report.date, .key, .value] | @csv' \
		"$cur" >"$out/$name.part" && sync "$out/$name.part" &&
		mv "$out/$name.part" "$out/$name.csv" && sync "$out" &&
		rm "$cur" || failed=1
done
exit $failed
