# shellcheck shell=bash
# A private Sendmail on a loopback port. To be sourced after process.sh and
# unpack.sh.
#
#   sendmail_start DIR MILTER   sets SENDMAIL_PORT; needs root
#   sendmail_stop
#
# If SENDMAIL_SUBMIT_PORT is set, contrib/sendmail/submit.mc listens there.
#
# Mail for the domains of postfix.sh is delivered below DIR/sendmail/mail, a
# file a mail, in a directory named by the local part of the address.

SENDMAIL_DIR=
SENDMAIL_PID=
SENDMAIL_PORT=
SENDMAIL_SUBMIT_PORT=
SENDMAIL_SUBMIT=${BASH_SOURCE[0]%/*}/../sendmail/submit.mc
SENDMAIL_FILTER=${BASH_SOURCE[0]%/*}/../sendmail/csrc.mc

sendmail_unpack()
{
	unpack sendmail sendmail-bin sendmail-cf
}

# The configuration, in m4. Our filter's lines are those of contrib/sendmail.
sendmail_mc()
{
	local cf=$UNPACK_DIR/sendmail/usr/share/sendmail/cf

	cat <<END
divert(-1)
define(\`_CF_DIR_', \`$cf/')
include(\`$cf/m4/cf.m4')
divert(0)dnl
OSTYPE(\`linux')dnl
define(\`confDOMAIN_NAME', \`mx.center.example')dnl
define(\`QUEUE_DIR', \`$SENDMAIL_DIR/queue')dnl
define(\`confPID_FILE', \`$SENDMAIL_DIR/pid')dnl
define(\`STATUS_FILE', \`$SENDMAIL_DIR/status')dnl
define(\`HELP_FILE', \`')dnl
define(\`ALIAS_FILE', \`')dnl
define(\`confCW_FILE', \`-o $SENDMAIL_DIR/none')dnl
define(\`confCONTROL_SOCKET_NAME', \`')dnl
define(\`confSERVICE_SWITCH_FILE', \`$SENDMAIL_DIR/service.switch')dnl
define(\`confHOSTS_FILE', \`$SENDMAIL_DIR/hosts')dnl
define(\`confDONT_PROBE_INTERFACES', \`true')dnl
define(\`confTO_IDENT', \`0')dnl
define(\`confREJECT_LOG_INTERVAL', \`1h')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confDELAY_LA', \`0')dnl
define(\`confLOG_LEVEL', \`9')dnl
define(\`confMAX_DAEMON_CHILDREN', \`60')dnl
define(\`confDONT_BLAME_SENDMAIL',
\`GroupWritableDirPathSafe,TrustStickyBit')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
RELAY_DOMAIN(\`elsewhere.example center.example second.example')dnl
DAEMON_OPTIONS(\`Name=MTA, Family=inet, Addr=127.0.0.1, Port=$SENDMAIL_PORT')dnl
include(\`$SENDMAIL_DIR/submit.mc')dnl
include(\`$SENDMAIL_DIR/csrc.mc')dnl
MAILER(\`smtp')dnl
MAILER_DEFINITIONS
Mbox,	P=$SENDMAIL_DIR/deliver, F=lsDFMSPn8, T=DNS/RFC822/X-Unix, A=deliver \$u
LOCAL_CONFIG
CB elsewhere.example center.example second.example
LOCAL_RULE_0
R\$+ < @ \$=B . > \$*	\$#box \$: \$1
R\$+ < @ \$=B > \$*	\$#box \$: \$1
END
}

sendmail_configure()
{
	local milter=$1

	mkdir -p "$SENDMAIL_DIR"/{queue,mail}
	chmod 700 "$SENDMAIL_DIR/queue"
	echo "127.0.0.1 mx.center.example mx localhost" >"$SENDMAIL_DIR/hosts"
	printf 'hosts files\naliases files\n' >"$SENDMAIL_DIR/service.switch"
	# a mail is there whole or not at all: tests look at any moment
	cat >"$SENDMAIL_DIR/deliver" <<END
#!/bin/sh
mkdir -p "$SENDMAIL_DIR/mail/\$1" &&
	coming=\$(mktemp "$SENDMAIL_DIR/coming.XXXXXXXX") &&
	cat >"\$coming" &&
	mv "\$coming" "$SENDMAIL_DIR/mail/\$1/\${coming##*.}"
END
	chmod 755 "$SENDMAIL_DIR/deliver"
	sed "s#unix:/run/csrc-milter/milter.sock#$milter#" \
		"$SENDMAIL_FILTER" >"$SENDMAIL_DIR/csrc.mc"
	if [ -n "$SENDMAIL_SUBMIT_PORT" ]; then
		sed "s/Port=[0-9]*/Port=$SENDMAIL_SUBMIT_PORT/" "$SENDMAIL_SUBMIT"
	fi >"$SENDMAIL_DIR/submit.mc"
	sendmail_mc | m4 >"$SENDMAIL_DIR/sendmail.cf"
}

# Sendmail waits a minute for a host name with a dot that resolves: it gets one
# of its own, seen by nobody else.
sendmail_run()
{
	# shellcheck disable=SC2016 # expanded by that shell
	exec unshare -um bash -c '
		mount --bind "$1/hosts" /etc/hosts && hostname mx.center.example &&
		exec "$2/usr/libexec/sendmail/sendmail" \
			-bD -q30s -C "$1/sendmail.cf"' sendmail \
		"$SENDMAIL_DIR" "$UNPACK_DIR/sendmail"
}

sendmail_start()
{
	sendmail_unpack || return 1
	SENDMAIL_DIR=$1/sendmail
	SENDMAIL_PORT=$(free_port)
	sendmail_configure "$2" || return 1
	sendmail_run >"$SENDMAIL_DIR/out" 2>&1 &
	SENDMAIL_PID=$!
	wait_for 30 listens "$SENDMAIL_PORT" && return 0
	echo "the private Sendmail did not start:" >&2
	cat "$SENDMAIL_DIR/out" >&2
	return 1
}

sendmail_stop()
{
	stop_process "$SENDMAIL_PID" 10
	SENDMAIL_PID=
}
