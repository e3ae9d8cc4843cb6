# shellcheck shell=bash
# The rows of the authority: enrolments by our client through Apache, csrc-ca and
# the daemon against what one core signs with P-256, and where the time goes. To
# be sourced by bench.sh.

AUTHORITY_ROUNDS=3
AT_ONCE=200 # licences, as csrcadm makes them
declare -A USED=()

# enrolling_begin DIR [NAME=VALUE…]: with these of the gateway's options
enrolling_begin()
{
	local at=$1
	shift

	mkdir -m 755 "$at"
	gateway_configure "$at" log_level=info "${AUTHORITY_GATEWAY[@]}" "$@"
	csrcadm init >"$WORK/out" 2>&1 &&
		csrcadm center add "$CENTER" --address "$ADDRESS" &&
		csrcadm device add BENCH --center "$CENTER" &&
		gateway_start && authority_start "$at" ||
		die "servers did not start"
	unset APACHE_PORT
	authority_server "$at" north@center.example &&
		authority_apache "$at" || die "no Apache: $AUTHORITY_SAID"
}

enrolling_end()
{
	apache_stop
	authority_stop
	gateway_stop
}

make_licences()
{
	local left=$ENROLMENTS some

	while [ "$left" -gt 0 ]; do
		some=$((left < AT_ONCE ? left : AT_ONCE))
		csrcadm --json licence new --serial BENCH --count $some ||
			die "no licences"
		left=$((left - some))
	done | jq -r '[.licence, .code, "device:BENCH", "-"] | join(" ")' \
		>"$WORK/licences"
}

# What each has used since it was looked at last.
look_at_processors()
{
	local server name
	local -A now=([csrc-ca]=$(processor "$AUTHORITY_PID")
		[daemon]=$(processor "$GATEWAY_PID") [Apache]=0)

	for server in $(apache_servers); do
		now[Apache]=$((now[Apache] + $(processor "$server")))
	done
	for name in "${!now[@]}"; do
		USED[$name]=$((now[$name] - ${USED[$name]:-0}))
	done
}

# enrolments CLIENTS: a second
enrolments()
{
	"$CSRC_BUILD/tests/tools/enrolling" "http://$AUTHORITY_HTTP/" "$1" \
		<"$WORK/licences" >"$WORK/said" 2>&1 ||
		die "enrolling: $(tail -n 3 "$WORK/said")"
	sed -n 's/.* seconds=//p' "$WORK/said" |
		awk -v count="$ENROLMENTS" '{ print count / $1 }'
}

# P-256 signatures of one core, a second
signatures()
{
	openssl speed -seconds 1 -mr ecdsap256 2>/dev/null |
		awk -F : '/^\+F4:/ { print $4 }'
}

# What the rounds of a MAC's key take at one end of an enrolment, microseconds
mac_rounds()
{
	openssl speed -seconds 1 -mr -bytes 32 -evp sha256 2>/dev/null |
		awk -F : '/^\+F:/ { print 4 * 500 * 32 * 1e6 / $4 }'
}

# by_clients ITEM CLIENTS
by_clients()
{
	local round ours bare
	local -a all=() signed=() ratio=()

	say "enrolments, $2 clients"
	for ((round = 0; round < AUTHORITY_ROUNDS; round++)); do
		make_licences
		bare=$(signatures)
		ours=$(enrolments "$2") || exit 1
		all+=("$ours")
		signed+=("$bare")
		ratio+=("$(awk "BEGIN { print $ours / $bare }")")
	done
	row "$1" "enrolments / P-256 signatures, $2 clients" "" ">= 0.30" \
		"${ratio[@]}"
	row "" "enrolments" " /s" "" "${all[@]}"
	row "" "signatures of one core" " /s" "" "${signed[@]}"
}

where_it_goes()
{
	local name

	make_licences
	USED=()
	look_at_processors
	enrolments 4 >"$WORK/out" || exit 1
	look_at_processors
	for name in csrc-ca daemon Apache; do
		row "" "processor time of $name, an enrolment" " us" "" \
			$((USED[$name] / ENROLMENTS))
	done
	row "" "processor time of the client, an enrolment" " us" "" \
		"$(sed -n 's/.*processor=\([0-9.]*\) .*/\1/p' "$WORK/said" |
			awk -v n="$ENROLMENTS" '{ print $1 * 1e6 / n }')"
	row "" "of csrc-ca's and the client's each: a MAC's rounds" " us" "" \
		"$(mac_rounds)"
}

# The same with a disk that nobody waits for.
in_memory()
{
	local at round
	local -a all=()

	at=$(mktemp -d -p /dev/shm) || return
	chmod 755 "$at"
	enrolling_begin "$at/authority"
	for ((round = 0; round < AUTHORITY_ROUNDS; round++)); do
		make_licences
		all+=("$(enrolments 4)") || exit 1
	done
	enrolling_end
	rm -rf "$at"
	row "" "enrolments, 4 clients, all files in memory" " /s" "" "${all[@]}"
}

enrolled()
{
	if [ "$(id -u)" -ne 0 ] || ! apache_unpack; then
		say "no Apache, or not root: part authority left out"
		return
	fi
	enrolling_end
	enrolling_begin "$WORK/authority"
	by_clients "(i)" 1
	by_clients "" 4
	by_clients "" 16
	where_it_goes
	enrolling_end
	in_memory
}
