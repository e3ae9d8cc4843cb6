# shellcheck shell=bash
# A private proxy that wants a password: Squid, on a loopback port. To be sourced
# after process.sh and unpack.sh.
#
#   squid_start DIR [basic|digest]
#                     everything is below DIR/squid; 1: it did not start. Sets
#                     SQUID_PORT
#                     SQUID_LOG    a line each for what it was asked
#   squid_stop
#
# It lets the user "proxy" with the password "proxy-password" reach loopback
# ports. Run by root, it becomes nobody; else it is who runs it.

SQUID_DIR=
SQUID_PID=
SQUID_PORT=
# shellcheck disable=SC2034 # it is for who calls
SQUID_LOG=

squid_unpack()
{
	unpack proxy squid squid-common squid-langpack libecap3 libgssapi-krb5-2 \
		libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libltdl7 \
		libmnl0 libnetfilter-conntrack3 libnettle8 libnfnetlink0
}

squid_libraries()
{
	echo "$UNPACK_DIR"/proxy/usr/lib/*-linux-*
}

# It checks passwords by a program of a line in, a line out; this one has one.
squid_login()
{
	local root=$UNPACK_DIR/proxy

	if [ "$1" = digest ]; then
		echo "proxy:proxy-password" >"$SQUID_DIR/users"
		echo "auth_param digest program" \
			"$root/usr/lib/squid/digest_file_auth $SQUID_DIR/users"
		echo "auth_param digest realm proxy"
		return
	fi
	cat >"$SQUID_DIR/check" <<'END'
#!/bin/sh
while read -r user password; do
	case "$user $password" in
	"proxy proxy-password") echo OK ;;
	*) echo ERR ;;
	esac
done
END
	chmod 755 "$SQUID_DIR/check"
	cat <<END
auth_param basic program $SQUID_DIR/check
auth_param basic children 1
auth_param basic realm proxy
END
}

squid_configure()
{
	local root=$UNPACK_DIR/proxy

	mkdir -p "$SQUID_DIR" || return 1
	: >"$SQUID_DIR/mime"
	cat >"$SQUID_DIR/squid.conf" <<END
http_port 127.0.0.1:$SQUID_PORT
visible_hostname localhost
pid_filename none
cache_effective_user nobody
cache_effective_group nogroup
cache deny all
cache_log $SQUID_DIR/cache.log
access_log stdio:$SQUID_LOG
coredump_dir $SQUID_DIR
mime_table $SQUID_DIR/mime
error_directory $root/usr/share/squid-langpack/templates
icon_directory $root/usr/share/squid/icons
pinger_enable off
unlinkd_program $root/usr/lib/squid/unlinkd
netdb_filename none
dns_nameservers 127.0.0.1
$(squid_login "$1")
acl known proxy_auth REQUIRED
acl here dst 127.0.0.1 ::1
http_access allow known here
http_access deny all
shutdown_lifetime 0 seconds
END
	[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$SQUID_DIR"
}

squid_start()
{
	squid_unpack || return 1
	SQUID_DIR=$1/squid
	SQUID_LOG=$SQUID_DIR/access.log
	SQUID_PORT=$(free_port)
	squid_configure "${2:-basic}" || return 1
	LD_LIBRARY_PATH=$(squid_libraries) "$UNPACK_DIR/proxy/usr/sbin/squid" \
		-N -f "$SQUID_DIR/squid.conf" >"$SQUID_DIR/out" 2>&1 &
	SQUID_PID=$!
	serves_on 30 "$SQUID_PORT" "$SQUID_PID" && return 0
	echo "the private Squid did not start:" >&2
	cat "$SQUID_DIR/out" "$SQUID_DIR/cache.log" >&2
	return 1
}

squid_stop()
{
	stop_process "$SQUID_PID" 10
	SQUID_PID=
}
