#!/bin/bash
# csrc-ca beside a real daemon: an authority made, a server's request signed by way
# of csrcadm, its letter, the list after a revocation; and kill -9 in between.

# make check runs this with sh; the helpers want bash.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/lib.sh
. "$srcdir/tests/lib.sh"
# shellcheck source=tests/admin/gateway.sh
. "$srcdir/tests/admin/gateway.sh"

home=$work/ca
public=$home/public
authority=
# whom csrc-ca runs as: nobody else's and not root, or the one who runs this
as=()
owner=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
	id backup >/dev/null 2>&1 || skip_all "no user backup"
	owner=backup
	as=(setpriv "--reuid=backup" "--regid=nogroup" --clear-groups)
	echo "channel_users = backup=authority" >>"$conf"
	echo "control_socket_group = nogroup" >>"$conf"
fi

# Whoever ends this test ends csrc-ca too.
finish_all()
{
	stop_authority
	finish
}
trap finish_all EXIT

# ca WORD…: as its user, kept as keep does
ca()
{
	keep "${as[@]}" "$work/csrc-ca" -c "$work/csrc-ca.conf" "$@"
}

# within SECONDS COMMAND…: it will be true
within()
{
	local i tenths=$(($1 * 10))
	shift

	for ((i = 0; i < tenths; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

start_authority()
{
	"${as[@]}" "$work/csrc-ca" -c "$work/csrc-ca.conf" 2>>"$work/ca.log" &
	authority=$!
}

stop_authority()
{
	[ -n "$authority" ] || return
	kill "$authority" 2>/dev/null
	wait "$authority"
	code=$?
	authority=
}

# Its log has this line; a pattern of grep -E.
logged()
{
	grep -qE "$1" "$work/ca.log"
}

set_up()
{
	mkdir "$home" "$work/sent" "$work/fcgi"
	# its user need not be able to look into the build directory
	cp "$builddir/csrc-ca" "$work/csrc-ca"
	cat >"$work/sendmail" <<END
#!/bin/sh
[ ! -e "$work/sent/refuse" ] || { echo "queue is full"; exit 75; }
file=\$(mktemp "$work/sent/.XXXXXX") || exit
{ echo "X-Words: \$*"; cat; } >"\$file" && mv "\$file" "$work/sent/mail.\$\$"
END
	chmod 755 "$work/sendmail"
	chown "$owner" "$home" "$work/sent" "$work/fcgi"
	cat >"$work/csrc-ca.conf" <<END
socket = $work/run/control.sock
listen = $work/fcgi/fastcgi.sock
directory = $home
public_directory = $public
sendmail = $work/sendmail
mail_from = ca@center.example
interval = 1s
timeout = 5s
log_target = stderr
END
}

test_init()
{
	ca init --days 0
	is "$code" 3 "no days, no authority"
	ca init --days
	is "$code" 2 "misused"
	ca -n --days 3
	is "$code" 2 "init's options are init's"
	ca -n
	is "$code" 3 "there is none yet"
	ca init --organization "Sample Service"
	is "$code" 0 "an authority is made" || diag "$err"
	is "$(stat -c '%U %a %n' "$home"/* | sed "s,$home/,,")" \
		"$owner 600 ca.key
$owner 644 ca.pem
$owner 600 pseudo.key
$owner 755 public" "keys are its own"
	ca init
	is "$code" 3 "and not another one"
	like "$err" "*nothing was changed*" "says so"
	ca -n
	is "$code:$err" "0:" "the configuration is good"
	chmod 640 "$home/ca.key"
	ca -n
	is "$code" 3 "a key that others can read is refused"
	chmod 600 "$home/ca.key"
	if [ "$(id -u)" -eq 0 ]; then
		keep "$work/csrc-ca" -c "$work/csrc-ca.conf"
		is "$code" 3 "never as root"
		keep "$work/csrc-ca" -c "$work/csrc-ca.conf" -n
		is "$code:$err" "0:" "but root may look"
	fi
}

list_is_good()
{
	openssl crl -in "$public/crl.pem" -CAfile "$home/ca.pem" -noout \
		2>&1 | grep -q "verify OK"
}

list_number()
{
	openssl crl -in "$public/crl.pem" -noout -crlnumber 2>/dev/null |
		sed 's/.*0x//'
}

# Is its number above OLD?
list_is_newer()
{
	local number
	number=$(list_number)
	[ -n "$number" ] && [ $((16#$number)) -gt $((16#$1)) ]
}

test_waits_for_the_daemon()
{
	start_authority
	ok "it waits for the daemon" within 20 logged \
		'error: what is due cannot be done'
	not_ok "and issues nothing" test -e "$public/crl.pem"
	ca
	is "$code" 3 "another one does not work there"
	like "$err" "*another csrc-ca*" "says so"
	start_daemon || bail_out "no daemon"
	ok "a list is there as soon as that is" within 30 list_is_good
	ok "the authority's certificate is" cmp "$home/ca.pem" "$public/ca.pem"
}

# new_licence OPTION…: its id in $licence
new_licence()
{
	licence=$("$builddir/csrcadm" -c "$conf" --json licence new "$@" |
		jq -r .licence)
	[ -n "$licence" ]
}

# request NAME [OPTION…]: a key, of P-256 if nothing else is said, and a request
request()
{
	local name=$1
	shift
	[ $# -ne 0 ] || set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -new "$@" -nodes -keyout "$work/$name.key" \
		-out "$work/$name.csr" -subj "/O=whatever/CN=somebody else" \
		2>/dev/null
}

# signed NAME: that request, for $licence; what csrcadm prints is NAME.pem
signed()
{
	exits 0 certificate sign "$work/$1.csr" --licence "$licence"
	echo "$out" >"$work/$1.pem"
}

# Of a certificate, as csrcadm has it.
number()
{
	openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | tr A-F a-f
}

test_sign()
{
	exits 0 server add WEB --url https://dav.example:8443/csrc/ \
		--mail web@dav.example
	new_licence --server WEB || bail_out "no licence"
	request web
	signed web
	ok "stock openssl takes the server's certificate" openssl verify \
		-x509_strict -purpose sslserver -verify_hostname dav.example \
		-CAfile "$home/ca.pem" "$work/web.pem"
	is "$(openssl x509 -in "$work/web.pem" -noout -subject)" \
		"subject=O = Sample Service, OU = server, CN = WEB" \
		"its subject is the profile's"
	exits 0 certificate sign "$work/web.csr" --licence "$licence" \
		--output "$work/again.pem"
	ok "asked again it is the same one" cmp "$work/web.pem" \
		"$work/again.pem"
	request other
	exits 1 certificate sign "$work/other.csr" --licence "$licence"
	like "$err" "*another public key's*" "and csrcadm says why"
}

test_bad_requests()
{
	new_licence --server WEB || bail_out "no licence"
	# the octet before the last one is the signature's
	openssl req -in "$work/other.csr" -outform DER -out "$work/forged.der"
	printf '\001' | dd of="$work/forged.der" bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s "$work/forged.der") - 2))
	exits 3 certificate sign "$work/forged.der" --licence "$licence"
	like "$err" "*not signed * its own key*" "and csrcadm says why"
	request weak -newkey rsa:1024
	exits 1 certificate sign "$work/weak.csr" --licence "$licence"
	like "$err" "*1024 bits*" "and csrcadm says why"
	signed other
}

has_mail()
{
	compgen -G "$work/sent/mail.*" >/dev/null
}

test_letter()
{
	local mail
	ok "the certificates are mailed" within 20 has_mail
	mail=$(grep -l "$(number "$work/web.pem")" "$work"/sent/mail.*)
	like "$(head -n 1 "$mail")" \
		"*-i -f ca@center.example -- web@dav.example" "to the server's"
	sed -n '/filename="WEB.pem"/,/^--[0-9a-f]/p' "$mail" |
		sed '1,2d' >"$work/mailed.pem"
	ok "ready to install" openssl verify -CAfile "$home/ca.pem" \
		"$work/mailed.pem"
	rm -f "$work"/sent/mail.*
	touch "$work/sent/refuse"
	exits 0 certificate mail "$(number "$work/web.pem")"
	ok "a letter that is not taken is told" within 20 logged \
		'error: letter .* status 75: queue is full'
	rm "$work/sent/refuse"
	# that it will be tried again in a minute is no matter to a new one
	stop_authority
	is "$code" 0 "csrc-ca ends when it is told to"
	start_authority
	ok "it is sent in the end" within 20 has_mail
}

is_revoked()
{
	openssl verify -crl_check -CAfile "$home/ca.pem" \
		-CRLfile "$public/crl.pem" "$1" 2>&1 |
		grep -q "certificate revoked"
}

test_revoke()
{
	local old
	ok "a certificate that is good" openssl verify -crl_check \
		-CAfile "$home/ca.pem" -CRLfile "$public/crl.pem" \
		"$work/web.pem"
	old=$(list_number)
	exits 0 certificate revoke "$(number "$work/web.pem")" \
		--reason keyCompromise
	ok "is soon on the list" within 20 is_revoked "$work/web.pem"
	ok "whose number went up" list_is_newer "$old"
	ok "and the other one is not" openssl verify -crl_check \
		-CAfile "$home/ca.pem" -CRLfile "$public/crl.pem" \
		"$work/other.pem"
}

# Requests, revocations and letters while csrc-ca is killed: all is done in the end.
test_killed()
{
	local i old signing
	for i in 1 2 3 4; do
		old=$(list_number)
		kill -9 "$authority"
		wait "$authority" 2>/dev/null
		list_is_good || fail "a whole list after kill -9"
		request "k$i"
		new_licence --server WEB
		"$builddir/csrcadm" -c "$conf" certificate sign \
			"$work/k$i.csr" --licence "$licence" \
			>"$work/k$i.pem" 2>"$work/said" &
		signing=$!
		start_authority
		# ever later in its first round
		sleep "0.0$((i * 2))"
		kill -9 "$authority"
		wait "$authority" 2>/dev/null
		start_authority
		wait "$signing"
		is $? 0 "a request outlives its death" ||
			diag "$(cat "$work/said")"
		ok "the certificate is good" openssl verify \
			-CAfile "$home/ca.pem" "$work/k$i.pem"
		ok "a list is made anew" within 20 list_is_newer "$old"
	done
	run --json certificate list --principal server:WEB
	is "$(jq -r .licence <<<"$out" | sort | uniq -d)" "" \
		"no licence has two certificates"
}

test_end()
{
	stop_authority
	is "$code" 0 "it ends well"
	kill "$daemon"
	wait "$daemon"
	daemon=
	not_ok "nothing secret is in its log" grep -E "PRIVATE|[A-Z2-9]{4}(-[A-Z2-9]{4}){6}" \
		"$work/ca.log"
}

exits 0 init
set_up
test_init
test_waits_for_the_daemon
test_sign
test_bad_requests
test_letter
test_revoke
test_killed
test_end
done_testing
