# shellcheck shell=bash
# What the tests of the end for agents share: a gateway, csrc-receive and Apache
# below WORK, a center K0001, and agents with keys and certificates. To be sourced.
#
#   receiving_begin AGENT…    they run; certificates as receive_certificate has them,
#                             by the agent's name in small letters
#   key_of AGENT              in KEY_ID and KEY
#   sealed AGENT FILE [SERIAL=TOTAL…]
#                             FILE is a bundle, sealed with that agent's key
#   uploads TEXT STATUS AGENT FILE [OPTION…]
#                             that agent posts it, and hears that; RECEIVE_BODY
#   answers TEXT FILTER WANTED
#                             what jq makes of all lines of RECEIVE_BODY
#   receipt_good AGENT FILE   is the answer's receipt the gateway's, about FILE?
#   asks TEXT STATUS NAME PATH [OPTION…]
#   spooled FILTER WANTED TEXT
#                             what jq makes of all records, as soon as it does

. "${srcdir:-.}/tests/webdav/harness.sh"
. "$CSRC_SOURCE/contrib/lib/gateway.sh"
. "$CSRC_SOURCE/contrib/lib/report.sh"
. "$CSRC_SOURCE/contrib/lib/receive.sh"

KEY_ID=
KEY=

receiving_begin()
{
	local agent

	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	command -v jq >/dev/null || skip_all "no jq"
	apache_unpack || skip_all "Apache's package cannot be had"
	WORK=$(mktemp -d) && chmod 755 "$WORK" ||
		bail_out "no temporary directory"
	trap receiving_end EXIT
	trap 'exit 1' INT TERM
	gateway_configure "$WORK" "${RECEIVE_GATEWAY[@]}"
	csrcadm init >/dev/null &&
		csrcadm center add K0001 --address csrc@center.example &&
		gateway_start || bail_out "no gateway"
	for agent; do
		csrcadm agent add "$agent" --center K0001 &&
			csrcadm agent key "$agent" --generate \
				>"$WORK/$agent.key" ||
			bail_out "no agent $agent"
	done
	receive_start "$WORK" || bail_out "no csrc-receive"
	receive_apache "$WORK" || bail_out "no Apache: $(apache_said)"
	for agent; do
		receive_certificate "${agent,,}" "$agent"
		wait_for 30 receive_known "$agent" ||
			bail_out "$agent is not in the registry"
	done
}

receiving_end()
{
	apache_stop
	receive_stop
	gateway_stop
	rm -rf "$WORK"
}

key_of()
{
	KEY_ID=$(sed -n 's/^key-id: //p' "$WORK/$1.key")
	KEY=$(sed -n 's/^key: //p' "$WORK/$1.key")
}

sealed()
{
	local agent=$1 file=$2
	shift 2

	key_of "$agent"
	receive_bundle K0001 "$@" | seal "$KEY_ID" "$KEY" >"$file"
}

uploads()
{
	local text=$1 status=$2 agent=$3 file=$4
	shift 4

	is "$(receive_upload "${agent,,}" "$agent" "$file" "$@")" "$status" \
		"$text" || diag "$(cat "$RECEIVE_BODY")" "$(tail -n 3 "$RECEIVE_LOG")"
}

answers()
{
	is "$(jq -c -s "$2" "$RECEIVE_BODY" 2>&1)" "$3" "$1" ||
		diag "$(head -c 2000 "$RECEIVE_BODY")"
}

receipt_good()
{
	local mac_key digest

	key_of "$1"
	digest=$(sha256sum "$2")
	jq -j -s '.[-1].receipt' "$RECEIVE_BODY" >"$WORK/receipt" &&
		grep -q "^Principal: agent:$1$" "$WORK/receipt" &&
		grep -q "^Digest: sha-256=${digest%% *}$" "$WORK/receipt" &&
		mac_key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 \
			-kdfopt hexkey:"$KEY" -kdfopt info:'csrc receipt 1' \
			-binary HKDF | od -An -v -tx1 | tr -d ' \n') &&
		sed '/^MAC: /d' "$WORK/receipt" |
		openssl mac -digest SHA256 -macopt hexkey:"$mac_key" -in - HMAC |
			tr 'A-F' 'a-f' | sed 's/^/MAC: /' |
			grep -qxF "$(grep '^MAC: ' "$WORK/receipt")"
}

asks()
{
	local text=$1 status=$2
	shift 2

	is "$(receive_curl "$@")" "$status" "$text" ||
		diag "$(head -c 2000 "$RECEIVE_BODY")" "$(tail -n 3 "$RECEIVE_LOG")"
}

spooled()
{
	wait_for 10 has_spooled "$1" "$2" || true
	is "$(gateway_reports | jq -c -s "$1")" "$2" "$3"
}

has_spooled()
{
	[ "$(gateway_reports | jq -c -s "$1")" = "$2" ]
}
