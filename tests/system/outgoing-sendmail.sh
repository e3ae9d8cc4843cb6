#!/bin/bash
# The center's own mail to its devices, behind a real Sendmail: what
# outgoing-core.sh says, and a port of its own.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/system/outgoing-core.sh"

service_tests()
{
	trust submit_daemons "SOMETHING CSRC-SUBMIT"
	note
	refused "by the usual port" "550 5.7.1" $TO_DEVICE
	SUBMIT_PORT=$SENDMAIL_SUBMIT_PORT
	stamped "trusted by service"
	trust submit_daemons CSRC
	refused "a service of another name" "550 5.7.1" $TO_DEVICE
	SUBMIT_PORT=
}

harness_begin min_free_space=2M database_cache=1M
outgoing_register
begin_gateway
sendmail_unpack || skip_all "Sendmail's package cannot be had"
SENDMAIL_SUBMIT_PORT=$(free_port)
sendmail_start "$WORK" "$GATEWAY_MILTER" || bail_out "no Sendmail"
MTA_PORT=$SENDMAIL_PORT
outgoing_tests
service_tests
trouble_tests
killed_tests
done_testing
