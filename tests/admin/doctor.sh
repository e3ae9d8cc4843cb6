#!/bin/bash
# csrcadm doctor and setup: what is wrong is found, one thing at a time, and what
# is not is left alone. The MTAs are files and a postconf of our own here;
# tests/system/setup.sh has a real one.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"
how=doctor
unset MAIL_CONFIG

# A postconf that knows $work/postfix/values, in which no value refers to
# another but $smtpd_milters, and $work/postfix/master.
mkdir -p "$work/bin" "$work/postfix/queue"
export FAKE=$work/postfix
cat >"$work/bin/postconf" <<'END'
#!/bin/bash
[ "$1" != -c ] || shift 2
value() { sed -n "s|^$1 = ||p" "$FAKE/values" | head -n 1; }
case $1 in
-h) value "$2" ;;
-xh) v=$(value "$2"); echo "${v//\$smtpd_milters/$(value smtpd_milters)}" ;;
-M) cat "$FAKE/master" ;;
-P) cat "$FAKE/overrides" ;;
-e)
	shift
	for word; do
		{ echo "$word"; grep -v "^${word%% = *} = " "$FAKE/values"; } \
			>"$FAKE/new" && mv "$FAKE/new" "$FAKE/values"
	done
	;;
esac
END
chmod 755 "$work/bin/postconf"
PATH=$work/bin:$PATH

good_postfix()
{
	: >"$FAKE/overrides"
	echo "cleanup unix n - n - 0 cleanup" >"$FAKE/master"
	cat >"$FAKE/values" <<-END
		smtpd_milters = inet:127.0.0.1:8891, unix:$work/run/milter.sock
		non_smtpd_milters = \$smtpd_milters
		milter_default_action = tempfail
		milter_content_timeout = 300s
		in_flow_delay = 0s
		smtpd_forbid_bare_newline = normalize
		smtpd_forbid_bare_newline_exclusions = 127.0.0.0/8
		config_directory = $FAKE
		queue_directory = $FAKE/queue
		mail_owner = $(id -un)
		mail_version = 3.7.11
		compatibility_level = 3.6
	END
	cp "$FAKE/values" "$FAKE/main.cf"
}

# state CHECK: that of its rows, as doctor or setup --check told in JSON
state()
{
	jq -r --arg c "$1" 'select(.check == $c) | .state' "$work/out" |
		sort -u | tr '\n' ' ' | sed 's/ $//'
}

# ails CHECK TYPE: that is wrong, to be cured by typing TYPE, and nothing else
# but what needs it.
ails()
{
	run --json doctor
	is "$code" 1 "$how: exit 1"
	like "$(state "$1")" "*wrong" "$how: $1 is wrong" || diag "$out"
	like "$(jq -r --arg c "$1" 'select(.check == $c) | .type' "$work/out")" \
		"*$2*" "$how: what to type"
}

well()
{
	exits 0 --json doctor
	is "$(jq -r 'select(.state == "wrong")' "$work/out")" "" \
		"$how: nothing is wrong"
}

set_option()
{
	sed -i "/^$1 =/d" "$conf" && echo "$1 = $2" >>"$conf"
}

mkdir "$work/formats"
cp "$srcdir"/parser/formats/*.format "$work/formats"
chmod 644 "$work/formats"/*
good_postfix

how="without a store"
ails "master key" "csrcadm init"
is "$(state directory)" wrong "$how: directories are missing"
run doctor
like "$out" "*type: *csrcadm init*" "$how: as text"
exits 0 init
how="without a daemon"
ails "control socket" "systemctl start"
is "$(state gateway)" wrong "$how: no report can be admitted"
is "$(state "milter socket")" wrong "$how: nobody listens"
start_daemon || bail_out "no daemon"
how="without a center"
ails registry "csrcadm center add"
exits 0 center add K0001 --address csrc@center.example
exits 0 device add "$serial" --center K0001
how="a device without a key"
ails keys "csrcadm device key $serial --generate"
exits 0 device key "$serial" --generate
exits 0 device add PLAIN --center K0001 --protection optional
how="all well"
well
run doctor
like "$out" "*0 wrong*" "$how: as text"

how="a configuration that cannot be read"
cp "$conf" "$work/conf.good"
echo nonsense >>"$conf"
ails configuration "csrc-milter -n"
cp "$work/conf.good" "$conf"

how="a key that others may read"
chmod 644 "$work/etc/master.key"
ails "master key" "chmod 600"
chmod 600 "$work/etc/master.key"

how="a change of the master key that was cut off"
cp -p "$work/etc/master.key" "$work/etc/master.key.new"
run --json doctor
like "$(state "master key")" "*wrong" "$how: is told"
rm "$work/etc/master.key.new"

how="a stranger in the spool"
ln -s nowhere "$work/var/spool/new/stray"
ails spool "remove"
rm "$work/var/spool/new/stray"

how="nobody takes segments"
touch -d "3 days ago" "$work/var/spool/new/00000000000000000001.jsonl"
ails spool "is billing running"
rm "$work/var/spool/new/00000000000000000001.jsonl"

how="a directory's mode"
chmod 700 "$work/var/spool/new"
ails directory "csrcadm init"
chmod 2770 "$work/var/spool/new"

how="a log without verdicts"
set_option log_level warn
ails log "log_level = info"
set_option log_level info

how="no room"
set_option min_free_space 1023G
ails space "make room"
set_option min_free_space 32M

how="no formats"
set_option format_directory "$work/none"
ails formats "format_directory"
set_option format_directory "$work/formats"

# setting NAME VALUE: with that one
setting()
{
	how="$1 = $2"
	good_postfix
	postconf -e "$1 = $2"
}
for pair in "milter_default_action accept" "milter_content_timeout 30s" \
	"in_flow_delay 1s" "smtpd_forbid_bare_newline no" \
	"smtpd_milters inet:localhost:1" "non_smtpd_milters "; do
	setting "${pair%% *}" "${pair#* }"
	ails "${pair%% *}" "postconf -c $FAKE -e '${pair%% *} = "
done
setting smtpd_forbid_bare_newline ""
ails smtpd_forbid_bare_newline "update Postfix"
how="a chroot"
good_postfix
echo "smtpd pass - - y - - smtpd" >>"$FAKE/master"
ails "milter socket" "csrcadm setup postfix"
how="nobody answers for Postfix"
good_postfix
echo "127.0.0.1:1 inet n - n - - smtpd" >>"$FAKE/master"
ails recipient "start the MTA"
how="a service for devices alone"
good_postfix
postconf -e "smtpd_milters = " "non_smtpd_milters = "
echo "2525/inet/smtpd_milters = unix:$work/run/milter.sock" \
	>"$FAKE/overrides"
run --json setup postfix --check
is "$(state smtpd_milters)" ok "$how: is told"
how="clients told apart"
good_postfix
postconf -e "smtpd_milters = " "smtpd_milter_maps = cidr:/x"
run --json setup postfix --check
is "$(state smtpd_milters)" "not seen" "$how: is told"

how="setup postfix"
good_postfix
exits 0 setup postfix
like "$out" "*is as it should be*" "$how: nothing to change"
exits 0 setup postfix --apply
is "$(find "$FAKE" -name 'main.cf.csrc-*')" "" "$how: no needless copy"
postconf -e "smtpd_milters = inet:localhost:1" "in_flow_delay = 1s"
exits 0 setup postfix
like "$out" "*smtpd_milters = inet:localhost:1, unix:$work/run/milter.sock*in_flow_delay = 0*" \
	"$how: what is to change, and its reason"
not_ok "$how: and nothing else" grep default_action "$work/out"
exits 0 setup postfix --apply
like "$out" "*postfix reload*" "$how: what is left to do"
ok "$how: main.cf is kept" cmp "$FAKE"/main.cf.csrc-* "$FAKE/main.cf"
exits 0 setup postfix --check
is "$(run setup postfix; grep -c '^smtpd_milters' "$work/out")" 0 "$how: done"
exits 2 setup postfix --check --apply
postconf -e "smtpd_milters = unix:old/csrc-milter/milter.sock, inet:localhost:1"
exits 0 setup postfix
like "$out" "*smtpd_milters = inet:localhost:1, unix:$work/run/milter.sock*" \
	"$how: a place where the socket is no more is taken out"
good_postfix
echo "smtpd pass - - y - - smtpd" >>"$FAKE/master"
exits 0 setup postfix
like "$out" "*milter_socket = unix:$FAKE/queue/csrc-milter/milter.sock*smtpd_milters = *unix:csrc-milter/milter.sock*" \
	"$how: a chroot wants the socket elsewhere"
exits 3 setup postfix --apply
like "$err" "*would not reach the gateway*" "$how: not while it cannot work"
printf '#!/bin/bash\nyes\n' >"$work/bin/postconf"
exits 3 setup postfix
like "$err" "*prints too much*" "$how: what it prints is bounded"
printf '#!/bin/bash\nexit 1\n' >"$work/bin/postconf"
exits 4 setup postfix

how="setup sendmail"
rm "$work/bin/postconf"
filter="S=unix:$work/run/milter.sock, F=T, T=C:30s;S:30s;R:1m;E:5m"
exits 0 setup sendmail
like "$out" "*INPUT_MAIL_FILTER(\`csrc', \`$filter')dnl*" "$how: the line"
cf()
{
	printf '%s\n' "O InputMailFilters=${2-other,csrc}" "Xcsrc, $1" \
		>"$work/sendmail.cf"
	run --json setup sendmail --check --mta-config "$work/sendmail.cf"
}
cf "$filter"
is "$(state "filter S") $(state "filter F") $(state "filter T E")" "ok ok ok" \
	"$how: it is there"
cf "${filter/F=T/F=R}"
is "$(state "filter F")" wrong "$how: F=R"
cf "${filter/E:5m/E:1m}"
is "$(state "filter T E")" wrong "$how: no patience"
cf "${filter/milter.sock/other.sock}"
is "$(state "filter S")" wrong "$how: another socket"
chmod go+w "$work/run"
cf "$filter"
is "$(state "milter socket")" wrong "$how: others may write beside the socket"
chmod go-w "$work/run"
cf "$filter" other
is "$(state filter)" wrong "$how: not in use"
exits 3 setup sendmail --apply
exits 3 setup sendmail --check --mta-config "$work/none"

done_testing
