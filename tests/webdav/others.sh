#!/bin/bash
# dav/ through a proxy that wants a password (Squid), and to another server than
# Apache (lighttpd).
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/contrib/lib/squid.sh"
. "$CSRC_SOURCE/contrib/lib/lighttpd.sh"

id=0123456789abcdef

finish()
{
	squid_stop
	lighttpd_stop
	webdav_end
}

# Each step of a collector, and of a device that may do as much.
steps()
{
	local who=$1 text=$2 i etag

	does "$text: a report" \
		"${3:-$who}" create "inbox/A1.$id.p7m" "$WORK/message"
	fails "$text: the same" exists \
		"${3:-$who}" create "inbox/A1.$id.p7m" "$WORK/message"
	does "$text: a large one" \
		"${3:-$who}" create "inbox/A1.${id}0.p7m" "$WORK/large"
	dav "$who" list inbox/ 100000
	is "$CODE:$(cut -d ' ' -f 1,2 <<<"$OUT" | sort | tr '\n' ' ')" \
		"0:A1.$id.p7m 7 A1.${id}0.p7m 1000000 " "$text: listed"
	dav "$who" get "inbox/A1.${id}0.p7m" 1000000
	is "$CODE" 0 "$text: read"
	does "$text: taken" "$who" move "inbox/A1.$id.p7m" "work/A1.$id.p7m"
	fails "$text: taken once" not-found \
		"$who" move "inbox/A1.$id.p7m" "work/A1.$id.p7m"
	does "$text: put there again" \
		"${3:-$who}" create "inbox/A1.$id.p7m" "$WORK/message"
	fails "$text: which overwrites nothing" exists \
		"$who" move "inbox/A1.$id.p7m" "work/A1.$id.p7m"
	does "$text: removed" "$who" delete "work/A1.$id.p7m"
	does "$text: a directory" "$who" mkcol outbox/A1
	does "$text: it is there" "$who" mkcol outbox/A1
	for i in 1 2 3; do
		does "$text: request $i" \
			"$who" put "outbox/A1/$id$i.p7m" "$WORK/message"
	done
	dav "$who" get "outbox/A1/${id}1.p7m" 100
	etag=$(<"$WORK/err")
	fails "$text: another by now" exists \
		"$who" delete "outbox/A1/${id}1.p7m" '"0-0"'
	diag "an etag: $etag"
}

through_squid()
{
	local kind=$1

	webdav_begin certificate
	apache_device A1
	squid_start "$WORK" "$kind" || bail_out "no Squid"
	WEBDAV_OPTIONS=("proxy=http://127.0.0.1:$SQUID_PORT")
	fails "$kind: no password for the proxy" denied collector mkcol outbox/A1
	WEBDAV_OPTIONS+=(proxy_user=proxy proxy_password=wrong)
	fails "$kind: a wrong one" denied collector mkcol outbox/A1
	is "$(wc -l <"$APACHE_DIR/access.log")" 0 "$kind: nothing got through"
	WEBDAV_OPTIONS=("proxy=http://127.0.0.1:$SQUID_PORT" proxy_user=proxy
		proxy_password=proxy-password)
	steps collector "$kind" A1
	WEBDAV_OPTIONS=()
	squid_stop
	like "$(grep -c "CONNECT localhost:$APACHE_PORT proxy" "$SQUID_LOG")" \
		"[1-9]*" "$kind: it came that way"
	apache_stop
	rm -rf "$APACHE_DIR" "$SQUID_DIR"
}

WORK=$(mktemp -d) || bail_out "no temporary directory"
trap finish EXIT
trap 'exit 1' INT TERM
printf 'message' >"$WORK/message"
head -c 1000000 /dev/urandom >"$WORK/large"
if squid_unpack; then
	through_squid basic
	through_squid digest
else
	skip "through a proxy" "Squid's package cannot be had"
fi
if lighttpd_unpack; then
	lighttpd_start "$WORK" || bail_out "no lighttpd"
	APACHE_KIND=digest
	APACHE_URL=$LIGHTTPD_URL
	WEBDAV_OPTIONS=("ca_file=$LIGHTTPD_CA")
	steps collector lighttpd
else
	skip "to lighttpd" "its package cannot be had"
fi
done_testing
