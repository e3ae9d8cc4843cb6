#!/bin/bash
# Devices that enrol, several at once, while the daemon, csrc-ca and Apache are
# killed (-9) at random moments; each asks again with the same key until it has its
# certificate. Then each licence has one key and one certificate, which is the one
# that its device has, and nobody is left without.
#
#     killed.sh [ENROLMENTS]     400, or CSRC_ENROLMENTS
set -u
. "${srcdir:-.}/tests/authority/harness.sh"

ENROLMENTS=${1:-${CSRC_ENROLMENTS:-400}}
AT_ONCE=200 # as csrcadm makes them
CLIENTS=6
STOCK=$((ENROLMENTS / 10))   # of these stock openssl does
RIVALS=$((ENROLMENTS / 20)) # licences that two have
# Of one client: far less than a licence is held for, so that none may stay held.
# Who asks again while Apache is gone and csrc-ca still at it is refused for once.
PATIENCE_SECONDS=120
declare -A KILLS=([daemon]=0 [authority]=0 [apache]=0)
clients=()
TOOK=0

# new_licences COUNT NAME: a line LICENCE CODE PRINCIPAL FILE for each, in
# WORK/NAME.todo
new_licences()
{
	local left=$1 some

	while [ "$left" -gt 0 ]; do
		some=$((left < AT_ONCE ? left : AT_ONCE))
		csrcadm --json licence new --serial A1 --count $some ||
			bail_out "no licences"
		left=$((left - some))
	done | jq -r --arg to "$WORK/got/$2." '[.licence, .code, "device:A1",
		$to + .licence + ".pem"] | join(" ")' >"$WORK/$2.todo"
}

# until_it_has FILE: that, for LICENCE and CODE, by stock openssl, or somebody
# else has it (WORK/KEY.other).
until_it_has()
{
	local until=$((SECONDS + PATIENCE_SECONDS))

	while ! asks "$1"; do
		echo "$AUTHORITY_SAID" >>"$WORK/said.stock"
		[[ $AUTHORITY_SAID != *"another public key"* ]] || return 1
		[ $SECONDS -lt $until ] || return 2
		sleep 0.1
	done
}

# stock_client NUMBER COUNT: each COUNTth of those that are for openssl
stock_client()
{
	local line=0

	while read -r LICENCE CODE _; do
		line=$((line + 1))
		[ $((line % $2)) -eq "$1" ] || continue
		until_it_has "got/stock.$LICENCE" ||
			echo "$LICENCE: $AUTHORITY_SAID"
	done <"$WORK/stock.todo"
}

# Two keys for each of these licences.
rivals()
{
	local one other won

	while read -r LICENCE CODE _; do
		until_it_has "got/rival.$LICENCE" &
		other=$!
		until_it_has "got/other.$LICENCE"
		one=$?
		wait $other
		won=$one:$?
		[ $won = 0:1 ] || [ $won = 1:0 ] || echo "$LICENCE: $won"
	done <"$WORK/rivals.todo"
}

# One of the three, and at once anew.
kill_one()
{
	case $((RANDOM % 3)) in
	0)
		KILLS[daemon]=$((KILLS[daemon] + 1))
		kill_process "$GATEWAY_PID"
		gateway_start || bail_out "no gateway"
		;;
	1)
		KILLS[authority]=$((KILLS[authority] + 1))
		authority_kill
		authority_start "$WORK" || bail_out "no authority"
		;;
	2)
		KILLS[apache]=$((KILLS[apache] + 1))
		apache_kill
		apache_start "$WORK" certificate || bail_out "no Apache"
		;;
	esac
}

any_alive()
{
	local pid

	for pid in "${clients[@]}"; do
		! alive "$pid" || return 0
	done
	return 1
}

# kill_after MILLISECONDS: how many it took until all were there again, in TOOK
kill_after()
{
	local nap began

	printf -v nap '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	sleep "$nap"
	began=${EPOCHREALTIME//[.,]/}
	kill_one
	TOOK=$(((${EPOCHREALTIME//[.,]/} - began) / 1000))
}

# All of them at once, and all the while somebody is killed.
enrol_and_kill()
{
	"$CSRC_BUILD/tests/tools/enrolling" "http://$AUTHORITY_HTTP/" $CLIENTS \
		$PATIENCE_SECONDS <"$WORK/ours.todo" >"$WORK/said.ours" \
		2>"$WORK/refused" &
	clients=($!)
	stock_client 0 2 >"$WORK/stranded.0" 2>&1 &
	clients+=($!)
	stock_client 1 2 >"$WORK/stranded.1" 2>&1 &
	clients+=($!)
	rivals >"$WORK/stranded.rivals" 2>&1 &
	clients+=($!)
	while any_alive; do
		# a build that is slow to start is slow to enrol, too
		kill_after $((RANDOM % (100 + TOOK / 2)))
	done
	wait "${clients[@]}"
	clients=()
}

# NUMBER LICENCE DIGEST of what clients have
held_by_clients()
{
	local file licence

	for file in "$WORK"/got/*.pem; do
		licence=${file%.pem}
		echo "${licence##*.}" "$(sed '/^-/d' "$file" | base64 -d |
			sha256sum | cut -d ' ' -f 1)"
	done | sort
}

# LICENCE DIGEST of what the store has of these, which is valid and confirmed
known_to_store()
{
	csrcadm --json certificate list --principal device:A1 |
		jq -r 'select(.state == "valid" and .confirmed != null) |
			.licence + " " + .digest' | sort
}

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	[ ${#clients[@]} -eq 0 ] || kill -9 "${clients[@]}" 2>/dev/null
	authority_end
}

authority_begin A1
trap finish EXIT
mkdir "$WORK/got"
new_licences $((ENROLMENTS - STOCK - RIVALS)) ours
new_licences $STOCK stock
new_licences $RIVALS rivals
cat "$WORK"/*.todo | cut -d ' ' -f 1 | sort >"$WORK/licences"
began=$SECONDS
enrol_and_kill
took=$((SECONDS - began))
not_ok "each of the three was killed" grep -x 0 <(printf '%s\n' "${KILLS[@]}")
is "$(cat "$WORK"/stranded.*)" "" \
	"each of stock openssl's has its certificate, and one of two rivals"
like "$(cat "$WORK/said.ours")" \
	"enrolled=$((ENROLMENTS - STOCK - RIVALS)) *" "so has each of ours"
like "$(cat "$WORK/said.ours")" "* bad=0 *" "and no answer made no sense"
held_by_clients >"$WORK/held"
known_to_store >"$WORK/known"
ok "they are what the store has, octet by octet, valid and confirmed" \
	diff "$WORK/held" "$WORK/known"
ok "one for each of $ENROLMENTS licences" \
	diff "$WORK/licences" <(cut -d ' ' -f 1 "$WORK/known")
is "$(count device:A1)" "$ENROLMENTS" "and there is no other"
is "$(csrcadm --json certificate list --principal device:A1 | jq -r .key |
	sort -u | wc -l)" "$ENROLMENTS" "each has a key of its own"
ok "the store is whole" csrcadm check
is "$(grep -ciE 'sanitizer|assert|abort' "$AUTHORITY_LOG")" 0 "csrc-ca was well"
diag "$(cat "$WORK/said.ours" "$WORK/refused")"
diag "in ${took}s killed: the daemon ${KILLS[daemon]} times," \
	"csrc-ca ${KILLS[authority]}, Apache ${KILLS[apache]}"
done_testing
