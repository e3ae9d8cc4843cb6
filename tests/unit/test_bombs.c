/*
 * Mails made to cost memory or time beyond their size. What they are answered
 * with is told, and the memory that it took is looked up in the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/formats/reading.h"

enum { SECONDS = 60, MEGABYTES = 24 };

/* A sanitizer keeps what is freed. */
#ifdef __has_feature
#define SANITIZED \
	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static struct formats *formats;
static struct error err;

/* One mail: head, a line so many times, tail; and what becomes of it. */
static const struct row {
	const char *name, *head, *line, *tail;
	size_t octets;   /* of lines */
	const char *why; /* it cannot be read; NULL: reports come out */
} rows[] = {
	{ "a table of a million empty cells",
		"Content-Type: text/csv\n\nSerial Number;Total\n",
		";;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;\n", "",
		1000000, "no part is a report" },
	{ "a row of a million empty cells",
		"Content-Type: text/csv\n\nSerial Number;Total\n", ";", "\n",
		1000000, "longer than" },
	{ "ten thousand rows",
		"Content-Type: text/csv\n\nSerial Number;Total;Black\n",
		"A9900001;123456;7\n", "", 180000, NULL },
	{ "3 MB of lines that go on",
		"Content-Type: text/plain\n\n[Serial Number],A\n"
		"[Total Counter],1\n[Operating Accumulation Time],1\n",
		" 08:00\n", "", 3000000, "max_report_size" },
	{ "a value that goes on",
		"Content-Type: text/plain\n\n[Serial Number],A\n"
		"[Total Counter],1\n[Operating Accumulation Time],1\n",
		" 08:00\n", "", 900000, NULL },
	{ "cells that span columns",
		"Content-Type: text/html\n\n<table><tr><td>Serial Number<td>"
		"Total<tr>",
		"<td colspan=20>", "</table>", 900000, "too long" },
	{ "HTML that is deep", "Content-Type: text/html\n\n", "<b>", "x",
		900000, "too deep" },
	{ "XML that is deep", "Content-Type: text/xml\n\n", "<b>", "", 900000,
		"no part is a report" },
	{ "RTF that is deep", "Content-Type: application/rtf\n\n{\\rtf1 ", "{",
		"", 900000, "too deep" },
};

static void
make(const struct row *row, struct buffer *mail)
{
	size_t until;

	assert_int_equal(buffer_text(mail, row->head), BUFFER_OK);
	until = mail->length + row->octets;
	while (mail->length < until)
		assert_int_equal(buffer_text(mail, row->line), BUFFER_OK);
	assert_int_equal(buffer_text(mail, row->tail), BUFFER_OK);
}

/* The most memory that this process ever had, in kB. */
static long
peak(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long peak = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return peak;
}

/* How many reports come out; err is of the last that did not. */
static size_t
read_all(const struct entity *entity)
{
	const struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = &limits_default,
		.vouched = true };
	struct reports *reports;
	struct report *report;
	size_t count = 0;
	int rc;

	if (reports_open(&source, &reports, &err))
		return 0;
	while ((rc = reports_next(reports, &report, &err)) != 0) {
		count += rc == 1;
		report_free(&report);
	}
	reports_close(&reports);
	return count;
}

static int
read_mail(const void *octets, size_t length, const char *why)
{
	struct limits wide = limits_default;
	struct entity *entity;
	long before;
	size_t count;

	wide.line_length = wide.message_size;
	if (entity_parse(octets, length, &wide, &entity, &err))
		return 2;
	before = peak();
	count = read_all(entity);
	entity_free(&entity);
	if (count > 0 ? why != NULL
		      : why == NULL || strstr(err.text, why) == NULL) {
		print_message("%zu reports, %s\n", count, err.text);
		return 3;
	}
	if (!SANITIZED && peak() - before > MEGABYTES * 1024L) {
		print_message("%ld kB\n", peak() - before);
		return 4;
	}
	return 0;
}

/* In a child, whose memory begins anew. */
static int
in_child(const void *octets, size_t length, const char *why)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	assert_true(child != -1);
	if (child == 0) {
		alarm(SECONDS);
		_exit(read_mail(octets, length, why));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
long_ones(void **state)
{
	struct buffer mail = { 0 };
	int code, bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(&rows[i], &mail);
		code = in_child(mail.data, mail.length, rows[i].why);
		if (code != 0)
			print_message("%s: %d\n", rows[i].name, code);
		bad += code != 0;
		buffer_clear(&mail);
	}
	assert_int_equal(bad, 0);
}

/* From tests/corpus: as they come. */
static void
packed_ones(void **state)
{
	static const struct {
		const char *file, *type, *why;
	} files[] = {
		{ "zip/ratio.zip", "application/zip", "packed too well" },
		{ "zip/many.zip", "application/zip", "files in a ZIP" },
		{ "zip/nested.zip", "application/zip", "no part is a report" },
		{ "zip/size.zip", "application/zip", "damaged" },
		{ "xml/bomb.xml", "text/xml", "no part is a report" },
		{ "xml/external.xml", "text/xml", "no part is a report" },
	};
	const char *srcdir = getenv("srcdir");
	struct buffer mail = { 0 };
	char path[1024], block[4096];
	size_t got;
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *f;

		text_format(path, sizeof(path), "%s/tests/corpus/%s",
			srcdir == NULL ? "." : srcdir, files[i].file);
		f = fopen(path, "rb");
		assert_non_null(f);
		buffer_format(&mail, "Content-Type: %s\n\n", files[i].type);
		while ((got = fread(block, 1, sizeof(block), f)) > 0)
			buffer_append(&mail, block, got);
		fclose(f);
		got = (size_t)in_child(mail.data, mail.length, files[i].why);
		if (got != 0)
			print_message("%s: %zu\n", files[i].file, got);
		bad += got != 0;
		buffer_clear(&mail);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	char shipped[1024];
	const char *const paths[] = { shipped };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_ones),
		cmocka_unit_test(packed_ones),
	};
	int rc;

	text_format(shipped, sizeof(shipped), "%s/parser/formats",
		srcdir == NULL ? "." : srcdir);
	if (parser_init(&err) || formats_load(paths, 1, &formats, &err))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	formats_free(&formats);
	return rc;
}
