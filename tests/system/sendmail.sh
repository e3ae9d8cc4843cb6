#!/bin/bash
# The gateway behind a real Sendmail: what core.sh says, and nothing more.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/system/core.sh"

unshare -um true 2>/dev/null ||
	skip_all "no name space for a host name of its own (unshare -um)"
harness_begin
core_seed
begin_gateway
sendmail_unpack || skip_all "Sendmail's package cannot be had"
sendmail_start "$WORK" "$GATEWAY_MILTER" || bail_out "no Sendmail"
MTA_PORT=$SENDMAIL_PORT
core_tests

# wrong FILE: what setup finds wrong in a sendmail.cf
wrong()
{
	csrcadm --json setup sendmail --check --mta-config "$1" |
		jq -r 'select(.state == "wrong") | .check' | sort | tr '\n' ' '
}
is "$(wrong "$SENDMAIL_DIR/sendmail.cf")" "" "setup finds nothing wrong"
sed '/^Xcsrc/s/F=T/F=R/' "$SENDMAIL_DIR/sendmail.cf" >"$WORK/bounces.cf"
is "$(wrong "$WORK/bounces.cf")" "filter F " "what would bounce reports is seen"
sed '/^Xcsrc/d' "$SENDMAIL_DIR/sendmail.cf" >"$WORK/without.cf"
is "$(wrong "$WORK/without.cf")" "filter " "and a Sendmail that does not ask us"
core_end
done_testing
