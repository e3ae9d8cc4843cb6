# shellcheck shell=bash
# An authority of stock openssl: "openssl cmp -port" answers each request with one
# certificate, made before, whatever is asked for. To be sourced behind process.sh,
# in a directory of one's own.
#
#   cmp_authority NAME        NAME.pem, NAME.key
#   cmp_sign FILE KEY KIND SPELLED [AUTHORITY [DAYS]]
#                             a certificate into FILE for that key. All have one
#                             serial number: openssl renews what it then gives
#   cmp_serve [OPTION…]       answers at CMP_URL, under CMP_LICENCE and CMP_CODE,
#                             if it has no other secret; what it said is in cmp.log
#   cmp_sign_serve [OPTION…]  without a secret: takes any request
#   cmp_start [OPTION…]       with no more than that
#   cmp_stop
#   cmp_licence FILE [CODE]   as csrcadm writes it

# shellcheck disable=SC2034 # for who sources it
CMP_LICENCE=lic-9wbxeyuyzh
CMP_CODE=K9VB-FJNS-JAV6-CNBQ-GNNF-PVY5-PMTG
# shellcheck disable=SC2034
CMP_OTHER_CODE=ZHUT-F67A-3QB6-74WB-UFJH-ASM7-P3RE
CMP_PID=
CMP_PORT=
CMP_URL=

cmp_authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.pem" -days 400 -subj "/CN=$1" \
		-addext keyUsage=keyCertSign,cRLSign,digitalSignature \
		2>/dev/null
}

cmp_sign()
{
	local authority=${5:-ca}

	openssl pkey -in "$2" -pubout -out public.pem &&
		openssl req -new -key "$authority.key" \
			-subj "/O=test/OU=$3/CN=$4" -out request.csr &&
		openssl x509 -req -in request.csr -force_pubkey public.pem \
			-CA "$authority.pem" -CAkey "$authority.key" \
			-set_serial 1 -days "${6:-300}" -out "$1" -extfile <(
				printf '%s\n' "subjectAltName=URI:urn:csrc:$3:$4" \
					"keyUsage=digitalSignature" \
					"extendedKeyUsage=clientAuth"
			) 2>/dev/null
}

cmp_serve()
{
	cmp_start -srv_ref $CMP_LICENCE -srv_secret "pass:$CMP_CODE" "$@"
}

cmp_sign_serve()
{
	cmp_start -accept_unprotected "$@"
}

# shellcheck disable=SC2034
cmp_start()
{
	cmp_stop
	CMP_PORT=$(free_port)
	CMP_URL=http://127.0.0.1:$CMP_PORT/pkix/
	rm -f cmp.log
	openssl cmp -port "$CMP_PORT" "$@" >cmp.log 2>&1 &
	CMP_PID=$!
	wait_for 20 grep -q ACCEPT cmp.log
}

cmp_stop()
{
	stop_process "$CMP_PID"
	CMP_PID=
}

cmp_licence()
{
	(umask 077 && printf 'licence: %s\ncode: %s\n' $CMP_LICENCE \
		"${2:-$CMP_CODE}" >"$1")
}
