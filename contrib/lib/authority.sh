# shellcheck shell=bash
# csrc-ca below a directory of its own, as a user of its own, with contrib/apache's
# door to it. To be sourced after process.sh, unpack.sh, gateway.sh, apache.sh and
# collector.sh.
#
#   AUTHORITY_GATEWAY     what gateway_configure needs, so that it may ask
#   authority_start DIR [NAME=VALUE…]
#                  below DIR/authority: AUTHORITY_CONF, _LOG, _PID, _PUBLIC (ca.pem
#                  and crl.pem), _KEY (the authority's), _MAIL (a directory: each
#                  mail a file). The gateway runs. A second time it is started anew
#   authority_stop
#   authority_kill            kill -9 at once
#   authority_server DIR MAIL
#                  a WebDAV server NORTH, registered, with a certificate of that
#                  authority: what apache_start needs below DIR
#   authority_apache DIR
#                  starts it, with two doors to the authority, AUTHORITY_HTTP and
#                  AUTHORITY_HTTPS, HOST:PORT, and on the port of APACHE_URL one
#                  more, by the name ca.localhost
#   authority_licence KIND NAME [OPTION…]
#                  a new one for a device, agent, collector or server: LICENCE, CODE
#   authority_cmp OPTION…     stock openssl cmp, by HTTP; what it says is in
#                  AUTHORITY_SAID
#   authority_key FILE        a new key
#   authority_enrol KIND NAME FILE [OPTION…]
#                  FILE.pem and FILE.key, with a licence of its own
#   authority_sign NAME FILE  the same for a server, by csrcadm certificate sign
#   authority_crl             what a path unit does elsewhere: csrc-crl, once
#   authority_has_crl OLD     is another published than OLD, a copy?
#
# CSRC_BUILD is the directory that the programs were built in. Needs root.

AUTHORITY_USER=backup
# shellcheck disable=SC2034 # for who configures the gateway
AUTHORITY_GATEWAY=("channel_users=$COLLECTOR_USER=webdav $AUTHORITY_USER=authority"
	"control_socket_group=$COLLECTOR_GROUP")
AUTHORITY_DIR=
AUTHORITY_CONF=
AUTHORITY_PUBLIC=
AUTHORITY_KEY=
AUTHORITY_MAIL=
AUTHORITY_LOG=
AUTHORITY_PID=
AUTHORITY_HTTP=
AUTHORITY_HTTPS=
AUTHORITY_SAID=
LICENCE=
CODE=

# Each mail becomes a file, whole when it has its name.
authority_sendmail()
{
	cat <<END
#!/bin/sh
file=\$(mktemp $AUTHORITY_MAIL/.XXXXXX) && {
	echo "X-Arguments: \$*"
	cat
} >"\$file" && mv "\$file" "$AUTHORITY_MAIL/\${file##*/.}"
END
}

# authority_configure DIR [NAME=VALUE…]
authority_configure()
{
	local pair name
	local -A option
	AUTHORITY_DIR=$1/authority
	shift

	AUTHORITY_CONF=$AUTHORITY_DIR/csrc-ca.conf
	AUTHORITY_PUBLIC=$AUTHORITY_DIR/public
	AUTHORITY_KEY=$AUTHORITY_DIR/private/ca.key
	AUTHORITY_MAIL=$AUTHORITY_DIR/mail
	AUTHORITY_LOG=$AUTHORITY_DIR/log
	mkdir -p "$AUTHORITY_DIR"/{private,public,mail,run}
	chmod 755 "$AUTHORITY_DIR" "$AUTHORITY_PUBLIC" "$AUTHORITY_DIR/run"
	chmod 700 "$AUTHORITY_DIR/private"
	chown "$AUTHORITY_USER" "$AUTHORITY_DIR"/{private,public,mail,run}
	# its user need not be able to look into the build directory
	cp -f "$CSRC_BUILD/csrc-ca" "$AUTHORITY_DIR/csrc-ca"
	authority_sendmail >"$AUTHORITY_DIR/sendmail"
	chmod 755 "$AUTHORITY_DIR/sendmail"
	option=(
		[socket]=$GATEWAY_DIR/run/control.sock
		[listen]=$AUTHORITY_DIR/run/fastcgi.sock
		[directory]=$AUTHORITY_DIR/private
		[public_directory]=$AUTHORITY_PUBLIC
		[sendmail]=$AUTHORITY_DIR/sendmail
		[mail_from]=ca@center.example
		[interval]=1s
		[log_target]=stderr
	)
	for pair; do
		option[${pair%%=*}]=${pair#*=}
	done
	for name in "${!option[@]}"; do
		echo "$name = ${option[$name]}"
	done >"$AUTHORITY_CONF"
	chmod 644 "$AUTHORITY_CONF"
}

# OPTION…: csrc-ca, with that configuration, instead of this shell
authority_exec()
{
	exec setpriv --reuid="$AUTHORITY_USER" --regid="$COLLECTOR_GROUP" \
		--clear-groups env -u TSAN_OPTIONS "$AUTHORITY_DIR/csrc-ca" \
		-c "$AUTHORITY_CONF" "$@"
}

authority_start()
{
	authority_configure "$@"
	[ -e "$AUTHORITY_KEY" ] || (authority_exec init) >"$AUTHORITY_DIR/out" ||
		return 1
	# one that was killed leaves its socket: those younger than this are its
	# heir's. Files have the time of the last tick
	touch "$AUTHORITY_DIR/started"
	sleep 0.05
	(authority_exec 2>>"$AUTHORITY_LOG") &
	AUTHORITY_PID=$!
	# Apache is another's, and must reach it
	wait_for 10 authority_ready &&
		chmod 666 "$AUTHORITY_DIR/run/fastcgi.sock" && return 0
	echo "csrc-ca did not start:" >&2
	cat "$AUTHORITY_DIR/out" "$AUTHORITY_LOG" >&2
	return 1
}

authority_ready()
{
	[ "$AUTHORITY_DIR/run/fastcgi.sock" -nt "$AUTHORITY_DIR/started" ] &&
		[ -s "$AUTHORITY_PUBLIC/crl.pem" ]
}

authority_stop()
{
	stop_process "$AUTHORITY_PID" 40
	AUTHORITY_PID=
}

authority_kill()
{
	kill_process "$AUTHORITY_PID"
	AUTHORITY_PID=
}

# The doors, by HTTP, by HTTPS, and on the port of the WebDAV server.
authority_doors()
{
	local http=${AUTHORITY_HTTP##*:} https=${AUTHORITY_HTTPS##*:}
	local host=${BASH_SOURCE[0]%/*}/../apache/csrc-ca.conf

	cat <<END
Listen 127.0.0.1:$http
Listen 127.0.0.1:$https https
Define CSRC_CA_CONF $APACHE_CONF
Define CSRC_CA_HOST localhost
Define CSRC_CA_PORT $http
Include $host
UnDefine CSRC_CA_PORT
Define CSRC_CA_PORT $https
Define CSRC_CA_TLS
Include $host
UnDefine CSRC_CA_PORT
UnDefine CSRC_CA_HOST
Define CSRC_CA_PORT $APACHE_PORT
Define CSRC_CA_HOST ca.localhost
Include $host
END
}

authority_server()
{
	APACHE_CONF=$1/apache/conf
	APACHE_PORT=${APACHE_PORT:-$(free_port)}
	mkdir -p "$APACHE_CONF" &&
		cp "$AUTHORITY_PUBLIC/ca.pem" "$APACHE_CONF" &&
		csrcadm server add NORTH --mail "$2" \
			--url "https://localhost:$APACHE_PORT/csrc/" &&
		authority_sign NORTH "$APACHE_CONF/server"
}

authority_apache()
{
	AUTHORITY_HTTP=localhost:$(free_port)
	AUTHORITY_HTTPS=localhost:$(free_port)
	APACHE_MORE=$1/apache/doors.conf
	# shellcheck disable=SC2034 # it is apache.sh's
	APACHE_CA_SOCKET=$AUTHORITY_DIR/run/fastcgi.sock
	authority_doors >"$APACHE_MORE"
	# the collector enrols as others do
	touch "$APACHE_CONF/made.certificate"
	apache_start "$1" certificate
}

authority_licence()
{
	local kind=$1 name=$2 made
	shift 2

	[ "$kind" != device ] || kind=serial
	made=$(csrcadm --json licence new "--$kind" "$name" "$@") || return 1
	# shellcheck disable=SC2034 # it may be for who calls
	LICENCE=$(jq -r .licence <<<"$made") CODE=$(jq -r .code <<<"$made")
}

authority_key()
{
	(umask 077 && openssl genpkey -algorithm EC \
		-pkeyopt ec_paramgen_curve:P-256 -out "$1")
}

authority_cmp()
{
	# shellcheck disable=SC2034 # it is for who calls
	AUTHORITY_SAID=$(openssl cmp -config "" -batch -server "$AUTHORITY_HTTP" \
		-path .well-known/cmp -msg_timeout 60 "$@" 2>&1)
}

authority_enrol()
{
	local kind=$1 name=$2 file=$3
	shift 3

	authority_licence "$kind" "$name" && authority_key "$file.key" &&
		authority_cmp -cmd ir -ref "$LICENCE" -secret "pass:$CODE" \
			-subject /CN=X -newkey "$file.key" \
			-certout "$file.pem" "$@"
}

authority_sign()
{
	authority_licence server "$1" && authority_key "$2.key" &&
		openssl req -new -key "$2.key" -subj / -out "$2.csr" \
			2>/dev/null &&
		csrcadm certificate sign "$2.csr" --licence "$LICENCE" \
			>"$2.pem"
}

authority_crl()
{
	APACHECTL=$APACHECTL "${BASH_SOURCE[0]%/*}/../apache/csrc-crl" \
		"$AUTHORITY_PUBLIC/crl.pem" "$APACHE_CONF"
}

authority_has_crl()
{
	! cmp -s "$1" "$AUTHORITY_PUBLIC/crl.pem"
}
