#!/bin/bash
# Where the daemon and "csrcadm init" put what they open, make or give away as
# root: under any umask, and with other things in the places.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

# starts [COMMAND…]: the daemon, in the background, by COMMAND; its exit status.
starts()
{
	timeout 30 "$@" "$CSRC_BUILD/csrc-milter" -c "$GATEWAY_CONF" 2>"$WORK/said"
}

stops()
{
	local pid

	# who called it hears that it serves a moment before the log does
	wait_for 30 grep -q "csrc-milter\[.*started" "$GATEWAY_LOG"
	pid=$(sed -n 's/.*csrc-milter\[\([0-9]*\)\].*started.*/\1/p' \
		"$GATEWAY_LOG" | tail -n 1)
	kill "$pid" && wait_for 20 gone_or_zombie "$pid"
}

# refused TEXT PATTERN: it does not start, says why, and need not try again.
refused()
{
	starts
	is $? 78 "$1: exits with 78" || stops
	like "$(cat "$WORK/said")" "$2" "$1: says so"
}

mode()
{
	stat -c '%a %U' "$1"
}

log_places()
{
	local kept=$GATEWAY_LOG place

	GATEWAY_LOG=$GATEWAY_DIR/run/log
	gateway_option log_target "$GATEWAY_LOG"
	echo "keep this" >"$WORK/victim"
	ln -s "$WORK/victim" "$GATEWAY_LOG"
	refused "a symbolic link as log" "*$GATEWAY_LOG*symbolic link*"
	rm "$GATEWAY_LOG"
	mkfifo "$GATEWAY_LOG"
	refused "a FIFO as log" "*$GATEWAY_LOG*regular*"
	rm "$GATEWAY_LOG"
	install -o daemon "$WORK/victim" "$GATEWAY_LOG"
	refused "a third's file as log" "*$GATEWAY_LOG*another user*"
	rm "$GATEWAY_LOG"
	for place in "$GATEWAY_DIR/run" "$GATEWAY_DIR/nowhere/log"; do
		gateway_option log_target "$place"
		refused "$place as log" "*$place*"
	done
	is "$(cat "$WORK/victim") $(mode "$WORK/victim")" \
		"keep this 644 root" "what the link led to is as it was"
	GATEWAY_LOG=$kept
	gateway_option log_target "$GATEWAY_LOG"
}

socket_places()
{
	local socket=${GATEWAY_MILTER#unix:}

	echo "keep this" >"$socket"
	refused "a plain file as milter socket" "*$socket*is no socket*"
	is "$(cat "$socket")" "keep this" "it is left as it is"
	rm "$socket"
	socket=$GATEWAY_DIR/run/control.sock
	echo "keep this" >"$socket"
	refused "a plain file as control socket" "*$socket*is no socket*"
	is "$(cat "$socket")" "keep this" "it is left as it is"
	rm "$socket"
	gateway_option milter_socket fd:0
	refused "no socket as milter socket" "*fd:0*"
	gateway_option milter_socket "$GATEWAY_MILTER"
}

# As root without a right to others' files, which the unit takes from it. Nor has
# the daemon one to the directory of its socket, which so outlives it.
without_override()
{
	local run=$GATEWAY_DIR/private try

	install -d "$GATEWAY_DIR/control"
	install -d -g daemon -m 750 "$run"
	gateway_option milter_socket "unix:$run/milter.sock"
	gateway_option control_socket "$GATEWAY_DIR/control/control.sock"
	for try in "at first" "with a socket left" "and once more"; do
		rm -f "$GATEWAY_LOG"
		starts setpriv --bounding-set=-dac_override,-dac_read_search
		is $? 0 "without CAP_DAC_OVERRIDE it starts, $try" ||
			sed 's/^/# /' "$WORK/said"
		ok "and stops" stops
	done
	gateway_option milter_socket "$GATEWAY_MILTER"
	gateway_option control_socket "$GATEWAY_DIR/run/control.sock"
}

# What is not there, or not ours, will not be there any better the next time.
state_places()
{
	local state=$GATEWAY_DIR/var/state

	gateway_option state_directory "$state/nowhere"
	refused "a state directory that is none" "*$state/nowhere*"
	gateway_option state_directory "$state"
	touch "$state/db/DB_CONFIG"
	refused "settings of the database" "*DB_CONFIG*"
	rm "$state/db/DB_CONFIG"
	chown root "$state"
	refused "a state directory of root's" "*$state/lock*"
	chown "$GATEWAY_USER" "$state"
	mv "$state/db" "$state/elsewhere"
	starts
	is $? 71 "one that is not mounted may be, soon"
	mv "$state/elsewhere" "$state/db"
}

# damaged TEXT PATTERN COMMAND…: so the store's files are, for a while.
damaged()
{
	local text=$1 pattern=$2 state=$GATEWAY_DIR/var/state
	shift 2

	cp -a "$state" "$state.good"
	"$@"
	refused "$text" "$pattern"
	rm -rf "$state"
	mv "$state.good" "$state"
}

damages()
{
	local db=$GATEWAY_DIR/var/state/db lock=$GATEWAY_DIR/var/state/lock

	damaged "a table that is missing" "*$db/devices.db is missing*" \
		rm "$db/devices.db"
	damaged "one that later stores have" "*$db/senders.db is missing*" \
		rm "$db/senders.db"
	damaged "an empty table" "*$db*damaged*" truncate -s 0 "$db/devices.db"
	damaged "a table of noise" "*$db*damaged*" \
		dd if=/dev/urandom "of=$db/devices.db" bs=4096 count=2 status=none
	damaged "a directory for a table" "*$db*Is a directory*" \
		eval "rm $db/meta.db; mkdir $db/meta.db"
	damaged "another's table" "*$db*Permission denied*" \
		chown root "$db/keys.db"
	damaged "a file for the database" "*$db is no directory*" \
		eval "rm -r $db; touch $db"
	damaged "a directory as lock" "*$lock: Is a directory*" \
		eval "rm $lock; mkdir $lock"
	damaged "a link as lock" "*$lock: Too many levels*" \
		ln -sf /etc/passwd "$lock"
	begin_gateway
	ok "and whole again it starts" \
		wait_for 20 eval "csrcadm stats | grep -qx 'healthy 1'"
	gateway_stop
}

# umask_start MASK: directories for sockets that are not there yet.
umask_start()
{
	local run=$GATEWAY_DIR/made-$1

	gateway_option milter_socket "unix:$run/a/milter.sock"
	gateway_option control_socket "$run/b/control.sock"
	(umask "$1" && starts)
	is $? 0 "umask $1: starts"
	is "$(mode "$run/a")" "755 root" "umask $1: the socket's directory"
	is "$(mode "$run/a/milter.sock")" "660 $GATEWAY_USER" \
		"umask $1: the milter socket"
	is "$(mode "$run/b/control.sock")" "660 $GATEWAY_USER" \
		"umask $1: the control socket"
	is "$(mode "$GATEWAY_LOG")" "640 $GATEWAY_USER" "umask $1: the log"
	ok "umask $1: stops" stops
	rm -f "$GATEWAY_LOG"
	gateway_option milter_socket "$GATEWAY_MILTER"
	gateway_option control_socket "$GATEWAY_DIR/run/control.sock"
}

# umask_init MASK: a store that is not there yet.
umask_init()
{
	local var=$GATEWAY_DIR/init-$1/lib kept=$GATEWAY_CONF

	GATEWAY_CONF=$WORK/init-$1.conf
	sed "s|$GATEWAY_DIR/var|$var|; s|$GATEWAY_DIR/master|$var/../master|" \
		"$kept" >"$GATEWAY_CONF"
	(umask "$1" && csrcadm init >/dev/null)
	is $? 0 "umask $1: init"
	is "$(mode "$var")" "755 root" "umask $1: directories above"
	is "$(mode "$var/spool")" "755 $GATEWAY_USER" "umask $1: the spool"
	is "$(mode "$var/spool/new")" "2770 $GATEWAY_USER" "umask $1: its new"
	is "$(mode "$var/state")" "700 $GATEWAY_USER" "umask $1: the state"
	is "$(mode "$var/quarantine")" "700 $GATEWAY_USER" \
		"umask $1: the quarantine"
	is "$(mode "$var/../master.key")" "600 root" "umask $1: the key"
	GATEWAY_CONF=$kept
}

group_of()
{
	stat -c %G "$GATEWAY_DIR/var/spool/new"
}

groups()
{
	local before

	begin_gateway
	before=$(group_of)
	gateway_option spool_group daemon
	csrcadm init >"$WORK/said" 2>&1
	is $? 3 "init beside a daemon is refused"
	is "$(group_of)" "$before" "and has changed nothing"
	gateway_stop
	begin_gateway
	ok "another spool_group is said at the start" \
		wait_for 20 grep -q "warn: .*spool/new belongs to group.*spool_group" \
		"$GATEWAY_LOG"
	gateway_stop
	ok "init sets it right" csrcadm init
	is "$(group_of)" daemon "and it is"
	: >"$GATEWAY_LOG"
	begin_gateway
	ok "it starts again" wait_for 20 grep -q started "$GATEWAY_LOG"
	not_ok "nothing more is said" grep -q spool_group "$GATEWAY_LOG"
}

rotation()
{
	echo "nonsense = 1" >>"$GATEWAY_CONF"
	mv "$GATEWAY_LOG" "$GATEWAY_LOG.1"
	install -m 640 -o "$GATEWAY_USER" /dev/null "$GATEWAY_LOG"
	kill -HUP "$GATEWAY_PID"
	ok "an error in the configuration does not stop rotation" \
		wait_for 10 grep -q "not reloaded.*nonsense" "$GATEWAY_LOG"
	sed -i '/^nonsense/d' "$GATEWAY_CONF"
}

[ "$(id -u)" -eq 0 ] || skip_all "only root gives away"
harness_begin
log_places
socket_places
without_override
state_places
damages
for mask in 022 027 077; do
	umask_start $mask
	umask_init $mask
done
groups
rotation
done_testing
