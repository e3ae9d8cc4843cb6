# shellcheck shell=bash
# A private lighttpd with WebDAV on a loopback port: another server than Apache,
# for the collector; it has no rules of who may reach which path. To be sourced
# after process.sh, unpack.sh and apache.sh, whose certificates it uses.
#
#   lighttpd_start DIR    everything is below DIR/lighttpd; sets LIGHTTPD_PORT,
#                         LIGHTTPD_URL https://localhost:PORT/csrc/ and
#                         LIGHTTPD_FILES with inbox/ work/ outbox/; its user is
#                         "collector" with "collector-password", by Digest
#   lighttpd_stop
#
# LIGHTTPD_CA is the authority of its certificate.

LIGHTTPD_DIR=
LIGHTTPD_PID=
LIGHTTPD_PORT=
LIGHTTPD_URL=
LIGHTTPD_FILES=
LIGHTTPD_CA=

lighttpd_unpack()
{
	unpack lighttpd lighttpd lighttpd-mod-webdav lighttpd-mod-openssl
}

lighttpd_configuration()
{
	cat <<END
server.modules = ("mod_openssl", "mod_auth", "mod_authn_file", "mod_webdav")
server.document-root = "$LIGHTTPD_DIR/files"
server.bind = "127.0.0.1"
server.port = $LIGHTTPD_PORT
server.errorlog = "$LIGHTTPD_DIR/error.log"
server.upload-dirs = ("$LIGHTTPD_DIR/upload")
ssl.engine = "enable"
ssl.pemfile = "$LIGHTTPD_DIR/server.pem"
ssl.privkey = "$LIGHTTPD_DIR/server.key"
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "$LIGHTTPD_DIR/digest"
auth.require = ("/" => ("method" => "digest", "realm" => "csrc", "require" => "valid-user"))
webdav.activate = "enable"
webdav.is-readonly = "disable"
END
	[ "$(id -u)" -ne 0 ] || cat <<END
server.username = "nobody"
server.groupname = "nogroup"
END
}

lighttpd_configure()
{
	mkdir -p "$LIGHTTPD_FILES"/{inbox,work,outbox} "$LIGHTTPD_DIR/upload"
	if [ ! -e "$LIGHTTPD_CA" ]; then
		APACHE_CONF=$LIGHTTPD_DIR apache_authority || return 1
	fi
	printf 'collector:csrc:%s\n' "$(printf 'collector:csrc:%s' \
		collector-password | md5sum | cut -d ' ' -f 1)" \
		>"$LIGHTTPD_DIR/digest"
	lighttpd_configuration >"$LIGHTTPD_DIR/lighttpd.conf"
	[ "$(id -u)" -eq 0 ] || return 0
	chmod 755 "${LIGHTTPD_DIR%/*}"
	chown -R nobody:nogroup "$LIGHTTPD_DIR"
}

lighttpd_start()
{
	lighttpd_unpack || return 1
	LIGHTTPD_DIR=$1/lighttpd
	LIGHTTPD_PORT=$(free_port)
	# shellcheck disable=SC2034 # it is for who calls
	LIGHTTPD_URL=https://localhost:$LIGHTTPD_PORT/csrc/
	LIGHTTPD_FILES=$LIGHTTPD_DIR/files/csrc
	LIGHTTPD_CA=$LIGHTTPD_DIR/ca.pem
	lighttpd_configure || return 1
	"$UNPACK_DIR/lighttpd/usr/sbin/lighttpd" -D \
		-f "$LIGHTTPD_DIR/lighttpd.conf" \
		-m "$UNPACK_DIR/lighttpd/usr/lib/lighttpd" \
		>"$LIGHTTPD_DIR/out" 2>&1 &
	LIGHTTPD_PID=$!
	serves_on 30 "$LIGHTTPD_PORT" "$LIGHTTPD_PID" && return 0
	echo "the private lighttpd did not start:" >&2
	cat "$LIGHTTPD_DIR/out" "$LIGHTTPD_DIR/error.log" >&2
	return 1
}

lighttpd_stop()
{
	stop_process "$LIGHTTPD_PID" 10
	LIGHTTPD_PID=
}
