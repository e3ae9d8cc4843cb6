# shellcheck shell=bash
# csrc-receive below a directory of its own, as a user of its own, behind a private
# Apache with contrib/apache's virtual host for agents. To be sourced after
# process.sh, unpack.sh, gateway.sh, apache.sh and report.sh.
#
#   RECEIVE_GATEWAY       what gateway_configure needs, so that it may ask
#   receive_start DIR [NAME=VALUE…]
#                  below DIR/receive: RECEIVE_CONF, _LOG, _PID, _REGISTRY. The
#                  gateway runs. A second time it is started anew
#   receive_stop
#   receive_kill              kill -9 at once
#   receive_apache DIR        starts Apache, with a door for agents: RECEIVE_URL
#   receive_certificate NAME ID [KIND]
#                  APACHE_CONF/NAME.pem and .key, of that agent, by apache.sh's
#                  authority
#   receive_known ID          has it a file in the registry?
#   receive_curl NAME PATH [OPTION…]
#                  curl with NAME's certificate ("": none): the status, and the
#                  body in the file RECEIVE_BODY
#   receive_bundle CENTER [SERIAL=TOTAL…]
#                  what is sealed: a bundle of counters, dated now
#   receive_upload NAME ID FILE [OPTION…]
#                  FILE, a message, as that agent uploads it
#
# CSRC_BUILD is the directory that the programs were built in. Needs root.

RECEIVE_USER=list
RECEIVE_GROUP=games
# shellcheck disable=SC2034 # for who configures the gateway
RECEIVE_GATEWAY=("channel_users=$RECEIVE_USER=agent"
	"control_socket_group=$RECEIVE_GROUP")
RECEIVE_DIR=
RECEIVE_CONF=
RECEIVE_LOG=
RECEIVE_PID=
RECEIVE_REGISTRY=
RECEIVE_URL=
RECEIVE_BODY=

# receive_configure DIR [NAME=VALUE…]
receive_configure()
{
	local pair name
	local -A option
	RECEIVE_DIR=$1/receive
	shift

	RECEIVE_CONF=$RECEIVE_DIR/csrc-receive.conf
	RECEIVE_LOG=$RECEIVE_DIR/log
	RECEIVE_REGISTRY=$RECEIVE_DIR/agents
	RECEIVE_BODY=$RECEIVE_DIR/body
	mkdir -p "$RECEIVE_DIR/run" "$RECEIVE_REGISTRY"
	chmod 755 "$RECEIVE_DIR" "$RECEIVE_DIR/run" "$RECEIVE_REGISTRY"
	chown "$RECEIVE_USER" "$RECEIVE_DIR/run" "$RECEIVE_REGISTRY"
	# its user need not be able to look into the build directory
	cp -f "$CSRC_BUILD/csrc-receive" "$RECEIVE_DIR/csrc-receive"
	option=(
		[socket]=$GATEWAY_DIR/run/control.sock
		[listen]=$RECEIVE_DIR/run/fastcgi.sock
		[registry]=$RECEIVE_REGISTRY
		[interval]=1s
		[timeout]=60s
		[log_target]=stderr
	)
	for pair; do
		option[${pair%%=*}]=${pair#*=}
	done
	for name in "${!option[@]}"; do
		echo "$name = ${option[$name]}"
	done >"$RECEIVE_CONF"
	chmod 644 "$RECEIVE_CONF"
}

# csrc-receive, with that configuration, instead of this shell
receive_exec()
{
	exec setpriv --reuid="$RECEIVE_USER" --regid="$RECEIVE_GROUP" \
		--clear-groups env -u TSAN_OPTIONS "$RECEIVE_DIR/csrc-receive" \
		-c "$RECEIVE_CONF"
}

receive_start()
{
	receive_configure "$@"
	# one that was killed leaves its socket: those younger than this are its
	# heir's. Files have the time of the last tick
	touch "$RECEIVE_DIR/started"
	sleep 0.05
	(receive_exec 2>>"$RECEIVE_LOG") &
	RECEIVE_PID=$!
	# Apache is another's, and must reach it
	wait_for 10 receive_settled && receive_ready &&
		chmod 666 "$RECEIVE_DIR/run/fastcgi.sock" && return 0
	echo "csrc-receive did not start:" >&2
	cat "$RECEIVE_LOG" >&2
	return 1
}

receive_ready()
{
	[ "$RECEIVE_DIR/run/fastcgi.sock" -nt "$RECEIVE_DIR/started" ]
}

receive_settled()
{
	receive_ready || gone_or_zombie "$RECEIVE_PID"
}

receive_stop()
{
	stop_process "$RECEIVE_PID" 40
	RECEIVE_PID=
}

receive_kill()
{
	kill_process "$RECEIVE_PID"
	RECEIVE_PID=
}

receive_door()
{
	cat <<END
Listen 127.0.0.1:$1 https
Define CSRC_AGENT_HOST localhost
Define CSRC_AGENT_PORT $1
Define CSRC_AGENT_CONF $APACHE_CONF
Define CSRC_AGENT_SOCKET $RECEIVE_DIR/run/fastcgi.sock
Define CSRC_AGENT_REGISTRY $RECEIVE_REGISTRY
${RECEIVE_DOOR-}
Include ${BASH_SOURCE[0]%/*}/../apache/csrc-agent.conf
END
}

receive_apache()
{
	local port

	port=$(free_port)
	RECEIVE_URL=https://localhost:$port
	mkdir -p "$1/apache"
	APACHE_CONF=$1/apache/conf
	# shellcheck disable=SC2034 # it is apache.sh's
	APACHE_MORE=$1/apache/agents.conf
	receive_door "$port" >"$APACHE_MORE"
	apache_start "$1" certificate
}

receive_certificate()
{
	apache_certificate "$1" "/OU=${3:-agent}/CN=$2" \
		"extendedKeyUsage=clientAuth
subjectAltName=URI:urn:csrc:${3:-agent}:$2"
}

receive_known()
{
	[ -f "$RECEIVE_REGISTRY/$1" ]
}

receive_curl()
{
	local name=$1 path=$2
	shift 2

	[ -z "$name" ] || set -- --cert "$APACHE_CONF/$name.pem" \
		--key "$APACHE_CONF/$name.key" "$@"
	apache_curl --path-as-is -o "$RECEIVE_BODY" -w '%{http_code}' "$@" \
		"$RECEIVE_URL$path"
}

receive_bundle()
{
	local center=$1 pair
	shift

	cat <<END
CSRC-Center-ID: $center
MIME-Version: 1.0
Content-Type: application/vnd.csrc.reports+jsonl

END
	for pair; do
		report_json "${pair%%=*}" "${pair#*=}"
	done
}

receive_upload()
{
	local name=$1 id=$2 file=$3
	shift 3

	receive_curl "$name" "/csrc/agent/$id/reports" --data-binary "@$file" \
		-H "Content-Type: message/rfc822" -H "Expect: 100-continue" "$@"
}
