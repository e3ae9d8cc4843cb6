# shellcheck shell=bash
# A small SMTP client (RFC 5321) that shows each reply: a test wants to choose
# what it says and when it hangs up. To be sourced.
#
#   smtp_send PORT SENDER FILE RECIPIENT…    one mail in one connection
#   smtp_open PORT; smtp_mail SENDER FILE RECIPIENT…; …; smtp_quit
#
# With SMTP_LOGIN set, "NAME PASSWORD", it logs in first (RFC 4954, PLAIN).
#
# After each: SMTP_CODE and SMTP_REPLY are the last reply, QUEUE_ID is the
# MTA's name for the last mail. FILE has one line a line; LF becomes CRLF and
# dots are stuffed.

SMTP_TIMEOUT=${SMTP_TIMEOUT:-60}
SMTP_LOGIN=
SMTP_FD=
SMTP_CODE=
SMTP_REPLY=
QUEUE_ID=

smtp_open()
{
	smtp_close
	# the shell itself says so if nobody listens
	exec {SMTP_FD}<>"/dev/tcp/127.0.0.1/$1" || return 1
	smtp_reply && smtp_command "EHLO client.example" || return 1
	[ -z "$SMTP_LOGIN" ] || smtp_login
}

smtp_login()
{
	smtp_command "AUTH PLAIN $(printf '\0%s\0%s' "${SMTP_LOGIN%% *}" \
		"${SMTP_LOGIN#* }" | base64 -w 0)"
}

smtp_close()
{
	[ -n "$SMTP_FD" ] || return 0
	exec {SMTP_FD}>&-
	SMTP_FD=
}

# One reply, of one line or many; 0 if its code is 2xx or 3xx.
smtp_reply()
{
	local line

	SMTP_CODE=000
	SMTP_REPLY=
	while IFS= read -r -t "$SMTP_TIMEOUT" -u "$SMTP_FD" line; do
		line=${line%$'\r'}
		SMTP_REPLY=$line
		SMTP_CODE=${line:0:3}
		[ "${line:3:1}" = - ] || break
	done
	case $SMTP_CODE in
	[23]*) ;;
	*) return 1 ;;
	esac
}

smtp_command()
{
	printf '%s\r\n' "$*" >&"$SMTP_FD" && smtp_reply
}

# FILE as it goes over the wire, without the final dot.
smtp_wire()
{
	# $a\ adds the last line's end if it is missing
	# shellcheck disable=SC1003
	LC_ALL=C sed -e '$a\' "$1" | LC_ALL=C sed -e 's/\r$//; s/^\./../; s/$/\r/'
}

smtp_mail()
{
	local sender=$1 file=$2 recipient
	shift 2

	QUEUE_ID=
	smtp_command "MAIL FROM:<$sender>" || return 1
	for recipient; do
		smtp_command "RCPT TO:<$recipient>" || return 1
	done
	smtp_command DATA || return 1
	smtp_wire "$file" >&"$SMTP_FD" && printf '.\r\n' >&"$SMTP_FD" || return 1
	smtp_reply || return 1
	# "250 2.0.0 Ok: queued as ID" or "250 2.0.0 ID Message accepted …"
	case $SMTP_REPLY in
	*"queued as "*) QUEUE_ID=${SMTP_REPLY##*queued as } ;;
	*"Message accepted"*)
		QUEUE_ID=${SMTP_REPLY#250 2.0.0 }
		QUEUE_ID=${QUEUE_ID%% *}
		;;
	esac
}

smtp_quit()
{
	local code=$SMTP_CODE reply=$SMTP_REPLY

	[ -z "$SMTP_FD" ] || smtp_command QUIT || true
	smtp_close
	SMTP_CODE=$code SMTP_REPLY=$reply
}

smtp_send()
{
	local port=$1 status=0
	shift

	smtp_open "$port" && smtp_mail "$@" || status=1
	smtp_quit
	return $status
}
