/*
 * How the milter trusts a submitter, and in which order it puts a stamp on a
 * mail.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"
#include "outgoing/stamping.h"
#include "milter/submitter.h"

/* An MTA that writes down what it is told, and refuses from some step on. */
struct mta {
	char said[2048];
	int steps, fails_at;
};

static int
say(struct mta *m, const char *verb, const char *name, const char *value)
{
	size_t length = strlen(m->said);

	if (++m->steps == m->fails_at)
		return -1;
	assert_true(text_format(m->said + length, sizeof(m->said) - length,
		"%s %s %s\n", verb, name, value));
	return 0;
}

static int
removes(void *arg, const char *name, int index)
{
	char text[16];

	(void)text_format(text, sizeof(text), "%d", index);
	return say(arg, "-", name, text);
}

static int
adds(void *arg, const char *name, const char *value)
{
	return say(arg, "+", name, value);
}

static int
takes_body(void *arg, const unsigned char *octets, size_t length)
{
	assert_int_equal(length, 6);
	assert_memory_equal(octets, "body\r\n", 6);
	return say(arg, "=", "body", "");
}

static const char head[] = "CSRC-Email-ID: one\r\n"
			   "From: a@b\r\n"
			   "content-type : text/plain;\r\n"
			   "\tContent-Type: folded\r\n"
			   "csrc-email-id: two\r\n"
			   "Message-ID: <x@y>\r\n"
			   "Content-Type: again\r\n"
			   "X-Content-Type: other\r\n"
			   "Message-IDs: none\r\n"
			   "MIME-Version:1.0\r\n"
			   "CSRC-: empty\r\n"
			   "\r\n"
			   "Content-Type: in the body\r\n";

static int
apply(struct mta *m, const char *octets, const char *body, struct stamp *stamp,
	struct error *e)
{
	const struct editor editor = {
		.arg = m, .remove = removes, .add = adds, .body = takes_body
	};
	const struct outgoing mail = {
		.octets = (const unsigned char *)octets,
		.length = strlen(octets),
	};
	int rc;

	assert_int_equal(buffer_text(&stamp->body, body), BUFFER_OK);
	rc = outgoing_apply(&mail, stamp, &editor, e);
	buffer_clear(&stamp->body);
	return rc;
}

static const struct stamp stamp = {
	.claims = { .center = "K1", .serial = "S1", .email_id = "e1" },
	.message_id = "<e1@b>"
};

static void
sealed_mail_is_changed_in_order(void **state)
{
	struct mta m = { .fails_at = 0 };
	struct stamp s = stamp;

	(void)state;
	assert_int_equal(apply(&m, head, "body\r\n", &s, NULL), 0);
	assert_string_equal(m.said,
		"- CSRC- 1\n"
		"- MIME-Version 1\n"
		"- Content-Type 2\n"
		"- Message-ID 1\n"
		"- csrc-email-id 2\n"
		"- content-type 1\n"
		"- CSRC-Email-ID 1\n"
		"+ CSRC-Center-ID K1\n"
		"+ CSRC-Device-Serial S1\n"
		"+ CSRC-Email-ID e1\n"
		"+ Message-ID <e1@b>\n"
		"+ MIME-Version 1.0\n"
		"+ Content-Type application/pkcs7-mime; "
		"smime-type=authEnveloped-data; name=\"smime.p7m\"\n"
		"+ Content-Transfer-Encoding base64\n"
		"+ Content-Disposition attachment; filename=\"smime.p7m\"\n"
		"= body \n");
}

static void
plain_mail_keeps_its_mime(void **state)
{
	struct mta m = { .fails_at = 0 };
	struct stamp s = stamp;

	(void)state;
	assert_int_equal(apply(&m, head, "", &s, NULL), 0);
	assert_string_equal(m.said,
		"- CSRC- 1\n"
		"- Message-ID 1\n"
		"- csrc-email-id 2\n"
		"- CSRC-Email-ID 1\n"
		"+ CSRC-Center-ID K1\n"
		"+ CSRC-Device-Serial S1\n"
		"+ CSRC-Email-ID e1\n"
		"+ Message-ID <e1@b>\n");
}

static void
each_refused_change_fails(void **state)
{
	struct error e;
	int step;

	(void)state;
	for (step = 1; step <= 16; step++) {
		struct mta m = { .fails_at = step };
		struct stamp s = stamp;

		assert_int_equal(apply(&m, head, "body\r\n", &s, &e), -1);
		assert_int_equal(e.code, ERROR_TROUBLE);
		assert_int_equal(m.steps, step);
	}
}

static void
nothing_is_injected(void **state)
{
	static const char *const ids[] = { "", "<a@b>\r\nBcc: c@d", "<a@b>\nx",
		"<\x80@b>", " <a@b>" };
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct mta m = { .fails_at = 0 };
		struct stamp s = stamp;

		assert_true(
			text_copy(s.message_id, sizeof(s.message_id), ids[i]));
		assert_int_equal(apply(&m, head, "body\r\n", &s, &e), -1);
		assert_null(strstr(m.said, "Message-ID <"));
		assert_null(strstr(m.said, "= body"));
	}
}

static void
header_may_be_strange(void **state)
{
	static const char *const heads[] = { "", "\r\n", "x", "no colon\r\n",
		":\r\n", " CSRC-x: folded first\r\n", "Content-Type",
		"\r\nCSRC-x: body\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct mta m = { .fails_at = 0 };
		struct stamp s = stamp;

		assert_int_equal(apply(&m, heads[i], "", &s, NULL), 0);
		assert_null(strstr(m.said, "- "));
	}
	{
		/* a value with a line of CR alone does not end the header */
		struct mta m = { .fails_at = 0 };
		struct stamp s = stamp;

		assert_int_equal(
			apply(&m, "X: a\r\n\rb\r\nCSRC-x: y\r\n", "", &s, NULL),
			0);
		assert_non_null(strstr(m.said, "- CSRC-x 1\n"));
	}
}

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage s = { .ss_family = AF_INET };

	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&s)->sin_addr) ==
		1)
		return s;
	s.ss_family = AF_INET6;
	if (inet_pton(AF_INET6, text,
		    &((struct sockaddr_in6 *)&s)->sin6_addr) != 1)
		s.ss_family = 0;
	return s;
}

static void
trust_is_by_any_of_three(void **state)
{
	static const struct {
		const char *networks, *logins, *daemons;
		const char *client, *login, *daemon;
		bool trusted;
	} rows[] = {
		{ "", "", "", "192.0.2.1", "joe", "MTA", false },
		{ "", "", "", "", "", "", false },
		{ "192.0.2.0/24", "", "", "192.0.2.1", "", "", true },
		{ "192.0.2.0/24", "", "", "192.0.3.1", "", "", false },
		{ "192.0.2.0/24", "", "", "", "", "", false },
		{ "10.0.0.1\t192.0.2.0/24", "", "", "192.0.2.1", "", "", true },
		{ "2001:db8::/32", "", "", "2001:db8::1", "", "", true },
		{ "0.0.0.0/0", "", "", "2001:db8::1", "", "", false },
		{ "0.0.0.0/0 ::/0", "", "", "", "", "", false },
		{ "", "joe", "", "", "joe", "", true },
		{ "", "joe", "", "", "Joe", "", false },
		{ "", "joe", "", "", "jo", "", false },
		{ "", "jim  joe", "", "", "joe", "", true },
		{ "", "jim joe", "", "", "jim joe", "", false },
		{ "", "joe", "", "", "*", "", false },
		{ "", "*", "", "", "joe", "", true },
		{ "", "*", "", "", "a b", "", true },
		{ "", "*", "", "", "", "", false },
		{ "", "", "MSA CENTER", "", "", "CENTER", true },
		{ "", "", "MSA CENTER", "", "", "MTA", false },
		{ "", "", "*", "", "", "MTA", false },
		{ "", "CENTER", "joe", "", "joe", "CENTER", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct settings s = { .submit_networks =
						    (char *)rows[i].networks,
			.submit_logins = (char *)rows[i].logins,
			.submit_daemons = (char *)rows[i].daemons };
		const struct submitter who = { .client =
						       address(rows[i].client),
			.login = rows[i].login,
			.daemon = rows[i].daemon };

		if (submitter_trusted(&who, &s) != rows[i].trusted)
			fail_msg("row %zu", i);
		assert_int_equal(submitter_any(&s), i >= 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_mail_is_changed_in_order),
		cmocka_unit_test(plain_mail_keeps_its_mime),
		cmocka_unit_test(each_refused_change_fails),
		cmocka_unit_test(nothing_is_injected),
		cmocka_unit_test(header_may_be_strange),
		cmocka_unit_test(trust_is_by_any_of_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
