/*
 * Authentication-Results: what counts of it, and all that must not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "parser/authres.h"

#define TOP "Authentication-Results: mx.center.example;"
#define DKIM " dkim=pass header.d=site.example"
#define BODY "From: a@site.example\r\nSubject: x\r\n\r\nbody\r\n"

enum { NOTHING, DKIM_ONLY, SPF_ONLY, BOTH };

static int
found(const char *mail)
{
	struct authres r;

	authres_read(mail, strlen(mail), &limits_default, "mx.center.example",
		"printer@site.example", &r);
	return (r.dkim ? DKIM_ONLY : 0) + (r.spf ? SPF_ONLY : 0);
}

struct row {
	const char *mail;
	int expected;
};

static void
expect(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (found(rows[i].mail) != rows[i].expected)
			fail_msg("row %zu: %d", i, found(rows[i].mail));
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof(rows[0]))

static void
is_read(void **state)
{
	static const struct row rows[] = {
		{ TOP DKIM "\r\n" BODY, DKIM_ONLY },
		{ "authentication-results:\r\n\tMX.Center.Example 1;\r\n"
		  "\tdkim=pass (2048-bit key; secure) header.d=Site.Example "
		  "header.i=@site.example\r\n header.b=AbC/1;\r\n"
		  "\tspf=pass smtp.mailfrom=printer@site.example\r\n" BODY,
			BOTH },
		{ TOP " spf=pass reason=\"a; dkim=pass\" "
		      "smtp.mailfrom=site.example;\r\n" BODY,
			SPF_ONLY },
		{ TOP " dkim/1 = pass (ok) header.d = "
		      "\"site.example\"\r\n" BODY,
			DKIM_ONLY },
		{ TOP " dkim=fail header.d=site.example;" DKIM "\r\n" BODY,
			DKIM_ONLY },
		{ "\"Authentication-Results\": x\r\n" BODY, NOTHING },
		{ "Authentication-Results: \"mx.center.example\";" DKIM
		  "\r\n" BODY,
			DKIM_ONLY },
		{ "Received: from x\r\nX-Spam: no\r\n" TOP DKIM "\r\n" BODY,
			DKIM_ONLY },
	};

	(void)state;
	EXPECT(rows);
}

/* A valid result, but not of the sender's domain, or none at all. */
static void
vouches_for_nothing(void **state)
{
	static const struct row rows[] = {
		{ BODY, NOTHING },
		{ "", NOTHING },
		{ TOP " none\r\n" BODY, NOTHING },
		{ TOP " dkim=none; spf=softfail smtp.mailfrom=site.example\r\n"
		      "From: a\r\n\r\n",
			NOTHING },
		{ TOP " dkim=pass header.d=evil.example\r\n" BODY, NOTHING },
		{ TOP " dkim=pass header.d=evil.site.example\r\n" BODY,
			NOTHING },
		{ TOP " dkim=pass header.d=site.example.evil\r\n" BODY,
			NOTHING },
		{ TOP " dkim=pass header.i=@site.example\r\n" BODY, NOTHING },
		{ TOP " spf=pass smtp.helo=site.example\r\n" BODY, NOTHING },
		{ TOP " dmarc=pass header.from=site.example\r\n" BODY,
			NOTHING },
		{ TOP " dkim=pass header.d=site.example\r\n\t(dkim=pass\r\n"
		      "From: a\r\n\r\n",
			DKIM_ONLY },
	};

	(void)state;
	EXPECT(rows);
}

/* What the sender can have written. */
static void
forged(void **state)
{
	static const struct row rows[] = {
		/* below what our MTA wrote, which says no */
		{ TOP " dkim=fail header.d=site.example\r\n" TOP DKIM
		      "\r\n" BODY,
			NOTHING },
		{ TOP " none\r\nReceived: from evil\r\n" TOP DKIM "\r\n" BODY,
			NOTHING },
		/* our MTA's cannot be read */
		{ TOP " dkim\r\n" TOP DKIM "\r\n" BODY, NOTHING },
		/* among the sender's own fields */
		{ "From: a@site.example\r\n" TOP DKIM "\r\n\r\n", NOTHING },
		{ "Subject: x\r\n" TOP DKIM "\r\n" BODY, NOTHING },
		/* in the body */
		{ "X-A: b\r\n\r\n" TOP DKIM "\r\n", NOTHING },
		/* above, under another name, which says yes */
		{ "Authentication-Results: evil.example;" DKIM "\r\n" TOP
		  " dkim=fail header.d=site.example\r\n" BODY,
			NOTHING },
		{ "Authentication-Results: mx.center.example.evil;" DKIM
		  "\r\n" BODY,
			NOTHING },
		{ "Authentication-Results: (mx.center.example;) evil;" DKIM
		  "\r\n" BODY,
			NOTHING },
		{ "Authentication-Results: evil mx.center.example;" DKIM
		  "\r\n" BODY,
			NOTHING },
		{ "X-Authentication-Results: mx.center.example;" DKIM
		  "\r\n" BODY,
			NOTHING },
		{ "ARC-Authentication-Results: i=1; mx.center.example;" DKIM
		  "\r\n" BODY,
			NOTHING },
		/* in the sender's words within our MTA's field */
		{ TOP " spf=fail smtp.mailfrom=\"a; dkim=pass "
		      "header.d=site.example\"@evil.example\r\n" BODY,
			NOTHING },
		{ TOP " spf=fail (x\\) ; dkim=pass header.d=site.example) "
		      "smtp.mailfrom=evil.example\r\n" BODY,
			NOTHING },
		{ TOP " spf=pass smtp.mailfrom=site.example@evil.example\r\n"
		      "From: a\r\n\r\n",
			NOTHING },
	};

	(void)state;
	EXPECT(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read),
		cmocka_unit_test(vouches_for_nothing),
		cmocka_unit_test(forged),
	};

	return cmocka_run_group_tests_name("authres", tests, NULL, NULL);
}
