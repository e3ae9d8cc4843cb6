# shellcheck shell=bash
# Waiting, ports, and processes that end with the script. To be sourced.

# How much longer a busy machine may take for what it does in its time.
PATIENCE=${CSRC_PATIENCE:-6}

# wait_for SECONDS COMMAND…: until COMMAND succeeds; 1 if it does not in that
# time, of which a busy machine is given more.
wait_for()
{
	local tries=$(($1 * 20 * PATIENCE))
	shift

	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

listens()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A loopback port that nobody listens on just now.
free_port()
{
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		listens $port || break
	done
	echo $port
}

alive()
{
	kill -0 "$1" 2>/dev/null
}

gone()
{
	! alive "$1"
}

# stop_process PID [SECONDS]: asks, waits, and only then kills.
stop_process()
{
	[ -n "$1" ] && alive "$1" || return 0
	kill "$1" 2>/dev/null
	wait_for "${2:-40}" gone_or_zombie "$1" || kill -9 "$1" 2>/dev/null
	wait "$1" 2>/dev/null || true
}

# kill_process PID: at once, whatever it is at.
kill_process()
{
	kill -9 "$1"
	wait "$1" 2>/dev/null || true
}

# serves_on SECONDS PORT PID: until it listens there; 1 at once if it ends before.
serves_on()
{
	wait_for "$1" listens_or_ends "$2" "$3" && listens "$2"
}

listens_or_ends()
{
	listens "$1" || gone_or_zombie "$2"
}

gone_or_zombie()
{
	local said

	said=$(cat "/proc/$1/status" 2>/dev/null)
	case $said in
	*State:?Z*)
		# the first thread may be dead while others still hold files
		case $said in *Threads:?1$'\n'*) return 0 ;; esac
		return 1
		;;
	*State:*) return 1 ;;
	esac
}
