# shellcheck shell=bash
# A private Apache with contrib/apache's virtual host, on a loopback port, and the
# certificates for it. To be sourced after process.sh and unpack.sh.
#
#   apache_start DIR certificate|basic|digest
#                  everything is below DIR/apache; 1: it did not start. Sets
#                  APACHE_PORT (kept, if it is set before),
#                  APACHE_URL    https://localhost:PORT/csrc/
#                  APACHE_FILES  the directory with inbox/ work/ outbox/
#                  APACHE_CONF   the directory with the certificates below
#   apache_said    what it wrote, on one line: why it did not start
#   apache_stop    by its pid, also kill -9 if it does not
#   apache_kill    kill -9 at once, it and those that serve
#   apache_device SERIAL [PASSWORD]
#                  SERIAL as it stands in paths. With certificates it makes
#                  APACHE_CONF/SERIAL.pem and .key; else a line in Apache's file
#                  of passwords (PASSWORD: "SERIAL-password" unless said), which
#                  needs no reload
#   apache_curl [OPTION…]
#                  curl that trusts the authority of the certificates
#   apache_reload  it reads its configuration, certificates and CRL again
#   apache_as NAME the options for curl with which it is SERIAL, "collector" or
#                  "nobody", in the array APACHE_AS
#
# Made by apache_start: the authority ca.pem and ca.key (P-256), server.pem and
# server.key for localhost and 127.0.0.1, and for the collector collector.pem and
# .key, or the user "collector" with the password "collector-password".
#
# What is in APACHE_CONF before stays. APACHE_MORE, if set, is a file with more of
# the configuration; APACHE_CA_SOCKET is where the host looks for csrc-ca; and
# APACHECTL is an apachectl(8) for this Apache.
#
# Run by root, Apache becomes nobody; else it is who runs it.

APACHE_DIR=
APACHE_PID=
APACHE_PORT=
APACHE_URL=
APACHE_FILES=
APACHE_CONF=
APACHE_KIND=
APACHE_MORE=
APACHE_CA_SOCKET=
APACHECTL=
APACHE_AS=()
APACHE_HOST=${BASH_SOURCE[0]%/*}/../apache/csrc-webdav.conf

apache_unpack()
{
	unpack apache apache2-bin apache2-utils libapr1 libaprutil1 libexpat1
}

# A program of that Apache, with its libraries, instead of this shell.
apache_exec()
{
	local program=$1
	shift

	LD_LIBRARY_PATH=$(echo "$UNPACK_DIR"/apache/usr/lib/*-linux-*)
	export LD_LIBRARY_PATH
	exec "$UNPACK_DIR/apache/usr/$program" "$@"
}

# apache_certificate NAME SUBJECT EXTENSIONS: APACHE_CONF/NAME.pem, .key
apache_certificate()
{
	local at=$APACHE_CONF/$1

	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$at.key" -subj "$2" -out "$at.csr" 2>/dev/null &&
		openssl x509 -req -in "$at.csr" -CA "$APACHE_CONF/ca.pem" \
			-CAkey "$APACHE_CONF/ca.key" -days 30 \
			-set_serial "0x$(openssl rand -hex 15)" \
			-extfile <(printf '%s\n' "basicConstraints=CA:FALSE" "$3") \
			-out "$at.pem" 2>/dev/null
}

apache_authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$APACHE_CONF/ca.key" -out "$APACHE_CONF/ca.pem" \
		-days 30 -subj "/O=csrc test/CN=authority" 2>/dev/null &&
		apache_certificate server "/OU=server/CN=localhost" \
			$'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1'
}

# apache_peer KIND NAME PASSWORD
apache_peer()
{
	case $APACHE_KIND in
	certificate)
		apache_certificate "$2" "/OU=$1/CN=$2" \
			extendedKeyUsage=clientAuth
		;;
	basic)
		(apache_exec bin/htpasswd -nbB -C 5 "$2" "$3") |
			grep : >>"$APACHE_CONF/password"
		;;
	digest)
		printf '%s:csrc:%s\n' "$2" "$(printf '%s' "$2:csrc:$3" |
			md5sum | cut -d ' ' -f 1)" >>"$APACHE_CONF/digest"
		;;
	esac
}

apache_device()
{
	apache_peer device "$1" "${2:-$1-password}"
}

# shellcheck disable=SC2034 # it is for who calls
apache_as()
{
	APACHE_AS=()
	case $1:$APACHE_KIND in
	nobody:*) ;;
	*:certificate)
		APACHE_AS=(--cert "$APACHE_CONF/$1.pem"
			--key "$APACHE_CONF/$1.key")
		;;
	*) APACHE_AS=("--$APACHE_KIND" --user "$1:$1-password") ;;
	esac
}

apache_curl()
{
	curl -s --cacert "$APACHE_CONF/ca.pem" "$@"
}

# What Debian's apache2.conf and mods-enabled/ say elsewhere.
apache_main()
{
	local module

	echo "ServerRoot $APACHE_DIR"
	for module in mpm_event authn_core authn_file authz_core authz_user \
		auth_basic auth_digest alias mime reqtimeout dir autoindex \
		negotiation socache_shmcb ssl dav dav_fs proxy proxy_fcgi; do
		echo "LoadModule ${module}_module" \
			"$UNPACK_DIR/apache/usr/lib/apache2/modules/mod_$module.so"
	done
	cat <<END
TypesConfig /dev/null
DefaultRuntimeDir $APACHE_DIR
Mutex file:$APACHE_DIR
PidFile $APACHE_DIR/pid
ErrorLog $APACHE_DIR/error.log
LogFormat "%h %u \"%r\" %>s %I %O" plain
CustomLog $APACHE_DIR/access.log plain
ServerName localhost
Listen 127.0.0.1:$APACHE_PORT https
StartServers 1
ThreadsPerChild 32
MaxRequestWorkers 64
END
	[ "$(id -u)" -ne 0 ] || printf 'User nobody\nGroup nogroup\n'
	printf 'Define %s\n' "CSRC_HOST localhost" "CSRC_PORT $APACHE_PORT" \
		"CSRC_FILES $APACHE_FILES" "CSRC_LOCKS $APACHE_DIR/locks/db" \
		"CSRC_CONF $APACHE_CONF" "CSRC_${APACHE_KIND^^}" \
		"CSRC_CA_SOCKET ${APACHE_CA_SOCKET:-$APACHE_DIR/no-ca}"
	echo "Include $APACHE_HOST"
	[ -z "$APACHE_MORE" ] || echo "Include $APACHE_MORE"
}

apache_control()
{
	cat <<END
#!/bin/sh
[ "\$1" != graceful ] || set -- -k graceful
LD_LIBRARY_PATH=$(echo "$UNPACK_DIR"/apache/usr/lib/*-linux-*)
export LD_LIBRARY_PATH
exec $UNPACK_DIR/apache/usr/sbin/apache2 -f $APACHE_DIR/apache.conf "\$@"
END
}

apache_configure()
{
	mkdir -p "$APACHE_CONF" "$APACHE_DIR/locks" \
		"$APACHE_FILES"/{inbox,work,outbox} || return 1
	touch "$APACHE_CONF/password" "$APACHE_CONF/digest"
	apache_main >"$APACHE_DIR/apache.conf"
	APACHECTL=$APACHE_DIR/apachectl
	apache_control >"$APACHECTL" && chmod 755 "$APACHECTL"
	[ -e "$APACHE_CONF/ca.pem" ] || apache_authority || return 1
	[ -e "$APACHE_CONF/made.$APACHE_KIND" ] ||
		apache_peer collector collector collector-password || return 1
	touch "$APACHE_CONF/made.$APACHE_KIND"
	[ "$(id -u)" -ne 0 ] || apache_give "$APACHE_DIR"
}

# Apache, as nobody, must get through all directories above.
apache_give()
{
	local at=$1

	chown -R nobody:nogroup "$APACHE_DIR/locks" "$APACHE_FILES"
	while [ "$at" != / ] && [ "$at" != /tmp ] && [ "$at" != /var/tmp ]; do
		chmod o+x "$at"
		at=$(dirname "$at")
	done
}

apache_start()
{
	apache_unpack || return 1
	APACHE_DIR=$1/apache
	APACHE_KIND=$2
	APACHE_CONF=$APACHE_DIR/conf
	APACHE_FILES=$APACHE_DIR/files
	APACHE_PORT=${APACHE_PORT:-$(free_port)}
	# shellcheck disable=SC2034 # it is for who calls
	APACHE_URL=https://localhost:$APACHE_PORT/csrc/
	apache_configure || return 1
	apache_exec sbin/apache2 -f "$APACHE_DIR/apache.conf" -DFOREGROUND \
		>"$APACHE_DIR/out" 2>&1 &
	APACHE_PID=$!
	serves_on 30 "$APACHE_PORT" "$APACHE_PID" && return 0
	echo "the private Apache did not start:" >&2
	apache_said >&2
	return 1
}

apache_said()
{
	cat "$APACHE_DIR/out" "$APACHE_DIR/error.log" 2>/dev/null |
		paste -s -d ' '
}

apache_reload()
{
	"$APACHECTL" graceful
}

# Those that serve, which outlive an Apache that was killed.
apache_servers()
{
	[ -n "$APACHE_PID" ] &&
		cat "/proc/$APACHE_PID/task/$APACHE_PID/children" 2>/dev/null
}

# apache_end COMMAND…, which ends the process itself
apache_end()
{
	local server servers

	servers=$(apache_servers)
	"$@"
	for server in $servers; do
		[ "$(cat "/proc/$server/comm" 2>/dev/null)" != apache2 ] ||
			kill -9 "$server" 2>/dev/null
	done
	APACHE_PID=
}

apache_stop()
{
	apache_end stop_process "$APACHE_PID" 10
}

apache_kill()
{
	[ -z "$APACHE_PID" ] || apache_end kill_process "$APACHE_PID"
}
