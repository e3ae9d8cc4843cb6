#!/bin/bash
# Requests by other channels than mail: they wait until that channel's program
# fetches them, and move along with the device; a device is commissioned.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

cat >>"$conf" <<END
control_socket_group = games
channel_users = daemon=webdav bin=line
END
second=B4FM021007478

# A sendmail that keeps what it is given.
cat >"$work/sendmail" <<END
#!/bin/sh
cat >"$work/mail.\$\$" && mv "$work/mail.\$\$" "$work/mailed"
END
chmod 755 "$work/sendmail"

# channel USER CODE WORD…: that user's program.
channel()
{
	local who=$1 wanted=$2
	shift 2

	keep setpriv --reuid="$who" --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$work/channel" "$work/run/control.sock" \
		"$@"
	is "$code" "$wanted" "$how: $who: $* exits $wanted" ||
		diag "$out" "$err"
}

# The device, with its key in $work/key.
device()
{
	"$builddir/csrc-device" "$1" --center K0001 --serial "$serial" \
		--key-file "$work/key" "${@:2}"
}

# asked [OPTION…]: the Email-ID of a new request to the device is in id.
asked()
{
	run request "$serial" --command counters --send \
		--sendmail "$work/sendmail" "$@"
	id=${out%% *}
}

begin()
{
	exits 0 center add K0001 --address csrc@center.example
	exits 0 center add K0002
	exits 3 device add "$serial" --center K0001 --channel fax
	like "$err" "*channel is mail, webdav, agent or line*" "$how: why"
	exits 0 device add "$serial" --center K0001 --channel webdav \
		--model "Läser 4"
	exits 0 device key "$serial" --generate
	cp "$work/out" "$work/key"
	chmod 600 "$work/key"
	exits 0 device add "$second" --center K0001 --address b@site.example
	exits 0 device key "$second" --generate
}

lists()
{
	exits 0 device list --model "LäSER 4"
	like "$out" "*$serial*" "$how: by model, in any case"
	exits 0 device list --model "Läser 4" --json
	is "$(jq -r '.serial + .model + .channel' <<<"$out")" \
		"${serial}Läser 4webdav" "$how: by model"
	exits 0 device list --channel mail --json
	is "$(jq -r '.serial' <<<"$out")" "$second" "$how: by channel"
	exits 3 device list --channel fax
	exits 0 device export
	is "$(head -n 1 <<<"$out")" \
		"serial,center,protection,from,network,address,enabled,channel,model,alias,date-order,forwarded,counts,fax,caller" \
		"$how: its columns"
	printf 'serial,center,channel,model\n%s,K0001,line,Läser 5\n' \
		"$serial" >"$work/csv"
	exits 0 device import --update "$work/csv"
	exits 0 device show "$serial"
	like "$out" "*channel line*reported -
confirmed -
ready no*" "$how: as imported"
	exits 0 device set "$serial" --channel webdav --model ""
	exits 3 device set "$serial" --model "$(printf 'a\nb')"
}

waits()
{
	local id

	asked --lifetime 1d
	is "$code:$out" "0:$id waits for webdav" "$how: request"
	exits 3 request "$second" --command counters --send \
		--sendmail "$work/none"
	like "$err" "*cannot be run*" "$how: by mail it takes a sendmail"
	exits 0 request "$serial" --command counters --send \
		--sendmail "$work/none"
	exits 0 request cancel "${out%% *}"
	exits 0 pending
	like "$out" "EMAIL-ID*CHANNEL*$id*$serial*K0001*webdav*" "$how: its list"
	exits 0 --json pending --center K0001
	is "$(jq -r '.email_id + .serial + .center + .channel + .cursor' \
		<<<"$out")" "$id${serial}K0001webdav$serial:$id" "$how: as JSON"
	exits 0 --json pending --center K0002
	is "$out" "" "$how: of another center"
	exits 0 --json pending --principal "device:$second"
	is "$out" "" "$how: of another device"
	exits 0 --json pending --principal agent:A1
	is "$out" "" "$how: of an agent"
	exits 0 --json pending --after "$serial:$id"
	is "$out" "" "$how: behind the last"
	exits 3 pending --after nonsense
	exits 2 pending --limit 0
	exits 0 fetch "$id"
	is "$(device show "$work/out" | grep -c "$id")" 1 \
		"$how: what is fetched, the device can read" ||
		diag "$out"
	is "$(grep -c "^To:" "$work/out")" 0 "$how: it is no mail"
	exits 0 delivered "$id"
	exits 0 delivered "$id"
	exits 3 fetch "$id"
	exits 0 pending
	is "$out" "" "$how: nothing waits"

	asked
	exits 0 request cancel "$id"
	exits 3 fetch "$id"
	mkdir -p "$work/dir"
	exits 0 request "$serial" --command counters --output "$work/dir"
	like "$out" "*written to*" "$how: into a file"
	exits 0 pending
	is "$out" "" "$how: that does not wait"
	exits 0 request "$serial" --command counters
	like "$out" "*CSRC-Email-ID*" "$how: to standard output"
	exits 0 check
}

many()
{
	exits 0 request --all --command counters --send \
		--sendmail "$work/sendmail"
	is "$out" "sent 1, waiting 1, skipped 0, failed 0" "$how: to all"
	exits 0 --json request --center K0001 --command counters --send \
		--sendmail "$work/sendmail"
	is "$(jq -s -r '.[0].waits, .[-1].waiting, .[-1].sent' "$work/out" |
		tr '\n' ' ')" "webdav 1 1 " "$how: as JSON"
	for ((i = 0; i < 14; i++)); do
		asked
	done
	asked
	is "$code" 3 "$how: no more than sixteen"
	like "$err" "*16 requests wait*" "$how: why"
	exits 1 request --all --command counters --send \
		--sendmail "$work/sendmail"
	like "$err" "*$serial: 16 requests wait*" "$how: of many"
	exits 0 --json pending --limit 5
	is "$(wc -l <<<"$out")" 5 "$how: so many"
	exits 0 --json pending --after "$(jq -r .cursor "$work/out" | tail -n 1)"
	is "$(wc -l <<<"$out")" 11 "$how: and the others"
	exits 0 check
}

moves()
{
	exits 0 device set "$serial" --channel line
	is "$out" "" "$how: another channel fetches them"
	exits 3 request waiting "$serial" --send --sendmail "$work/sendmail"
	like "$err" "*by line, for which they wait*" "$how: why"
	exits 0 device set "$serial" --channel mail --address a@site.example
	like "$out" "requests that wait for it: 16; csrcadm request waiting*" \
		"$how: to mail"
	exits 3 request waiting "$serial" --send --sendmail "$work/none"
	exits 0 request waiting "$serial" --send --sendmail "$work/sendmail"
	is "$out" "sent 16, skipped 0, failed 0" "$how: mailed"
	ok "$how: to its address" grep -q "^To: a@site.example" "$work/mailed"
	exits 0 pending
	is "$out" "" "$how: and forgotten"
	exits 0 request waiting "$serial" --send --sendmail "$work/sendmail"
	is "$out" "sent 0, skipped 0, failed 0" "$how: once"
	exits 0 device set "$serial" --channel webdav --address ""
	exits 0 device remove "$second" --yes
	exits 0 check
}

by_program()
{
	local id

	cp "$builddir/tests/tools/channel" "$builddir/tests/tools/handover" \
		"$work"
	asked
	channel daemon 0 identify "device:$serial" --center K0001 + pending
	is "$(jq -s -r '.[0].of_channel, .[1].email_id, .[1].sealed' \
		"$work/out" | tr '\n' ' ')" "true $id true " "$how: its own"
	channel bin 0 identify "device:$serial" --center K0001 + pending
	is "$(jq -s -r '.[0].of_channel, .[1]' "$work/out" | tr '\n' ' ')" \
		"false null " "$how: none of another's"
	channel bin 3 fetch "$id"
	channel bin 0 delivered "$id"
	channel daemon 0 fetch "$id"
	cp "$work/out" "$work/request"
	channel daemon 0 delivered "$id" + delivered "$id"
	channel daemon 3 fetch "$id"
	device answer --state "$work/answered" --counter total=5 "$work/request" >"$work/answer"
	channel daemon 0 submit "@$work/answer" --center K0001
	exits 0 --json device show "$serial"
	is "$(jq -r '.ready, .confirmed == .reported' <<<"$out" |
		tr '\n' ' ')" "true true " "$how: confirmed"
	exits 0 device disable "$serial"
	exits 0 --json device show "$serial"
	is "$(jq -r .ready <<<"$out")" false "$how: not while disabled"
	exits 0 device enable "$serial"
	keep setpriv --reuid=bin --regid=games --clear-groups \
		env -u TSAN_OPTIONS "$work/handover" "$work/run/control.sock" \
		called "$serial" 60 100 2000
	is "$code" 0 "$how: bin: a call has ended" || diag "$err"
	channel daemon 3 called "$serial" --seconds 60 --sent 1 --received 2
	exits 0 --json device show "$serial"
	is "$(jq -c '.calls | del(.last)' <<<"$out")" \
		'{"count":1,"seconds":60,"sent":100,"received":2000}' \
		"$how: what its calls have cost"
	exits 0 --json stats
	is "$(jq -c '[.calls, .call_seconds, .call_octets]' <<<"$out")" \
		'[1,60,2100]' "$how: what all calls have"
}

# A request waits: its Email-ID is in id.
until_waiting()
{
	local i

	id=
	for ((i = 0; i < 600 && ${#id} == 0; i++)); do
		run pending --json
		id=$(jq -r .email_id <<<"$out")
		[ -n "$id" ] || sleep 0.1
	done
}

commissions()
{
	local id pid

	exits 2 device commission "$serial" --timeout never
	exits 1 --json device commission "$serial" --timeout 1s
	is "$(jq -s -r '.[0].waits, .[1].state, .[1].ready' "$work/out" |
		tr '\n' ' ')" "webdav open false " "$how: no answer"
	id=$(jq -s -r '.[0].email_id' "$work/out")
	exits 0 request cancel "$id"

	"$builddir/csrcadm" -c "$conf" device commission "$serial" \
		--timeout 10m >"$work/commission" 2>&1 &
	pid=$!
	until_waiting
	exits 0 request cancel "$id"
	wait "$pid"
	is "$?:$(tail -n 1 "$work/commission")" \
		"1:no answer: the request is cancelled" "$how: cancelled"

	"$builddir/csrcadm" -c "$conf" device commission "$serial" \
		--timeout 10m --command counters >"$work/commission" 2>&1 &
	pid=$!
	until_waiting
	exits 0 fetch "$id"
	cp "$work/out" "$work/request"
	device answer --state "$work/answered" --counter total=6 "$work/request" >"$work/answer"
	exits 0 submit "$work/answer" --center K0001
	wait "$pid"
	is "$?" 0 "$how: answered"
	like "$(cat "$work/commission")" "$id waits for webdav
$serial answered after * s, sequence *: ready" "$how: what it says"
	exits 0 pending
	is "$out" "" "$how: and nothing waits"

	"$builddir/csrcadm" -c "$conf" device commission "$serial" \
		>"$work/commission" 2>&1 &
	pid=$!
	until_waiting
	kill -TERM "$pid"
	wait "$pid"
	is "$?" 4 "$how: interrupted"
	like "$(cat "$work/commission")" "*stopped: request $id stays open*" \
		"$how: what it says"
	exits 0 request cancel "$id"
	exits 0 log --json
	is "$(jq -r .command[1] <<<"$out" | grep -c commission)" 4 \
		"$how: on record" || diag "$(tail -n 2 "$work/out")"
}

how=alone
exits 0 init
begin
lists
waits
many
moves
exits 3 device commission "$serial"
like "$err" "*no daemon is running*" "$how: why"
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	begin
	lists
	waits
	many
	moves
	commissions
	if [ "$(id -u)" -eq 0 ]; then
		by_program
	fi
else
	skip "through the daemon" "it is not built"
fi
done_testing
