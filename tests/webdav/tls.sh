#!/bin/bash
# Whom dav/ believes: servers of openssl's, each with something wrong. None of
# them hears a request.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"

command -v openssl >/dev/null || skip_all "no openssl"
WORK=$(mktemp -d) || bail_out "no temporary directory"
server=
finish()
{
	stop_process "$server"
	rm -rf "$WORK"
}
trap finish EXIT
trap 'exit 1' INT TERM

APACHE_CONF=$WORK
APACHE_KIND=none

# serves CERTIFICATE [OPTION…]: answers to any GET with the file "page"
serves()
{
	local name=$1
	shift

	stop_process "$server"
	APACHE_PORT=$(free_port)
	(cd "$WORK" && exec openssl s_server -accept "127.0.0.1:$APACHE_PORT" \
		-cert "$name.pem" -key "$name.key" -HTTP "$@") \
		>"$WORK/out" 2>&1 &
	server=$!
	wait_for 20 listens "$APACHE_PORT" || bail_out "no server"
	APACHE_URL=https://localhost:$APACHE_PORT/
}

believed()
{
	dav nobody get page 100
	is "$CODE:$OUT" "0:hello" "$1"
}

refused()
{
	dav nobody get page 100
	like "$CODE:$OUT" "1:trouble: *" "$1"
	is "$(grep -c FILE: "$WORK/out")" 0 "$1: no request was made"
}

apache_authority || bail_out "no certificates"
apache_certificate other "/OU=server/CN=elsewhere.example" \
	$'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:elsewhere.example'
apache_certificate device "/OU=device/CN=localhost" \
	$'extendedKeyUsage=clientAuth\nsubjectAltName=DNS:localhost'
# its name is in CN only, beside another name where names belong
apache_certificate common "/CN=localhost" \
	$'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:elsewhere.example'
cp "$WORK/server.key" "$WORK/expired.key"
openssl req -new -key "$WORK/server.key" -subj /CN=localhost \
	-out "$WORK/csr" 2>/dev/null
openssl x509 -req -in "$WORK/csr" -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" \
	-days -1 -set_serial 9 -out "$WORK/expired.pem" 2>/dev/null \
	-extfile <(echo subjectAltName=DNS:localhost)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$WORK/self.key" -out "$WORK/self.pem" -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost 2>/dev/null
printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' >"$WORK/page"

serves server
believed "a good one"
serves server -tls1_2
believed "TLS 1.2"
for one in other device common expired self; do
	serves $one
	refused "$one"
done

# The system may allow what we do not.
cat >"$WORK/lax.cnf" <<END
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
END
export OPENSSL_CONF=$WORK/lax.cnf
serves server -tls1_1
ok "TLS 1.1 is spoken here" openssl s_client -tls1_1 \
	-connect "localhost:$APACHE_PORT" -CAfile "$WORK/ca.pem" </dev/null
refused "TLS 1.1"
serves server
believed "TLS 1.2 with the same configuration"

# Nor is what the system demands made less.
sed -i 's/TLSv1$/TLSv1.3/' "$WORK/lax.cnf"
serves server -tls1_2
refused "TLS 1.2, if the system wants 1.3"
done_testing
