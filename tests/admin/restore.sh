#!/bin/bash
# The restore drill: reports come in, a backup is made as the timer makes it,
# more reports come in, the store is lost in several ways, and the backup takes
# its place. No number is given twice, and what goes wrong leaves the store as it
# was.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
[ -x "$builddir/csrc-milter" ] || skip_all "no daemon"
state=$work/var/state

# report TOTAL: it comes in by a file; its sequence number in $sequence
report()
{
	printf '%s\n' "From: printer@example.org" "To: csrc@center.example" \
		"CSRC-Center-ID: K0001" "CSRC-Device-Serial: $serial" \
		"MIME-Version: 1.0" \
		"Content-Type: application/vnd.csrc.report+json" "" \
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"$(date -u +%FT%TZ)\",\"counters\":{\"total\":$1}}" \
		>"$work/report.eml"
	run --json submit "$work/report.eml" --center K0001
	sequence=$(jq -r .sequence <<<"$out")
}

begin()
{
	start_daemon || bail_out "the daemon does not start"
}

end()
{
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
}

# As contrib/systemd/csrc-milter-backup.service runs it.
mkdir -p "$work/bin" "$work/run/backups"
[ -z "$user" ] || chown "$user" "$work/run/backups"
printf '#!/bin/sh\nexec %s/csrcadm -c %s "$@"\n' \
	"$(cd "$builddir" && pwd)" "$conf" >"$work/bin/csrcadm"
chmod 755 "$work/bin/csrcadm"
make_backup()
{
	PATH=$work/bin:$PATH sh "$srcdir/contrib/systemd/backup" \
		"$work/run/backups" "$1"
}
newest()
{
	find "$work/run/backups" -mindepth 1 -maxdepth 1 | sort | tail -n 1
}

exits 0 init
begin
exits 0 center add K0001 --address csrc@center.example
exits 0 device add "$serial" --center K0001 --protection optional
report 1000
is "$sequence" 1 "a report"
how="backup"
mkdir "$work/run/backups/2020-01-01T000000Z" "$work/run/backups/keep"
ok "$how: the timer's script" make_backup 1
backup=$(find "$work/run/backups" -name '20*')
is "$(wc -l <<<"$backup")" 1 "$how: the old one goes, the new one stays"
ok "$how: what is not ours stays" test -d "$work/run/backups/keep"
report 2000
report 3000
is "$sequence" 3 "reports after it"

how="what is refused"
exits 3 restore "$backup" --force
like "$err" "*in use*" "$how: beside a daemon"
end
exits 3 restore "$backup"
like "$err" "*--force*" "$how: over a store"
exits 3 restore "$work/none" --force
mkdir "$work/broken" && cp -r "$backup/db" "$work/broken"
largest=$(find "$work/broken/db" -name 'devices*' | head -n 1)
head -c 5000 /dev/urandom | dd of="$largest" conv=notrunc bs=1 \
	status=none
chmod -R a+rX "$work/broken"
[ -z "$user" ] || chown -R "$user" "$work/broken"
run restore "$work/broken" --force
not_ok "$how: a damaged one" test "$code" -eq 0
cp "$work/etc/master.key" "$work/key"
printf '%064d\n' 1 >"$work/etc/master.key"
exits 3 restore "$backup" --force
like "$err" "*another master key*" "$how: with another key"
cat "$work/key" >"$work/etc/master.key"
is "$(find "$state" -name 'db.*' -o -name 'restore.*')" "" \
	"$how: nothing is left of it" || ls -R "$state"
run --json sequence
is "$(jq -r .next_sequence <<<"$out")" 4 "$how: the store is as it was"

how="restored"
exits 1 restore "$backup" --force
like "$out" "*next sequence number is 2*db.before-20*csrcadm sequence --next 4*" \
	"$how: what it says"
[ -z "$user" ] || is "$(find "$state" ! -user "$user")" "" \
	"$how: all is the daemon's user's"
ok "$how: the old store is there" test -d "$state"/db.before-*
not_ok "$how: the daemon does not start yet" \
	timeout 60 "$builddir/csrc-milter" -f -c "$conf"
exits 0 sequence --next 4
exits 0 check
begin
report 4000
is "$sequence" 4 "$how: no number comes twice"
exits 0 spool list
is "$(find "$work/var/spool/new" -type f -exec cat {} + |
	jq -r .sequence | sort -n | tr '\n' ' ')" "1 2 3 4 " \
	"$how: the spool has each once"
end

how="the old one back"
old=$(find "$state" -name 'db.before-*')
mkdir "$work/run/old" && mv "$old" "$work/run/old/db"
[ -z "$user" ] || chown "$user" "$work/run/old"
exits 1 restore "$work/run/old" --force
like "$out" "*next sequence number is 4*sequence --next 5*" "$how: can be"

how="all is lost but the key"
rm -rf "$state" "$work/var/spool"
exits 1 restore "$backup"
like "$out" "*ask billing*" "$how: what it says"
exits 0 sequence --next 1000
begin
report 5000
is "$sequence" 1000 "$how: goes on"
exits 0 check
end

how="another master key"
exits 0 device key "$serial" --generate
key=$(sed -n 's/^key-id: //p' <<<"$out")
cp "$work/etc/master.key" "$work/key"
exits 0 masterkey rotate
like "$out" "*master.key: is a new one*master.key.before-20*" "$how: made"
not_ok "$how: it is another" cmp "$work/key" "$work/etc/master.key"
ok "$how: the old one is kept" cmp "$work/key" "$work"/etc/master.key.before-*
is "$(stat -c %a "$work/etc/master.key")" 600 "$how: its mode"
not_ok "$how: nothing is left" test -e "$work/etc/master.key.new"
exits 0 check
exits 0 device key "$serial" --list
like "$out" "*$key*" "$how: the device has its key"
[ -z "$user" ] || is "$(find "$state" ! -user "$user")" "" \
	"$how: all is the daemon's user's"
begin
report 6000
is "$sequence" 1001 "$how: goes on"
exits 3 masterkey rotate
like "$err" "*in use*" "$how: not beside a daemon"
end
exits 3 restore "$backup" --force
like "$err" "*another master key*" "$how: a backup of before"

run --json log
is "$(jq -r 'select(.command[0] == "restore") | .exit' "$work/out" |
	head -n 1)" 1 \
	"$how: it is on record"
done_testing
