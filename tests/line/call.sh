#!/bin/bash
# Calls between csrc-device and csrc-line, with a real daemon behind it: what is
# reported, requested and answered; who gets no session; what becomes of a call
# that anybody cuts off, kills or never ends.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
# shellcheck source=tests/line/harness.sh
. "$srcdir/tests/line/harness.sh"
. "$srcdir/contrib/lib/process.sh"
second=B4FM021007478

# logged TEXT: in the line of the last call
logged()
{
	like "$(grep ' call from ' "$work/line.log" | tail -1)" "*$1*" \
		"csrc-line logs: $1"
}

# told TEXT: in the daemon's last line about a call
told()
{
	like "$(grep ' line: call ' "$work/run/log" | tail -1)" "*: $1" \
		"the daemon logs: $1"
}

# asked: a new request to the device; its Email-ID is in id
asked()
{
	run request "$serial" --command counters --send
	id=${out%% *}
}

waiting()
{
	run pending --json
	jq -r .email_id <<<"$out" | grep -c .
}

is_published()
{
	[ "$(cat "$work"/var/spool/new/* | wc -l)" -eq 3 ]
}

test_reports()
{
	calls 0
	logged "done: messages=0 requests=0"
	report
	report --setting "tray=A3:A4"
	device report --alarm 42 --date 2026-11-30T10:00:00Z >/dev/null
	is "$(queued)" 3 "three lie in the queue"
	calls 0
	is "$(queued) $(admitted)" "0 3" "all are admitted, and in no queue"
	wait_for 5 is_published
	is "$(cat "$work"/var/spool/new/* | jq -r .channel | sort -u)" line \
		"by the channel line"
	logged "done: messages=3 requests=0"
	run device show "$serial" --json
	is "$(jq -r '.calls.count' <<<"$out")" 2 "two calls are counted"
}

test_requests()
{
	asked
	is "$(waiting)" 1 "a request waits"
	calls 0 --counter total=7
	like "$out" "*answered $id by *" "it came down, and is answered"
	is "$(waiting) $(queued) $(admitted)" "0 0 4" \
		"and the answer went up in the same call"
	run request show "$id" --json
	is "$(jq -r .state <<<"$out")" answered "the center knows"
	# what is answered by a program, and what by nobody
	asked
	printf '#!/bin/sh\nexit 1\n' >"$work/answer.program"
	chmod 755 "$work/answer.program"
	calls 5 --run "$work/answer.program"
	is "$(waiting) $(queued) $(admitted)" "0 0 4" \
		"what has no answer yet is the device's to keep"
	touch -d '70 days ago' "$work"/queue/*.request
	calls 0 --counter total=8
	is "$(queued) $(admitted)" "0 5" "until it has one"
	calls 0 --counter total=9
	is "$(admitted)" 5 "and no second one"
}

# Sealed with a key that the device has no more, since it has got another one.
test_sealed_in_vain()
{
	asked
	calls 5 --run "$work/answer.program"
	exits 0 device key "$serial" --generate
	cp "$work/out" "$work/other"
	chmod 600 "$work/other"
	key=$work/other calls 1
	like "$err" "*refused, and left*" "it waits for its key"
	touch -d '70 days ago' "$work"/queue/*.request
	key=$work/other calls 1
	like "$err" "*refused, and deleted*" "not for ever, and it is told"
	is "$(find "$work/queue" -name '*.request' | wc -l)" 0 "it is gone"
	calls 0
}

test_strangers()
{
	local before lines
	report
	before=$(admitted)
	lines=$(grep -c ' call from ' "$work/line.log")

	center=K0002 calls 1
	like "$err" "*another center*" "why"
	logged "broken: the other end has hung up"
	who=NOBODY calls 5
	told "unknown device"
	logged "nobody: refused"
	sed 's/^key: ./key: f/' "$work/key" | tr 0 1 >"$work/wrong"
	grep key-id: "$work/key" >"$work/wrong.id"
	sed '/key-id/d' "$work/wrong" >>"$work/wrong.id"
	chmod 600 "$work/wrong.id"
	key=$work/wrong.id calls 5
	told "wrong proof"
	sed 's/^key-id: ../key-id: ff/' "$work/key" >"$work/unknown"
	chmod 600 "$work/unknown"
	key=$work/unknown calls 5
	told "unknown key"
	who=$second calls 5
	told "key of another"
	exits 0 device disable "$serial"
	calls 5
	told "disabled device"
	exits 0 device enable "$serial"
	line_conf
	sed -i 's/K0001/K0002/' "$work/line.conf"
	center=K0002 calls 5
	told "device of another center"
	line_conf
	is "$(queued) $(admitted)" "1 $before" "nothing was sent in any of them"
	is $(($(grep -c ' call from ' "$work/line.log") - lines)) 7 \
		"each of the seven has a line"
	calls 0
	is "$(queued)" 0 "the next one is served"
}

# Octets of an earlier call, either way.
test_replayed()
{
	local before
	report
	cat >"$work/tapped" <<END
#!/bin/sh
tee "$work/up" | "$work/answer" | tee "$work/down"
END
	chmod 755 "$work/tapped"
	by "$work/tapped" calls 0
	report
	printf '#!/bin/sh\ncat "%s"; sleep 1\n' "$work/down" >"$work/replay"
	chmod 755 "$work/replay"
	by "$work/replay" calls 1
	like "$err" "*has not proved itself*" "a center that plays an old call"
	is "$(queued)" 1 "gets nothing"
	before=$(admitted)
	"$work/answer" <"$work/up" >/dev/null
	told "wrong proof"
	logged "nobody: refused"
	is "$(admitted)" "$before" "a device that plays an old call brings nothing"
	calls 0
}

# Who has csrc-line's rights has no more than those.
test_taken_over()
{
	local how
	report
	cp "$builddir/tests/tools/falseline" "$work/falseline"
	for how in lies silent calls; do
		line_command false.line "$work/falseline" $how \
			"$work/run/control.sock"
		printf '#!/bin/sh\n"%s"\necho "%s $?" >>"%s"\n' \
			"$work/false.line" $how "$work/false.log" >"$work/false"
		chmod 755 "$work/false"
		by "$work/false" calls "$([ $how = lies ] && echo 1 || echo 5)" \
			--now
		is "$(queued)" 1 "$how: the device forgets nothing"
	done
	wait_for 5 grep -q calls "$work/false.log"
	is "$(cat "$work/false.log")" $'lies 0\nsilent 0\ncalls 0' \
		"and no proof was to be had that would do for the device"
	calls 0 --now
	is "$(queued)" 0 "an honest one gets it"
}

test_limits()
{
	local began=$SECONDS
	line_conf "handshake_timeout = 2s" "call_timeout = 5s"

	(while sleep 0.2; do printf x; done) 2>/dev/null |
		"$work/answer" >/dev/null
	logged "nobody has said who is there"
	ok "a slow loris has its time" test $((SECONDS - began)) -lt 6
	asked
	began=$SECONDS
	printf '#!/bin/sh\nexec sleep 6\n' >"$work/answer.program"
	# it is asked for its answer, and sleeps: the center hangs up
	calls 5 --run "$work/answer.program"
	logged "the call takes too long"
	line_conf
	calls 0 --counter total=20
	is "$(waiting) $(queued)" "0 0" "the next call brings the rest"
}

# keep_call [--now | COMMAND…]: a call, made by the command, that answers requests
keep_call()
{
	local before=("$@") now=()
	[ "${1:-}" != --now ] || before=() now=(--now)

	keep "${before[@]}" "$builddir/csrc-device" line --center K0001 \
		--serial "$serial" --key-file "$work/key" \
		--queue "$work/queue" "${LINE_BY[@]}" "${now[@]}" \
		--counter "total=$((++COUNT))"
}

# Each end killed at each of its steps, in turn.
test_killed()
{
	local end n wrong=0 step=$1 sent first

	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	cp "$builddir/tests/tools/killed-at" "$work/killed-at"
	for end in center device; do
		n=1
		while :; do
			report
			asked
			sent=$(admitted)
			if [ $end = center ]; then
				line_command dying "$work/killed-at" "$n" \
					"$work/csrc-line" -c "$work/line.conf"
				by "$work/dying" keep_call
			else
				keep_call "$work/killed-at" "$n"
			fi
			first=$code
			keep_call --now
			if [ "$code" -ne 0 ] || [ "$(queued)" -ne 0 ] ||
				[ "$(waiting)" -ne 0 ] ||
				[ $(($(admitted) - sent)) -ne 2 ]; then
				wrong=$((wrong + 1))
				diag "$end, step $n: $code $(queued) $(waiting)" \
					"$(($(admitted) - sent))" "$err"
			fi
			[ "$first" -ne 0 ] || break
			n=$((n + step))
		done
		ok "the $end has many steps: $n" test $n -gt 14
	done
	is $wrong 0 "killed at any of them, nothing is lost or done twice"
}

test_dial()
{
	report
	cat >"$work/printer" <<END
#!/bin/sh
exec $work/device line --center K0001 --serial $serial \\
	--key-file $work/keys/key --queue $work/queued 2>>$work/printer.log
END
	cp "$builddir/csrc-device" "$work/device"
	mkdir "$work/keys"
	cp "$work/key" "$work/keys/key"
	mv "$work/queue" "$work/queued"
	: >"$work/printer.log"
	chown -R $LINE_USER "$work/keys" "$work/queued" "$work/printer.log"
	chmod 755 "$work/printer"
	line_conf "[device $serial]" "command = $work/printer" \
		"[device $second]" "command = $work/printer"
	keep "$work/answer" --dial "$serial"
	is "$code" 0 "the center calls the device" || diag "$(tail -n 5 "$work/line.log" "$work/printer.log")"
	logged "device:$serial: done: messages=1"
	keep "$work/answer" --dial "$second"
	is "$code" 1 "who answers instead of another gets no session"
	logged "refused"
	keep "$work/answer" --dial NOBODY
	is "$code" 3 "who has no section cannot be called"
	keep "$work/answer" -n
	is "$code" 0 "the configuration is good"
	chown -R root "$work/queued"
	mv "$work/queued" "$work/queue"
	line_conf
}

test_socket()
{
	local port=$((20000 + RANDOM % 20000)) pid
	command -v socat >/dev/null || {
		skip "over TCP" "no socat"
		return
	}
	socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" \
		"EXEC:$work/answer,nofork" 2>/dev/null &
	pid=$!
	wait_for 5 socat -u /dev/null "TCP:127.0.0.1:$port"
	report
	by "socat - TCP:127.0.0.1:$port" calls 0
	is "$(queued)" 0 "a call over TCP"
	logged "call from 127.0.0.1: device:$serial: done: messages=1"
	kill $pid
	wait $pid 2>/dev/null
}

line_begin
exits 0 device add $second --center K0001
exits 0 device key $second --generate
test_reports
test_requests
test_sealed_in_vain
test_strangers
test_replayed
test_taken_over
test_limits
test_dial
test_socket
# CSRC_STEPS=1: each step; by default some of them
test_killed "${CSRC_STEPS:-7}"
done_testing
