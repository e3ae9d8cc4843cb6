#!/bin/bash
# csrc-dca enrol against stock openssl as the authority: a certificate that names
# this agent, and another one where it is due.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u -o pipefail

CSRC_SOURCE=$(cd "${srcdir:-.}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/dca.sh"
. "$CSRC_SOURCE/tests/device/cmp.sh"

openssl cmp -help 2>&1 | grep -q -e -port || skip_all "no openssl with CMP"
work=$(mktemp -d) || bail_out "mktemp"
finish()
{
	local status=$?

	trap - EXIT
	cmp_stop
	rm -rf "$work"
	exit $status
}
trap finish EXIT
cd "$work" || exit 99
cmp_authority ca || bail_out "no authority"
cmp_licence licence
own=$work/own
mkdir -m 700 "$own"

# configured URL: with an authority there
configured()
{
	dca_configure "$work" NORTH K0001 https://localhost:1 \
		"certificate=$own/agent.pem" \
		"certificate_key=$own/agent.key" "enrol_url=$1" \
		< <(printf 'key-id: 01\nkey: %032d\n' 1)
}

# exits CODE TEXT WORD…: what it says in said
exits()
{
	local wanted=$1 text=$2
	shift 2

	said=$(dca enrol "$@" 2>&1)
	is $? "$wanted" "$text (exit $wanted)" || diag "$said"
}

files()
{
	(cd "$own" && echo *)
}

configured http://127.0.0.1:1/
exits 2 "no licence"
exits 2 "a licence for another one" --renew --code-file licence
exits 4 "no authority" --code-file licence
is "$(files)" agent.key.new "a key waits"
cp "$own/agent.key.new" waiting.key
cmp_sign issued.pem waiting.key agent NORTH
cmp_sign named.pem waiting.key agent SOUTH
cmp_sign device.pem waiting.key device NORTH
for name in named device; do
	cmp_serve -rsp_cert $name.pem -rsp_capubs ca.pem
	configured "$CMP_URL"
	exits 3 "$name: for somebody else" --code-file licence
	is "$(files)" agent.key.new "the key still waits"
done
cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
configured "$CMP_URL"
exits 0 "its own" --code-file licence --ca-out "$own/ca.pem"
like "$said" "certified agent:NORTH until 20*Z" "told"
is "$(files)" "agent.key agent.pem ca.pem" "its files"
exits 0 "again" --code-file licence
like "$said" "kept agent:NORTH until 20*Z" "kept"
exits 0 "another one, which is not due" --renew --before 1d
like "$said" "kept agent:NORTH until 20*Z" "kept"
dca_configure "$work" NORTH K0001 https://localhost:1 <waiting.key
exits 3 "without an authority" --renew
done_testing
