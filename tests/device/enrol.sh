#!/bin/bash
# csrc-device enrol against stock openssl as the authority: a certificate for a
# licence, another one under it, what of an authority's answers is not taken, and
# that it goes on wherever it is killed.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u -o pipefail

CSRC_SOURCE=$(cd "${srcdir:-.}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/tests/device/cmp.sh"

openssl cmp -help 2>&1 | grep -q -e -port || skip_all "no openssl with CMP"
serial=A1/X
spelled=A1=2FX
prefix=()
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
cd "$work" || exit 99
for name in ca other; do
	cmp_authority $name || bail_out "no authority"
done
cmp_licence licence
cmp_licence wrong $CMP_OTHER_CODE
dead=http://127.0.0.1:1/
two=(--certificate d/c.pem --certificate-key d/c.key)
one=(--certificate d/both.pem)
renews=(-srv_trusted ca.pem -srv_cert ca.pem -srv_key ca.key)

# enrol WORD…: streams and exit code in out, err, code.
enrol()
{
	"${prefix[@]}" "$CSRC_BUILD/csrc-device" enrol "$@" >out 2>err
	code=$?
	err=$(cat err)
}

# exits CODE TEXT WORD…
exits()
{
	local wanted=$1 text=$2
	shift 2

	enrol "$@"
	if [ "$code" = "$wanted" ]; then
		pass "$text (exit $wanted)"
	else
		fail "$text (exit $wanted)"
		diag "exit $code: $err"
	fi
}

files()
{
	(cd d && echo *)
}

# afresh [KEY-FILE]: with a key that waits for its certificate there
afresh()
{
	rm -rf d
	mkdir d
	[ -z "${1-}" ] || cp -p waiting.key "$1"
}

# is_pair CERTIFICATE KEY TEXT: of one another, and signed by the authority
is_pair()
{
	is "$(openssl x509 -in "$1" -pubkey -noout 2>&1)" \
		"$(openssl pkey -in "$2" -pubout 2>&1)" "$3: a pair"
	ok "$3: signed" openssl verify -CAfile ca.pem "$1"
}

new=(--serial "$serial" --code-file licence)

test_first()
{
	afresh
	exits 4 "no authority" --url $dead "${new[@]}" "${two[@]}"
	is "$(files) $(stat -c %a d/c.key.new)" "c.key.new 600" "a key waits"
	cp -p d/c.key.new waiting.key
	exits 4 "still none" --url $dead "${new[@]}" "${two[@]}"
	ok "the same key" cmp d/c.key.new waiting.key
	cmp_sign issued.pem waiting.key device $spelled
	cmp_sign short.pem waiting.key device $spelled ca 20

	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	exits 0 "then there is one" --url "$CMP_URL" "${new[@]}" "${two[@]}" \
		--ca-out d/ca.pem
	like "$(cat out)" "certified device:$serial until 20*Z" "it says"
	is "$(files)" "c.key c.pem ca.pem" "certificate and key"
	is "$(cd d && stat -c %a c.key c.pem ca.pem | tr '\n' ' ')" \
		"600 644 644 " "their modes"
	ok "the key that waited" cmp d/c.key waiting.key
	is_pair d/c.pem d/c.key "two files"
	is "$(grep -c BEGIN d/c.pem)" 2 "with the authority behind it"
	ok "and in a file of its own" cmp d/ca.pem ca.pem
	cmp_stop
	exits 0 "again, with nobody there" --url $dead "${new[@]}" "${two[@]}"
	like "$(cat out)" "kept device:$serial until 20*Z" "it is kept"
	exits 3 "under another name" --url $dead --serial B2 \
		--code-file licence "${two[@]}"
	is "$(files)" "c.key c.pem ca.pem" "changes nothing"
	rm d/c.pem
	exits 3 "a key alone" --url $dead "${new[@]}" "${two[@]}"
	ok "is left alone" cmp d/c.key waiting.key

	afresh d/both.pem.key
	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	exits 0 "both in one file" --url "$CMP_URL" "${new[@]}" "${one[@]}"
	is "$(files) $(stat -c %a d/both.pem)" "both.pem 600" "and no other"
	is_pair d/both.pem d/both.pem "one file"

	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem -poll_count 2 \
		-check_after 0
	afresh d/c.key.new
	exits 0 "an authority that takes its time" --url "$CMP_URL" \
		"${new[@]}" "${two[@]}"
}

# refused CODE TEXT PATTERN OPTION…: what such an authority says
refused()
{
	local code=$1 text=$2 pattern=$3
	shift 3

	cmp_serve "$@"
	afresh d/c.key.new
	refused_by "$CMP_URL" "$code" "$text" "$pattern"
}

refused_by()
{
	exits "$2" "$3" --url "$1" "${new[@]}" "${two[@]}"
	like "$err" "$4" "and why: $3"
	is "$(files)" "c.key.new" "nothing is there but the key: $3"
	ok "which is the same: $3" cmp -s d/c.key.new waiting.key
}

test_refused()
{
	local good=(-rsp_cert issued.pem -rsp_capubs ca.pem)

	cmp_sign else.pem ca.key device $spelled
	cmp_sign named.pem waiting.key device OTHER
	cmp_sign kind.pem waiting.key agent A1
	cmp_sign foreign.pem waiting.key device $spelled other

	refused 1 "another code" "*refused*does not take this licence*" \
		-srv_secret "pass:$CMP_OTHER_CODE" "${good[@]}"
	refused 1 "for another key" "*another key*" \
		-rsp_cert else.pem -rsp_capubs ca.pem
	refused 1 "for another name" "*for device:OTHER*" \
		-rsp_cert named.pem -rsp_capubs ca.pem
	refused 1 "of another kind" "*for agent:A1, not*" \
		-rsp_cert kind.pem -rsp_capubs ca.pem
	refused 1 "signed by another authority" "*not signed*" \
		-rsp_cert foreign.pem -rsp_capubs ca.pem
	refused 1 "without its authority" "*not signed*" -rsp_cert issued.pem
	refused 1 "which says no" '*authority says: *rejection*badRequest*no*' \
		-pkistatus 2 -failure 2 -statusstring 'no\e[31m' "${good[@]}"
	not_ok "in printable characters" grep -q $'\e' err
	refused 1 "an error" "*the authority says: *" -send_error "${good[@]}"
	refused 4 "which cannot just now" "*systemUnavail*" \
		-pkistatus 2 -failure 24 "${good[@]}"
	refused 1 "an error that anybody can make" \
		"*does not take this licence*" \
		-send_error -send_unprot_err "${good[@]}"
	refused 3 "without protection" "*not the authority's*" \
		-send_unprotected "${good[@]}"
	cmp_sign_serve "${renews[@]}" "${good[@]}"
	afresh d/c.key.new
	refused_by "$CMP_URL" 3 "signed, by whom it says itself" \
		"*not the authority's*"
}

# The answer of another transaction: all of it is true.
test_replayed()
{
	command -v perl >/dev/null || { skip "a replay" "no perl"; return; }
	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	openssl cmp -cmd ir -server "127.0.0.1:$CMP_PORT" -path pkix/ \
		-ref $CMP_LICENCE -secret "pass:$CMP_CODE" \
		-newkey waiting.key -subject "/OU=device/CN=$spelled" \
		-certout stock.pem -rspout answer,confirmed >stock.log 2>&1
	ok "stock openssl has an answer" test -s answer
	cmp_stop
	afresh d/c.key.new
	perl -MIO::Socket::INET -e '
		my $l = IO::Socket::INET->new(Listen => 8,
			LocalAddr => "127.0.0.1") or die;
		$| = 1;
		print $l->sockport, "\n";
		open my $f, "<:raw", "answer" or die;
		my $octets = do { local $/; <$f> };
		while (my $peer = $l->accept) {
			1 while defined($_ = <$peer>) && !/^\r?\n/;
			print $peer "HTTP/1.1 200 OK\r\n",
				"Content-Type: application/pkixcmp\r\n",
				"Content-Length: ", length $octets, "\r\n\r\n",
				$octets;
			close $peer;
		}' >port &
	CMP_PID=$!
	wait_for 20 test -s port
	refused_by "http://127.0.0.1:$(cat port)/" 3 \
		"an answer of another transaction" "*not the authority's*"
	cmp_stop
}

# --- another one

old()
{
	afresh
	cp -p "$1" d/c.key
	cat "$2" ca.pem >d/c.pem
	[ -z "${3-}" ] || cp -p "$3" d/c.key.new
}

test_renewed()
{
	old waiting.key issued.pem
	exits 0 "not due" --renew --url $dead "${two[@]}"
	like "$(cat out)" "kept device:$serial until *" "it is kept"
	is "$(files)" "c.key c.pem" "and nothing made"
	exits 4 "by force, with nobody there" --renew --before 5000d \
		--url $dead "${two[@]}"
	is "$(files)" "c.key c.key.new c.pem" "a new key waits"
	is_pair d/c.pem d/c.key "the old one"
	cp -p d/c.key.new next.key
	cmp_sign next.pem next.key device $spelled
	cmp_start "${renews[@]}" -rsp_cert next.pem
	exits 0 "another one" --renew --before 5000d --url "$CMP_URL" \
		"${two[@]}" --ca-out d/ca.pem
	like "$(cat out)" "certified device:$serial until *" "it says"
	is "$(files)" "c.key c.pem ca.pem" "in place of the old one"
	ok "with the new key" cmp d/c.key next.key
	is_pair d/c.pem d/c.key "the new one"
	ok "the same authority" cmp d/ca.pem ca.pem

	old waiting.key short.pem next.key
	exits 0 "due by itself: half of its time" --renew --url "$CMP_URL" \
		"${two[@]}" --before 20d
	old waiting.key short.pem next.key
	exits 0 "not yet half" --renew --url $dead "${two[@]}"
	like "$(cat out)" "kept *" "it is kept"

	cat waiting.key issued.pem ca.pem >d/both.pem
	chmod 600 d/both.pem
	cp -p next.key d/both.pem.key
	rm d/c.*
	exits 0 "both in one file" --renew --before 5000d --url "$CMP_URL" \
		"${one[@]}" --serial "$serial"
	is "$(files)" "both.pem" "and no other"
	is_pair d/both.pem d/both.pem "the new one"
}

# keeps CODE TEXT OPTION…: such an authority changes nothing
keeps()
{
	local code=$1 text=$2
	shift 2

	old waiting.key issued.pem next.key
	cmp_start "$@"
	exits "$code" "renewal: $text" --renew --before 5000d \
		--url "$CMP_URL" "${two[@]}"
	ok "the old key stays: $text" cmp d/c.key waiting.key
	is_pair d/c.pem d/c.key "$text"
}

test_not_renewed()
{
	afresh
	exits 3 "nothing to renew" --renew --url $dead "${two[@]}"
	old waiting.key issued.pem
	exits 3 "another's" --renew --url $dead "${two[@]}" --serial B2
	cp issued.pem d/c.pem
	exits 3 "no authority behind it" --renew --before 5000d --url $dead \
		"${two[@]}"

	cmp_sign peer.pem other.key device PEER
	cmp_sign foreign.pem next.key device $spelled other
	cmp_sign named.pem next.key device OTHER
	keeps 3 "signed by another device" -srv_trusted ca.pem \
		-srv_cert peer.pem -srv_key other.key -rsp_cert next.pem
	keeps 3 "signed by another authority" -srv_trusted ca.pem \
		-srv_cert other.pem -srv_key other.key -rsp_cert next.pem
	keeps 3 "protected by a licence" -srv_trusted ca.pem \
		-srv_ref $CMP_LICENCE -srv_secret "pass:$CMP_CODE" -rsp_cert next.pem
	keeps 1 "of another authority" "${renews[@]}" -rsp_cert foreign.pem
	keeps 1 "for another name" "${renews[@]}" -rsp_cert named.pem
	keeps 1 "for the old key" "${renews[@]}" -rsp_cert issued.pem
	keeps 1 "refused" "${renews[@]}" -rsp_cert next.pem -pkistatus 2
	keeps 1 "not known to it" "${renews[@]}" -srv_trusted other.pem \
		-rsp_cert next.pem
}

# --- killed

# killed TEXT PREPARE WORD…: at each of its steps, and the same again
killed()
{
	local text=$1 prepare=$2 n=0 wrong=0 certificate key
	shift 2

	while :; do
		n=$((n + 1))
		$prepare
		prefix=("$CSRC_BUILD/tests/tools/killed-at" "$n")
		enrol "$@"
		prefix=()
		[ "$code" -eq 99 ] || break
		works_or_goes_on || diag "$text, killed at $n: $(files)"
		enrol "$@"
		[ -e d/c.pem ] && certificate=d/c.pem key=d/c.key ||
			certificate=d/both.pem key=$certificate
		[ "$code" -eq 0 ] &&
			[ "$(openssl x509 -in "$certificate" -pubkey -noout)" = \
				"$(openssl pkey -in "$key" -pubout)" ] &&
			case $(files) in
			"c.key c.pem" | both.pem) true ;;
			*) false ;;
			esac && continue
		wrong=$((wrong + 1))
		diag "$text, killed at $n: exit $code, $(files): $err"
	done
	is "$code" 0 "$text: $((n - 1)) steps, and then its end"
	ok "there were many" test $n -gt 15
	is $wrong 0 "killed at each of them, it goes on to one pair"
}

# What was left by who was killed: never two halves that nobody can tell.
works_or_goes_on()
{
	[ ! -e d/c.pem ] || [ -e d/c.pem.new ] ||
		[ "$(openssl x509 -in d/c.pem -pubkey -noout)" = \
			"$(openssl pkey -in d/c.key -pubout)" ] ||
		fail "the pair is broken"
}

waits_for_two()
{
	afresh d/c.key.new
}

waits_for_one()
{
	afresh d/both.pem.key
}

has_two()
{
	old waiting.key short.pem next.key
}

has_one()
{
	afresh
	cat waiting.key short.pem ca.pem >d/both.pem
	chmod 600 d/both.pem
	cp -p next.key d/both.pem.key
}

test_killed()
{
	local n=0 wrong=0

	# LeakSanitizer does not work while somebody traces
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	while :; do
		n=$((n + 1))
		afresh
		prefix=("$CSRC_BUILD/tests/tools/killed-at" "$n")
		enrol --url $dead "${new[@]}" "${two[@]}"
		prefix=()
		[ "$code" -eq 99 ] || break
		[ ! -e d/c.key.new ] ||
			openssl pkey -in d/c.key.new -noout 2>/dev/null ||
			wrong=$((wrong + 1))
	done
	is "$code $wrong" "4 0" "killed at $((n - 1)) steps, a key is whole or not"

	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	killed "two files" waits_for_two --url "$CMP_URL" "${new[@]}" "${two[@]}"
	killed "one file" waits_for_one --url "$CMP_URL" "${new[@]}" "${one[@]}"
	cmp_start "${renews[@]}" -rsp_cert next.pem
	killed "renewal, two files" has_two --renew --before 30d \
		--url "$CMP_URL" "${two[@]}"
	killed "renewal, one file" has_one --renew --before 30d \
		--url "$CMP_URL" "${one[@]}"
}

# --- codes

# typed TEXT: at a terminal, when it asks
typed()
{
	local pid

	afresh d/c.key.new
	# else it is the last one's question that is waited for
	rm -f keys out
	mkfifo keys
	script -qec "'$CSRC_BUILD/csrc-device' enrol --url '$CMP_URL' \
		--serial '$serial' --licence $CMP_LICENCE \
		--certificate d/c.pem --certificate-key d/c.key" \
		/dev/null <keys >out 2>&1 &
	pid=$!
	exec 3>keys
	wait_for 20 grep -q "Code of $CMP_LICENCE: " out
	printf '%b' "$1" >&3
	wait $pid
	code=$?
	exec 3>&-
}

test_typed()
{
	local by=(--serial "$serial" "${two[@]}")

	cmp_serve -rsp_cert issued.pem -rsp_capubs ca.pem
	by+=(--url "$CMP_URL")
	afresh d/c.key.new
	exits 3 "another licence's" "${by[@]}" --code-file licence \
		--licence lic-p6nhccvwmn
	(umask 077 && echo $CMP_CODE >code)
	exits 2 "no licence" "${by[@]}" --code-file code
	exits 0 "the code alone" "${by[@]}" --code-file code \
		--licence LIC-9WBX-EYUY-ZH
	afresh d/c.key.new
	exits 0 "by standard input" "${by[@]}" --code-file - <licence
	afresh d/c.key.new
	chmod 644 code
	exits 1 "which others can read" "${by[@]}" --code-file code \
		--licence $CMP_LICENCE
	prefix=(setsid -w)
	exits 2 "no terminal" "${by[@]}" --licence $CMP_LICENCE
	prefix=()
	command -v script >/dev/null || { skip "typed" "no script(1)"; return; }
	typed "${CMP_CODE,,}\n"
	like "$code $(cat out)" "0 *Code of $CMP_LICENCE: *certified*" "typed"
	not_ok "and not shown" grep -qi "${CMP_CODE%%-*}" out
	typed "mistyped\n$CMP_CODE\n"
	like "$code $(cat out)" "0 *certified*" "at the second try"
	typed "\n"
	like "$code $(cat out)" "2 *no code was typed*" "nothing"
	typed "\003"
	like "$code $(cat out)" "2 *no code was typed*" "given up"
	typed "x\nx\nx\n$CMP_CODE\n"
	is "$code" 3 "three times wrong"
}

test_usage()
{
	afresh
	exits 2 "no URL" "${new[@]}" "${two[@]}"
	exits 2 "no certificate" --url $dead "${new[@]}"
	exits 2 "no serial" --url $dead --code-file licence "${two[@]}"
	exits 2 "no licence" --url $dead --serial A1 "${two[@]}"
	exits 2 "a licence to renew" --url $dead --renew "${two[@]}" \
		--licence $CMP_LICENCE
	exits 2 "a time without" --url $dead "${new[@]}" "${two[@]}" --before 9d
	exits 2 "a key without a server" --url $dead "${new[@]}" "${two[@]}" \
		--key-file d/key
	exits 2 "a login for a proxy that is not" --url $dead "${new[@]}" \
		"${two[@]}" --proxy-user x --proxy-password-file licence
	exits 2 "no URL of an authority" --url ftp://x/ "${new[@]}" "${two[@]}"
	exits 3 "no directory" --url $dead "${new[@]}" --certificate none/c.pem
	exits 3 "a licence that is none" --url $dead --serial A1 "${two[@]}" \
		--code-file /dev/null --licence lic-9wbxeyuyzz
}

test_first
test_refused
test_replayed
test_renewed
test_not_renewed
test_killed
test_typed
test_usage
done_testing
