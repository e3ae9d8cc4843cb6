#!/bin/sh
# Makes an authority for the fuzzers, a device with a certificate of it, and, by
# the stock openssl command, the messages that they start from: in ../cmp and
# ../keyfetch. The licence and its code are those of tests/fuzz/targets_cmp.c.
set -eu
cd "$(dirname "$0")"

licence=lic-aaaaaaaaaa
code=AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGN

# new CURVE FILE
new()
{
	openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$1" -out "$2"
}

# ask NAME OPTION…: there is nobody, but what would be sent is written
ask()
{
	name=$1
	shift
	openssl cmp -server 127.0.0.1:1 -path x -total_timeout 1 \
		-certout /dev/null -reqout "../cmp/$name" "$@" >/dev/null 2>&1 || true
	[ -s "../cmp/$name" ]
}

new P-256 ca.key
openssl req -x509 -new -key ca.key -days 36500 -out ca.pem \
	-subj '/O=Sample Service/CN=CSRC authority' \
	-addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
printf '%064d\n' 0 >pseudo.key
new P-256 device.key
openssl req -new -key device.key -subj '/O=Sample Service/OU=device/CN=A1' |
	openssl x509 -req -CA ca.pem -CAkey ca.key -days 36500 \
		-set_serial 0x11111111111111111111111111111111 \
		-extfile device.ext -out device.pem
new P-256 new.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
openssl req -new -key new.key -subj /CN=x -out new.csr

for i in 1 2 3 4 5 6 7 8 9; do
	openssl req -x509 -key new.key -days 36500 -subj "/CN=$i"
done >many.pem

mkdir -p ../cmp ../keyfetch
secret="-ref $licence -secret pass:$code"
signed="-cert device.pem -key device.key"
# shellcheck disable=SC2086 # lists
{
	ask ir -cmd ir $secret -newkey new.key -subject /CN=x
	ask ir-rsa -cmd ir $secret -newkey rsa.key -subject /CN=x
	ask ir-unknown -cmd ir -ref lic-bbbbbbbbbj -secret pass:x \
		-newkey new.key -subject /CN=x
	ask ir-more -cmd ir $secret -newkey new.key -subject /CN=x \
		-sans 'x.example 192.0.2.1' -days 3 \
		-implicit_confirm -mac hmacWithSHA256 -geninfo 1.2.3:int:7
	ask ir-unproved -cmd ir $secret -newkey new.key -subject /CN=x -popo -1
	ask cr -cmd cr $secret -newkey new.key -subject /CN=x
	ask p10cr -cmd p10cr $secret -csr new.csr
	ask kur -cmd kur $signed -newkey new.key
	ask kur-many -cmd kur $signed -newkey new.key -extracerts many.pem
	ask kur-code -cmd kur $secret -oldcert device.pem -newkey new.key
	ask rr -cmd rr $signed -oldcert device.pem -revreason 1
	ask rr-code -cmd rr $secret -oldcert device.pem
	ask genm -cmd genm $secret -infotype signKeyPairTypes
	ask unprotected -cmd ir -newkey new.key -subject /CN=x -unprotected_requests
}
cp device.pem ../keyfetch/device.pem
cp ca.pem ../keyfetch/ca.pem
