#!/bin/bash
# The installed gateway, under real systemd, with a real Postfix: packages.sh
# runs this in a container, as a unit. The load of mail begins early and goes on
# through whatever happens to the daemon.
set -u

# shellcheck source=tests/lib.sh
. /csrc/source/tests/lib.sh
# shellcheck source=contrib/lib/process.sh
. /csrc/source/contrib/lib/process.sh

UNIT=csrc-milter.service
CONF=/etc/csrc-milter/csrc-milter.conf
KEY=/etc/csrc-milter/master.key
SHARED=/csrc/shared
CENTER=K0001
ADDRESS=csrc@center.example
LOAD_PID=
export DEBIAN_FRONTEND=noninteractive

property()
{
	systemctl show -P "$1" "${2:-$UNIT}"
}

is_active()
{
	[ "$(property ActiveState)" = active ]
}

# What the unit has logged: by the daemon, and by systemd of it.
journal()
{
	journalctl -q --no-pager -o cat -u "$UNIT" --sync
	journalctl -q --no-pager -o cat -u "$UNIT"
}

# drop_in UNIT NAME LINE…
drop_in()
{
	local directory=/etc/systemd/system/$1.d name=$2
	shift 2

	mkdir -p "$directory" && printf '%s\n' "$@" >"$directory/$name.conf" &&
		systemctl daemon-reload
}

# option NAME VALUE: in the file only.
option()
{
	sed -i "/^$1 = /d" $CONF && echo "$1 = $2" >>$CONF
}

test_first_start()
{
	ok "it runs once it is installed" wait_for 30 is_active
	is "$(property Result csrc-milter-init.service)" success \
		"key and store were made for it"
	is "$(stat -c '%U %a' $KEY)" "root 600" "the key is root's alone"
	KEPT=$(sha256sum $KEY)
	is "$(csrcadm center list)" "" "it has no center"
	ok "its store is whole" csrcadm check
	is "$(systemctl is-active csrc-milter.socket csrc-milter-backup.timer |
		sort -u)" inactive "socket and timer are for who asks for them"
	ok "asked for, the timer runs" systemctl enable --now csrc-milter-backup.timer
	ok "starts anew" systemctl restart $UNIT
	is "$(sha256sum $KEY)" "$KEPT" "with the key that it has"
	ok "the device's end is there" csrc-device --version
}

collector_says()
{
	journalctl -q --sync
	journalctl -q --no-pager -o cat -u csrc-webdav.service |
		grep -q -e "$1"
}

# It waits for a configuration, and reaches the gateway and the network with no
# more rights than its unit gives it.
test_collector()
{
	local unit=csrc-webdav.service conf=/etc/csrc-webdav/csrc-webdav.conf

	is "$(systemctl is-enabled $unit csrc-webdav-once.timer | sort -u)" \
		disabled "the collector waits for a configuration"
	is "$(csrc-webdav -n 2>&1)" \
		"csrc-webdav: $conf: no [server NAME]: nothing to do" "and says so"
	option channel_users csrc-webdav=webdav
	ok "the gateway is to know it" csrcadm reload
	printf '[server a]\nurl = https://127.0.0.1:1/\ncenter = K0001\n' >>$conf
	ok "with one" csrc-webdav -n
	ok "it starts" systemctl start $unit
	ok "asks the gateway, and then a server" wait_for 30 collector_says \
		"a: PROPFIND https://127.0.0.1:1/work/: "
	not_ok "which did not refuse it" collector_says "gateway:"
	ok "it reloads" systemctl reload $unit
	ok "and says so" wait_for 30 collector_says "configuration reloaded"
	ok "it stops" systemctl stop $unit
	is "$(property Result $unit)" success "when it is asked to"
	not_ok "the timer's unit fails where a server does" \
		systemctl start csrc-webdav-once.service
	is "$(property ExecMainStatus csrc-webdav-once.service)" 4 \
		"since there is none"
	ok "it goes by itself" dpkg -P csrc-webdav
	option channel_users ""
	csrcadm reload
}

# It looks, with no more rights than its unit gives it.
test_exporter()
{
	local unit=csrc-exporter.service

	is "$(systemctl is-enabled $unit)" disabled "the exporter waits"
	option channel_users csrc-exporter=observer
	ok "the gateway is to know it" csrcadm reload
	ok "it starts" systemctl start $unit
	ok "and has metrics" wait_for 30 metrics_say "csrc_up 1"
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 /lib/systemd/system/$unit
	ok "it stops" systemctl stop $unit
	is "$(property Result $unit)" success "when it is asked to"
	ok "it goes by itself" dpkg -P csrc-exporter
	option channel_users ""
	csrcadm reload
}

agent_says()
{
	csrc-dca status | grep -q -e "$1"
}

# It asks printers and the center, with no more rights than its unit gives it, and
# with files that are root's alone.
test_agent()
{
	local unit=csrc-dca.service at=/etc/csrc-dca

	is "$(systemctl is-enabled $unit csrc-dca-enrol.timer | sort -u)" \
		disabled "the agent waits for a configuration"
	sed -i '1i center = K0001\nid = NORTH\nurl = https://127.0.0.1:1\nsnmp_tries = 1' \
		$at/csrc-dca.conf
	printf '[printers a]\naddresses = 127.0.0.9\ncredentials = a\n' \
		>>$at/csrc-dca.conf
	printf 'key-id: 01\nkey: %032d\n' 1 >$at/key
	printf '%s\n' '[credentials a]' 'user = a' \
		'auth_passphrase = a passphrase' \
		'priv_passphrase = another one' >$at/credentials
	chmod 600 $at/key $at/credentials
	ok "with one" csrc-dca -n
	ok "it starts" systemctl start $unit
	ok "asks its printer" wait_for 60 agent_says "127.0.0.9 *a .* silent"
	ok "and then the center" wait_for 60 agent_says "contact *unreachable"
	is "$(find /var/lib/csrc-dca ! -user csrc-dca)" "" "all of it is its own"
	not_ok "a second one has nothing to do there" csrc-dca poll
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 /lib/systemd/system/$unit
	ok "it reloads" systemctl reload $unit
	ok "it stops" systemctl stop $unit
	is "$(property Result $unit)" success "when it is asked to"
	ok "it goes by itself" dpkg -P csrc-dca
}

# It takes calls on its socket, with no more rights than its unit gives it.
test_line()
{
	local unit=csrc-line@.service

	is "$(systemctl is-enabled csrc-line.socket)" disabled "lines wait"
	echo "center = K0001" >>/etc/csrc-line/csrc-line.conf
	ok "its configuration is good" csrc-line -n
	option channel_users csrc-line=line
	ok "the gateway is to know it" csrcadm reload
	ok "it listens" systemctl enable --now csrc-line.socket
	# a HELLO has the center's ID in it, and ends with a zero
	ok "who calls hears which center it is" timeout 10 bash -c \
		'exec 3<>/dev/tcp/127.0.0.1/7022 && grep -qaz -m 1 K0001 <&3'
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 "/lib/systemd/system/$unit"
	test_fax
	ok "it goes by itself" dpkg -P csrc-line
}

# What comes by fax is looked at as soon as it comes.
test_fax()
{
	local tray=/var/spool/csrc-fax

	is "$(systemctl is-enabled csrc-fax.path)" disabled "faxes wait"
	option channel_users "csrc-line=line csrc-fax=fax"
	ok "the gateway is to know it, too" csrcadm reload
	ok "faxes are looked for" systemctl enable --now csrc-fax.path
	ok "both ends are there" csrc-fax -n
	head -c 1000 /dev/urandom >/tmp/no.tif
	ok "one comes" csrc-fax hylafax --center K0001 /tmp/no.tif ttyS0 1 ""
	ok "and is read" timeout 60 sh -c \
		"until ls $tray/quarantine/*.tif; do sleep 0.2; done"
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 \
		/lib/systemd/system/csrc-fax.service
}

# It keeps the registry, and reaches the gateway, with no more rights than its
# unit gives it.
test_receiver()
{
	local unit=csrc-receive.service

	is "$(systemctl is-enabled $unit csrc-receive.socket | sort -u)" \
		disabled "the end for agents waits"
	ok "its sample is good" csrc-receive -n
	option channel_users csrc-receive=agent
	ok "the gateway is to know it" csrcadm reload
	ok "an agent" csrcadm agent add NORTH --center K0001
	ok "it starts" systemctl enable --now $unit
	is "$(stat -c '%U %G %a' /run/csrc-receive/fastcgi.sock)" \
		"root www-data 660" "Apache reaches it, and nobody else"
	ok "and learns of the agent" wait_for 30 \
		test -f /var/lib/csrc-receive/agents/NORTH
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 /lib/systemd/system/$unit
	ok "it stops" systemctl stop $unit csrc-receive.socket
	is "$(property Result $unit)" success "when it is asked to"
	ok "it goes by itself" dpkg -P csrc-receive
	ok "the agent, too" csrcadm agent remove NORTH
	option channel_users ""
	csrcadm reload
}

metrics_say()
{
	local answer

	exec 3<>/dev/tcp/127.0.0.1/9817 &&
		printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 &&
		answer=$(cat <&3) && grep -q "^$1" <<<"$answer"
}

# It waits for a key, and reaches the gateway and Postfix's queue with no more
# rights than its unit gives it.
test_authority()
{
	local unit=csrc-ca.service home=/var/lib/csrc-ca

	is "$(systemctl is-enabled $unit csrc-ca.socket csrc-crl.path \
		csrc-crl.timer | sort -u)" disabled "the authority waits for a key"
	not_ok "without one nothing is good" csrc-ca -n
	ok "the manual's lines" csrc-ca init --organization "Service Center"
	ok "all is good then" csrc-ca -n
	is "$(stat -c '%U %a' $home/ca.key)" "csrc-ca 600" "the key is its own"
	option channel_users csrc-ca=authority
	ok "the gateway is to know it" csrcadm reload
	ok "it starts" systemctl enable --now $unit
	is "$(stat -c '%U %G %a' /run/csrc-ca/fastcgi.sock)" \
		"root www-data 660" "Apache reaches it, and nobody else"
	ok "a list is published" wait_for 30 test -s $home/public/crl.pem
	ok "with which nobody is refused" openssl crl -noout \
		-in $home/public/crl.pem -CAfile $home/ca.pem
	ok "an exposure of 2.0 at most" systemd-analyze security --no-pager \
		--offline=true --threshold=20 /lib/systemd/system/$unit
	test_list
	test_letter
	ok "it stops" systemctl stop $unit csrc-ca.socket
	is "$(property Result $unit)" success "when it is asked to"
	ok "it goes by itself" dpkg -P csrc-ca
	ok "and leaves its key" test -s $home/ca.key
	option channel_users ""
	csrcadm reload
}

# There is no Apache here, which would be reloaded: it is about the units.
test_list()
{
	local from=/var/lib/csrc-ca/public/crl.pem to=/etc/apache2/csrc-webdav

	printf '#!/bin/sh\n' >/usr/local/sbin/apachectl
	chmod 755 /usr/local/sbin/apachectl
	install -d $to && cp /var/lib/csrc-ca/public/ca.pem $to
	ok "the list's way to Apache" systemctl enable --now csrc-crl.path \
		csrc-crl.timer
	ok "is taken within a minute" wait_for 65 cmp -s $from $to/crl.pem
	ok "the timer is not needed" systemctl stop csrc-crl.timer
	cp $to/crl.pem /root/crl.old
	ok "for another list" systemctl restart csrc-ca.service
	ok "that is published" wait_for 30 differ $from /root/crl.old
	ok "and taken at once" wait_for 10 cmp -s $from $to/crl.pem
	systemctl disable --now csrc-crl.path csrc-crl.timer
	rm -r $to /usr/local/sbin/apachectl
}

differ()
{
	[ -s "$1" ] && ! cmp -s "$1" "$2"
}

# By way of Postfix, whose queue its user may write then.
test_letter()
{
	local licence

	ok "who may mail" usermod -aG postdrop csrc-ca
	ok "starts anew" systemctl restart csrc-ca.service
	ok "a server" csrcadm server add WEB --url https://dav.example/ \
		--mail web@dav.example
	licence=$(csrcadm --json licence new --server WEB | jq -r .licence)
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout /root/web.key -out /root/web.csr -subj / 2>/dev/null
	ok "has its request signed" csrcadm certificate sign /root/web.csr \
		--licence "$licence" --output /root/web.pem
	ok "and Postfix its letter" wait_for 30 letter_is_queued
	csrcadm server remove WEB --yes >/dev/null 2>&1
	postqueue -j | jq -r 'select(.recipients[].address == "web@dav.example")
		| .queue_id' | postsuper -d - >/dev/null 2>&1
}

# Waiting, or given up already, since there is no such host.
letter_is_queued()
{
	grep -rqa 'Certificate of the WebDAV server WEB' \
		/var/spool/postfix/{maildrop,incoming,active,deferred} ||
		journalctl -o cat | grep -q 'to=<web@dav.example>'
}

# typed TEXT: csrc-gateway(7)'s first block that has TEXT, from its second line
# on if the first is apt's, as one types it.
typed()
{
	awk -v want="$1" '/^\.Bd -literal/{ on = 1; text = ""; next }
		/^\.Ed/{
			if (on && index(text, want)) { printf "%s", text; exit }
			on = 0
		}
		on{ text = text $0 "\n" }' /csrc/source/man/csrc-gateway.7 |
		sed -e 's/\\e/\\/g' -e 's/\\&//g' -e '/^apt install/d' >/root/typed
	(cd /root && bash -e /root/typed)
}

# The gateway's package is installed, with a Postfix that has nothing of it: the
# manual's other eleven lines.
test_five_minutes()
{
	local began=$EPOCHSECONDS lines

	postfix_for /dev/null
	typed "csrcadm setup postfix --apply" >$SHARED/typed 2>&1
	is $? 0 "the manual's lines, typed as they stand" ||
		diag "$(tail -n 20 $SHARED/typed)"
	lines=$(grep -c . /root/typed)
	ok "they are twelve at most, with apt's" test "$lines" -le 11
	like "$(cat $SHARED/typed)" "*00000000000000000001*" \
		"and a genuine report is in the spool"
	diag "$((lines + 1)) lines, $((EPOCHSECONDS - began)) seconds behind apt"
	ok "billing takes it, as the manual has it" typed "csrcadm spool next"
	is "$(csrcadm spool list)" "" "and the spool is empty"
}

in_spool()
{
	csrcadm spool list | grep -q .
}

# What follows in the manual: a shell plays the device.
test_manual()
{
	{
		typed "sed -n 's/^key-id" && typed "csrcadm explain"
	} >$SHARED/typed 2>&1
	is $? 0 "the manual's device, played by openssl" ||
		diag "$(tail -n 20 $SHARED/typed)"
	like "$(cat $SHARED/typed)" "*genuine*" "would be genuine"
	ok "in earnest" typed "grep verdict="
	ok "its report comes" wait_for 30 in_spool
	ok "and is taken" typed "csrcadm spool next"
	install -d /var/backups
	ok "the manual's backup" typed "csrcadm backup"
	ok "is where it says" test -d /var/backups/csrc-*/db
}

test_backup()
{
	ok "a backup by the unit" systemctl start csrc-milter-backup.service
	ok "is there" test -d "$(echo /var/lib/csrc-milter/backups/20*/db)"
}

test_security()
{
	local unit

	for unit in $UNIT csrc-milter-init.service; do
		ok "$unit: an exposure of 2.0 at most" \
			systemd-analyze security --no-pager --offline=true \
			--threshold=20 "/lib/systemd/system/$unit"
	done
}

test_reload()
{
	cp $CONF $CONF.good
	option log_level debug
	ok "reloads" systemctl reload $UNIT
	like "$(journal)" "*configuration reloaded*" "and says so"
	option nonsense 1
	not_ok "does not reload what is wrong" systemctl reload $UNIT
	is "$(property ActiveState)" active "and goes on as before"
	cp $CONF.good $CONF
}

# fails_once TEXT PATTERN: with the configuration as it is.
fails_once()
{
	not_ok "$1: does not start" systemctl restart $UNIT
	is "$(property ActiveState) $(property NRestarts)" "failed 0" \
		"$1: is not tried again"
	is "$(property ExecMainStatus)" 78 "$1: its exit status"
	like "$(journal)" "$2" "$1: says why"
	cp $CONF.good $CONF
}

test_bad_configuration()
{
	option nonsense 1
	fails_once "a misspelt option" "*nonsense*"
	option milter_socket inet:8891@127.0.0.1
	fails_once "a TCP socket" "*RestrictAddressFamilies*"
	ok "mended, it starts" systemctl start $UNIT
	option milter_socket inet:8891@127.0.0.1
	drop_in $UNIT inet "[Service]" \
		"RestrictAddressFamilies=AF_INET AF_INET6"
	ok "a TCP socket: with a drop-in it starts" systemctl restart $UNIT
	rm /etc/systemd/system/$UNIT.d/inet.conf
	cp $CONF.good $CONF
}

register()
{
	local serial answer

	for serial in PACK000{01..10}; do
		csrcadm device add "$serial" --center $CENTER &&
			answer=$(csrcadm device key "$serial" --generate) ||
			return 1
		echo "$serial" "$(sed -n 's/^key-id: //p' <<<"$answer")" \
			"$(sed -n 's/^key: //p' <<<"$answer")" \
			>>$SHARED/senders
	done
}

# As README has it.
plug_in()
{
	local directory=/var/spool/postfix/csrc-milter

	option milter_socket unix:$directory/milter.sock
	option milter_socket_group postfix
	systemctl restart $UNIT
}

postfix_configure()
{
	postfix_for /csrc/source/contrib/postfix/main.cf "$@"
}

# postfix_for FILE [NAME=VALUE…]: Debian's settings, that file's, and the
# center's domain.
postfix_for()
{
	cat /usr/share/postfix/main.cf.debian "$1" >/etc/postfix/main.cf
	shift
	postconf -e myhostname=mx.center.example mydestination=center.example \
		inet_interfaces=loopback-only inet_protocols=ipv4 \
		"mynetworks=127.0.0.0/8" alias_maps= alias_database= \
		local_recipient_maps= default_transport=error:none \
		smtpd_peername_lookup=no "$@" &&
		systemctl restart postfix.service
}

load_start()
{
	/csrc/tools/smtpload -s 25 -d $SHARED/senders -c $CENTER -r $ADDRESS \
		-n 0 -j 4 -o $SHARED/acknowledged >$SHARED/load 2>&1 &
	LOAD_PID=$!
}

acknowledged()
{
	wc -l <$SHARED/acknowledged
}

more_than()
{
	[ "$(acknowledged)" -gt "$1" ]
}

# Twenty more mails are acknowledged.
works()
{
	wait_for 10 more_than "$(($(acknowledged) + 19))"
}

test_mail()
{
	ok "more devices of the center" register
	ok "plugged into Postfix" plug_in
	ok "Postfix starts" postfix_configure
	touch $SHARED/acknowledged
	load_start
	ok "mail flows" works || bail_out "no mail"
}

test_stop()
{
	local began=$EPOCHSECONDS

	ok "stops under load" systemctl stop $UNIT
	ok "within stop_timeout" test $((EPOCHSECONDS - began)) -le 30
	is "$(property Result) $(property ExecMainStatus)" "success 0" \
		"and cleanly"
	ok "starts under load" systemctl start $UNIT
	ok "mail flows on" works
}

has_restarted()
{
	is_active && [ "$(property NRestarts)" -ge 1 ]
}

test_watchdog()
{
	like "$(property WatchdogUSec)" "[1-9]*" "it is watched"
	drop_in $UNIT watchdog "[Service]" WatchdogSec=10s
	ok "starts with a short watchdog" systemctl restart $UNIT
	ok "lives with it" sleep 12
	is "$(property NRestarts)" 0 "and is let live"
	kill -STOP "$(property MainPID)"
	ok "when it stands still, it is started anew" wait_for 60 has_restarted
	like "$(journal)" "*Watchdog timeout*" "by its watchdog"
	ok "mail flows on" works
	rm /etc/systemd/system/$UNIT.d/watchdog.conf
	systemctl daemon-reload
}

version()
{
	# shellcheck disable=SC2016 # dpkg expands it
	dpkg-query -W -f '${Version}' csrc-gateway
}

test_upgrade()
{
	local before

	before=$(property MainPID)
	ok "an upgrade while mail flows" dpkg -i $SHARED/next.deb
	like "$(version)" "*+next" "is one"
	ok "it runs" is_active
	ok "and is another process" test "$before" != "$(property MainPID)"
	ok "mail flows on" works
	is "$(sha256sum $KEY)" "$KEPT" "with the same key"
	like "$(csrcadm center list)" "*$CENTER*" "and the same store"
	ok "its configuration is as it was changed" grep -q postfix $CONF
	like "$(debconf-show csrc-gateway)" "*csrc-gateway/purge-data: false" \
		"purging has a question to ask"
}

reports()
{
	find /var/spool/csrc/new -name '*.jsonl' -exec cat {} + |
		jq -r '"\(.serial) \(.report.counters.total)"' | sort
}

# All that was acknowledged, whatever happened to the daemon meanwhile.
test_reports()
{
	kill "$LOAD_PID"
	wait "$LOAD_PID"
	is $? 0 "every mail that was begun is acknowledged in the end"
	ok "a last stop publishes what there is" systemctl stop $UNIT
	sort $SHARED/acknowledged >$SHARED/wanted
	reports >$SHARED/got
	diag "$(acknowledged) acknowledged"
	ok "each is in the spool once" diff $SHARED/wanted $SHARED/got
	ok "the store is whole" csrcadm check
	ok "starts again" systemctl start $UNIT
}

# A file of its own, as the unit says.
test_log_file()
{
	local directory=/var/log/csrc-milter

	cp $CONF $CONF.good
	install -d -o csrc-milter -g adm -m 750 $directory
	option log_target $directory/csrc-milter.log
	drop_in $UNIT log "[Service]" ReadWritePaths=$directory \
		CapabilityBoundingSet=CAP_DAC_OVERRIDE
	ok "starts with a log file" systemctl restart $UNIT
	ok "and writes to it" wait_for 10 test -s $directory/csrc-milter.log
	ok "it is rotated" logrotate -f /etc/logrotate.d/csrc-milter
	ok "and goes on in a new one" wait_for 10 grep -q reloaded \
		$directory/csrc-milter.log
	ok "the old one is there" test -s $directory/csrc-milter.log.1
	systemctl stop $UNIT
	ok "without a daemon it is rotated too" \
		logrotate -f /etc/logrotate.d/csrc-milter
	cp $CONF.good $CONF
	rm /etc/systemd/system/$UNIT.d/log.conf
	systemctl daemon-reload
}

one_mail()
{
	/csrc/tools/smtpload -s 25 -d $SHARED/senders -c $CENTER -r $ADDRESS \
		-n 1 -b "$1" -j 1 -o $SHARED/one
}

# Also the way to a TCP socket, which the unit lets the daemon not open.
test_socket()
{
	option milter_socket fd:3
	drop_in csrc-milter.socket tcp "[Socket]" ListenStream= \
		ListenStream=127.0.0.1:8891
	ok "systemd opens the socket" \
		systemctl enable --now csrc-milter.socket
	not_ok "nothing runs yet" is_active
	postfix_configure smtpd_milters=inet:127.0.0.1:8891
	ok "a mail is taken" one_mail 900000
	ok "by the daemon that it has started" is_active
	ok "restarts" systemctl restart $UNIT
	ok "the next mail is taken" one_mail 900001
}

test_removal()
{
	local sequence

	sequence=$(csrcadm sequence)
	ok "removing" dpkg -r csrc-gateway
	not_ok "ends the daemon" is_active
	not_ok "and its socket" systemctl is-active csrc-milter.socket
	not_ok "and the timer" systemctl is-active csrc-milter-backup.timer
	is "$(sha256sum $KEY)" "$KEPT" "and keeps the key"
	ok "and what waits for billing" test -s $SHARED/got -a \
		"$(reports | wc -l)" -gt "$(wc -l <$SHARED/got)"
	ok "purging, with nobody to be asked," dpkg -P csrc-gateway
	is "$(sha256sum $KEY)" "$KEPT" "keeps the key"
	ok "installing it again" dpkg -i $SHARED/next.deb
	ok "starts it" wait_for 30 is_active
	is "$(csrcadm sequence)" "$sequence" "where it was"
}

# purged_by ANSWER: purged by a person at a terminal, who is asked.
purged_by()
{
	DEBIAN_FRONTEND=readline script -qec "dpkg -P csrc-gateway" \
		$SHARED/dialog <<<"$1" >/dev/null
}

test_dialog()
{
	ok "a person purges, and says no" purged_by no
	like "$(cat $SHARED/dialog)" "*master key*" "having been told why"
	is "$(sha256sum $KEY)" "$KEPT" "the key is kept"
	ok "installing it again" dpkg -i $SHARED/next.deb
	ok "and purging with a yes" purged_by yes
	is "$(find /var/lib/csrc-milter /var/spool/csrc $KEY 2>/dev/null)" \
		"" "leaves neither key nor store"
	ok "installed once more" dpkg -i $SHARED/next.deb
	ok "it begins anew" wait_for 30 is_active
}

test_purge()
{
	echo csrc-gateway csrc-gateway/purge-data boolean true |
		debconf-set-selections
	ok "purging, with a yes," dpkg -P csrc-gateway
	is "$(find /var/lib/csrc-milter /var/spool/csrc $KEY 2>/dev/null)" \
		"" "leaves neither key nor store"
}

test_first_start
test_collector
test_five_minutes
test_manual
test_backup
test_authority
test_exporter
test_receiver
test_agent
test_line
test_security
test_reload
test_bad_configuration
test_mail
test_stop
test_watchdog
test_upgrade
test_reports
test_log_file
test_socket
test_removal
test_dialog
test_purge
done_testing
