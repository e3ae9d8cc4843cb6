# shellcheck shell=bash
# A private Postfix on a loopback port: its own programs, configuration, queue
# and log, beside whatever mail server the machine has, with the settings that
# we tell others to use (contrib/postfix/main.cf). To be sourced after process.sh
# and unpack.sh.
#
#   postfix_unpack                           its commands come first in PATH
#   postfix_start DIR MILTER [NAME=VALUE…]   sets POSTFIX_PORT; needs root
#   postfix_stop
#
# If POSTFIX_SUBMIT_PORT is set, contrib/postfix/master.cf listens there, with
# the settings POSTFIX_SUBMIT_SETTINGS (NAME=VALUE) as well.
#
# Mail is delivered below DIR/mail: somebody@elsewhere.example into the Maildir
# "somebody", other@elsewhere.example into "other", csrc@center.example into
# "center", reports@second.example into "second".

POSTFIX_DIR=
POSTFIX_PORT=
POSTFIX_SUBMIT_PORT=
POSTFIX_SUBMIT_SETTINGS=()
POSTFIX_SUBMIT=${BASH_SOURCE[0]%/*}/../postfix/master.cf
POSTFIX_SETTINGS=${BASH_SOURCE[0]%/*}/../postfix/main.cf
# Postfix wants a user and a group that are nobody else's. No package makes them
# here, so it borrows two that every Debian has and that run nothing there.
POSTFIX_USER=news
POSTFIX_GROUP="uucp"
# what its daemons take over from their parent, as by default
POSTFIX_ENVIRONMENT=(MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C
	POSTLOG_SERVICE POSTLOG_HOSTNAME)
# its commands, each as a script that finds the libraries beside it
POSTFIX_COMMANDS=(postcat postconf postdrop postfix postlog postmap postqueue
	postsuper sendmail smtp-sink smtp-source)

postfix_unpack()
{
	local root=$UNPACK_DIR/postfix bin=$UNPACK_DIR/postfix/bin command

	unpack postfix postfix || return 1
	mkdir -p "$bin"
	for command in "${POSTFIX_COMMANDS[@]}"; do
		printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
			"$root/usr/lib/postfix" "$root/usr/sbin/$command" \
			>"$bin/.$command.$$"
		chmod 755 "$bin/.$command.$$"
		mv "$bin/.$command.$$" "$bin/$command"
	done
	case :$PATH: in
	*":$bin:"*) ;;
	*) PATH=$bin:$PATH ;;
	esac
}

postfix_configure()
{
	local milter=$1 boxes domains mailbox root=$UNPACK_DIR/postfix libraries
	shift

	libraries=LD_LIBRARY_PATH=$root/usr/lib/postfix
	boxes="inline:{somebody@elsewhere.example=somebody/"
	boxes="$boxes, other@elsewhere.example=other/"
	boxes="$boxes, reports@second.example=second/"
	boxes="$boxes, csrc@center.example=center/}"
	domains="elsewhere.example, center.example, second.example"
	mkdir -p "$POSTFIX_DIR"/{etc,queue,data,mail}
	chmod 755 "$POSTFIX_DIR"
	chown $POSTFIX_USER "$POSTFIX_DIR/data"
	for mailbox in somebody other center second; do
		mkdir -p "$POSTFIX_DIR/mail/$mailbox"
	done
	chown -R nobody "$POSTFIX_DIR/mail"
	cp "$POSTFIX_SETTINGS" "$POSTFIX_DIR/etc/main.cf"
	postconf -c "$POSTFIX_DIR/etc" -e \
		"compatibility_level = 3.6" \
		"mail_owner = $POSTFIX_USER" \
		"setgid_group = $POSTFIX_GROUP" \
		"daemon_directory = $root/usr/lib/postfix/sbin" \
		"command_directory = $root/usr/sbin" \
		"shlib_directory = $root/usr/lib/postfix" \
		"meta_directory = $root/etc/postfix" \
		"sendmail_path = $root/bin/sendmail" \
		"import_environment = ${POSTFIX_ENVIRONMENT[*]} $libraries" \
		"export_environment = TZ MAIL_CONFIG LANG $libraries" \
		"queue_directory = $POSTFIX_DIR/queue" \
		"data_directory = $POSTFIX_DIR/data" \
		"maillog_file = $POSTFIX_DIR/log" \
		"maillog_file_prefixes = $POSTFIX_DIR" \
		"myhostname = mx.center.example" \
		"mydestination =" \
		"mynetworks = 127.0.0.0/8" \
		"inet_interfaces = loopback-only" \
		"inet_protocols = ipv4" \
		"alias_maps =" "alias_database =" \
		"local_recipient_maps =" \
		"virtual_mailbox_domains = $domains" \
		"virtual_mailbox_maps = $boxes" \
		"virtual_mailbox_base = $POSTFIX_DIR/mail" \
		"virtual_uid_maps = static:$(id -u nobody)" \
		"virtual_gid_maps = static:$(id -g nobody)" \
		"default_transport = error:this Postfix sends nothing outside" \
		"smtpd_milters = $milter" \
		"enable_long_queue_ids = yes" \
		"$@"
}

postfix_services()
{
	local maxproc=${POSTFIX_PROCESSES:-50}

	cat <<END
127.0.0.1:$POSTFIX_PORT inet n - n - $maxproc smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
END
	[ -z "$POSTFIX_SUBMIT_PORT" ] || postfix_submit_service
}

postfix_submit_service()
{
	local setting

	sed "s/^[0-9.]*:[0-9]* inet n - y /127.0.0.1:$POSTFIX_SUBMIT_PORT inet n - n /" \
		"$POSTFIX_SUBMIT"
	# comments in between end no entry
	for setting in "${POSTFIX_SUBMIT_SETTINGS[@]}"; do
		echo "    -o $setting"
	done
}

postfix_start()
{
	local try

	postfix_unpack || return 1
	POSTFIX_DIR=$1/postfix
	shift
	mkdir -p "$POSTFIX_DIR"
	postfix_configure "$@" || return 1
	# another process may take the port first: then try the next
	for try in 1 2 3; do
		POSTFIX_PORT=$(free_port)
		postfix_services >"$POSTFIX_DIR/etc/master.cf"
		postfix -c "$POSTFIX_DIR/etc" start >"$POSTFIX_DIR/out" 2>&1
		wait_for 10 listens "$POSTFIX_PORT" && return 0
		postfix -c "$POSTFIX_DIR/etc" abort >/dev/null 2>&1
	done
	echo "the private Postfix did not start ($try tries):" >&2
	cat "$POSTFIX_DIR/out" "$POSTFIX_DIR/log" >&2
	return 1
}

# Set one or more settings of the running instance.
postfix_set()
{
	postconf -c "$POSTFIX_DIR/etc" -e "$@" &&
		timeout 60 postfix -c "$POSTFIX_DIR/etc" reload >/dev/null 2>&1
}

postfix_stop()
{
	local pid

	[ -n "$POSTFIX_DIR" ] || return 0
	pid=$(tr -d ' ' 2>/dev/null <"$POSTFIX_DIR/queue/pid/master.pid")
	postfix -c "$POSTFIX_DIR/etc" stop >/dev/null 2>&1 ||
		postfix -c "$POSTFIX_DIR/etc" abort >/dev/null 2>&1
	[ -z "$pid" ] || wait_for 10 gone_or_zombie "$pid" || true
	POSTFIX_DIR=
}
