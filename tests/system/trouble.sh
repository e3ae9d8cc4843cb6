#!/bin/bash
# Our own failures: the sender is told to try again, nothing is lost, and it
# works again when the cause is gone.
set -u
. "${srcdir:-.}/tests/system/harness.sh"

# refused_for_now TEXT: mails get a 4xx. The first ones may still be taken,
# into the database, until the trouble is noticed; they are kept in mind.
refused_for_now()
{
	local try

	for try in $(seq 120); do
		accepted || break
		sleep 0.25
		next_mail
	done
	like "$SMTP_REPLY" "4*" "$1: told to try again"
	diag "at mail $try: $SMTP_REPLY"
}

# With the cause gone the very same mail passes, with no restart, and whatever
# was ever taken is in the spool.
cured()
{
	ok "$1: cured, the same mail is taken" wait_for 20 accepted
	wait_for 20 published
	is "$(spooled_totals)" "$(sort -u "$WORK/taken")" \
		"$1: what was taken is in the spool, once each"
}

accepted()
{
	smtp_send "$MTA_PORT" "$SENDER" "$MAIL" $ADDRESS &&
		echo $TOTAL >>"$WORK/taken"
}

spooled_totals()
{
	gateway_reports | jq .report.counters.total | sort
}

published()
{
	[ "$(spooled_totals)" = "$(sort -u "$WORK/taken")" ]
}

next_mail()
{
	TOTAL=$((TOTAL + 1))
	sealed $DEVICE $TOTAL
}
TOTAL=1000

spool_gone()
{
	local spool=$GATEWAY_DIR/var/spool

	next_mail
	mv "$spool" "$spool.away"
	refused_for_now "spool directory gone"
	mv "$spool.away" "$spool"
	cured "spool directory gone"
}

full_disk()
{
	local directory=$GATEWAY_DIR/var/$1

	if ! small_disk "$2" "$directory"; then
		skip "$1: disk full" "cannot mount a small file system"
		return
	fi
	next_mail
	ok "$1 on a small disk: works" accepted
	next_mail
	fill "$WORK/small"
	refused_for_now "$1: disk full"
	rm -f "$WORK/small/filler" "$WORK/small/filler2"
	cured "$1: disk full"
	large_disk "$directory"
}

quarantine_gone()
{
	local quarantine=$GATEWAY_DIR/var/quarantine

	gateway_option on_spoof quarantine
	ok "reload" csrcadm reload
	plain $DEVICE 1
	rm -rf "$quarantine"
	: >"$quarantine"
	smtp_send "$MTA_PORT" "$SENDER" "$MAIL" $ADDRESS
	like "$SMTP_REPLY" "4*" "a quarantine that cannot be written"
	rm "$quarantine"
	install -d -m 700 -o "$GATEWAY_USER" "$quarantine"
	ok "with one, the mail is taken" smtp_send "$MTA_PORT" "$SENDER" \
		"$MAIL" $ADDRESS
	is "$(find "$quarantine" -type f | wc -l)" 1 "and is in it"
	gateway_option on_spoof discard
	ok "reload" csrcadm reload
}

sent()
{
	smtp_send "$MTA_PORT" "$SENDER" "$MAIL" $ADDRESS
}

# A device whose part of the quarantine is full waits; no other does.
part_full()
{
	local quarantine=$GATEWAY_DIR/var/quarantine

	gateway_option quarantine_size 256k
	gateway_option max_message_size 64k
	gateway_option max_report_size 64k
	find "$quarantine" -type f -delete
	ok "reload with a small quarantine" csrcadm reload
	unreadable $DEVICE 1
	ok "a device's unreadable one is taken" sent
	unreadable $DEVICE 2
	mark
	sent
	like "$SMTP_REPLY" "451 *" "the next one is to come later"
	like "$(verdicts)" "*the part of device:$DEVICE is full*" \
		"and the log names the device"
	unreadable $SECOND 1
	ok "another device's is taken" sent
	next_mail
	ok "and so is one that can be read" accepted
	unreadable $DEVICE 2
	find "$quarantine" -type f -delete
	ok "when somebody has made room, by hand, it is taken" sent
	gateway_option quarantine_size 256M
	ok "reload" csrcadm reload
}

master_key()
{
	local key=$GATEWAY_DIR/master.key status

	next_mail
	gateway_stop
	refused_for_now "no daemon at all"
	mv "$key" "$key.away"
	starts_and_fails "no master key"
	openssl rand -hex 32 >"$key"
	chmod 600 "$key"
	starts_and_fails "another master key"
	cp "$key.away" "$key"
	chmod 644 "$key"
	starts_and_fails "a master key that all may read"
	rm "$key"
	mkdir "$key"
	starts_and_fails "a master key that cannot be read"
	rmdir "$key"
	refused_for_now "after all that"
	mv "$key.away" "$key"
	begin_gateway
	cured "master key"
}

starts_and_fails()
{
	local output status

	output=$(timeout 20 "$CSRC_BUILD/csrc-milter" -f -c "$GATEWAY_CONF" 2>&1)
	status=$?
	not_ok "$1: it does not start" [ $status -eq 0 ]
	not_ok "$1: nor hang" [ $status -eq 124 ]
	like "$output$(tail -n 3 "$GATEWAY_LOG")" "*master?key*" \
		"$1: it says why"
}

harness_begin min_free_space=2M database_cache=1M
begin_gateway
begin_postfix
next_mail
ok "it works" accepted
spool_gone
full_disk spool 4m
full_disk state 64m
quarantine_gone
part_full
master_key
ok "the spool is whole" csrcadm spool verify
ok "the store is sound" csrcadm check
done_testing
