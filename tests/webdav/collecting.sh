# shellcheck shell=bash
# What the tests of csrc-webdav share: a gateway, devices, and a collector below
# WORK. To be sourced behind harness.sh.
#
#   collecting_begin DEVICES     the gateway, with a center K0001 that has D00001 …
#   message SERIAL TOTAL         a sealed message, by openssl
#   store FILE NAME              writes FILE to Apache's inbox, as its device does:
#                                the status in OUT
#   once CODE TEXT               csrc-webdav --once ends with that; OUT, ERR
#   reports                      how many are in the spool
#   reports_come COUNT           waits until at least so many are
#   files DIRECTORY              the names in it, one line

. "$CSRC_SOURCE/contrib/lib/gateway.sh"
. "$CSRC_SOURCE/contrib/lib/report.sh"
. "$CSRC_SOURCE/contrib/lib/collector.sh"

OUT=
ERR=
DEVICES=

collecting_begin()
{
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	command -v jq >/dev/null || skip_all "no jq"
	command -v setpriv >/dev/null || skip_all "no setpriv"
	DEVICES=$WORK/devices
	chmod 755 "$WORK"
	gateway_configure "$WORK" "${COLLECTOR_GATEWAY[@]}"
	gateway_register K0001 csrc@center.example D "$1" "$DEVICES" \
		>"$WORK/register" || bail_out "no gateway"
	gateway_start || bail_out "the gateway does not start"
}

collecting_end()
{
	collector_stop
	gateway_stop
}

message()
{
	local id key

	read -r _ id key < <(grep "^$1 " "$DEVICES")
	report_json "$1" "$2" | report_entity K0001 "$1" | seal "$id" "$key"
}

store()
{
	local serial=${2%%.*}

	apache_as "$serial"
	OUT=$(apache_curl "${APACHE_AS[@]}" -H 'If-None-Match: *' -T "$1" \
		-o "$WORK/said" -w '%{http_code}' "${APACHE_URL}inbox/$2")
}

# What it logs is in $WORK/log.
once()
{
	local code
	OUT=$(collector --once 2>"$WORK/log")
	code=$?
	ERR=$(cat "$WORK/log")
	is "$code" "$1" "$2" || diag "$OUT
$ERR"
}

reports()
{
	gateway_reports | wc -l
}

has_reports()
{
	[ "$(reports)" -ge "$1" ]
}

reports_come()
{
	wait_for 20 has_reports "$1"
}

files()
{
	find "$1" -mindepth 1 -printf '%P\n' | LC_ALL=C sort | tr '\n' ' '
}
