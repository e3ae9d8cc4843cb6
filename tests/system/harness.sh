# shellcheck shell=bash
# What the system tests share: a gateway of their own, registered devices,
# mails, and what may be said about their fate. To be sourced.
#
# A test calls harness_begin, starts an MTA and sets MTA_PORT; all that it
# started ends with it. builddir and srcdir are set by "make check".

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/smtp.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/contrib/lib/postfix.sh"
. "$CSRC_SOURCE/contrib/lib/sendmail.sh"
. "$CSRC_SOURCE/contrib/lib/gateway.sh"
. "$CSRC_SOURCE/contrib/lib/report.sh"

# The last command of a pipeline sets variables in this shell.
shopt -s lastpipe

WORK=
MAILS=
MAIL=
MTA_PORT=
CENTER=K0001
ADDRESS=csrc@center.example
SENDER=device@customer.example
# whose mails are registered for no device, wherever they come from
# shellcheck disable=SC2034 # for the tests
STRANGER=somebody@elsewhere.example
# Sealed: two of the center's devices, one to be disabled, one of another
# center. Plain: from anywhere, from elsewhere, from here.
DEVICE=A100000000001
SECOND=A100000000002
DISABLED=A100000000003
FOREIGN=A200000000001
PLAIN=P100000000001
PLAIN_AWAY=P100000000002
PLAIN_HERE=P100000000003
declare -A KEY_ID KEY

# harness_begin [NAME=VALUE…]: a configured, registered gateway, not started.
harness_begin()
{
	[ "$(id -u)" -eq 0 ] || skip_all "needs root, to run an MTA"
	command -v jq >/dev/null || skip_all "no jq"
	WORK=$(mktemp -d) || bail_out "no temporary directory"
	chmod 755 "$WORK"
	MAILS=$WORK/mails
	mkdir "$MAILS"
	trap harness_end EXIT
	trap 'exit 1' INT TERM
	gateway_configure "$WORK" "$@"
	harness_register >"$WORK/registered" 2>&1 || {
		diag "$(cat "$WORK/registered")"
		bail_out "cannot register the devices"
	}
}

harness_end()
{
	local status=$?

	trap - EXIT INT TERM
	smtp_close
	postfix_stop
	sendmail_stop
	gateway_stop
	if [ $status -ne 0 ] && [ -n "${GATEWAY_LOG-}" ]; then
		diag "the gateway's last words:"
		diag "$(tail -n 30 "$GATEWAY_LOG" 2>&1)"
		diag "$(tail -n 10 "$GATEWAY_DIR/out" 2>&1)"
	fi
	if mountpoint -q "$WORK/small"; then
		umount -l "$WORK/small"
	fi
	[ -z "$WORK" ] || [ -n "${CSRC_KEEP-}" ] || rm -rf "$WORK"
	exit $status
}

harness_register()
{
	csrcadm init &&
		csrcadm center add K0001 --address "$ADDRESS" &&
		csrcadm center add K0002 --address reports@second.example &&
		sealing_device $DEVICE K0001 256 &&
		sealing_device $SECOND K0001 128 &&
		sealing_device $DISABLED K0001 256 &&
		sealing_device $FOREIGN K0002 256 &&
		plain_device $PLAIN &&
		plain_device $PLAIN_AWAY --from "$SENDER" \
			--network 192.0.2.0/24 &&
		plain_device $PLAIN_HERE --from "$SENDER" --network 127.0.0.0/8
}

# sealing_device SERIAL CENTER BITS
sealing_device()
{
	local answer

	csrcadm device add "$1" --center "$2" || return 1
	answer=$(csrcadm device key "$1" --generate --bits "$3") || return 1
	KEY_ID[$1]=$(sed -n 's/^key-id: //p' <<<"$answer")
	KEY[$1]=$(sed -n 's/^key: //p' <<<"$answer")
	[ -n "${KEY[$1]}" ]
}

plain_device()
{
	local serial=$1
	shift

	csrcadm device add "$serial" --center K0001 --protection optional "$@"
}

begin_gateway()
{
	gateway_start || bail_out "no gateway"
}

begin_postfix()
{
	postfix_unpack || skip_all "Postfix's package cannot be had"
	postfix_start "$WORK" "$GATEWAY_MILTER" "$@" || bail_out "no Postfix"
	MTA_PORT=$POSTFIX_PORT
}

# sealed SERIAL TOTAL [OPTION…]: a genuine mail in file "$MAILS/mail",
# whose name is in MAIL. Options are those of openssl.
sealed()
{
	local serial=$1 total=$2
	shift 2

	report_json "$serial" "$total" |
		report_entity $CENTER "$serial" | sealed_entity "$serial" "$@"
}

# sealed_entity SERIAL [OPTION…] <ENTITY: any entity, sealed by that device.
sealed_entity()
{
	local serial=$1
	shift

	MAIL=$MAILS/mail
	{
		mail_head "$ADDRESS"
		seal "${KEY_ID[$serial]}" "${KEY[$serial]}" "$@"
	} >"$MAIL"
}

# unreadable SERIAL NUMBER: sealed, and of no kind that we know.
unreadable()
{
	printf '{"version":1,"kind":"moon phase","number":%s}\n' "$2" |
		report_entity $CENTER "$1" | sealed_entity "$1"
}

# plain SERIAL TOTAL: the same without a seal.
plain()
{
	MAIL=$MAILS/mail
	plain_mail $CENTER "$1" "$2" >"$MAIL"
}

# What a spoof may not change: the sequence, what is known of each device, the
# spool. One fact a line.
state()
{
	csrcadm --json stats | jq -r '"next sequence \(.next_sequence)"'
	csrcadm --json device list
	find "$GATEWAY_DIR/var/spool" -type f -printf '%p %s\n' | sort
}

# The log lines with a verdict since the last mark.
mark()
{
	MARK=$(wc -l <"$GATEWAY_LOG")
}

verdicts()
{
	tail -n "+$((MARK + 1))" "$GATEWAY_LOG" | grep -F 'verdict='
}

# gives TEXT VERDICT REASON [RECIPIENT…]: mails $MAIL (to the center, unless
# told) and holds the reply, the log, the store and the spool against that.
gives()
{
	local text=$1 verdict=$2 reason=$3 before line
	shift 3

	before=$(state)
	mark
	[ $# -gt 0 ] || set -- "$ADDRESS"
	smtp_send "$MTA_PORT" "$SENDER" "$MAIL" "$@"
	is "$SMTP_CODE" "${REPLY_CODE:-250}" "$text: reply" || diag "$SMTP_REPLY"
	wait_for 10 verdicts
	line=$(verdicts)
	like "$line" "*verdict=$verdict reason=$reason *" \
		"$text: one line says $verdict, $reason"
	is "$(wc -l <<<"$line")" 1 "$text: and no second line"
	[ -z "$QUEUE_ID" ] || like "$line" "*$QUEUE_ID: verdict=*" \
		"$text: the line has the queue id"
	case $verdict in
	genuine) spooled "$text" "$line" ;;
	*) is "$(state)" "$before" "$text: store and spool are unchanged" ;;
	esac
}

# The report of that log line is in the spool, as the next in sequence.
spooled()
{
	local sequence

	sequence=$(sed -n 's/.* sequence=\([0-9]*\).*/\1/p' <<<"$2")
	if [ "${sequence:-0}" -eq 0 ]; then
		fail "$1: has a sequence number"
		return 1
	fi
	wait_for 10 in_spool "$sequence"
	is "$(report_of "$sequence" | wc -l)" 1 "$1: in the spool, once"
	is "$sequence" "$((LAST_SEQUENCE + 1))" "$1: next in sequence"
	LAST_SEQUENCE=$sequence
}
LAST_SEQUENCE=0

report_of()
{
	gateway_reports | jq -c "select(.sequence == $1)"
}

in_spool()
{
	report_of "$1" | grep -q .
}

# The files in a mailbox of whichever MTA runs, each by Postfix's name.
mailbox()
{
	local -A user=([center]=csrc [second]=reports)

	if [ -n "$SENDMAIL_PID" ]; then
		find "$SENDMAIL_DIR/mail/${user[$1]-$1}" -type f 2>/dev/null
	else
		find "$POSTFIX_DIR/mail/$1" -path '*/new/*' -type f 2>/dev/null
	fi
}

mailbox_holds()
{
	[ "$(mailbox "$1" | wc -l)" -eq "$2" ]
}

empty_mailboxes()
{
	local name file

	for name in somebody other center second keyless nobody; do
		mailbox $name | while read -r file; do rm -f "$file"; done
	done
}

# arrives NAME FILE: one mail is in that mailbox; it ends with FILE's octets.
arrives()
{
	wait_for 15 mailbox_holds "$1" 1 || return 1
	tail -c "$(stat -c %s "$2")" "$(mailbox "$1")" | cmp - "$2"
}

# fill DIRECTORY: until nothing more fits
fill()
{
	dd if=/dev/zero of="$1/filler" bs=64k status=none 2>/dev/null
	dd if=/dev/zero of="$1/filler2" bs=512 status=none 2>/dev/null
	true
}

# small_disk SIZE DIRECTORY: puts that directory on a file system of its own.
small_disk()
{
	gateway_stop
	mkdir -p "$WORK/small"
	mount -t tmpfs -o "size=$1" small "$WORK/small" || return 1
	chmod 755 "$WORK/small"
	cp -a "$2" "$WORK/small/" || return 1
	mv "$2" "$2.saved"
	ln -s "$WORK/small/${2##*/}" "$2"
	begin_gateway
}

# large_disk DIRECTORY: puts it back.
large_disk()
{
	gateway_stop
	rm "$1"
	cp -a "$WORK/small/${1##*/}" "$1"
	rm -rf "$1.saved"
	umount "$WORK/small"
	begin_gateway
}
