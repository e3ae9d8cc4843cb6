#!/bin/bash
# dav/ against a real Apache, with each way to prove who one is.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"

id=0123456789abcdef

names()
{
	dav collector list "$1" "${2:-100000}"
	is "$CODE:$(cut -d ' ' -f 1 <<<"$OUT" | sort | tr '\n' ' ')" "0:$3" "$4"
}

# One after the other: all that dav.h has.
exchange()
{
	local kind=$APACHE_KIND

	apache_device "A=2F1"
	does "$kind: a report" A=2F1 create "inbox/A=2F1.$id.p7m" "$WORK/message"
	fails "$kind: the same" exists \
		A=2F1 create "inbox/A=2F1.$id.p7m" "$WORK/message"
	does "$kind: a large one" \
		A=2F1 create "inbox/A=2F1.${id}0.p7m" "$WORK/large"
	fails "$kind: another's" denied \
		A=2F1 create "inbox/B.$id.p7m" "$WORK/message"
	fails "$kind: a large one of another's" denied \
		A=2F1 create "inbox/B.${id}0.p7m" "$WORK/large"
	fails "$kind: one too large" limit \
		A=2F1 create "inbox/A=2F1.${id}1.p7m" "$WORK/huge"
	names inbox/ 100000 "A=2F1.$id.p7m A=2F1.${id}0.p7m " \
		"$kind: the inbox is listed"
	fails "$kind: nobody may do anything" '[dt]*' \
		nobody list inbox/ 100000
	work "$kind"
	outbox "$kind"
}

work()
{
	local kind=$1

	does "$kind: taken" collector \
		move "inbox/A=2F1.$id.p7m" "work/A=2F1.$id.p7m"
	fails "$kind: taken once" not-found collector \
		move "inbox/A=2F1.$id.p7m" "work/A=2F1.$id.p7m"
	does "$kind: sent again meanwhile" \
		A=2F1 create "inbox/A=2F1.$id.p7m" "$WORK/message"
	fails "$kind: which overwrites nothing" exists collector \
		move "inbox/A=2F1.$id.p7m" "work/A=2F1.$id.p7m"
	dav collector get "work/A=2F1.$id.p7m" 100
	ok "$kind: read" cmp -s "$WORK/message" <(printf %s "$OUT")
	fails "$kind: more than is allowed for" limit \
		collector get "work/A=2F1.$id.p7m" 6
	does "$kind: removed" collector delete "work/A=2F1.$id.p7m"
	fails "$kind: removed once" not-found \
		collector delete "work/A=2F1.$id.p7m"
}

outbox()
{
	local kind=$1 email=0123456789abcdefghijklmnop etag

	fails "$kind: nothing waits yet" not-found A=2F1 list outbox/A=2F1/ 9999
	fails "$kind: no directory" bad \
		collector put "outbox/A=2F1/$email.p7m" "$WORK/message"
	does "$kind: a directory" collector mkcol outbox/A=2F1
	does "$kind: it is there" collector mkcol outbox/A=2F1/
	does "$kind: a request" \
		collector put "outbox/A=2F1/$email.p7m" "$WORK/message"
	dav A=2F1 list outbox/A=2F1/ 100000
	like "$CODE:$OUT" "0:$email.p7m 7 [1-9]* ?*" "$kind: it waits"
	# strong from the next second on
	wait_for 10 strong "outbox/A=2F1/$email.p7m"
	dav A=2F1 get "outbox/A=2F1/$email.p7m" 100
	etag=$(<"$WORK/err")
	fails "$kind: it is another" exists \
		A=2F1 delete "outbox/A=2F1/$email.p7m" '"0-0"'
	does "$kind: done" A=2F1 delete "outbox/A=2F1/$email.p7m" "$etag"
	dav A=2F1 list outbox/A=2F1/ 100000
	is "$CODE:$OUT" "0:" "$kind: nothing waits"
}

strong()
{
	dav A=2F1 get "$1" 100
	case $(<"$WORK/err") in '"'*) ;; *) return 1 ;; esac
}

# Names, and many of them, as the server has them.
listings()
{
	local i name=$'odd \'"&<>;%41=\xc3\xa4'

	rm -f "$APACHE_FILES"/*/*.p7m
	touch "$APACHE_FILES/inbox/$name"
	names inbox/ 100000 "odd " "names with odd characters"
	is "${OUT%% -*}" "${name} 0 ${OUT##*"$name 0 "}" "as they are"
	rm "$APACHE_FILES/inbox/$name"
	for i in {1..3000}; do
		: >"$APACHE_FILES/inbox/N$i.$id.p7m"
	done
	dav collector list inbox/ 10000000
	is "$CODE:$(wc -l <<<"$OUT")" 0:3000 "3000 names"
	dav collector list inbox/ 10000000 10
	is "$CODE:$(wc -l <<<"$OUT")" 0:10 "ten of them"
	dav collector again 3 list inbox/ 10000000 10
	is "$CODE:$(wc -l <<<"$OUT")" 0:30 "three times"
	dav collector list inbox/ 100000
	like "$CODE:$OUT" "1:*limit: *" "more than there is room for"
	rm "$APACHE_FILES"/inbox/N*
}

# aged DAYS FILE…: whose content is so old
aged()
{
	local days=$1
	shift

	touch -d "$days days ago" "$@"
}

# contrib/apache's tmpfiles take what was left behind, and nothing else.
cleaned()
{
	local files=$APACHE_FILES

	if ! command -v systemd-tmpfiles >/dev/null; then
		skip "what is left behind is removed" "no systemd-tmpfiles"
		return
	fi
	rm -rf "${files:?}"/*
	mkdir -p "$files"/{inbox,work,outbox/A1}
	aged 0 "$files"/inbox/.davfs.tmpnew
	aged 2 "$files"/inbox/.davfs.tmpold
	aged 400 "$files"/{inbox,work}/{A.p7m,B.eml}
	aged 29 "$files"/outbox/A1/new.receipt
	aged 31 "$files"/outbox/A1/{old.receipt,.davfs.tmpold}
	aged 400 "$files"/outbox/A1/{C.p7m,D.eml}
	sed "s#/var/lib/csrc-webdav/files#$files#" \
		"$CSRC_SOURCE/contrib/apache/csrc-webdav.tmpfiles" \
		>"$WORK/tmpfiles.conf"
	ok "tmpfiles" systemd-tmpfiles --clean "$WORK/tmpfiles.conf"
	is "$(cd "$files" && find . -type f | sort | tr '\n' ' ')" \
		"./inbox/.davfs.tmpnew ./inbox/A.p7m ./inbox/B.eml $(
		)./outbox/A1/C.p7m ./outbox/A1/D.eml ./outbox/A1/new.receipt $(
		)./work/A.p7m ./work/B.eml " "what is left behind is removed"
}

# Who is not who it should be.
refused()
{
	local ca=$APACHE_CONF/ca.pem

	APACHE_URL=https://127.0.0.1:$APACHE_PORT/csrc/
	does "by its address" collector mkcol outbox/A=2F1
	APACHE_URL=https://localhost.localdomain:$APACHE_PORT/csrc/
	WEBDAV_OPTIONS=("url=https://[::1]:$APACHE_PORT/csrc/")
	fails "nobody listens" trouble collector mkcol outbox/A=2F1
	WEBDAV_OPTIONS=("ca_file=$WORK/other.pem")
	APACHE_URL=https://localhost:$APACHE_PORT/csrc/
	fails "of another authority" trouble collector mkcol outbox/A=2F1
	cat "$WORK/other.pem" "$ca" >"$WORK/both.pem"
	WEBDAV_OPTIONS=("ca_file=$WORK/both.pem")
	does "of the second in the file" collector mkcol outbox/A=2F1
	WEBDAV_OPTIONS=("certificate_key=$WORK/other.key")
	fails "another's key" bad collector mkcol outbox/A=2F1
	WEBDAV_OPTIONS=("certificate=$WORK/message")
	fails "no certificate" bad collector mkcol outbox/A=2F1
	WEBDAV_OPTIONS=("url=http://localhost:$APACHE_PORT/csrc/")
	fails "http is not https" usage collector mkcol outbox/A=2F1
	WEBDAV_OPTIONS=()
}

WORK=$(mktemp -d) || bail_out "no temporary directory"
trap webdav_end EXIT
trap 'exit 1' INT TERM
printf 'message' >"$WORK/message"
head -c 1000000 /dev/urandom >"$WORK/large"
head -c 5000000 /dev/urandom >"$WORK/huge"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$WORK/other.key" -out "$WORK/other.pem" -subj "/CN=other" \
	2>/dev/null

for kind in certificate basic digest; do
	webdav_begin $kind
	exchange
	apache_stop
	rm -rf "$APACHE_FILES"
done
webdav_begin certificate
listings
refused
cleaned
done_testing
