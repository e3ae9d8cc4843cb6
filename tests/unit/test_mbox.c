/*
 * Mailboxes as programs write them, and what only looks like one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/commands/mbox.h"

enum { LIMIT = 20000 };

/* The mails of a mailbox with "|" behind each; "!": an error. */
static const char *
mails(const char *text, size_t length)
{
	static char found[2 * LIMIT];
	FILE *in = fmemopen((void *)(uintptr_t)text, length, "r");
	struct buffer mail = { .limit = LIMIT };
	struct mbox m;
	struct error e;
	size_t used = 0;
	int rc;

	assert_non_null(in);
	mbox_begin(&m, in);
	while ((rc = mbox_next(&m, &mail, &e)) == 1) {
		if (mail.length > 0)
			memcpy(found + used, mail.data, mail.length);
		used += mail.length;
		found[used++] = '|';
		buffer_clear(&mail);
	}
	found[used] = '\0';
	if (rc == -1)
		strcat(found, "!");
	buffer_clear(&mail);
	fclose(in);
	return found;
}

static void
gives(const char *text, const char *wanted)
{
	assert_string_equal(mails(text, strlen(text)), wanted);
}

static void
mails_are_parted(void **state)
{
	(void)state;
	gives("From a\nA: 1\n\nx\n\nFrom b\nB: 2\n\ny\n",
		"A: 1\n\nx\n|B: 2\n\ny\n|");
	gives("From a\r\nA: 1\r\n\r\nx\r\n\r\nFrom b\r\ny\r\n",
		"A: 1\r\n\r\nx\r\n|y\r\n|");
	/* no empty line before it: it is the mail's own */
	gives("From a\nA: 1\n\nx\nFrom here\n", "A: 1\n\nx\nFrom here\n|");
	gives("From a\n\n>From here\n>>From there\n> From x\n",
		"\nFrom here\n>From there\n> From x\n|");
	/* an empty mail, and an end without a line's end */
	gives("From a\n\nFrom b\nx", "|x|");
	gives("From a", "|");
	gives("\n", "!");
	gives("Subject: x\n\nFrom a\n", "!");
	gives("From", "!");
}

/* Lines longer than what is read at once, and NULs. */
static void
lines_may_be_long(void **state)
{
	static char text[LIMIT];
	const char *found;
	size_t length = (size_t)sprintf(text, "From a\nx");

	(void)state;
	memset(text + length, 'y', 9000);
	length += 9000;
	/* no begin of a line, wherever a piece of it ends */
	for (size_t at = 4000; at < 4200; at += 5)
		memcpy(text + at, "From ", 5);
	memcpy(text + length, "\n\nFrom b\nz\n", 11);
	length += 11;
	text[20] = '\0';
	found = mails(text, length);
	assert_memory_equal(found, text + 7, 9002);
	assert_string_equal(found + 9002, "|z\n|");
}

/* What is over the limit is cut, and the next one is whole. */
static void
large_mail_is_cut(void **state)
{
	static char text[3 * LIMIT];
	const char *found;
	size_t length = (size_t)sprintf(text, "From a\n");

	(void)state;
	memset(text + length, 'y', 2 * LIMIT - 100);
	length += 2 * LIMIT - 100;
	memcpy(text + length, "\n\nFrom b\nz\n", 11);
	length += 11;
	found = mails(text, length);
	assert_int_equal(strcspn(found, "|"), LIMIT);
	assert_string_equal(found + LIMIT, "|z\n|");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_are_parted),
		cmocka_unit_test(lines_may_be_long),
		cmocka_unit_test(large_mail_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
