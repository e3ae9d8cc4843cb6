#!/bin/bash
# A stock Prometheus scrapes csrc-exporter, and our rules fire when the daemon is
# away; promtool finds nothing to say of rules and metrics; and each metric that
# rules and dashboard ask for is there.

[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=contrib/lib/process.sh
. "$srcdir/contrib/lib/process.sh"
# shellcheck disable=SC2034 # unpack.sh's
CSRC_BUILD=$builddir
# shellcheck source=contrib/lib/unpack.sh
. "$srcdir/contrib/lib/unpack.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
# shellcheck source=tests/exporter/observer.sh
. "$srcdir/tests/exporter/observer.sh"

unpack prometheus prometheus || bail_out "no Prometheus"
promtool=$UNPACK_DIR/prometheus/usr/bin/promtool
examples=$srcdir/contrib/prometheus
prometheus=
port=$(free_port)
web=$(free_port)

# shellcheck disable=SC2317 # the trap calls it
finish_all()
{
	[ -z "$prometheus" ] || stop_process "$prometheus" 10
	finish_exporter
}
trap finish_all EXIT

# What every query of a file asks for.
asked()
{
	case $1 in
	*.json) jq -r '.panels[].targets[].expr' "$1" ;;
	*) sed -n 's/^ *expr: //p' "$1" ;;
	esac | grep -o 'csrc_[a-z0-9_]*' | sort -u
}

query()
{
	curl -s --get "http://127.0.0.1:$web/api/v1/query" \
		--data-urlencode "query=$1" | jq -c '.data.result'
}

# yields QUERY VALUE: Prometheus has it
yields()
{
	query "$1" | jq -e --arg wanted "$2" '.[0].value[1] == $wanted'
}

fires()
{
	yields "count(ALERTS{alertname=\"$1\",alertstate=\"firing\"})" 1
}

quiet()
{
	query 'ALERTS' | jq -e '. == []'
}

ok "promtool takes the rules" "$promtool" check rules "$examples/csrc.rules.yml"
ok "they fire in the right cases" "$promtool" test rules \
	"$examples/csrc.rules.test.yml"
cp "$examples/csrc.rules.yml" "$examples/prometheus.yml" "$work"
ok "and the configuration" "$promtool" check config "$work/prometheus.yml"

exits 0 init
start_daemon || bail_out "the daemon did not start"
as bin -p "$port" -t 2 2>"$work/exporter" &
exporter=$!
wait_for 30 listens "$port" || bail_out "csrc-exporter did not start"
curl -s "http://127.0.0.1:$port/metrics" >"$work/metrics"
keep "$promtool" check metrics <"$work/metrics"
is "$code$out$err" 0 "promtool has nothing to say of the metrics"
# what nothing has come by yet is only announced
sed -nE 's/^(# TYPE )?(csrc_[a-z0-9_]*).*/\2/p' "$work/metrics" |
	sort -u >"$work/names"
for file in "$examples/csrc.rules.yml" "$srcdir/contrib/grafana/csrc.json"; do
	asked "$file" >"$work/asked"
	ok "${file##*/} asks for something" test -s "$work/asked"
	is "$(comm -23 "$work/asked" "$work/names")" "" \
		"all that ${file##*/} asks for is there"
done

# As it is shipped, but for the port, and for how long a test waits.
sed -i "s/:9817/:$port/; s/30s/1s/" "$work/prometheus.yml"
sed -i 's/^global: {/&evaluation_interval: 1s, /' "$work/prometheus.yml"
sed -i 's/^\( *for:\) .*/\1 1s/' "$work/csrc.rules.yml"
"$UNPACK_DIR/prometheus/usr/bin/prometheus" \
	--config.file="$work/prometheus.yml" \
	--storage.tsdb.path="$work/tsdb" \
	--web.listen-address="127.0.0.1:$web" >"$work/prometheus.log" 2>&1 &
prometheus=$!
ok "Prometheus scrapes" wait_for 60 yields csrc_up 1
ok "and has what stats says" wait_for 60 yields csrc_devices 0
ok "nothing fires" wait_for 60 quiet
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
ok "CsrcDown fires when the daemon is gone" wait_for 60 fires CsrcDown
start_daemon || bail_out "the daemon did not start again"
ok "and ends" wait_for 60 quiet
done_testing
