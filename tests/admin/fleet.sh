#!/bin/bash
# Fleets of makers' devices: aliases and what else is registered of them, who
# forwards their mails, what they have reported.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

second=B4FM021007478

begin()
{
	exits 0 center add K0001 --address csrc@center.example
	exits 0 center add K0002
	exits 0 device add "$serial" --center K0001 --alias plate7 \
		--date-order mdy --forwarded yes --counts sealed
	exits 0 device add "$second" --center K0001 --protection optional
}

fields()
{
	exits 0 device show "$serial"
	like "$out" "*alias PLATE7*date-order mdy*forwarded yes*counts sealed*" \
		"$how: its fields"
	exits 0 device show "$serial" --json
	is "$(jq -c '[.alias,.date_order,.forwarded,.counts]' <<<"$out")" \
		'["PLATE7","mdy",true,"sealed"]' "$how: as JSON"
	exits 0 device show "$second" --json
	is "$(jq -c '[.alias,.date_order,.forwarded,.counts]' <<<"$out")" \
		'[null,"unknown",false,"both"]' "$how: and by default"
	exits 3 device set "$second" --alias Plate7
	like "$err" "*alias PLATE7 is device $serial's*" "$how: whose it is"
	exits 3 device set "$second" --alias "$serial"
	exits 3 device set "$second" --alias "$second"
	exits 3 device add plate7 --center K0002
	exits 3 device set "$second" --date-order dym
	exits 3 device set "$second" --forwarded maybe
	exits 3 device set "$second" --counts none
	exits 0 device export --json
	exits 0 device export
	cp "$work/out" "$work/csv"
	exits 0 device set "$serial" --alias "" --date-order unknown \
		--forwarded no --counts both
	exits 0 device import --update "$work/csv"
	exits 0 device show "$serial"
	like "$out" "*alias PLATE7*counts sealed*" "$how: as it was exported"
	printf 'serial,center,alias\n%s,K0001,x\n%s,K0001,X\n' n1 n2 \
		>"$work/csv"
	exits 3 device import "$work/csv"
	like "$err" "*line 3*alias X of K0001 is there twice*" "$how: both lines"
}

forwarders()
{
	exits 2 center set K0001 --forwarder desk@center.example
	like "$err" "*one of --network, --login, --dkim, --remove*" \
		"$how: an address alone is none"
	exits 0 center set K0001 --forwarder Desk@center.example \
		--network 192.0.2.77/24
	exits 0 center set K0001 --forwarder desk@center.example --login desk
	exits 0 center set K0001 --forwarder far@center.example \
		--dkim Center.Example
	exits 2 center set K0001 --forwarder a@b.example --login x --dkim y
	exits 3 center set K0001 --forwarder a@b.example --network 192.0.2.300
	exits 3 center set K0001 --forwarder nobody --login x
	exits 3 center set K0009 --forwarder a@b.example --login x
	exits 0 center show K0001
	is "$(grep -c '^forwarder' <<<"$out")" 3 "$how: all are shown"
	like "$out" "*forwarder desk@center.example network 192.0.2.0/24*" \
		"$how: in one spelling"
	exits 0 center list --json
	is "$(jq -cs 'map(.forwarders)' <<<"$out")" \
		'[[{"address":"desk@center.example","network":"192.0.2.0/24"},{"address":"desk@center.example","login":"desk"},{"address":"far@center.example","dkim":"center.example"}],[]]' \
		"$how: as JSON"
	exits 0 center set K0001 --forwarder DESK@center.example --remove
	exits 3 center set K0001 --forwarder desk@center.example --remove
	exits 0 center show K0001
	is "$(grep -c '^forwarder' <<<"$out")" 1 "$how: one is left"
	exits 0 check
}

readings()
{
	exits 0 device readings "$second"
	is "$out" "" "$how: nothing yet"
	exits 3 device readings none
	exits 2 device readings "$second" --from yesterday
	exits 2 device readings "$second" --csv --json
	exits 0 device readings "$second" --csv --from 2d --to 2026-01-01
	is "$out" "serial,sequence,earliest,latest,received,assurance,counts,flags,same_as,counter,value" \
		"$how: the header"
}

everything()
{
	begin
	fields
	forwarders
	readings
}

how=alone
exits 0 init
everything
if [ -x "$builddir/csrc-milter" ]; then
	rm -rf "${work:?}/var" "${work:?}/etc"
	how=daemon
	exits 0 init
	start_daemon || bail_out "the daemon does not start"
	everything
else
	skip "through the daemon" "it is not built"
fi
done_testing
