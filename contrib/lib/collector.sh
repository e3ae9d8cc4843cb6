# shellcheck shell=bash
# csrc-webdav below a directory of its own, as a user of its own. To be sourced
# after process.sh and gateway.sh.
#
#   COLLECTOR_GATEWAY     what gateway_configure needs, so that it may ask
#   collector_configure DIR [NAME=VALUE…]   writes COLLECTOR_CONF, without servers
#   collector_server NAME [NAME=VALUE…]     one more
#   collector_secret NAME TEXT              a file for a password: its path
#   collector OPTION…                       csrc-webdav, with that configuration
#   collector_start, collector_stop         as a service: COLLECTOR_PID, _LOG
#
# CSRC_BUILD is the directory that the programs were built in. Needs root: as the
# daemon's user it would be an operator.

COLLECTOR_USER=daemon
COLLECTOR_GROUP=games
# shellcheck disable=SC2034 # for who configures the gateway
COLLECTOR_GATEWAY=("channel_users=$COLLECTOR_USER=webdav"
	"control_socket_group=$COLLECTOR_GROUP")
COLLECTOR_DIR=
COLLECTOR_CONF=
COLLECTOR_LOG=
COLLECTOR_PID=

collector_configure()
{
	local pair
	COLLECTOR_DIR=$1/collector
	shift

	COLLECTOR_CONF=$COLLECTOR_DIR/csrc-webdav.conf
	COLLECTOR_LOG=$COLLECTOR_DIR/log
	mkdir -p "$COLLECTOR_DIR/secret"
	chmod 755 "$COLLECTOR_DIR" "$COLLECTOR_DIR/secret"
	# its user need not be able to look into the build directory
	cp -f "$CSRC_BUILD/csrc-webdav" "$COLLECTOR_DIR/csrc-webdav"
	{
		echo "socket = $GATEWAY_DIR/run/control.sock"
		echo "log_target = stderr"
		for pair; do
			echo "${pair%%=*} = ${pair#*=}"
		done
	} >"$COLLECTOR_CONF"
	chmod 644 "$COLLECTOR_CONF"
}

collector_server()
{
	local pair
	echo "[server $1]" >>"$COLLECTOR_CONF"
	shift

	for pair; do
		echo "${pair%%=*} = ${pair#*=}"
	done >>"$COLLECTOR_CONF"
}

collector_secret()
{
	local file=$COLLECTOR_DIR/secret/$1

	echo "$2" >"$file" && chmod 400 "$file" &&
		chown "$COLLECTOR_USER" "$file" && echo "$file"
}

# COMMAND…, as that user
collector_as()
{
	setpriv --reuid="$COLLECTOR_USER" --regid="$COLLECTOR_GROUP" \
		--clear-groups env -u TSAN_OPTIONS "$@"
}

collector()
{
	collector_as "$COLLECTOR_DIR/csrc-webdav" -c "$COLLECTOR_CONF" "$@"
}

# collector_start: in the background, and not waited for.
collector_start()
{
	setpriv --reuid="$COLLECTOR_USER" --regid="$COLLECTOR_GROUP" \
		--clear-groups env -u TSAN_OPTIONS \
		"$COLLECTOR_DIR/csrc-webdav" -c "$COLLECTOR_CONF" \
		2>>"$COLLECTOR_LOG" &
	COLLECTOR_PID=$!
}

collector_stop()
{
	stop_process "$COLLECTOR_PID" 40
	COLLECTOR_PID=
}
