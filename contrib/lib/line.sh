# shellcheck shell=bash
# Telephone lines for tests and the demo: two modems with a line between them, and
# the programs that speak with modems, unpacked and not installed. To be sourced
# after process.sh and unpack.sh.
#
#   line_unpack               LINE_CHAT, LINE_MGETTY; 1: they cannot be had
#   line_phone DIR [OPTION…]  two modems, DIR/near and DIR/far; the options are
#                             those of tests/tools/softmodem, SPEED from
#                             CSRC_LINE_SPEED unless they say it
#   line_phone_stop
#   line_mgetty DIR PROGRAM [ARGUMENT…]        mgetty at DIR/far, that runs
#                             PROGRAM for who says CSRC; as root
#
# And csrc-line, as a user of its own; behind gateway.sh too. Needs root: as the
# daemon's user it would be an operator.
#
#   LINE_GATEWAY              what gateway_configure needs, so that it may ask
#   line_configure DIR CENTER [NAME=VALUE…]    writes LINE_CONF
#   line_section HEAD [NAME=VALUE…]            a section of it
#   line_end [OPTION…]        csrc-line; LINE_ANSWER is a program that answers, for
#                             who takes a command; their log is LINE_LOG

LINE_CHAT=
LINE_MGETTY=
LINE_PHONE_PID=
LINE_MGETTY_PID=
# how many times faster than on this world the modems live
LINE_SPEED=${CSRC_LINE_SPEED:-8}

LINE_USER=bin
LINE_GROUP=games
# shellcheck disable=SC2034 # for who configures the gateway
LINE_GATEWAY=("channel_users=$LINE_USER=line"
	"control_socket_group=$LINE_GROUP")
LINE_DIR=
LINE_CONF=
LINE_LOG=
LINE_ANSWER=
# shellcheck disable=SC2034 # of the one that waits at the modem, for its owner
LINE_PID=

line_unpack()
{
	unpack line ppp mgetty || return 1
	# shellcheck disable=SC2034 # for who sources this
	LINE_CHAT=$UNPACK_DIR/line/usr/sbin/chat
	LINE_MGETTY=$UNPACK_DIR/line/sbin/mgetty
}

line_phone()
{
	local directory=$1
	shift

	"$CSRC_BUILD/tests/tools/softmodem" "speed=$LINE_SPEED" "$@" \
		"$directory/near" "$directory/far" \
		>"$directory/phone.log" 2>&1 &
	LINE_PHONE_PID=$!
	wait_for 10 grep -q '^ready' "$directory/phone.log"
}

line_phone_stop()
{
	stop_process "$LINE_PHONE_PID"
	LINE_PHONE_PID=
}

# mgetty has its files in fixed places: they are others in a mount namespace of
# its own. Its device must be below /dev, so each call needs a new one.
line_mgetty()
{
	local directory=$1 tty name etc=$1/mgetty/etc
	shift

	tty=$(readlink "$directory/far") && name=${tty#/dev/} || return 1
	mkdir -p "$etc/mgetty" "$directory/mgetty/log/mgetty"
	for name in passwd group nsswitch.conf ld.so.cache localtime; do
		[ ! -e "/etc/$name" ] || cp -L "/etc/$name" "$etc/$name"
	done
	name=${tty#/dev/}
	# at 4 its log says when it waits
	sed "s,^port .*,port $name,; s,^  debug.*,  debug 4," \
		"$CSRC_SOURCE/contrib/mgetty/mgetty.config" \
		>"$etc/mgetty/mgetty.config"
	# a pty has no signals
	printf '  %s\n' "toggle-dtr no" "modem-check-time -1" \
		'init-chat "" ATZ OK' >>"$etc/mgetty/mgetty.config"
	sed "s,^CSRC.*,CSRC	-	-	$*," \
		"$CSRC_SOURCE/contrib/mgetty/login.config" \
		>"$etc/mgetty/login.config"
	chmod 600 "$etc/mgetty/login.config"
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m sh -c 'mount --make-rprivate / &&
		mount --bind "$1/etc" /etc && mount --bind "$1/log" /var/log &&
		exec "$2" "$3"' sh "$directory/mgetty" "$LINE_MGETTY" "$name" \
		>"$directory/mgetty/out" 2>&1 &
	# shellcheck disable=SC2034
	LINE_MGETTY_PID=$!
	# it has told the modem to be quiet, and waits for it to ring
	wait_for 20 grep -q 'waiting\.\.\.' \
		"$directory/mgetty/log/mgetty/mg_${name//\//-}.log"
}

line_configure()
{
	local center=$2 pair
	LINE_DIR=$1/line
	shift 2

	LINE_CONF=$LINE_DIR/csrc-line.conf
	LINE_LOG=$LINE_DIR/log
	LINE_ANSWER=$LINE_DIR/answer
	mkdir -p "$LINE_DIR/state"
	chmod 755 "$LINE_DIR"
	chown "$LINE_USER:$LINE_GROUP" "$LINE_DIR/state"
	# its user need not be able to look into the build directory
	cp -f "$CSRC_BUILD/csrc-line" "$LINE_DIR/csrc-line"
	{
		echo "center = $center"
		echo "socket = $GATEWAY_DIR/run/control.sock"
		echo "state_directory = $LINE_DIR/state"
		echo "log_target = stderr"
		for pair; do
			echo "${pair%%=*} = ${pair#*=}"
		done
	} >"$LINE_CONF"
	chmod 644 "$LINE_CONF"
	: >"$LINE_LOG"
	cat >"$LINE_ANSWER" <<-END
		#!/bin/sh
		exec setpriv --reuid=$LINE_USER --regid=$LINE_GROUP --clear-groups \\
			env -u TSAN_OPTIONS $LINE_DIR/csrc-line -c $LINE_CONF "\$@" \\
			2>>$LINE_LOG
	END
	chmod 755 "$LINE_ANSWER"
}

line_section()
{
	local pair
	echo "[$1]" >>"$LINE_CONF"
	shift

	for pair; do
		echo "${pair%%=*} = ${pair#*=}"
	done >>"$LINE_CONF"
}

line_end()
{
	"$LINE_ANSWER" "$@"
}
