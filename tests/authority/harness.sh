# shellcheck shell=bash
# What the tests of the authority share: a gateway, csrc-ca and Apache below WORK.
# To be sourced.
#
#   authority_begin [DEVICE…]   they run, with a center K0001 that has these devices
#   enrols TEXT KIND NAME FILE [OPTION…]
#                             stock openssl gets FILE.pem and FILE.key, below WORK
#   asks FILE [OPTION…]       FILE.pem for FILE.key, which is made if it is missing,
#                             with LICENCE and CODE, by ir unless OPTION says other
#   gets TEXT FILE [OPTION…]  that works
#   denied TEXT WHY FILE [OPTION…]
#                             that does not, and openssl says WHY, a pattern; there is
#                             no FILE.pem
#   does TEXT OPTION…         openssl cmp does that
#   fails TEXT WHY OPTION…    it does not
#   number FILE               the certificate's, as csrcadm has it
#   told NUMBER MEMBER        of csrcadm certificate show, by jq's path
#   count PRINCIPAL           how many certificates the store has of it
#   state_of LICENCE          of csrcadm licence show
#   posts TYPE FILE           to the door: STATUS, and in BODY which body of RFC 9810's
#                             PKIBody came, a number

. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/contrib/lib/gateway.sh"
. "$CSRC_SOURCE/contrib/lib/collector.sh"
. "$CSRC_SOURCE/contrib/lib/authority.sh"

# shellcheck disable=SC2034 # they are for the tests
STATUS='' BODY=''

authority_begin()
{
	local device

	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	command -v jq >/dev/null || skip_all "no jq"
	apache_unpack || skip_all "Apache's package cannot be had"
	WORK=$(mktemp -d) && chmod 755 "$WORK" ||
		bail_out "no temporary directory"
	trap authority_end EXIT
	trap 'exit 1' INT TERM
	gateway_configure "$WORK" "${AUTHORITY_GATEWAY[@]}"
	csrcadm init >/dev/null &&
		csrcadm center add K0001 --address csrc@center.example &&
		gateway_start || bail_out "no gateway"
	for device; do
		csrcadm device add "$device" --center K0001 ||
			bail_out "no device $device"
	done
	authority_start "$WORK" || bail_out "no authority"
	authority_server "$WORK" north@center.example &&
		authority_apache "$WORK" ||
		bail_out "no Apache: $(apache_said)"
	authority_enrol collector collector "$APACHE_CONF/collector" ||
		bail_out "no certificate for the collector: $AUTHORITY_SAID"
}

authority_end()
{
	apache_stop
	authority_stop
	gateway_stop
	rm -rf "$WORK"
}

enrols()
{
	local text=$1 file=$WORK/$4 kind=$2 name=$3
	shift 4

	authority_enrol "$kind" "$name" "$file" "$@"
	is "$?" 0 "$text" || diag "$AUTHORITY_SAID"
}

asks()
{
	local file=$WORK/$1
	shift

	rm -f "$file.pem"
	[ -e "$file.key" ] || authority_key "$file.key"
	authority_cmp -cmd ir -ref "$LICENCE" -secret "pass:$CODE" \
		-subject /CN=X -newkey "$file.key" -certout "$file.pem" "$@"
}

gets()
{
	local text=$1 file=$2
	shift 2

	asks "$file" "$@"
	is "$?:$(head -n 1 "$WORK/$file.pem" 2>&1)" \
		"0:-----BEGIN CERTIFICATE-----" "$text" || diag "$AUTHORITY_SAID"
}

denied()
{
	local text=$1 why=$2 file=$3
	shift 3

	asks "$file" "$@"
	like "$?:$(cat "$WORK/$file.pem" 2>/dev/null):$AUTHORITY_SAID" \
		"1::*$why*" "$text"
}

does()
{
	local text=$1
	shift

	authority_cmp "$@"
	is "$?" 0 "$text" || diag "$AUTHORITY_SAID"
}

fails()
{
	local text=$1 why=$2
	shift 2

	authority_cmp "$@"
	like "$?:$AUTHORITY_SAID" "1:*$why*" "$text"
}

number()
{
	openssl x509 -in "$WORK/$1.pem" -noout -serial | cut -d = -f 2 |
		tr A-F a-f
}

told()
{
	csrcadm --json certificate show "$1" | jq -r ".$2"
}

count()
{
	csrcadm --json certificate list |
		jq -r --arg who "$1" 'select(.principal == $who) | .number' | wc -l
}

state_of()
{
	csrcadm --json licence show "$1" | jq -r .state
}

posts()
{
	rm -f "$WORK/answer"
	# shellcheck disable=SC2034
	STATUS=$(curl -s -H "Content-Type: $1" --data-binary "@$2" \
		-o "$WORK/answer" -w '%{http_code}' \
		"http://$AUTHORITY_HTTP/.well-known/cmp")
	# shellcheck disable=SC2034
	BODY=$(openssl asn1parse -inform DER -in "$WORK/answer" 2>/dev/null |
		sed -n 's/^ *[0-9]*:d=1 .* cont \[ \([0-9]*\) \].*/\1/p' |
		head -n 1)
}
