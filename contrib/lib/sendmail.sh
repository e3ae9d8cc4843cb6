# shellcheck shell=bash
# A private Sendmail on a loopback port. Debian's package conflicts with that of
# Postfix, so it is unpacked into a directory instead of installed. To be
# sourced after process.sh.
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

# sendmail_unpack DIR: sendmail_start does it unless it is done.
sendmail_unpack()
{
	local package

	SENDMAIL_DIR=$1/sendmail
	mkdir -p "$SENDMAIL_DIR/root" "$SENDMAIL_DIR/deb"
	# not everybody may look into a temporary directory: apt's user may not
	(cd "$SENDMAIL_DIR/deb" &&
		apt-get -q -o APT::Sandbox::User=root download \
			sendmail-bin sendmail-cf >out 2>&1) || {
		cat "$SENDMAIL_DIR/deb/out" >&2
		return 1
	}
	for package in "$SENDMAIL_DIR"/deb/*.deb; do
		dpkg -x "$package" "$SENDMAIL_DIR/root" || return 1
	done
}

# The configuration, in m4. Our filter's lines are those of contrib/sendmail.
sendmail_mc()
{
	local cf=$SENDMAIL_DIR/root/usr/share/sendmail/cf

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
	cat >"$SENDMAIL_DIR/deliver" <<END
#!/bin/sh
mkdir -p "$SENDMAIL_DIR/mail/\$1" &&
	cat >"\$(mktemp "$SENDMAIL_DIR/mail/\$1/XXXXXXXX")"
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
		exec "$1/root/usr/libexec/sendmail/sendmail" \
			-bD -q30s -C "$1/sendmail.cf"' sendmail "$SENDMAIL_DIR"
}

sendmail_start()
{
	SENDMAIL_DIR=$1/sendmail
	[ -x "$SENDMAIL_DIR/root/usr/libexec/sendmail/sendmail" ] ||
		sendmail_unpack "$1" || return 1
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
