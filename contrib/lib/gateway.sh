# shellcheck shell=bash
# The gateway under a directory of its own. To be sourced after process.sh.
#
#   gateway_configure DIR [NAME=VALUE…]   writes GATEWAY_CONF
#   csrcadm …                             with that configuration
#   gateway_register CENTER ADDRESS PREFIX COUNT FILE   a new store with a center
#                 and its devices; "SERIAL KEY-ID KEY" of each goes to the file
#   gateway_start, gateway_stop
#
# CSRC_BUILD is the directory that the programs were built in.

GATEWAY_DIR=
GATEWAY_CONF=
GATEWAY_LOG=
GATEWAY_MILTER=
GATEWAY_PID=
# The daemon drops root for this user.
GATEWAY_USER=${GATEWAY_USER-nobody}

csrcadm()
{
	"$CSRC_BUILD/csrcadm" -c "$GATEWAY_CONF" "$@"
}

gateway_configure()
{
	local pair name
	local -A option

	GATEWAY_DIR=$1/gateway
	shift
	GATEWAY_CONF=$GATEWAY_DIR/csrc-milter.conf
	GATEWAY_LOG=$GATEWAY_DIR/log
	GATEWAY_MILTER=unix:$GATEWAY_DIR/run/milter.sock
	mkdir -p "$GATEWAY_DIR"/{run,var,formats,formats.installed}
	# the daemon's user need not be able to look into the source tree
	install -m 644 "$CSRC_SOURCE"/parser/formats/*.format \
		"$GATEWAY_DIR/formats.installed"
	chmod 755 "$GATEWAY_DIR" "$GATEWAY_DIR/run"
	[ -z "$GATEWAY_USER" ] ||
		chown "$GATEWAY_USER" "$GATEWAY_DIR/run" "$GATEWAY_DIR/var"
	option=(
		[milter_socket]=$GATEWAY_MILTER
		[milter_socket_group]=${POSTFIX_USER:-nogroup}
		[control_socket]=$GATEWAY_DIR/run/control.sock
		[state_directory]=$GATEWAY_DIR/var/state
		[spool_directory]=$GATEWAY_DIR/var/spool
		[quarantine_directory]=$GATEWAY_DIR/var/quarantine
		[master_key_file]=$GATEWAY_DIR/master.key
		[format_directory]=$GATEWAY_DIR/formats.installed
		[local_format_directory]=$GATEWAY_DIR/formats
		[user]=$GATEWAY_USER
		[publish_interval]=0
		[log_target]=$GATEWAY_LOG
	)
	for pair; do
		option[${pair%%=*}]=${pair#*=}
	done
	umask 022
	for name in "${!option[@]}"; do
		echo "$name = ${option[$name]}"
	done | sort >"$GATEWAY_CONF"
}

gateway_register()
{
	local center=$1 serial answer

	csrcadm init && csrcadm center add "$center" --address "$2" || return 1
	for serial in $(seq -f "$3%05g" "$4"); do
		csrcadm device add "$serial" --center "$center" &&
			answer=$(csrcadm device key "$serial" --generate) ||
			return 1
		echo "$serial" "$(sed -n 's/^key-id: //p' <<<"$answer")" \
			"$(sed -n 's/^key: //p' <<<"$answer")" >>"$5"
	done
}

gateway_start()
{
	# a killed daemon leaves sockets: those younger than this are its heirs'.
	# Files have the time of the last tick, and a daemon may start in one.
	touch "$GATEWAY_DIR/started"
	sleep 0.05
	"$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" \
		>>"$GATEWAY_DIR/out" 2>&1 &
	GATEWAY_PID=$!
	wait_for 30 gateway_settled
	gateway_ready && return 0
	echo "csrc-milter did not start:" >&2
	tail -n 20 "$GATEWAY_DIR/out" "$GATEWAY_LOG" >&2 || true
	return 1
}

gateway_ready()
{
	[ "$GATEWAY_DIR/run/control.sock" -nt "$GATEWAY_DIR/started" ] &&
		[ "$GATEWAY_DIR/run/milter.sock" -nt "$GATEWAY_DIR/started" ] &&
		! gone_or_zombie "$GATEWAY_PID"
}

# Up, or already dead: either ends the wait.
gateway_settled()
{
	gateway_ready || gone_or_zombie "$GATEWAY_PID"
}

gateway_stop()
{
	stop_process "$GATEWAY_PID"
	GATEWAY_PID=
}

# gateway_verdict QUEUE-ID: the log line of that mail.
gateway_verdict()
{
	grep -F -- "$1: verdict=" "$GATEWAY_LOG"
}

# All published reports, in order, one a line, whoever has claimed them.
gateway_reports()
{
	find "$GATEWAY_DIR/var/spool/new" "$GATEWAY_DIR/var/spool/cur" \
		-name '*.jsonl' -printf '%f %p\n' 2>/dev/null | sort |
		while read -r _ path; do cat "$path"; done
}

# gateway_option NAME VALUE: in the file only; reload or restart tells the daemon.
gateway_option()
{
	sed -i "/^$1 = /d" "$GATEWAY_CONF" &&
		echo "$1 = $2" >>"$GATEWAY_CONF"
}
