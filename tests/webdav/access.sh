#!/bin/bash
# Who reaches what on the WebDAV server: a table of tries, for each way to prove
# who one is. Whatever was tried, afterwards the server's files are as before.
set -u
. "${srcdir:-.}/tests/webdav/harness.sh"

I=0123456789abcdef            # ids: of what is there
N=fedcba9876543210            # and of what is not
E=0123456789abcdefghijklmnop  # an Email-ID
SECRET="nobody else's"

# Two devices, A1 and B/2; each has a report in the inbox, a request and a
# receipt in its outbox; the collector is at work on one of each.
fill()
{
	local serial

	mkdir -p "$APACHE_FILES"/outbox/{A1,B=2F2}
	for serial in A1 B=2F2; do
		printf '%s' "$SECRET $serial" | tee \
			"$APACHE_FILES/inbox/$serial.$I.p7m" \
			"$APACHE_FILES/work/$serial.$I.eml" \
			"$APACHE_FILES/outbox/$serial/$E.p7m" \
			"$APACHE_FILES/outbox/$serial/$I.receipt" >/dev/null
	done
	printf '%s' "$SECRET" >"$APACHE_FILES/other"
	[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$APACHE_FILES"
}

# Each file, hidden ones too, with its content.
tree()
{
	(cd "$APACHE_FILES" && find . -printf '%y %p\n' -type f \
		-exec sha256sum {} + | sort)
}

# WHO METHOD TARGET CODES [HEADER…], "~" is a blank. A1 is the device that tries;
# CODES: what may be answered, with | between. Where somebody is not known by
# certificate, there is no answer at all: 000.
tries()
{
	local dots

	own
	foreign
	methods
	for dots in .. %2e%2e %2E%2e .%2e %252e%252e ..%2f %2e%2e%2f ..%5c "..\\" \
		%c0%ae%c0%ae %e0%80%ae. %ef%bc%8e%ef%bc%8e %00 %2e%2e%00 ';/..' \
		'..;' '../.' './..' '/..' '//..' %2f.. %5c.. '\..' ... '..%20' \
		'..%09' '..%0a' '..%0d%0a' '%u002e.'; do
		climbing "$dots"
	done
	spelling
	collector
	nobody
}

own()
{
	cat <<END
A1 GET /outbox/A1/$E.p7m 200
A1 GET /outbox/A1/$I.receipt 200
A1 GET /outbox/A1/$E.p7m 206 Range:~bytes=0-3
A1 GET /outbox/A1/$E.p7m 200 X-HTTP-Method-Override:~DELETE
A1 GET /outbox/A1/$E.p7m 200 X-Original-URL:~/csrc/outbox/B=2F2/$E.p7m
A1 GET /outbox/A1/$E.p7m 200 X-Rewrite-URL:~/csrc/outbox/B=2F2/$E.p7m
A1 GET /outbox/A1/$N.receipt 404
A1 DELETE /outbox/A1/$N.receipt 404
A1 DELETE /outbox/A1/$E.p7m 412 If-Match:~"0"
A1 PROPFIND /outbox/A1/ 207 Depth:~1
A1 PROPFIND /outbox/A1/ 207 Depth:~0
A1 PROPFIND /outbox/A1/ 403 Depth:~infinity
A1 PROPFIND /outbox/A1/ 403
A1 PROPFIND /outbox/A1/ 403 Depth:~2
A1 PROPFIND /outbox/A1/ 403 Depth:~1,infinity
A1 PROPFIND /outbox/A1 403 Depth:~1
A1 PUT /inbox/A1.$I.p7m 412 If-None-Match:~*
A1 PUT /inbox/A1.$I.p7m 403
A1 PUT /inbox/A1.$I.p7m 403 If-Match:~*
A1 PUT /inbox/A1.$I.p7m 403 If-None-Match:~"x"
A1 PUT /inbox/A1.$I.p7m 403 If-None-Match:~*,~"x"
A1 PUT /inbox/A1.$I.p7m 403 If-None-Match:~* If-None-Match:~"x"
A1 PUT /inbox/A1.$N.p7m 403
A1 PUT /inbox/A1.$N.p7m 403 If-None-Match:~* Content-Range:~bytes~0-3/4
A1 PUT /inbox/A1.$I.p7m 403 If-None-Match:~* Content-Range:~bytes~0-3/4
A1 PUT /inbox/A1.$I.p7m 412|423|400 If-None-Match:~* If:~(<opaquelocktoken:1>)
A1 GET /inbox/A1.$I.p7m 403
A1 HEAD /inbox/A1.$I.p7m 403
A1 GET /inbox/A1.$I.p7m 403 Range:~bytes=0-0
A1 GET /inbox/A1.$N.p7m 403
A1 DELETE /inbox/A1.$I.p7m 403
A1 PUT /outbox/A1/$N.p7m 403 If-None-Match:~*
A1 PUT /outbox/A1/$E.p7m 403
END
}

foreign()
{
	local header

	cat <<END
A1 GET / 403
A1 GET /csrc 403
A1 GET /other 403
A1 GET /inbox/ 403
A1 GET /inbox 403
A1 GET /work/ 403
A1 GET /outbox/ 403
A1 PROPFIND / 403 Depth:~1
A1 PROPFIND /inbox/ 403 Depth:~1
A1 PROPFIND /inbox/ 403 Depth:~0
A1 PROPFIND /inbox 403 Depth:~1
A1 PROPFIND /work/ 403 Depth:~1
A1 PROPFIND /outbox/ 403 Depth:~1
A1 PROPFIND /outbox/ 403 Depth:~infinity
A1 PROPFIND /outbox/B=2F2/ 403 Depth:~1
A1 PROPFIND /outbox/B=2F2/$E.p7m 403 Depth:~0
A1 PROPFIND /inbox/A1.$I.p7m 403 Depth:~0
A1 GET /inbox/B=2F2.$I.p7m 403
A1 GET /inbox/B=2F2.$N.p7m 403
A1 GET /work/A1.$I.eml 403
A1 GET /work/B=2F2.$I.eml 403
A1 PUT /work/A1.$N.eml 403 If-None-Match:~*
A1 PUT /inbox/B=2F2.$I.p7m 403 If-None-Match:~*
A1 PUT /inbox/B=2F2.$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/B=2F2.$N.p7m 403 If-None-Match:~* X-Forwarded-User:~B=2F2
A1 DELETE /inbox/B=2F2.$I.p7m 403
A1 GET /outbox/B=2F2/$E.p7m 403
A1 GET /outbox/B=2F2/$N.p7m 403
A1 HEAD /outbox/B=2F2/$E.p7m 403
A1 GET /outbox/B=2F2/$E.p7m 403 Range:~bytes=0-0
A1 GET /outbox/B=2F2/$E.p7m 403 If-None-Match:~*
A1 DELETE /outbox/B=2F2/$E.p7m 403
A1 DELETE /outbox/B=2F2/ 403
A1 DELETE /outbox/A1/ 403
A1 DELETE /outbox/A1 403
A1 DELETE /inbox/ 403
A1 DELETE / 403
A1 PUT /outbox/B=2F2/$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/$N 403 If-None-Match:~*
A1 PUT /inbox/A1 403 If-None-Match:~*
A1 PUT /inbox/.A1.$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/A1..$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/A1.short.p7m 403 If-None-Match:~*
A1 PUT /inbox/A1.$N$N$N$N$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/A1.$N.txt 403 If-None-Match:~*
A1 PUT /inbox/A1.$N.p7m.php 403 If-None-Match:~*
A1 PUT /inbox/A1.$N.p7m/ 403 If-None-Match:~*
A1 PUT /inbox/A1.$N.p7m/x 403 If-None-Match:~*
A1 PUT /inbox/A1.$I.p7m/$N.p7m 403 If-None-Match:~*
A1 PUT /inbox/.htaccess 403 If-None-Match:~*
A1 PUT /inbox/.DAV 403 If-None-Match:~*
A1 GET /.DAV/ 403
A1 GET /outbox/A1/.DAV/$E.p7m 403
A1 GET /../locks/db 403|400|404
A1 PUT /key 403 If-None-Match:~*
A1 DELETE /key 403
A1 PROPFIND /key 403 Depth:~0
A1 GET /key/ 403
END
	for header in If:~\<https://localhost/csrc/outbox/B=2F2/$E.p7m\>~\(\[\"x\"\]\) \
		Depth:~1 Overwrite:~T Host:~elsewhere.example \
		X-HTTP-Method:~PUT X-Method-Override:~PUT; do
		echo "A1 GET /outbox/B=2F2/$E.p7m 403|400|421 $header"
	done
}

methods()
{
	local method to

	for method in PROPPATCH MKCOL LOCK UNLOCK POST PATCH OPTIONS COPY MOVE \
		REPORT SEARCH ACL VERSION-CONTROL CHECKOUT CHECKIN MERGE \
		MKACTIVITY BASELINE-CONTROL LABEL UPDATE UNCHECKOUT BIND REBIND \
		MKWORKSPACE ORDERPATCH FOO put get Delete TRACE; do
		cat <<END
A1 $method /inbox/A1.$I.p7m 4??|501
A1 $method /inbox/A1.$N.p7m 4??|501 If-None-Match:~*
A1 $method /outbox/A1/$E.p7m 4??|501
A1 $method /outbox/A1/ 4??|501 Depth:~infinity
A1 $method /outbox/B=2F2/$E.p7m 4??|501
A1 $method /outbox/C/ 4??|501
A1 $method /inbox/ 4??|501 Depth:~infinity
A1 $method / 4??|501 X-HTTP-Method-Override:~DELETE
END
	done
	for to in "$APACHE_URL" /csrc/ csrc/ http://localhost/csrc/ \
		"https://127.0.0.1:$APACHE_PORT/csrc/" //localhost/csrc/ ; do
		for method in COPY MOVE; do
			cat <<END
A1 $method /outbox/A1/$E.p7m 4?? Destination:~${to}outbox/B=2F2/$N.p7m
A1 $method /outbox/A1/$E.p7m 4?? Destination:~${to}inbox/A1.$N.p7m If-None-Match:~*
A1 $method /outbox/A1/$E.p7m 4?? Destination:~${to}outbox/A1/$N.p7m
A1 $method /outbox/B=2F2/$E.p7m 4?? Destination:~${to}outbox/A1/$N.p7m
A1 $method /outbox/B=2F2/$E.p7m 4?? Destination:~${to}outbox/A1/$N.p7m Overwrite:~T
A1 $method /inbox/A1.$I.p7m 4?? Destination:~${to}outbox/A1/$N.p7m
A1 $method /inbox/A1.$I.p7m 4?? Destination:~${to}work/A1.$I.p7m
A1 $method /work/A1.$I.eml 4?? Destination:~${to}outbox/A1/$N.eml
A1 $method /outbox/A1/ 4?? Destination:~${to}outbox/B=2F2/ Depth:~infinity
A1 $method /outbox/B=2F2/ 4?? Destination:~${to}outbox/A1/x/ Depth:~infinity
END
		done
	done
}

# Out of one's own, by a way to say "up".
climbing()
{
	cat <<END
A1 GET /outbox/A1/$1/B=2F2/$E.p7m 4??
A1 GET /outbox/A1/$1B=2F2/$E.p7m 4??
A1 GET /outbox/A1/$1/$1/inbox/B=2F2.$I.p7m 4??
A1 GET /outbox/A1/$1/$1/$1/other 4??
A1 GET /outbox/A1/$1/$1/$1/$1/$1/$1/$1/$1/etc/passwd 4??
A1 GET /outbox/A1/$E.p7m/$1/$1/B=2F2/$E.p7m 4??
A1 PROPFIND /outbox/A1/$1/ 4?? Depth:~1
A1 PROPFIND /outbox/A1/$1 4?? Depth:~1
A1 PROPFIND /outbox/$1/inbox/ 4?? Depth:~1
A1 DELETE /outbox/A1/$1/B=2F2/$E.p7m 4??
A1 DELETE /outbox/A1/$1/B=2F2/ 4??
A1 PUT /inbox/$1/outbox/A1/$N.p7m 4?? If-None-Match:~*
A1 PUT /inbox/A1.$N.p7m$1 4?? If-None-Match:~*
A1 PUT /inbox/$1A1.$N.p7m 4?? If-None-Match:~*
A1 PUT /inbox/$1/inbox/A1.$N.p7m 4?? If-None-Match:~*
A1 PUT /inbox/A1.$1/B=2F2.$N.p7m 4?? If-None-Match:~*
A1 PUT /$1/csrc/inbox/A1.$N.p7m 4?? If-None-Match:~*
END
}

# One spelling, and no other, of its own paths and of others'.
spelling()
{
	local path

	for path in /outbox/a1/$E.p7m /OUTBOX/A1/$E.p7m /outbox/A1/$E.P7M \
		/outbox/%411/$E.p7m /outbox/A%31/$E.p7m /outbox//A1/$E.p7m \
		/outbox/A1//$E.p7m /outbox/./A1/$E.p7m /outbox/A1/./$E.p7m \
		/outbox/A1/$E.p7m. /outbox/A1/$E.p7m%20 /outbox/A1/$E.p7m/ \
		/outbox/A1/$E.p7m%00 /outbox/A1/$E.p7m%00.receipt \
		/outbox/A1/$E.p7m%0a /outbox/A1/$E.p7m%0d /outbox/A1/$E%2ep7m \
		"/outbox/A1/$E.p7m;x" "/outbox/A1;x/$E.p7m" "/outbox/A1/$E.p7m?x" \
		"/outbox/A1/?x" /outbox/A1%2f$E.p7m /outbox/A1%5c$E.p7m \
		"/outbox/A1\\$E.p7m" /outbox/A1./$E.p7m /outbox/A1%20/$E.p7m \
		/outbox/%20A1/$E.p7m /outbox/=411/$E.p7m /outbox/A=31/$E.p7m \
		/outbox/A1=/$E.p7m /outbox/A1%00/$E.p7m /outbox/A1%0a/$E.p7m \
		/outbox/A1%ff/$E.p7m /outbox/$'\xc3\x84'1/$E.p7m \
		/outbox/$'\xef\xbc\xa1'1/$E.p7m /outbox/%ef%bc%a11/$E.p7m \
		/outbox/%c1%811/$E.p7m "/outbox/A1*/$E.p7m" \
		/outbox/B=2f2/$E.p7m /outbox/B%3D2F2/$E.p7m \
		/outbox/B%2F2/$E.p7m /outbox/B%252F2/$E.p7m \
		/outbox/b=2F2/$E.p7m /outbox/B/2/$E.p7m /outbox/B=2F2/$E.p7m%20 \
		/outbox//$E.p7m "/outbox/A1|B=2F2/$E.p7m" "/outbox/(A1)/$E.p7m" \
		/outbox/B=2F2,A1/$E.p7m "/outbox/B=2F2&A1/$E.p7m" \
		/outbox/A1~1/$E.p7m "/outbox/A1::\$DATA/$E.p7m"; do
		cat <<END
A1 GET $path 4??
A1 DELETE $path 4??
A1 PROPFIND ${path%/*}/ 4?? Depth:~infinity
END
	done
	for path in inbox/a1.$N.p7m Inbox/A1.$N.p7m inbox/A1.$N.P7M \
		inbox/%411.$N.p7m inbox//A1.$N.p7m ./inbox/A1.$N.p7m \
		inbox/./A1.$N.p7m inbox/A1.$N.p7m. inbox/A1.$N.p7m%20 \
		"inbox/A1.$N.p7m;x" "inbox/A1.$N.p7m?x" inbox/A1%2e$N.p7m \
		inbox/A1.$N%2ep7m "inbox;x/A1.$N.p7m" inbox%2fA1.$N.p7m \
		inbox/A1%0a.$N.p7m inbox/=411.$N.p7m inbox/A1.B=2F2.$N.p7m \
		inbox/B=2F2.A1.$N.p7m inbox/A1%00.$N.p7m inbox/.$N.p7m; do
		echo "A1 PUT /$path 4?? If-None-Match:~*"
	done
}

collector()
{
	local work=${APACHE_URL}work/ path

	cat <<END
collector PROPFIND /inbox/ 207 Depth:~1
collector PROPFIND /work/ 207 Depth:~1
collector PROPFIND /outbox/ 207 Depth:~1
collector PROPFIND /outbox/A1/ 207 Depth:~1
collector PROPFIND / 403 Depth:~1
collector PROPFIND /inbox/ 403 Depth:~infinity
collector PROPFIND /outbox/ 403
collector GET /inbox/A1.$I.p7m 200
collector GET /work/A1.$I.eml 200
collector GET /inbox/ 403
collector GET / 403
collector GET /other 403
collector MKCOL /outbox/A1/ 405
collector MKCOL /outbox/a1/ 403
collector MKCOL /outbox/A1/B/ 403
collector MKCOL /inbox/A1/ 403
collector MKCOL /new/ 403
collector PUT /inbox/A1.$N.p7m 403 If-None-Match:~*
collector PUT /work/A1.$N.p7m 403
collector PUT /outbox/$N.p7m 403
collector PUT /outbox/NONE/$N.p7m 409
collector PUT /outbox/A1/$N.p7m 403 Content-Range:~bytes~0-3/4
collector PUT /outbox/A1/.htaccess 403
collector DELETE /inbox/ 403
collector DELETE /outbox/ 403
collector DELETE /outbox/A1/ 403
collector DELETE /work/ 403
collector COPY /inbox/A1.$I.p7m 403 Destination:~${work}A1.$I.p7m
collector MOVE /inbox/A1.$I.p7m 403
collector MOVE /work/A1.$I.eml 403 Destination:~${APACHE_URL}inbox/A1.$I.eml
collector MOVE /work/A1.$I.eml 403 Destination:~${work}A1.$N.eml
collector MOVE /outbox/A1/$E.p7m 403 Destination:~${work}A1.$I.p7m
collector MOVE /inbox/ 403 Destination:~${work}x/
collector MOVE /inbox/A1.$N.p7m 404 Destination:~${work}A1.$N.p7m
collector LOCK /inbox/A1.$I.p7m 403
collector PROPPATCH /inbox/A1.$I.p7m 403
END
	for path in "${work}B=2F2.$I.p7m" "${work}A1.$N.p7m" "${work}a1.$I.p7m" \
		"${work}A1.$I.eml" "${work}../inbox/A1.$N.p7m" \
		"${work}%41%31.$I.p7m" "$work/A1.$I.p7m" "${work}x/A1.$I.p7m" \
		"${APACHE_URL}outbox/A1/$N.p7m" "${APACHE_URL}A1.$I.p7m" \
		"${APACHE_URL}inbox/A1.$N.p7m" "/csrc/work/A1.$I.p7m" \
		"http://localhost/csrc/work/A1.$I.p7m" \
		"https://elsewhere.example/csrc/work/A1.$I.p7m" \
		"https://localhost@elsewhere/csrc/work/A1.$I.p7m" \
		"https://localhost:$APACHE_PORT/csrc/work/A1.$I.p7m#x" \
		"https://localhost:$APACHE_PORT/csrc/work/A1.$I.p7m?x" \
		"https://localhost:1/csrc/work/A1.$I.p7m"; do
		echo "collector MOVE /inbox/A1.$I.p7m 4??|502 Destination:~$path"
	done
}

# Who is nobody, or not who it says.
nobody()
{
	local who none="40[13]"

	[ "$APACHE_KIND" != certificate ] || none=000
	for who in nobody forged expired agent lower longer wrong COLLECTOR; do
		case $who:$APACHE_KIND in
		agent:certificate | lower:certificate | longer:certificate | \
			COLLECTOR:certificate) none=403 ;;
		*:certificate) none=000 ;;
		esac
		cat <<END
$who GET / $none
$who OPTIONS / $none
$who PROPFIND /inbox/ $none Depth:~1
$who GET /inbox/A1.$I.p7m $none
$who PUT /inbox/A1.$I.p7m $none If-None-Match:~*
$who PUT /inbox/A1.$N.p7m $none If-None-Match:~*
$who PUT /inbox/.$N.p7m $none If-None-Match:~*
$who GET /outbox/A1/$E.p7m $none
$who DELETE /outbox/A1/$E.p7m $none
$who PROPFIND /outbox/A1/ $none Depth:~1
END
	done
}

# Certificates that are nearly right, and logins.
impostors()
{
	local authority=$APACHE_CONF/ca

	apache_certificate agent "/OU=agent/CN=A1" extendedKeyUsage=clientAuth
	apache_certificate lower "/OU=device/CN=a1" extendedKeyUsage=clientAuth
	apache_certificate longer "/OU=device/CN=A1 /CN=B" \
		extendedKeyUsage=clientAuth
	apache_certificate COLLECTOR "/OU=Collector/CN=collector" \
		extendedKeyUsage=clientAuth
	# right in all but who says so, or when
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$APACHE_CONF/forged.key" -out "$APACHE_CONF/forged.pem" \
		-subj "/OU=device/CN=A1" 2>/dev/null
	cp "$APACHE_CONF/A1.key" "$APACHE_CONF/expired.key"
	openssl req -new -key "$APACHE_CONF/A1.key" -subj "/OU=device/CN=A1" \
		-out "$WORK/csr" 2>/dev/null
	openssl x509 -req -in "$WORK/csr" -CA "$authority.pem" \
		-CAkey "$authority.key" -days -1 -set_serial 7 \
		-out "$APACHE_CONF/expired.pem" 2>/dev/null
	cp "$APACHE_CONF/server.pem" "$APACHE_CONF/wrong.pem"
	cp "$APACHE_CONF/server.key" "$APACHE_CONF/wrong.key"
}

# login NAME: as apache_as, in APACHE_AS
login()
{
	apache_as "$1"
	[ "$APACHE_KIND" != certificate ] || return 0
	case $1 in
	forged) APACHE_AS=("--$APACHE_KIND" --user "A1:B=2F2-password") ;;
	expired) APACHE_AS=("--$APACHE_KIND" --user "A1:") ;;
	wrong) APACHE_AS=("--$APACHE_KIND" --user ":A1-password") ;;
	lower) APACHE_AS=("--$APACHE_KIND" --user "a1:A1-password") ;;
	longer) APACHE_AS=("--$APACHE_KIND" --user "A1 B=2F2:A1-password") ;;
	esac
}

# One row; what went wrong, to standard output.
try()
{
	local who=$1 method=$2 target=$3 codes=$4 header code
	local words=(-o "$WORK/answer" -w '%{http_code}' -X "$method")
	shift 4

	[ "$method" != HEAD ] || words+=(-I)
	for header; do
		words+=(-H "${header//\~/ }")
	done
	case $method in
	PUT) words+=(--data-binary @"$WORK/body" -H "Content-Type:") ;;
	esac
	login "$who"
	rm -f "$WORK/answer"
	code=$(apache_curl -m 30 -g --path-as-is "${APACHE_AS[@]}" \
		"${words[@]}" "https://localhost:$APACHE_PORT/csrc$target")
	COUNT=$((COUNT + 1))
	# shellcheck disable=SC2254 # a pattern
	eval "case \$code in $codes) ;; *)
		echo \"\$who \$method \$target \$*: \$code, not \$codes\" ;; esac"
	# what is not one's own, in whatever answer
	[ "$who" = collector ] ||
		! grep -aqE "$SECRET( B|\$)|root:" "$WORK/answer" 2>/dev/null ||
		echo "$who $method $target $*: told what it should not"
}

table()
{
	local row

	COUNT=0
	while read -r row; do
		# shellcheck disable=SC2086 # its words
		set -f && try $row && set +f
	done < <(tries) >"$WORK/wrong"
	is "$(cat "$WORK/wrong")" "" "$APACHE_KIND: $COUNT tries"
}

# What no HTTP client would send, as A1 with its certificate: no answer that
# grants anything but A1's own, nothing of B's.
raw()
{
	local text=$1 got

	got=$(printf '%b' "$2" | timeout 20 openssl s_client -quiet \
		-verify_quiet -connect "localhost:$APACHE_PORT" \
		-servername localhost -CAfile "$APACHE_CONF/ca.pem" \
		-cert "$APACHE_CONF/A1.pem" -key "$APACHE_CONF/A1.key" 2>/dev/null)
	case $got in
	*"$SECRET B"* | *root:* | *" 207 "* | *" 201 "*)
		fail "$text"
		diag "$got"
		;;
	*) pass "$text" ;;
	esac
}

smuggled()
{
	local b=/csrc/outbox/B=2F2/$E.p7m host='Host: localhost\r\n'
	local close='Connection: close\r\n\r\n'
	local put="PUT /csrc/inbox/A1.$I.p7m HTTP/1.1\r\n${host}If-None-Match: *\r\n"

	raw "HTTP/0.9" "GET $b\r\n"
	raw "HTTP/0.9 of its own" "GET /csrc/outbox/A1/../B=2F2/$E.p7m\r\n\r\n"
	raw "HTTP/1.0 without a host" "GET $b HTTP/1.0\r\n\r\n"
	raw "HTTP/2.0" "GET $b HTTP/2.0\r\n$host$close"
	raw "no blanks" "GET\t$b\tHTTP/1.1\r\n$host$close"
	raw "bare line feeds" "GET $b HTTP/1.1\nHost: localhost\nConnection: close\n\n"
	raw "absolute form" "GET https://localhost$b HTTP/1.1\r\n$host$close"
	raw "absolute form, another host" \
		"GET https://elsewhere$b HTTP/1.1\r\n$host$close"
	raw "two hosts" "GET $b HTTP/1.1\r\n${host}Host: elsewhere\r\n$close"
	raw "a method too many" "GET GET $b HTTP/1.1\r\n$host$close"
	raw "two targets" "GET /csrc/outbox/A1/$E.p7m $b HTTP/1.1\r\n$host$close"
	raw "a NUL in the target" "GET /csrc/outbox/A1\\0000/$b HTTP/1.1\r\n$host$close"
	raw "a line feed in the target" "GET /csrc/outbox/A1\n$b HTTP/1.1\r\n$host$close"
	raw "length and chunks" "${put}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "two lengths" "${put}Content-Length: 0\r\nContent-Length: 4\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "a length that is none" "${put}Content-Length: +0\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "chunks of another name" "${put}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "chunks, oddly spelled" "${put}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "a folded header" "${put}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\nGET $b HTTP/1.1\r\n$host$close"
	raw "a request in a body" "${put}Content-Length: 3\r\n\r\nabcGET $b HTTP/1.1\r\n$host$close"
	raw "upgraded" "GET $b HTTP/1.1\r\n${host}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
	raw "the server's options" "OPTIONS * HTTP/1.1\r\n$host$close"
	raw "a tunnel" "CONNECT localhost:22 HTTP/1.1\r\n$host$close"
	raw "PUT of another in a second request" "GET /csrc/outbox/A1/$E.p7m HTTP/1.1\r\n$host\r\nPUT /csrc/inbox/B=2F2.$N.p7m HTTP/1.1\r\n${host}If-None-Match: *\r\nContent-Length: 1\r\n${close}x"
}

# sends TEXT CODE OCTETS TARGET [FILE]: what A1 PUTs is refused with CODE,
# after so many octets.
sends()
{
	local text=$1 code=$2 octets=$3 target=$4 body=${5:-allowed}

	login A1
	is "$(apache_curl "${APACHE_AS[@]}" -o /dev/null -m 60 \
		-w '%{http_code} %{size_upload}' -T "$WORK/$body" \
		-H "If-None-Match: *" -H "Expect: 100-continue" \
		--expect100-timeout 50 \
		"${APACHE_URL}$target")" "$code $octets" "$APACHE_KIND: $text"
}

refused_bodies()
{
	sends "another's, and no octet of it is sent" 403 0 "inbox/B=2F2.$N.p7m"
	sends "one that is there" 412 0 "inbox/A1.$I.p7m"
	sends "one too large" 413 0 "inbox/A1.$N.p7m" large
	# for Digest curl would have to send it twice, which it cannot
	[ "$APACHE_KIND" != digest ] || return 0
	login A1
	is "$(apache_curl "${APACHE_AS[@]}" -o /dev/null -w '%{http_code}' \
		-T "$WORK/large" -H "If-None-Match: *" \
		-H "Transfer-Encoding: chunked" \
		"${APACHE_URL}inbox/A1.$N.p7m")" 413 \
		"$APACHE_KIND: one too large, in chunks"
}

before=
begin()
{
	webdav_begin "$1"
	apache_device A1
	apache_device B=2F2
	fill
	printf 'body' >"$WORK/body"
	head -c 1000000 /dev/zero >"$WORK/allowed"
	head -c 5000000 /dev/zero >"$WORK/large"
	before=$(tree)
}

unchanged()
{
	is "$(diff <(echo "$before") <(tree))" "" \
		"$APACHE_KIND: $1, the files are as before"
}

for kind in certificate basic digest; do
	begin $kind
	[ $kind != certificate ] || impostors
	table
	unchanged "afterwards"
	refused_bodies
	unchanged "after large ones"
	if [ $kind = certificate ]; then
		smuggled
		unchanged "after what is no HTTP"
	fi
	apache_stop
	rm -rf "$APACHE_DIR"
done
done_testing
