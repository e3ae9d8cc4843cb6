#!/bin/bash
# csrc-webdav enrol against stock openssl as the authority: by the sections of its
# configuration, whose certificate and key need not be there yet.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u -o pipefail

CSRC_SOURCE=$(cd "${srcdir:-.}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/collector.sh"
. "$CSRC_SOURCE/tests/device/cmp.sh"

openssl cmp -help 2>&1 | grep -q -e -port || skip_all "no openssl with CMP"
work=$(mktemp -d) || bail_out "mktemp"
finish()
{
	local status=$?

	trap - EXIT
	cmp_stop
	[ -n "${CSRC_KEEP-}" ] || rm -rf "$work"
	exit $status
}
trap finish EXIT
chmod 755 "$work"
cd "$work" || exit 99
cmp_authority ca || bail_out "no authority"
cmp_licence licence
GATEWAY_DIR=$work
dead=http://127.0.0.1:1/
own=$work/own

# As somebody else than root, who may not.
collects()
{
	if [ "$(id -u)" -eq 0 ]; then
		collector_as "$COLLECTOR_DIR/csrc-webdav" "$@"
	else
		"$COLLECTOR_DIR/csrc-webdav" "$@"
	fi
}

# enrol WORD…: streams and exit code in out, err, code.
enrol()
{
	collects enrol -c "$COLLECTOR_CONF" "$@" >out 2>err
	code=$?
	err=$(cat err)
}

# exits CODE TEXT WORD…
exits()
{
	local wanted=$1 text=$2
	shift 2

	enrol "$@"
	is "$code" "$wanted" "$text (exit $wanted)" || diag "$err"
}

# configured URL [NAME=VALUE…]: servers north and south, with an authority there,
# and one without
configured()
{
	local url=$1 name
	shift

	collector_configure "$work"
	for name in north south; do
		collector_server $name url=https://localhost:1/csrc/ \
			center=K0001 "certificate=$own/$name.pem" \
			"key=$own/$name.key" "enrol_url=$url" enrol_name=East "$@"
	done
	collector_server plain url=https://localhost:1/csrc/ center=K0001
}

afresh()
{
	rm -rf "$own"
	mkdir "$own"
	[ "$(id -u)" -ne 0 ] ||
		chown "$COLLECTOR_USER:$COLLECTOR_GROUP" "$own" licence
}

# give FILE NAME: to the collector
give()
{
	install -m 600 "$1" "$own/$2"
	[ "$(id -u)" -ne 0 ] ||
		chown "$COLLECTOR_USER:$COLLECTOR_GROUP" "$own/$2"
}

files()
{
	(cd "$own" && echo *)
}

test_first()
{
	afresh
	configured $dead
	like "$(collects -n -c "$COLLECTOR_CONF" 2>&1)" "*north.key*" \
		"it cannot collect without"
	exits 4 "no authority" --code-file licence north
	is "$(files)" north.key.new "a key waits"
	cp "$own/north.key.new" waiting.key
	cmp_sign issued.pem waiting.key collector EAST
	cmp_sign short.pem waiting.key collector EAST ca 20
	cmp_sign named.pem waiting.key collector WEST
	cmp_serve -rsp_cert named.pem -rsp_capubs ca.pem
	configured "$CMP_URL"
	exits 3 "for another name" --code-file licence north
	like "$err" "csrc-webdav: north: *collector:WEST*" "and why"
	is "$(files)" north.key.new "the key still waits"
	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	configured "$CMP_URL"
	exits 0 "its own" --code-file licence --ca-out "$own/ca.pem" north
	like "$(cat out)" "north: certified collector:EAST until 20*Z" "told"
	is "$(files)" "ca.pem north.key north.pem" "the section's files"
	exits 0 "again" --code-file licence north
	like "$(cat out)" "north: kept collector:EAST until 20*Z" "kept"
}

renewable()
{
	afresh
	give waiting.key "$1.key"
	cat "$2" ca.pem >both.pem
	give both.pem "$1.pem"
	give next.key "$1.key.new"
}

test_renewed()
{
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out next.key 2>/dev/null
	cmp_sign next.pem next.key collector EAST
	cmp_start -srv_trusted ca.pem -srv_cert ca.pem -srv_key ca.key \
		-rsp_cert next.pem
	configured "$CMP_URL"
	renewable north short.pem
	exits 3 "all, of which one is none" --renew --before 30d
	like "$(cat out)" "north: certified collector:EAST until *" "the one"
	like "$err" "csrc-webdav: south: *no *south.pem*" "the other"
	is "$(files)" "north.key north.pem" "and its files"
	ok "the new key" cmp "$own/north.key" next.key
	exits 0 "one" --renew north
	like "$(cat out)" "north: kept *" "not due"
	exits 3 "one that is not there" --renew west
	exits 3 "one without an authority" --renew plain
}

test_usage()
{
	afresh
	configured $dead
	exits 2 "no server" --code-file licence
	exits 2 "two of them" --code-file licence north south
	exits 2 "no licence" north
	exits 2 "a licence to renew" --renew --licence $CMP_LICENCE
	exits 2 "no time" --renew --before soon
	exits 2 "no such option" --renew --json
	configured https://127.0.0.1:1/ enrol_ca_file=/dev/null
	exits 3 "a file of authorities that is none" --code-file licence north
	collector_configure "$work"
	collector_server north url=https://localhost:1/ center=K0001 \
		enrol_name=EAST
	exits 3 "a name without an authority" --renew
	collector_server south url=https://localhost:1/ center=K0001 \
		enrol_url=$dead
	exits 3 "an authority without files" --renew
	configured $dead
	[ "$(id -u)" -eq 0 ] || { skip "root" "we are not"; return; }
	"$COLLECTOR_DIR/csrc-webdav" enrol -c "$COLLECTOR_CONF" --renew 2>err
	is $? 3 "root may not"
	like "$(cat err)" "*must not run as root*" "and hears why"
}

test_first
test_renewed
test_usage
done_testing
