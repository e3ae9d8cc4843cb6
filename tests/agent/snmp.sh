#!/bin/bash
# Printers asked for real: by all strengths of SNMPv3 and by v1 and v2c, of real
# snmpds, of snmpsim, and of a responder that lies in many ways. What is asked
# by one version is never asked by another; engines are pinned.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck disable=SC2034 # for unpack.sh
CSRC_BUILD=$builddir
. "$srcdir/tests/lib.sh"
. "$srcdir/contrib/lib/process.sh"
. "$srcdir/contrib/lib/unpack.sh"
. "$srcdir/contrib/lib/snmpd.sh"

PRINTERS=$srcdir/tests/agent/printers
OBJECT=1.3.6.1.2.1.1.2.0
SERIAL=1.3.6.1.2.1.43.5.1.1.17.1
PRINTER_MIB=1.3.6.1.2.1.43
AUTHS="md5 sha1 sha224 sha256 sha384 sha512"
PRIVS="des aes128 aes192 aes256 aes192-reeder aes256-reeder"
SECRETS="auth_passphrase=auth-passphrase priv_passphrase=priv-passphrase"

work=$(mktemp -d) || bail_out "mktemp"
others=()
cleanup()
{
	local pid

	snmpd_stop_all
	for pid in "${others[@]}"; do
		stop_process "$pid" 10
	done
	rm -rf "$work"
}
trap cleanup EXIT
port=$(free_port)
six= # where there is IPv6
! grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null || six=::1

client()
{
	"$builddir/tests/tools/snmpclient" "port=$port" timeout=1000 "$@"
}

# ask USER OPTION… ADDRESS: its serial, by v3
ask()
{
	local user=$1
	shift

	# shellcheck disable=SC2086 # a list
	client "user=$user" $SECRETS "engines=$work/engines" \
		get=$OBJECT get=$SERIAL poll "$@"
}

# The protocols as snmpd calls them.
theirs()
{
	case $1 in
	sha1) echo SHA ;;
	sha*) echo "SHA-${1#sha}" ;;
	aes192-reeder) echo AES-192-C ;;
	aes256-reeder) echo AES-256-C ;;
	aes*) echo "AES-${1#aes}" ;;
	*) echo "${1^^}" ;;
	esac
}

users()
{
	local auth priv

	for auth in $AUTHS; do
		for priv in $PRIVS; do
			echo "createUser $auth-$priv $(theirs "$auth")" \
				"auth-passphrase $(theirs "$priv")" \
				"priv-passphrase"
			echo "rouser $auth-$priv priv"
		done
	done
	echo "createUser half SHA-256 auth-passphrase"
	echo "rouser half auth"
	echo "createUser open"
	echo "rouser open noauth"
	echo "rocommunity public"
	[ -z "$six" ] || echo "rocommunity6 public"
}

test_strengths()
{
	local auth priv said="" wanted="" half open

	for auth in $AUTHS; do
		for priv in $PRIVS; do
			wanted+="$auth-$priv 3 "
			said+="$auth-$priv $(ask "$auth-$priv" "auth=$auth" \
				"priv=$priv" 127.0.9.1 |
				grep -c -e 'text "ONE"' -e answered) "
		done
	done
	is "$said" "$wanted" "v3 works in all strengths"
	half=$(client user=half auth=sha256 auth_passphrase=auth-passphrase \
		get=$SERIAL poll 127.0.9.1)
	like "$half" '*"ONE"*' "without privacy, where that is said"
	open=$(client user=open get=$SERIAL poll 127.0.9.1)
	like "$open" '*"ONE"*' "without authentication, where that is said"
}

test_versions()
{
	local version walk third

	third=$(client user=sha256-aes128 auth=sha256 priv=aes128 \
		auth_passphrase=auth-passphrase \
		priv_passphrase=priv-passphrase get=$OBJECT \
		get=$SERIAL get=$SERIAL.9 walk=$PRINTER_MIB poll 127.0.9.1)
	like "$third" "*$SERIAL.9 absent*" "what is not there is absent"
	for version in v1 v2c; do
		walk=$(client version=$version community=public get=$OBJECT \
			get=$SERIAL get=$SERIAL.9 walk=$PRINTER_MIB \
			poll 127.0.9.1)
		is "$(grep '^127' <<<"$walk")" "$(grep '^127' <<<"$third")" \
			"$version says what v3 says"
	done
}

test_six()
{
	local said

	if [ -z "$six" ]; then
		skip "IPv6" "there is none"
		return
	fi
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 "$six")
	like "$said" "*\[::1\]:$port $SERIAL text \"ONE\"*" "IPv6, by v3"
	said=$(client version=v2c community=public discover "$six" 127.0.9.1)
	like "$said" "*2 addresses, 2 found*" "and found beside IPv4"
}

test_refusals()
{
	local refused

	refused=$(client user=sha512-aes256 auth=sha512 priv=aes256 \
		auth_passphrase=not-the-passphrase \
		priv_passphrase=priv-passphrase get=$SERIAL poll 127.0.9.1)
	like "$refused" "*refused: the passphrase or the protocol for auth*" \
		"a wrong passphrase is told"
	refused=$(client user=sha512-aes256 auth=sha256 priv=aes256 \
		auth_passphrase=auth-passphrase \
		priv_passphrase=priv-passphrase get=$SERIAL poll 127.0.9.1)
	like "$refused" "*refused: the passphrase or the protocol for auth*" \
		"and a wrong protocol"
	refused=$(client user=nobody auth=sha512 priv=aes256 \
		auth_passphrase=auth-passphrase \
		priv_passphrase=priv-passphrase get=$SERIAL poll 127.0.9.1)
	like "$refused" "*refused: it does not know the user*" \
		"an unknown user, too"
	refused=$(client user=half auth=sha256 priv=aes128 \
		auth_passphrase=auth-passphrase \
		priv_passphrase=priv-passphrase get=$SERIAL poll 127.0.9.1)
	like "$refused" "*refused: it does not have the user's security*" \
		"and a user who has no privacy"
	refused=$(client user=sha512-aes256 auth=sha512 priv=aes256 \
		auth_passphrase=auth-passphrase tries=2 \
		priv_passphrase=not-the-passphrase get=$SERIAL poll 127.0.9.1)
	like "$refused" "*refused: it knows the user and does not answer*" \
		"a wrong passphrase for privacy is guessed at"
	refused=$(client version=v2c community=wrong timeout=200 tries=2 \
		get=$SERIAL poll 127.0.9.1)
	like "$refused" "*silent*" "a wrong community meets silence"
	refused=$(client user=sha512-aes256 auth=sha512 priv=aes256 \
		auth_passphrase=short priv_passphrase=priv-passphrase \
		get=$SERIAL poll 127.0.9.1)
	like "$refused" "*must have at least 8 octets*" "keys are not short"
}

# Its second address is a clone: another printer with the same engine id.
test_clones()
{
	local said

	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1-2)
	is "$(grep -c answered <<<"$said")" 3 \
		"two printers with one engine id are both read"
}

restart()
{
	snmpd_stop_all
	mapfile -t lines < <(snmpd_printer ONE 1234; users)
	snmpd_start "$work" one "$port" "127.0.9.1 127.0.9.2 $six" "${lines[@]}" || bail_out "snmpd"
}

boots()
{
	awk -v a="127.0.9.1:$port" '$1 == a { print $3 }' "$work/engines"
}

test_engines()
{
	local said before

	before=$(boots)
	ok "an engine is pinned with its restarts" test "$before" -ge 1
	restart
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" "*answered*" "a printer is read after its restart"
	is "$(boots)" $((before + 1)) "and its restarts are counted"
	snmpd_stop_all
	rm -rf "$work/one/persistent"
	restart
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" "*engine-changed: engine * is expected, and it is *" \
		"another engine is told"
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" "*engine-changed*" "each time"
	is "$(grep -c "$SERIAL" <<<"$said")" 0 "and nothing is read of it"
	is "$(client "engines=$work/engines" accept 127.0.9.1)" "" \
		"until somebody accepts it"
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" '*"ONE"*' "then it is read"
	sed -i "s/^\(127.0.9.1:$port [^ ]*\) [0-9]*/\1 77/" "$work/engines"
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" "*engine-changed: *restarted 77 times at least*" \
		"fewer restarts than it had are told"
	client "engines=$work/engines" accept 127.0.9.1
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 127.0.9.1)
	like "$said" '*"ONE"*' "until somebody accepts that"
}

# Nothing of net-snmp's own files is read or made.
test_files()
{
	local said

	mkdir "$work/conf"
	echo "defVersion 1 and nonsense" >"$work/conf/snmp.conf"
	cp "$work/conf/snmp.conf" "$work/conf/csrc-dca.conf"
	said=$(HOME=$work/home MIBS=ALL SNMPCONFPATH=$work/conf \
		SNMP_PERSISTENT_DIR=$work/made client version=v2c \
		community=public get=$SERIAL poll 127.0.9.1 2>&1)
	is "$(grep -v -e '^127' -e ' printers' -e '^sent' <<<"$said")" "" \
		"no configuration of net-snmp is read"
	not_ok "nor a directory made" test -e "$work/made"
	not_ok "at home neither" test -e "$work/home"
}

# responder FAULT=ADDRESS…
responder()
{
	"$builddir/tests/tools/snmp_responder" "$port" public \
		"$PRINTERS/plain.snmprec" "$@" >"$work/responder" \
		2>>"$work/heard" &
	others+=($!)
	wait_for 10 grep -q ready "$work/responder"
}

test_no_fall_back()
{
	local said

	responder heard=127.3.0.0 || bail_out "responder"
	said=$(ask sha256-aes128 auth=sha256 priv=aes128 tries=2 timeout=100 \
		127.3.0.1-20)
	is "$(grep -c ': no answer' <<<"$said")" 20 \
		"who has only v1 and v2c has no answer for v3"
	is "$(sort -u "$work/heard")" "version 3" "and hears nothing but v3"
	is "$(wc -l <"$work/heard")" 40 "which is counted"
	: >"$work/heard"
	client version=v2c community=public get=$SERIAL poll 127.3.0.1 \
		>/dev/null
	is "$(sort -u "$work/heard")" "version 1" "nor v2c anything but v2c"
	: >"$work/heard"
	client version=v1 community=public tries=2 timeout=100 get=$SERIAL.9 \
		poll 127.3.0.1 >/dev/null
	is "$(sort -u "$work/heard")" "version 0" "nor v1 anything but v1"
	stop_process "${others[-1]}" 10
}

FAULTS=(silent deaf:2 late:150 looping:7 back endless wrong-id wrong-type
	truncated short twice wrap flood:10 flood:300 failing small:3 version
	random)

# By v1, then by v2c, what comes of each.
OUTCOMES="silent answered answered lied lied limit lied answered
	lied lied answered answered answered lied answered answered lied lied"

test_faults()
{
	local fault arguments=() n=0 version said

	for fault in "${FAULTS[@]}"; do
		n=$((n + 1))
		arguments+=("$fault=127.3.0.$n")
	done
	responder "${arguments[@]}" || bail_out "responder"
	for version in v1 v2c; do
		client version=$version community=public timeout=100 tries=3 \
			rows=10 get=$OBJECT get=$SERIAL \
			"walk=$PRINTER_MIB.10" "walk=$PRINTER_MIB.11" \
			poll "127.3.0.1-$n" 127.3.1.1-60 >"$work/said"
		said=$(sed -n "s/^127\.3\.0\.\([0-9]*\):$port \([a-z]*\)\(:.*\)*$/\1 \2/p" \
			"$work/said" | sort -n | cut -d ' ' -f 2 | xargs)
		is "$said" "$(xargs <<<"$OUTCOMES")" \
			"$version: every fault has its outcome"
		is "$(grep -c "^127\.3\.1\..* answered" "$work/said")" 60 \
			"and is its printer's own"
	done
	said=$(client version=v2c community=public get=$PRINTER_MIB.10.2.1.4.1.1 \
		poll 127.3.0.12)
	like "$said" "*counter32*" "a counter that wraps is read as it is"
	ok "a silent one holds up nobody" not_last
	stop_process "${others[-1]}" 10
}

# All that are well are through before the silent one is.
not_last()
{
	grep -n "^127\.3\.1\..* answered" "$work/said" | tail -n 1 >"$work/last"
	[ "$(cut -d : -f 1 "$work/last")" -lt \
		"$(grep -n "^127.* silent" "$work/said" | cut -d : -f 1)" ]
}

test_discovery()
{
	local said

	said=$(client discover tries=1 timeout=500 127.0.9.0/24)
	like "$said" "*127.0.9.1:$port v3 80*" "an engine is found by v3"
	like "$said" "*254 addresses, 2 found*" "and nobody where nobody is"
	said=$(client version=v2c community=public discover tries=1 \
		timeout=500 127.0.9.1-9 "127.0.9.2")
	like "$said" "*127.0.9.1:$port v2c 1.3.6.1.4.1.99999.1*" \
		"by v2c with what it is"
	said=$(client discover 127.0.9.0/8 2>&1)
	like "$said" "*more than*addresses*" "ranges are bounded"
	said=$(client discover 127.0.9.9-3 2>&1)
	like "$said" "*is no range*" "and must be some"
}

# Another implementation, with printers of several makers' shapes.
test_snmpsim()
{
	local maker said

	if [ ! -x /usr/bin/python3 ] || ! unpack snmpsim snmpsim \
		python3-pysnmp4 python3-pyasn1 python3-pycryptodome \
		2>/dev/null; then
		skip "snmpsim" "it cannot be had"
		return
	fi
	mkdir -p "$work/sim/cache"
	cp -r "$PRINTERS" "$work/sim/data"
	sed -i 's/@/00000001/' "$work"/sim/data/*
	chmod 755 "$work"
	[ "$(id -u)" -ne 0 ] || chown -R nobody "$work/sim"
	simulate &
	others+=($!)
	wait_for 20 grep -q "Listening at" "$work/sim/log" ||
		bail_out "snmpsim: $(cat "$work/sim/out")"
	for maker in hp kyocera ricoh; do
		said=$(client version=v2c "community=$maker" walk=1.3.6.1 \
			poll 127.0.9.7)
		is "$(grep -c -v -e ' answered' -e '^sent' <<<"$said")" \
			"$(wc -l <"$PRINTERS/$maker.snmprec")" \
			"snmpsim: all that a printer like $maker's has"
		# shellcheck disable=SC2086 # a list
		is "$(client user=simulated auth=sha256 priv=aes256 $SECRETS \
			"context=$maker" walk=1.3.6.1 poll 127.0.9.7 |
			grep '^127')" "$(grep '^127' <<<"$said")" \
			"and the same by v3, in its context"
	done
}

simulate()
{
	local user=()

	[ "$(id -u)" -ne 0 ] ||
		user=(--process-user=nobody --process-group=nogroup)
	cd "$work/sim" || exit 1
	PYTHONPATH=$UNPACK_DIR/snmpsim/usr/lib/python3/dist-packages \
		exec /usr/bin/python3 "$UNPACK_DIR/snmpsim/usr/bin/snmpsimd" \
		--data-dir=data --cache-dir=cache \
		--variation-modules-dir="$work/sim/none" \
		--agent-udpv4-endpoint="127.0.9.7:$port" \
		--v3-user=simulated --v3-auth-proto=SHA256 \
		--v3-auth-key=auth-passphrase --v3-priv-proto=AES256BLMT \
		--v3-priv-key=priv-passphrase "${user[@]}" \
		--logging-method="file:$work/sim/log:10m" >out 2>&1
}

snmpd_unpack || skip_all "no snmpd to be had"
restart
test_strengths
test_versions
test_six
test_refusals
test_clones
test_engines
test_files
test_discovery
snmpd_stop_all
test_no_fall_back
test_faults
test_snmpsim
done_testing
