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
core_end
done_testing
