#!/bin/bash
# csrc-exporter: what a scrape gets, from whom, and what becomes of it while the
# daemon is stopped, killed, or does not know us.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=contrib/lib/process.sh
. "$srcdir/contrib/lib/process.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

# shellcheck source=tests/exporter/observer.sh
. "$srcdir/tests/exporter/observer.sh"

port=$(free_port)

get()
{
	curl -s --max-time 60 -o "$work/page" -w '%{http_code} %{content_type}' \
		"$@" >"$work/status"
}

scrape()
{
	get "http://127.0.0.1:$port/metrics"
}

# Is csrc_up that? An answer is a second old at most.
up()
{
	scrape && grep -qx "csrc_up $1" "$work/page"
}

value()
{
	sed -n "s/^$1 //p" "$work/page"
}

keep_as bin -n
is "$code" 4 "without a daemon -n exits 4"
like "$err" "*the daemon does not answer*" "and says why"
for words in "-p 0" "-p 65536" "-p x" "-t 0" "--once -n" "more"; do
	# shellcheck disable=SC2086 # words
	keep_as bin $words
	is "$code" 2 "csrc-exporter $words is misused"
done

exits 0 init
start_daemon || bail_out "the daemon did not start"
exits 0 center add K0001 --address office@center.example
exits 0 device add "$serial" --center K0001
keep_as bin -n
is "$code" 0 "with it -n exits 0"
keep_as bin --once
is "$code" 0 "so does --once"
like "$out" "*csrc_up 1*" "and prints the metrics"
keep_as games --once
is "$code" 4 "who has no role hears nothing"
is "$(grep -c '^csrc_' "$work/out")" 2 "but that"

as bin -p "$port" -t 2 2>"$work/log" &
exporter=$!
wait_for 30 listens "$port" || bail_out "csrc-exporter did not start"
scrape
is "$(cat "$work/status")" "200 text/plain; version=0.0.4" "a scrape"
is "$(value csrc_up)" 1 "the daemon answers"
run stats --json
for name in centers devices keys next_sequence outbox; do
	metric=csrc_$name
	[ $name != outbox ] || metric=csrc_outbox_reports
	is "$(value $metric)" "$(jq ".$name" "$work/out")" \
		"$metric is what stats says"
done
is "$(value csrc_judgement_seconds_count)" \
	"$(jq .judgements.count "$work/out")" "so are judgements"
keep_as bin -p "$port"
is "$code" 4 "a port is one exporter's"
like "$err" "*port $port*" "and it says which"

get -I "http://127.0.0.1:$port/metrics"
like "$(cat "$work/status")" "200*" "HEAD is answered"
get "http://127.0.0.1:$port/"
like "$(cat "$work/status")" "404*" "there is nothing else"
get -d x "http://127.0.0.1:$port/metrics"
like "$(cat "$work/status")" "405*" "nothing can be written"
get "http://127.0.0.2:$port/metrics"
like "$(cat "$work/status")" "000*" "nobody listens elsewhere"
get -H "X: $(head -c 60000 /dev/zero | tr '\0' x)" \
	"http://127.0.0.1:$port/metrics"
not_ok "a header has its limit" grep -q "^200" "$work/status"

# All places taken by who says nothing: they lose them.
for ((i = 0; i < 20; i++)); do
	# shellcheck disable=SC2034 # the descriptor stays open
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
done
ok "who says nothing loses its place" wait_for 60 up 1

kill -STOP "$daemon"
ok "a daemon that hangs is down" wait_for 30 up 0
is "$(grep -c '^csrc_' "$work/page")" 2 "and nothing else is told"
kill -CONT "$daemon"
ok "and up when it goes on" wait_for 30 up 1
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
ok "so is one that was killed" wait_for 30 up 0
start_daemon || bail_out "the daemon did not start again"
ok "until it is there again" wait_for 30 up 1
is "$(grep -c "does not answer" "$work/log")" 2 "its log has each once"
is "$(grep -c "answers again" "$work/log")" 2 "and each end"
kill "$exporter"
wait "$exporter"
is $? 0 "it ends when it is asked to"
exporter=
done_testing
