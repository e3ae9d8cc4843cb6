/*
 * Each mail of tests/corpus/formats, read by the format files that are
 * installed, or by those of tests/fixture/formats that are for nobody's mails;
 * and what must come out of it: a line a report, its JSON, or "!" and why it
 * cannot be read. No file may tie with another over any of them.
 *
 * With CSRC_UPDATE=1 the expected lines are written anew: read what git says
 * then.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/text.h"
#include "parser/date.h"
#include "parser/formats/draft.h"
#include "parser/formats/reading.h"

enum { WEEK = 7 * 24 * 3600 };

static char golden[1024], shipped[1024], more[1024];
static struct formats *formats;
static struct error err;

static void
read_file(const char *path, struct buffer *out)
{
	char block[4096];
	size_t got;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return;
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(buffer_append(out, block, got), BUFFER_OK);
	fclose(f);
}

static void
note_report(struct buffer *out, int rc, const struct report *report)
{
	if (rc == 1)
		buffer_format(out, "%s\n", report->json);
	else
		buffer_format(out, "! %s\n", err.text);
}

/* As the gate does, a week round the mail's date. */
static void
read_reports(const struct entity *entity, struct buffer *out)
{
	struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = &limits_default,
		.vouched = true,
		.window = WEEK };
	struct reports *reports;
	struct report *report;
	struct date date;
	size_t count = 0;
	int rc;

	if (entity->date != NULL && date_read_mail(entity->date, &date))
		source.mail_date = date.latest;
	if (reports_open(&source, &reports, &err)) {
		note_report(out, -1, NULL);
		return;
	}
	while ((rc = reports_next(reports, &report, &err)) != 0) {
		if (rc == -1)
			assert_int_not_equal(err.code, ERROR_TROUBLE);
		note_report(out, rc, report);
		report_free(&report);
		count++;
	}
	assert_int_equal(reports_total(reports), count);
	reports_close(&reports);
}

static void
update(const char *path, const struct buffer *now)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fwrite(now->data, 1, now->length, f);
	assert_int_equal(fclose(f), 0);
}

/* name: of the mail's file. */
static void
check(const char *name)
{
	struct buffer mail = { 0 }, now = { 0 }, expected = { 0 };
	struct entity *entity;
	char path[2048];

	text_format(path, sizeof(path), "%s/%s", golden, name);
	read_file(path, &mail);
	if (entity_parse(
		    mail.data, mail.length, &limits_default, &entity, &err))
		fail_msg("%s: %s", name, err.text);
	read_reports(entity, &now);
	entity_free(&entity);
	if (strstr((char *)now.data, "more than one format file") != NULL)
		fail_msg("%s: %s", name, now.data);
	strcpy(path + strlen(path) - 4, ".txt");
	if (getenv("CSRC_UPDATE") != NULL)
		update(path, &now);
	read_file(path, &expected);
	if (expected.length != now.length ||
		memcmp(expected.data, now.data, now.length) != 0)
		fail_msg("%s:\n%s", name, now.data);
	buffer_clear(&mail);
	buffer_clear(&now);
	buffer_clear(&expected);
}

static int
is_mail(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end != NULL && strcmp(end, ".eml") == 0;
}

static void
every_mail(void **state)
{
	struct dirent **entries;
	int count = scandir(golden, &entries, is_mail, alphasort);

	(void)state;
	assert_true(count > 30);
	for (int i = 0; i < count; i++) {
		check(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* What all the mails make, for every_format. */
static void
read_expected(struct buffer *all)
{
	struct dirent **entries;
	char path[2048];
	int count = scandir(golden, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		text_format(path, sizeof(path), "%s/%s", golden,
			entries[i]->d_name);
		if (strstr(path, ".txt") != NULL)
			read_file(path, all);
		free(entries[i]);
	}
	free(entries);
}

/* Each file that is installed is exercised by one of the mails. */
static void
every_format(void **state)
{
	struct buffer all = { 0 };
	struct dirent **entries;
	char text[512], *end;
	int count;

	(void)state;
	read_expected(&all);
	count = scandir(shipped, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		end = strstr(entries[i]->d_name, ".format");
		if (end != NULL) {
			*end = '\0';
			text_format(text, sizeof(text), "\"format\":\"%s\"",
				entries[i]->d_name);
			if (strstr((char *)all.data, text) == NULL)
				fail_msg("no mail for %s", text);
		}
		free(entries[i]);
	}
	free(entries);
	buffer_clear(&all);
}

/* Mails whose draft a person must finish: the fewest counters that it reads. */
static const struct {
	const char *name;
	size_t counters;
} drafts[] = {
	{ "brother-csv", 3 },
	{ "chinese", 3 },
	{ "engine-json", 1 },
	{ "fleet-columns", 1 },
	{ "fleet-html", 1 },
	{ "fleet-utf16", 3 },
	{ "fmaudit", 2 },
	{ "hp-autosend", 3 },
	{ "kfs-zip", 2 },
	{ "km-dmyyyy", 4 },
	{ "km-html", 4 },
	{ "km-spanish", 3 },
	{ "korean", 3 },
	{ "kyocera", 10 },
	{ "lexmark-csv", 3 },
	{ "ricoh-rc-gate", 4 },
	{ "ricoh-spanish", 3 },
	{ "samsung", 3 },
	{ "sharp-ar", 3 },
	{ "sharp-mx", 12 },
	{ "xerox", 3 },
	{ "xerox-cells", 1 },
};

static struct formats *
load_draft(const struct buffer *draft, const char *name)
{
	char directory[] = "/tmp/test_golden.XXXXXX", path[128];
	const char *const paths[] = { directory };
	struct formats *drafted = NULL;

	assert_non_null(mkdtemp(directory));
	text_format(path, sizeof(path), "%s/draft.format", directory);
	update(path, draft);
	if (formats_load(paths, 1, &drafted, &err))
		print_message("%s: %s\n%s", name, err.text, draft->data);
	unlink(path);
	rmdir(directory);
	return drafted;
}

/* What a draft reads of the mail that it was made of, as it is. */
static size_t
counters_by_draft(const struct entity *entity, const char *name)
{
	struct reading_source source = {
		.entity = entity, .limits = &limits_default, .vouched = true
	};
	struct buffer draft = { 0 };
	struct formats *drafted = NULL;
	struct reports *reports = NULL;
	struct report *report = NULL;
	size_t count = 0;

	if (draft_write(entity, &limits_default, &draft, &err) == 0)
		drafted = load_draft(&draft, name);
	source.formats = drafted;
	if (drafted != NULL && reports_open(&source, &reports, &err) == 0 &&
		reports_next(reports, &report, &err) == 1)
		count = report->counter_count;
	else
		print_message("%s: %s\n", name, err.text);
	report_free(&report);
	if (reports != NULL)
		reports_close(&reports);
	if (drafted != NULL)
		formats_free(&drafted);
	buffer_clear(&draft);
	return count;
}

static void
drafts_read_their_mails(void **state)
{
	struct buffer mail = { 0 };
	struct entity *entity;
	char path[2048];
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++) {
		text_format(path, sizeof(path), "%s/%s.eml", golden,
			drafts[i].name);
		read_file(path, &mail);
		assert_int_equal(entity_parse(mail.data, mail.length,
					 &limits_default, &entity, &err),
			0);
		count = counters_by_draft(entity, drafts[i].name);
		if (count < drafts[i].counters)
			fail_msg("%s: %zu counters", drafts[i].name, count);
		entity_free(&entity);
		buffer_clear(&mail);
	}
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	const char *const paths[] = { shipped, more };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mail),
		cmocka_unit_test(every_format),
		cmocka_unit_test(drafts_read_their_mails),
	};
	int rc;

	if (srcdir == NULL)
		srcdir = ".";
	text_format(shipped, sizeof(shipped), "%s/parser/formats", srcdir);
	text_format(golden, sizeof(golden), "%s/tests/corpus/formats", srcdir);
	text_format(more, sizeof(more), "%s/tests/fixture/formats", srcdir);
	if (crypto_init(&err) || parser_init(&err) ||
		formats_load(paths, 2, &formats, &err))
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	formats_free(&formats);
	return rc;
}
