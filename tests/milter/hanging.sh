#!/bin/bash
# A daemon whose spool or quarantine hangs: it says so, its figures say so, and
# a stop ends it all the same, within stop_timeout and a known while, with a
# known status.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
CSRC_SOURCE=$srcdir
CSRC_BUILD=$builddir
# shellcheck source=contrib/lib/process.sh
. "$CSRC_SOURCE/contrib/lib/process.sh"
# shellcheck source=contrib/lib/gateway.sh
. "$CSRC_SOURCE/contrib/lib/gateway.sh"
# shellcheck source=contrib/lib/report.sh
. "$CSRC_SOURCE/contrib/lib/report.sh"

[ -x "$builddir/csrc-milter" ] || skip_all "the daemon is not built"
if [ "$(id -u)" -eq 0 ]; then
	id nobody >/dev/null 2>&1 || skip_all "no user nobody"
	GATEWAY_USER=nobody
else
	GATEWAY_USER=
fi

work=$(mktemp -d) || bail_out "mktemp"
chmod 755 "$work"
hung=
finish()
{
	[ -z "$hung" ] || kill -9 "$hung" 2>/dev/null
	for directory in spool/new quarantine; do
		! mountpoint -q "$work/gateway/var/$directory" ||
			umount -l "$work/gateway/var/$directory"
	done
	gateway_stop
	rm -rf "$work"
}
trap finish EXIT

healthy()
{
	csrcadm stats | grep -qx "healthy $1"
}

logged()
{
	grep -q -- "$1" "$GATEWAY_LOG"
}

# hang DIRECTORY: from now on nobody who touches it gets an answer; 1: cannot.
hang()
{
	mkfifo "$work/keep"
	"$builddir/tests/tools/hung" "$1" <"$work/keep" >"$work/hung" &
	hung=$!
	exec 9>"$work/keep"
	rm "$work/keep"
	wait_for 10 eval "gone_or_zombie $hung || grep -q hung $work/hung"
	grep -q hung "$work/hung" && return 0
	wait "$hung"
	hung=
	return 1
}

answer_again()
{
	exec 9>&-
	wait "$hung"
	is $? 0 "$1"
	hung=
}

# submitted TEXT STATUS VERDICT DISPOSAL: the mail is judged so.
submitted()
{
	local said

	said=$(timeout 60 "$builddir/csrcadm" -c "$GATEWAY_CONF" --json \
		submit "$work/mail" --center K0001)
	is $? "$2" "$1: exit status"
	like "$said" "*\"verdict\":*\"$3\"*" "$1: the verdict"
	like "$said" "*\"disposal\":*\"$4\"*" "$1: what becomes of it"
}

# mail TOTAL [DATE]: of the device.
mail()
{
	report_json $serial "$@" | report_entity K0001 $serial >"$work/entity"
	{
		mail_head csrc@center.example
		seal "$key_id" "$key" <"$work/entity"
	} >"$work/mail"
}

gateway_configure "$work" stop_timeout=1s milter_socket_group=
spool=$work/gateway/var/spool
serial=A100000000001
ok "init" csrcadm init
ok "a center" csrcadm center add K0001 --address csrc@center.example
ok "a device" csrcadm device add $serial --center K0001
made=$(csrcadm device key $serial --generate --bits 256)
key_id=$(sed -n 's/^key-id: //p' <<<"$made")
key=$(sed -n 's/^key: //p' <<<"$made")
# what is configured is opened by whoever serves a reload
gateway_start || bail_out "the daemon does not start"
mv "$GATEWAY_CONF" "$work/conf"
mkfifo "$GATEWAY_CONF"
kill -HUP "$GATEWAY_PID"
ok "a FIFO for a configuration is refused" \
	wait_for 10 logged "not a regular file"
rm "$GATEWAY_CONF"
mv "$work/conf" "$GATEWAY_CONF"
mkfifo "$work/gateway/formats/X.format"
kill -HUP "$GATEWAY_PID"
ok "a FIFO for a format is refused" \
	wait_for 10 logged "X.format: not a regular file"
rm "$work/gateway/formats/X.format"
kill "$GATEWAY_PID"
wait "$GATEWAY_PID"
is $? 0 "and the daemon stops"

# a file system that does not answer
gateway_start || bail_out "the daemon does not start again"
# up, not only listening: else it is the start that hangs
ok "the daemon serves" wait_for 30 healthy 1
if ! hang "$work/gateway/var/quarantine"; then
	skip "a file system that hangs" "no /dev/fuse, or not root"
	done_testing
	exit
fi
ok "a quarantine that hangs is said in the log" \
	wait_for 60 logged "the quarantine has hung for"
ok "and in the figures" healthy 0
like "$(csrcadm --json stats)" "*the quarantine has hung for*" "with the reason"
mail 10
submitted "what needs no quarantine" 0 genuine taken
mail 11 2020-01-01T00:00:00Z
submitted "what is to be kept" 4 trouble later
kill "$GATEWAY_PID"
wait "$GATEWAY_PID"
is $? 70 "a quarantine that hangs does not hold up a stop for good"
ok "and it is named" logged "stopped by force after 11 s (stop_timeout): \
the quarantine did not end"
answer_again "its file system goes"
gateway_start || bail_out "the daemon does not start after that"
ok "the daemon serves once more" wait_for 30 healthy 1
submitted "what was to be kept" 1 spoof taken

hang "$spool/new" || bail_out "the spool does not hang"
ok "a hung file system is said in the log" \
	wait_for 60 logged "the store's publisher has hung for"
ok "and in the figures" healthy 0
# one that is stopped, or hangs whole, does not answer
kill -STOP "$GATEWAY_PID"
ok "nor are there figures that do not come" healthy 0
kill -CONT "$GATEWAY_PID"
began=$SECONDS
# more than one, so that not all go to the same thread
perl -e 'kill($_, $ARGV[0]) for ("TERM", "INT", "HUP") x 50' "$GATEWAY_PID"
wait "$GATEWAY_PID"
is $? 70 "a stop ends the daemon by force, with EX_SOFTWARE"
ok "after stop_timeout and a while" [ $((SECONDS - began)) -ge 10 ]
ok "and says why" logged "stopped by force after 11 s (stop_timeout): \
the publisher or the keeper did not end"
GATEWAY_PID=
# one that is started on it says where it stands, and can be ended
"$builddir/csrc-milter" -f -c "$GATEWAY_CONF" >"$work/out" 2>&1 &
GATEWAY_PID=$!
ok "a start that hangs is said in the log" \
	wait_for 60 logged "the start has taken 15 s: opening the store"
ok "nor is it healthy" healthy 0
kill "$GATEWAY_PID"
ok "and a stop ends it within stop_timeout and a while" \
	wait_for 15 gone_or_zombie "$GATEWAY_PID"
wait "$GATEWAY_PID"
GATEWAY_PID=
answer_again "the file system goes"
gateway_start || bail_out "the daemon does not start after that"
ok "the next start finds all as it was" wait_for 10 healthy 1
done_testing
