#!/bin/bash
# The daemon's clock is stepped, behind a real Postfix: what is genuine is
# deferred and never dropped while the clock cannot be true, nothing is
# forgotten, and it is taken when the clock is right again.
set -u
. "${srcdir:-.}/tests/system/harness.sh"
. "$CSRC_SOURCE/tests/stepped.sh"

DAY=86400

begin_stepped()
{
	stepped_start gateway_start || bail_out "no gateway"
	wait_for 30 csrcadm stats
}

# restarted REAL BOOT SYNCHRONISED: as after the machine was off.
restarted()
{
	gateway_stop
	stepped "$@"
	begin_stepped
}

seconds_in_state()
{
	csrcadm --json clock | jq .seconds
}

taken()
{
	smtp_send "$MTA_PORT" "$SENDER" "$MAIL" $ADDRESS
}

next_mail()
{
	TOTAL=$((TOTAL + 1))
	sealed $DEVICE $TOTAL
}
TOTAL=100

# believed TEXT [STATE]: and what is genuine is taken.
believed()
{
	ok "$1: the clock is ${2-believed}" wait_for 20 stepped_in "${2-believed}"
	next_mail
	gives "$1" genuine -
}

# doubted TEXT WHY: a report and an answer are deferred, and so is a stale one;
# what needs no clock is judged; the store is as it was.
doubted()
{
	local before

	ok "$1: the clock is not believed" wait_for 20 stepped_in "not believed"
	before=$(state)
	csrcadm clock >"$WORK/said"
	is $? 1 "$1: csrcadm clock ends with 1"
	like "$(cat "$WORK/said")" "*why $2*" "$1: and says why"
	ok "$1: so do the figures" eval \
		"csrcadm stats | grep -qx 'clock_believed 0'"
	like "$(grep "error: the clock is not believed" "$GATEWAY_LOG" | tail -n 1)" "*$2*" \
		"$1: and the log"
	next_mail
	taken
	like "$SMTP_REPLY" "4*" "$1: a report is to come later"
	cp "$MAILS/answer.mail" "$MAIL"
	taken
	like "$SMTP_REPLY" "4*" "$1: an answer is to come later"
	cp "$MAILS/old.mail" "$MAIL"
	taken
	like "$SMTP_REPLY" "4*" "$1: nothing is called stale"
	cp "$MAILS/admitted.mail" "$MAIL"
	gives "$1: a copy of what was admitted" duplicate -
	plain $DEVICE $TOTAL
	gives "$1: a forgery" spoof unprotected
	is "$(state)" "$before" "$1: nothing was forgotten"
}

# What the tests come back to: an open request's answer, a copy, an old one.
mails()
{
	local id

	csrcadm device set $DEVICE --address somebody@elsewhere.example
	csrcadm request $DEVICE --command settings >"$MAILS/request"
	id=$(tr -d '\r' <"$MAILS/request" | sed -n 's/^CSRC-Email-ID: //p')
	csrcadm device set $DEVICE --address ""
	printf '{"version":1,"kind":"answer","serial":"%s","date":"%s",' \
		$DEVICE "$(date -u +%FT%TZ)" >"$MAILS/answer"
	echo '"text":"toner low"}' >>"$MAILS/answer"
	report_entity $CENTER $DEVICE "$id" <"$MAILS/answer" |
		sealed_entity $DEVICE
	cp "$MAIL" "$MAILS/answer.mail"
	report_json $DEVICE 7 "$(date -u -d '30 days ago' +%FT%TZ)" |
		report_entity $CENTER $DEVICE | sealed_entity $DEVICE
	cp "$MAIL" "$MAILS/old.mail"
	next_mail
	gives "with a right clock" genuine -
	cp "$MAIL" "$MAILS/admitted.mail"
}

while_running()
{
	stepped $((100 * DAY)) 0 0
	doubted "100 days ahead" "it stepped ahead"
	stepped 0 0 0
	believed "right again"
	stepped $((-3 * 3600)) 0 0
	doubted "three hours behind" "it is behind"
	stepped 0 0 0
	believed "right again after that"
	stepped -3600 0 0
	believed "an hour behind" held
	stepped 0 0 0
	believed "and no longer"
	stepped 3 0 0
	believed "a step of seconds"
	stepped $((5 * 3600)) $((5 * 3600)) 0
	believed "five hours asleep"
	stepped $((5 * 3600 + 20)) $((5 * 3600)) 0
	believed "another step"
}

at_the_start()
{
	restarted $((40 * DAY)) 0 0
	doubted "started 40 days ahead" "it is ahead"
	# an hour of running changes nothing
	stepped $((40 * DAY + 3600)) 3600 0
	doubted "an hour later" "it is ahead"
	restarted "-$(date +%s)" 0 0
	doubted "started in 1970" "it is before this program was made"
	restarted 0 0 0
	# the last run has believed some hours that have not been
	doubted "started behind the mark" "it is behind"
	ok "the operator says that the clock is right" csrcadm clock accept
	believed "accepted"
	restarted 0 0 0
	believed "and it is kept"
}

# The kernel's word for five minutes, whose time is a step of both clocks.
by_ntp()
{
	restarted $((3 * DAY)) 0 0
	doubted "switched off for three days" "it is ahead"
	stepped $((3 * DAY)) 0 1
	ok "NTP has it" wait_for 20 eval \
		"csrcadm clock | grep -qx 'synchronised yes'"
	ok "which is not enough at once" stepped_in "not believed"
	stepped $((3 * DAY + 301)) 301 1
	ok "but after five minutes" wait_for 20 stepped_in believed
	# the mark is three days ahead: as poisoned by an earlier wrong clock
	restarted 0 0 0
	doubted "a mark that was poisoned" "it is behind"
	stepped 0 0 1
	ok "NTP has the clock" wait_for 20 eval \
		"csrcadm clock | grep -qx 'synchronised yes'"
	stepped 301 301 1
	ok "five minutes of NTP put the mark right" wait_for 20 stepped_in believed
	stepped 0 301 0
	believed "and reports are taken, five minutes behind it" held
}

# Nothing that was open was forgotten by all that.
in_the_end()
{
	cp "$MAILS/answer.mail" "$MAIL"
	gives "the answer to the request of before" genuine -
	cp "$MAILS/old.mail" "$MAIL"
	gives "what is stale is stale" spoof stale
	ok "the store is sound" csrcadm check
	ok "so is the spool" csrcadm spool verify
}

harness_begin
stepped 0 0 0
begin_stepped
begin_postfix
mails
while_running
at_the_start
by_ntp
in_the_end
done_testing
