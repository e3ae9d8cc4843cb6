# shellcheck shell=bash
# What the tests of WebDAV share: a private Apache below WORK. To be sourced.
#
#   webdav_begin KIND         it runs, as apache.sh has it, and ends with the test
#   dav NAME WORD…            tests/tools/davclient, as SERIAL, "collector" or
#                             "nobody"; its output in OUT, exit code in CODE
#   does TEXT NAME WORD…      that works, and prints nothing
#   fails TEXT ERROR NAME WORD…
#                             that fails, with this error
#   WEBDAV_OPTIONS            more of its options

CSRC_SOURCE=$(cd "${srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/contrib/lib/apache.sh"

WORK=
# shellcheck disable=SC2034 # they are for the tests
OUT=
# shellcheck disable=SC2034
CODE=
WEBDAV_OPTIONS=()

webdav_begin()
{
	command -v curl >/dev/null || skip_all "no curl"
	command -v openssl >/dev/null || skip_all "no openssl"
	apache_unpack || skip_all "Apache's package cannot be had"
	if [ -z "$WORK" ]; then
		WORK=$(mktemp -d) || bail_out "no temporary directory"
		trap webdav_end EXIT
		trap 'exit 1' INT TERM
	fi
	apache_start "$WORK" "$1" || bail_out "no Apache: $(apache_said)"
}

webdav_end()
{
	apache_stop
	rm -rf "$WORK"
}

dav()
{
	local who=$1 login=()
	shift

	case $who:$APACHE_KIND in
	nobody:*) ;;
	*:certificate)
		login=("certificate=$APACHE_CONF/$who.pem"
			"certificate_key=$APACHE_CONF/$who.key")
		;;
	*) login=("user=$who" "password=$who-password") ;;
	esac
	# shellcheck disable=SC2034 # it is for the tests
	OUT=$("$CSRC_BUILD/tests/tools/davclient" "url=$APACHE_URL" \
		"ca_file=$APACHE_CONF/ca.pem" "${login[@]}" \
		"${WEBDAV_OPTIONS[@]}" "$@" 2>"$WORK/err" | tr -d '\0'
		exit "${PIPESTATUS[0]}")
	# shellcheck disable=SC2034
	CODE=$?
}

does()
{
	local text=$1
	shift

	dav "$@"
	is "$CODE:$OUT" "0:" "$text"
}

fails()
{
	local text=$1 code=$2
	shift 2

	dav "$@"
	like "$CODE:$OUT" "1:$code: *" "$text"
}
