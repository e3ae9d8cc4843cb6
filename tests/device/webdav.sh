#!/bin/bash
# csrc-device and a WebDAV server: what it sends stays in its queue until a
# valid receipt is there, whatever the server says or does, and wherever
# csrc-device is killed; requests are answered once. The server is a real
# Apache; the collector is played by hand, its receipts by stock openssl.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u -o pipefail
# The last command of a pipeline sets variables in this shell.
shopt -s lastpipe

CSRC_SOURCE=$(cd "${srcdir:-.}" && pwd)
CSRC_BUILD=$(cd "${builddir:-.}" && pwd)
. "$CSRC_SOURCE/tests/lib.sh"
. "$CSRC_SOURCE/contrib/lib/process.sh"
. "$CSRC_SOURCE/contrib/lib/unpack.sh"
. "$CSRC_SOURCE/contrib/lib/apache.sh"
. "$CSRC_SOURCE/contrib/lib/squid.sh"
. "$CSRC_SOURCE/contrib/lib/report.sh"

for tool in jq openssl perl; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

center=K0001
serial='A4FM/0.7'
spelled=A4FM=2F0=2E7
key_id=0badc0ffee
key=202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
other_key=ff2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
server_pid=

work=$(mktemp -d) || bail_out "mktemp"
finish()
{
	local status=$?

	trap - EXIT
	apache_stop
	squid_stop
	stop_process "$server_pid"
	for directory in apache/files queue; do
		mountpoint -q "$directory" 2>/dev/null &&
			umount -l "$directory"
	done
	[ -n "${CSRC_KEEP-}" ] || rm -rf "$work"
	exit $status
}
trap finish EXIT
chmod 755 "$work"
cd "$work" || exit 99
apache_unpack || skip_all "Apache's package cannot be had"
apache_start "$work" basic || bail_out "no Apache"
apache_device $spelled || bail_out "no password for the device"
outbox=$APACHE_FILES/outbox/$spelled
(
	umask 077
	printf 'key-id: %s\nkey: %s\n' $key_id $key >key
	echo "$spelled-password" >password
	echo wrong >wrong
	echo collector-password >collector
)
server=(--webdav "$APACHE_URL" --ca-file "$APACHE_CONF/ca.pem"
	--user "$spelled" --password-file password)
prefix=()

# device COMMAND WORD…: csrc-device as this device, with its queue; streams and
# exit code in out, err, code.
device()
{
	local command=$1
	shift

	"${prefix[@]}" "$CSRC_BUILD/csrc-device" "$command" --center $center \
		--serial "$serial" --key-file key --queue queue "$@" >out 2>err
	code=$?
	err=$(cat err)
}

# exits CODE TEXT COMMAND WORD…
exits()
{
	local wanted=$1 text=$2
	shift 2

	device "$@"
	if [ "$code" = "$wanted" ]; then
		pass "$text (exit $wanted)"
	else
		fail "$text (exit $wanted)"
		diag "exit $code: $err"
	fi
}

# report TOTAL: into the queue and onto the server. Sets name.
report()
{
	device report "${server[@]}" --counter "total=$1"
	name=$(sed -n 's/^[a-z]* //p' out)
}

poll()
{
	device poll "${server[@]}" "$@"
}

# Everything anew.
afresh()
{
	rm -rf queue "$APACHE_FILES"/{inbox,outbox,work}/*
	mkdir "$outbox"
	[ "$(id -u)" -ne 0 ] || chown nobody "$outbox"
}

queued()
{
	find queue -maxdepth 1 \( -name '*.p7m' -o -name '*.eml' \) \
		-printf '%f\n' 2>/dev/null | sort
}

is_queued()
{
	[ -n "$(queued)" ]
}

in_inbox()
{
	find "$APACHE_FILES/inbox" -type f -printf '%f\n' | sort
}

in_outbox()
{
	find "$outbox" -type f -printf '%f\n' | sort
}

# The collector's file in the device's outbox, from standard input.
put()
{
	cat >"$outbox/$1" && chmod 644 "$outbox/$1"
}

# receipt FILE [STATE [KEY [PRINCIPAL]]]: one for these octets.
receipt()
{
	local text mac

	text=$(printf '%s\n' "CSRC-Receipt: 1" \
		"Principal: ${4:-device:$serial}" "Key-Id: $key_id" \
		"Digest: sha-256=$(sha256sum <"$1" | cut -d ' ' -f 1)" \
		"State: ${2:-taken}" "Date: $(date -u +%FT%TZ)")
	mac=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 \
		-kdfopt "hexkey:${3:-$key}" -kdfopt "info:csrc receipt 1" HKDF |
		tr -d ':\n')
	printf '%s\n' "$text"
	printf 'MAC: %s\n' "$(printf '%s\n' "$text" | openssl mac \
		-digest SHA256 -macopt "hexkey:$mac" HMAC | tr A-F a-f)"
}

# The ID in a name of the inbox.
id_of()
{
	local id=${1#"$spelled".}

	echo "${id%.*}"
}

# The center's request of that Email-ID: request EMAIL-ID [KEY-ID KEY [EXPIRES]]
request()
{
	local now

	now=$(date +%s)
	printf '{"version":1,"command":"counters","center":"%s","serial":"%s",' \
		$center "$serial"
	printf '"email_id":"%s","date":"%s","expires":"%s","params":{}}\n' "$1" \
		"$(date -u -d "@$((now - 60 + ${5:-0}))" +%FT%TZ)" \
		"$(date -u -d "@$((now + ${4:-3600} + ${5:-0}))" +%FT%TZ)"
}

request_entity()
{
	echo "CSRC-Center-ID: $center"
	echo "CSRC-Device-Serial: $serial"
	echo "CSRC-Email-ID: $1"
	echo "Date: $(LC_ALL=C date -u -R)"
	echo "MIME-Version: 1.0"
	echo "Content-Type: application/vnd.csrc.request+json"
	echo
	request "$@"
}

sealed_request()
{
	echo "Subject: CSRC request"
	request_entity "$@" | seal "${2:-$key_id}" "${3:-$key}"
}

# opened FILE: what is sealed in it.
opened()
{
	openssl cms -decrypt -inform SMIME -in "$1" -secretkeyid $key_id \
		-secretkey $key | tr -d '\r' | sed '1,/^$/d'
}

id1=5f0k3v9y2m7c1q8x4t6b0n3d51
id2=5f0k3v9y2m7c1q8x4t6b0n3d52

# --- reports

test_report()
{
	local again

	afresh
	report 7
	is "$code/$(queued)" "0/$name" "a report is in the queue"
	is "$(in_inbox)" "$name" "and on the server"
	ok "the same octets" cmp "queue/$name" "$APACHE_FILES/inbox/$name"
	is "$(opened "queue/$name" | jq .counters.total)" 7 "which are the report"
	like "$name" "$spelled.????????????????????????????????.p7m" "its name"
	is "$(stat -c %a queue) $(stat -c %a "queue/$name")" "700 600" \
		"closed to others"

	poll
	is "$code/$(cat out)" 0/ "it is not due again"
	again=$(cat "queue/$spelled".*.state)
	like "$again" "sent 1
failed 0
next 20*Z" "but in a while"
	exits 0 "all of it is due by force" poll "${server[@]}" --now
	is "$(cat out)" "sent $name" "it is there already"
	rm "$APACHE_FILES/inbox/$name"
	poll --now
	ok "taken without a receipt, it is sent again, to the octet" \
		cmp "queue/$name" "$APACHE_FILES/inbox/$name"

	device report --counter total=8
	like "$code $(cat out)" "0 queued $spelled.*" "the queue alone"
	poll
	is "$code/$(in_inbox | wc -l)" 0/2 "it is sent by the next poll"
	report 9
	is "$(queued | wc -l)" 3 "three now"
	is "$(queued | sort -u | wc -l)" 3 "each with a name of its own"
}

test_receipts()
{
	local first second

	afresh
	report 1 && first=$name
	report 2 && second=$name
	receipt "queue/$first" | put "$(id_of "$first").receipt"
	poll
	is "$code/$(queued)" "0/$second" "a receipt takes it out of the queue"
	like "$(cat out)" "*taken $first*" "that is told"
	is "$(in_outbox)" "" "the receipt is deleted"
	not_ok "so is its state" test -e "queue/${first%.p7m}.state"
	echo "anything" | put "$(id_of "$first").receipt"
	exits 0 "one of a message that is gone is deleted" poll "${server[@]}"
	is "$(in_outbox)" "" "as an old one"

	name=$second
	forged "under another key" "queue/$name" taken $other_key
	forged "of other octets" key
	forged "of another device" "queue/$name" taken $key device:OTHER
	receipt "queue/$name" | sed 's/taken/final/' >altered
	forged_text "whose state was altered" <altered
	receipt "queue/$name" | head -n 6 >altered
	forged_text "cut off" <altered
	forged_text "that is empty" </dev/null
	head -c 100000 /dev/zero >zeros
	forged_text "that is huge" <zeros

	receipt "queue/$name" final | put "$(id_of "$name").receipt"
	exits 1 "refused for good" poll "${server[@]}"
	like "$err" "*refused $name for good*" "that is told"
	is "$(queued)/$(ls queue/refused)" "/$name" "it is kept apart"
	exits 0 "and told once" poll "${server[@]}"

	# a key that was changed meanwhile
	(umask 077 && printf 'key-id: 0a\nkey: %s\n' $other_key >key.new)
	report 3
	receipt "queue/$name" | put "$(id_of "$name").receipt"
	mv key key.old && mv key.new key
	poll --old-key-file key.old
	is "$code/$(queued)" 0/ "a receipt under the old key"
	mv key.old key
}

# forged TEXT RECEIPT-ARGUMENT…: such a receipt changes nothing.
forged()
{
	local text=$1
	shift

	receipt "$@" | forged_text "$text"
}

forged_text()
{
	put "$(id_of "$name").receipt"
	exits 1 "a receipt $1" poll "${server[@]}"
	is "$(queued)" "$name" "forgets nothing"
	is "$(in_outbox)" "" "and is deleted, so that a true one has room" ||
		diag "$err"
}

# --- requests

test_requests()
{
	local answer

	afresh
	sealed_request $id1 | put $id1.p7m
	poll --counter total=5
	is "$code/$(in_outbox)" 0/ "a request is answered and deleted"
	answer=$(in_inbox)
	like "$(cat out)" "answered $id1 by $answer" "that is told"
	is "$(queued)" "$answer" "the answer is in the queue"
	is "$(opened "queue/$answer" | jq -c '[.kind, .email_id, .counters]')" \
		"[\"answer\",\"$id1\",{\"total\":5}]" "what it says"
	sealed_request $id1 | put $id1.p7m
	exits 0 "the same again" poll "${server[@]}" --counter total=6
	is "$(in_outbox)/$(in_inbox)" "/$answer" "is deleted, not answered"
	receipt "queue/$answer" | put "$(id_of "$answer").receipt"
	sealed_request $id1 | put $id1.p7m
	exits 0 "its receipt, and the same again" \
		poll "${server[@]}" --counter total=6
	is "$(queued)/$(in_outbox)" "/" "it stays answered"

	# a program that answers
	cat >program <<'END'
#!/bin/sh
request=$(cat)
echo "$request" >asked
echo "a word of the program" >&2
[ ! -e broken ] || exit 7
echo '{"counters":{"total":42},"kind":"counters"}'
END
	chmod 755 program
	sealed_request $id2 | put $id2.p7m
	touch broken
	exits 5 "a program that fails" poll "${server[@]}" --run ./program
	like "$err" "*a word of the program*status 7*" "and says why"
	is "$(in_outbox)/$(queued)" "$id2.p7m/" "nothing is answered"
	rm broken
	exits 0 "a program that answers" poll "${server[@]}" --run ./program
	is "$(jq -c '[.command, .email_id]' asked)" "[\"counters\",\"$id2\"]" \
		"what it was asked"
	is "$(opened "queue/$(queued)" | jq -c '[.kind, .counters.total]')" \
		'["answer",42]' "what it said"
	sealed_request ${id1%1}3 | put ${id1%1}3.p7m
	exits 5 "a program that is not there" poll "${server[@]}" --run ./none
	exits 5 "a program that says nonsense" poll "${server[@]}" --run /bin/echo
	is "$(in_outbox)" "${id1%1}3.p7m" "the request waits"
	exits 3 "options that say nonsense" poll "${server[@]}" --counter Total=1
	exits 0 "now it is answered" poll "${server[@]}"
}

# refused TEXT PATTERN LEFT: what standard input has under $id1.p7m
refused()
{
	put $id1.p7m
	exits 1 "refused: $1" poll "${server[@]}" --counter total=1
	like "$err" "$2" "and why: $1"
	is "$(in_outbox)/$(queued)" "$3/" "nothing is answered: $1"
}

test_refused()
{
	local i

	afresh
	sealed_request $id1 0badc0ffed $other_key |
		refused "under another key id, which may be to come" \
			"*another key*" $id1.p7m
	sealed_request $id1 $key_id $other_key |
		refused "forged" "*deleted*seal*" ""
	sealed_request $id2 |
		refused "under another request's name" "*another request*" ""
	sealed_request $id1 $key_id $key -10 |
		refused "expired" "*expired*" ""
	sealed_request $id1 $key_id $key 9000 4000 |
		refused "from the future" "*left*clock*" $id1.p7m
	request_entity $id1 |
		refused "plain" "*not sealed*" ""
	head -c 5000000 /dev/zero >zeros
	refused "huge" "*deleted*" "" <zeros
	refused "empty" "*empty*" "" </dev/null
	is "$(cat queue/$spelled.answered 2>/dev/null)" "" "none counts as answered"

	echo x | put readme.txt
	mkdir "$outbox/$id1.p7m"
	sealed_request $id2 | put $id2.p7m
	poll --counter total=1
	is "$code/$(in_outbox)/$(queued | wc -l)" "0/readme.txt/1" \
		"names that are none of ours are left alone"
	like "$err" "*2 names*none of ours*" "and told"
	rm -r "${outbox:?}"/*

	sealed_request $id2 0b $other_key >one
	for i in $(seq 1001 1150); do
		put "$id2$i.p7m" <one
	done
	exits 1 "very many" poll "${server[@]}"
	is "$(grep -c 'is refused' err)" 100 "some at a time"
	like "$err" "*more in the outbox*" "and told"
	rm -r "$outbox"
	exits 0 "no outbox is an empty one" poll "${server[@]}"
}

# --- plain

test_plain()
{
	local i

	afresh
	"$CSRC_BUILD/csrc-device" report --center $center --serial "$serial" \
		--plain --queue queue "${server[@]}" --counter total=3 >out 2>err
	is $? 0 "a plain report needs no key"
	name=$(queued)
	like "$name" "$spelled.*.eml" "its name"
	is "$(tr -d '\r' <"$APACHE_FILES/inbox/$name" | sed '1,/^$/d' |
		jq .counters.total)" 3 "it can be read"
	is "$(grep -c '^CSRC-Center-ID' "queue/$name")" 1 "its claims stand once"
	receipt "queue/$name" | put "$(id_of "$name").receipt"
	poll
	is "$code/$(queued)" "0/$name" "no receipt is about it"
	for i in 2 3; do
		poll --plain --now
		is "$code/$(queued)" "0/$name" "while it is there it is kept"
		rm "$APACHE_FILES/inbox/$name"
		poll --plain
		is "$(in_inbox)" "" "it is sent again a day later"
		poll --plain --now
		is "$(in_inbox)" "$name" "that is now: $i"
	done
	is "$(queued)" "" "sent three times it is forgotten"

	afresh
	request_entity $id1 | put $id1.eml
	exits 1 "a plain request to who seals" poll "${server[@]}"
	request_entity $id1 | put $id1.eml
	exits 0 "a plain request" poll --plain "${server[@]}" --counter total=4
	is "$(tr -d '\r' <"queue/$(queued)" | sed '1,/^$/d' |
		jq -c '[.kind, .email_id]')" "[\"answer\",\"$id1\"]" \
		"is answered in plain"
}

# --- what goes wrong

test_usage()
{
	local url=$APACHE_URL

	exits 2 "a server without a queue" report --counter total=1 \
		--user a --password-file password
	exits 2 "poll without a server" poll
	exits 2 "a user without password" poll --webdav "$url" --user a
	exits 2 "a password without user" poll --webdav "$url" \
		--password-file password
	exits 2 "a key without certificate" poll --webdav "$url" \
		--certificate-key key
	exits 2 "a proxy's user without password" poll --webdav "$url" \
		--proxy http://localhost:1 --proxy-user a
	exits 2 "a proxy's user without proxy" poll --webdav "$url" \
		--proxy-user a --proxy-password-file password
	exits 2 "two answers" poll --webdav "$url" --run a --counter total=1
	exits 2 "an operand" poll --webdav "$url" operand
	exits 2 "http, where nobody allowed it" poll --webdav http://localhost:1/
	chmod 640 password
	exits 3 "a password that others can read" poll "${server[@]}"
	like "$err" "*password file password: mode is 0640*" "and why"
	chmod 600 password
	exits 3 "no password" poll --webdav "$url" --user a --password-file none
	: >empty && chmod 600 empty
	exits 3 "an empty password" poll --webdav "$url" --user a \
		--password-file empty
	chmod 777 queue
	exits 3 "a queue that others can write to" report --counter total=1
	chmod 700 queue
}

# kept TEXT PATTERN WORD…: a report that cannot be sent is in the queue, and the
# next poll tries again.
kept()
{
	local text=$1 pattern=$2
	shift 2

	rm -rf queue
	exits 5 "kept: $text" report --counter total=1 "$@"
	like "$err" "*is kept, but not sent: $pattern" "and why: $text"
	is "$(queued | wc -l)" 1 "it is in the queue: $text"
	exits 5 "it stays there: $text" poll --now "$@"
	is "$(queued | wc -l)" 1 "in the queue: $text"
}

test_troubles()
{
	local port status pids answers=answers

	afresh
	kept "nobody listens" "*" --webdav https://127.0.0.1:1/
	kept "a name that is none" "*" --webdav https://nowhere.invalid/
	kept "a certificate that nobody signed" "*" --webdav "$APACHE_URL" \
		--user $spelled --password-file password
	kept "a wrong password" "*" --webdav "$APACHE_URL" \
		--ca-file "$APACHE_CONF/ca.pem" --user $spelled \
		--password-file wrong
	kept "another's path" "*" --webdav "$APACHE_URL" \
		--ca-file "$APACHE_CONF/ca.pem" --user collector \
		--password-file collector
	exits 0 "all of it went out in the end" poll "${server[@]}" --now

	mkdir -p $answers
	perl "$CSRC_SOURCE/tests/device/server.pl" $answers >port &
	server_pid=$!
	wait_for 10 test -s port || bail_out "no server"
	port=$(cat port)
	for status in 400 401 403 404 405 409 413 423 429 500 502 503 507 301 \
		200x cut; do
		echo "$status" >$answers/PUT
		kept "$status" "*" --webdav "http://127.0.0.1:$port/" --allow-http
	done
	# what it does not know it has it may have
	rm -rf queue
	echo 412 >$answers/PUT
	exits 0 "412 means that it is there" report --counter total=1 \
		--webdav "http://127.0.0.1:$port/" --allow-http

	# an Apache that dies with the request in its hands
	afresh
	# shellcheck disable=SC2046 # several
	kill -STOP $(apache_servers)
	device report "${server[@]}" --counter total=1 &
	pids=$!
	wait_for 10 is_queued
	apache_kill
	wait $pids
	is "$(queued | wc -l)" 1 "a server that is killed: it is in the queue"
	is "$(in_inbox)" "" "and not in the inbox"
	apache_start "$work" basic || bail_out "no Apache"
	exits 0 "the server is back" poll "${server[@]}" --now
	is "$(in_inbox)" "$(queued)" "then it is sent"
}

test_full()
{
	afresh
	device report --counter total=1
	(cd queue && seq -f "B.%016.0f.p7m" 9999 | xargs touch)
	exits 6 "a full queue" report --counter total=2 "${server[@]}"
	like "$err" "*the queue is full: 10000 messages*" "and why"
	is "$(find queue -name "$spelled.*.p7m" | wc -l)/$(in_inbox)" 1/ \
		"nothing of it is kept or sent"
	sealed_request $id1 | put $id1.p7m
	exits 5 "a request is not answered" poll "${server[@]}"
	is "$(in_outbox)" $id1.p7m "and stays"
	find queue -name 'B.*' -delete
	exits 0 "room again" poll "${server[@]}"
	is "$(in_outbox)" "" "now it is answered"

	# the device's own disk
	afresh
	mkdir -m 700 queue
	if mount -t tmpfs -o size=12k,mode=700 tmpfs queue 2>/dev/null; then
		exits 4 "a full disk" report "${server[@]}" --json <(big)
		is "$(queued)/$(in_inbox)" / "nothing of it is kept or sent"
		exits 0 "room for a small one" report "${server[@]}" \
			--counter total=1
		cat /dev/zero >queue/filler 2>/dev/null
		name=$(queued)
		receipt "queue/$name" | put "$(id_of "$name").receipt"
		exits 5 "no room at all" poll "${server[@]}" --now
		like "$err" "*sent $name, and will be again: *" "and why"
		is "$(queued)/$(in_outbox)" / "a receipt makes some"
		umount queue
	else
		skip "a full disk" "cannot mount"
	fi

	# the server's disk
	afresh
	if ! mount -t tmpfs -o size=100k tmpfs "$APACHE_FILES" 2>/dev/null; then
		skip "a full disk of the server" "cannot mount"
		return
	fi
	mkdir "$APACHE_FILES"/{inbox,outbox,work}
	chmod 777 "$APACHE_FILES"/{inbox,outbox,work}
	head -c 98304 /dev/zero >"$APACHE_FILES/full"
	exits 5 "a full disk of the server" report "${server[@]}" \
		--json <(big)
	is "$(queued | wc -l)" 1 "it is kept"
	rm "$APACHE_FILES/full"
	exits 0 "room again" poll "${server[@]}" --now
	is "$(in_inbox)" "$(queued)" "it is there"
	umount "$APACHE_FILES"
}

big()
{
	printf '{"kind":"counters","counters":{"total":1},"model":"'
	head -c 20000 /dev/zero | tr '\0' x
	printf '"}\n'
}

# --- several at once

test_together()
{
	local i pids=()

	afresh
	for i in 1 2 3 4 5 6; do
		sealed_request "$id1$i" | put "$id1$i.p7m"
	done
	for i in 1 2 3 4; do
		"$CSRC_BUILD/csrc-device" poll --center $center \
			--serial "$serial" --key-file key --queue queue \
			"${server[@]}" >out.$i 2>err.$i &
		pids+=($!)
		"$CSRC_BUILD/csrc-device" report --center $center \
			--serial "$serial" --key-file key --queue queue \
			"${server[@]}" --counter total=$i >out.r$i 2>err.r$i &
		pids+=($!)
	done
	wait "${pids[@]}"
	poll
	is "$(in_outbox)" "" "all are answered"
	is "$(queued | while read -r message; do opened "queue/$message"; done |
		jq -r '.email_id // "report"' | sort | uniq -c |
		tr -s ' \n' ' ')" \
		" 1 ${id1}1 1 ${id1}2 1 ${id1}3 1 ${id1}4 1 ${id1}5 1 ${id1}6 4 report " \
		"each once, and each report"
	is "$(in_inbox)" "$(queued)" "all of it was sent"
}

# --- killed

# As poll meets it at its best: a report that was not sent yet, one with its
# receipt, one that is refused, and a request.
killed_scene()
{
	afresh
	device report --counter total=1
	report 2
	receipt "queue/$name" | put "$(id_of "$name").receipt"
	report 3
	receipt "queue/$name" final | put "$(id_of "$name").receipt"
	rm -f "$APACHE_FILES"/inbox/*
	sealed_request $id1 | put $id1.p7m
	rm -rf scene
	mkdir scene
	cp -a queue scene/queue
	cp -a "$outbox" scene/outbox
}

killed_restore()
{
	rm -rf queue "$APACHE_FILES"/{inbox,outbox}/*
	cp -a scene/queue queue
	cp -a scene/outbox "$outbox"
}

# What came of it: totals in the queue and on the server, what was refused, and
# what is left in the outbox.
killed_result()
{
	local directory file

	for directory in queue "$APACHE_FILES/inbox" queue/refused; do
		for file in "$directory"/*.p7m; do
			[ -e "$file" ] && opened "$file"
		done | jq -r '"\(.kind)-\(.counters.total)"' | sort | tr '\n' ' '
		echo -n "/ "
	done
	in_outbox
}

test_killed()
{
	local n=0 wrong=0 result

	# LeakSanitizer does not work while somebody traces
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	killed_scene
	while :; do
		n=$((n + 1))
		killed_restore
		prefix=("$CSRC_BUILD/tests/tools/killed-at" "$n")
		poll --counter total=5
		prefix=()
		[ "$code" -eq 99 ] || break
		poll --counter total=5
		result=$(killed_result)
		[ "$result" = \
			"answer-5 counters-1 / answer-5 counters-1 / counters-3 / " ] &&
			continue
		wrong=$((wrong + 1))
		diag "killed at step $n: $result"
		diag "$err"
	done
	is "$code" 1 "poll has $((n - 1)) steps, and then its end"
	ok "there were many" test $n -gt 30
	is $wrong 0 "killed at each of them, nothing is lost nor done twice"

	n=0 wrong=0
	while :; do
		n=$((n + 1))
		afresh
		prefix=("$CSRC_BUILD/tests/tools/killed-at" "$n")
		device report "${server[@]}" --counter total=1
		prefix=()
		[ "$code" -eq 99 ] || break
		result=$(queued)
		poll --now
		if [ "$(queued | wc -l)" -gt 1 ] || [ "$(queued)" != "$result" ] ||
			[ "$(in_inbox)" != "$result" ]; then
			wrong=$((wrong + 1))
			diag "killed at step $n: $result"
		fi
	done
	is "$code" 0 "report has $((n - 1)) steps, and then its end"
	is $wrong 0 "killed at each of them, it is whole or not there"
}

# --- the gateway

# collect: what the collector does: hands over all of the inbox, and puts the
# receipts where they belong. What each became goes to file verdicts.
collect()
{
	local file

	: >verdicts
	for file in "$APACHE_FILES"/inbox/*; do
		"${gw[@]}" submit "$file" --center $center --json >said
		jq -r '"\(.verdict) \(.reason)"' said >>verdicts
		rm "$file"
		[ "$(jq .receipt said)" = null ] || jq -j .receipt said |
			put "$(id_of "$(basename "$file")").receipt"
	done
}

test_gateway()
{
	local user='' id

	afresh
	if [ "$(id -u)" -eq 0 ]; then
		id nobody >/dev/null 2>&1 ||
			{ skip "the gateway" "no user nobody"; return; }
		user=nobody
	fi
	cat >conf <<END
user = $user
control_socket = $work/control.sock
state_directory = $work/gw/state
spool_directory = $work/gw/spool
master_key_file = $work/gw/master.key
quarantine_directory = $work/gw/quarantine
format_directory = $CSRC_SOURCE/parser/formats
local_format_directory = $work/none
min_free_space = 0
log_target = stderr
END
	gw=("$CSRC_BUILD/csrcadm" -c conf)
	"${gw[@]}" init >gw.out 2>&1
	"${gw[@]}" center add $center --address csrc@center.example
	"${gw[@]}" device add "$serial" --center $center
	mv key key.other
	"${gw[@]}" device key "$serial" --generate >issued
	(umask 077 && cat issued >key)
	report 1
	device report --counter total=2 --date 2020-01-01T00:00:00Z "${server[@]}"
	device report --setting duplex=off:on "${server[@]}"
	collect
	is "$(sort verdicts | tr '\n' ' ')" \
		"genuine null genuine null spoof stale " "the gateway's verdicts"
	exits 0 "its receipts" poll "${server[@]}"
	is "$(queued)" "" "all are taken, what is stale into the quarantine"

	report 3
	collect
	rm -f "$outbox"/*.receipt
	poll --now
	collect
	is "$(cat verdicts)" "duplicate null" "sent twice it is a duplicate"
	exits 0 "its receipt" poll "${server[@]}"
	is "$(queued)" "" "takes it out of the queue all the same"

	"${gw[@]}" device set "$serial" --address device@customer.example
	"${gw[@]}" request "$serial" --command counters >asking
	id=$(sed -n 's/^CSRC-Email-ID: //p' asking | tr -d '\r')
	put "$id.p7m" <asking
	exits 0 "the gateway's request" poll "${server[@]}" --counter total=4
	collect
	is "$(cat verdicts)" "genuine null" "the gateway takes the answer"
	exits 0 "its receipt" poll "${server[@]}"
	is "$(queued)/$(in_outbox)" / "and all is done"

	rm queue/*.answered
	put "$id.p7m" <asking
	exits 0 "a device that lost its memory" poll "${server[@]}" \
		--counter total=5
	collect
	is "$(cat verdicts)" "spoof answered-email-id" "answers twice"
	exits 1 "its receipt" poll "${server[@]}"
	is "$(queued)/$(find queue/refused -type f | wc -l)" /1 \
		"it is refused for good"
	mv key.other key
}

# --- other ways to the server

test_proxy()
{
	local through

	afresh
	squid_start "$work" || { skip "a proxy" "no Squid to be had"; return; }
	(umask 077 && echo proxy-password >proxy)
	through=("${server[@]}" --proxy "http://127.0.0.1:$SQUID_PORT")
	exits 5 "a proxy that wants a password" report --counter total=1 \
		"${through[@]}"
	exits 5 "which is wrong" poll --now "${through[@]}" --proxy-user proxy \
		--proxy-password-file wrong
	exits 0 "and then right" poll --now "${through[@]}" --proxy-user proxy \
		--proxy-password-file proxy
	is "$(in_inbox)" "$(queued)" "the report got through"
	ok "through the proxy" grep -q "CONNECT localhost:$APACHE_PORT proxy" \
		"$SQUID_LOG"
}

test_certificates()
{
	local certificate

	apache_stop
	APACHE_PORT=
	apache_start "$work/other" certificate || bail_out "no Apache"
	apache_device $spelled
	apache_device OTHER
	outbox=$APACHE_FILES/outbox/$spelled
	afresh
	chmod 600 "$APACHE_CONF"/*.key
	server=(--webdav "$APACHE_URL" --ca-file "$APACHE_CONF/ca.pem")
	exits 5 "a server that wants a certificate" report --counter total=1 \
		"${server[@]}"
	certificate=$APACHE_CONF/OTHER
	exits 5 "another's certificate" poll "${server[@]}" --now \
		--certificate "$certificate.pem" \
		--certificate-key "$certificate.key"
	is "$(in_inbox)" "" "nothing gets into the inbox by that"
	certificate=$APACHE_CONF/$spelled
	chmod 644 "$certificate.key"
	exits 3 "a key that others can read" poll "${server[@]}" --now \
		--certificate "$certificate.pem" \
		--certificate-key "$certificate.key"
	chmod 600 "$certificate.key"
	exits 0 "the device's own" poll "${server[@]}" --now \
		--certificate "$certificate.pem" \
		--certificate-key "$certificate.key"
	is "$(in_inbox)" "$(queued)" "the report is there"
	(umask 077 && cat "$certificate.pem" "$certificate.key" >both.pem)
	sealed_request $id1 | put $id1.p7m
	exits 0 "certificate and key in one file" poll "${server[@]}" \
		--certificate both.pem
	is "$(in_outbox)" "" "and its requests are answered"
}

test_report
test_receipts
test_requests
test_refused
test_plain
test_usage
test_troubles
test_full
test_together
test_killed
test_gateway
test_proxy
test_certificates
done_testing
