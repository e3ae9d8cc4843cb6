/*
 * Twice as much of anything costs about twice the work: each kind of input that
 * a stranger can make long is made long, twice, and the work is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/entity.h"
#include "parser/formats/reading.h"
#include "tests/unit/work.h"

/* Wide, so that nothing ends early. */
static const struct limits limits = {
	.message_size = 64 << 20,
	.header_size = 64 << 20,
	.header_fields = 1 << 24,
	.line_length = 64 << 20,
	.parts = 1 << 20,
	.depth = 8,
	.report_size = 64 << 20,
};

static struct formats *formats;
static struct error err;

/* One kind of long input: head, then one line again and again, then tail. */
static const struct row {
	const char *name, *head, *line, *tail;
} rows[] = {
#define TEXT "Content-Type: text/plain; charset=utf-8\n\n"
#define TEN(s) s s s s s s s s s s
#define THOUSANDS TEN(TEN(TEN("abc ")))
#define KONICA TEXT "[Serial Number],A1\n[Total Counter],1\n"
	{ "blank lines of a value", KONICA "[Time],1\n", " \n", "" },
	{ "white lines of a long value", KONICA "[Time]," THOUSANDS "\n",
		"\r\r\n", "" },
	{ "tabs in lines of a value", KONICA "[Time],1\n", "\t\t\t\t\n", "" },
	{ "empty lines", KONICA, "\n", "" },
	{ "words of a value", KONICA "[Time],1\n", "12:00\n", "" },
	{ "one line of a value", KONICA "[Time],1", " 12", "\n" },
	{ "labels", KONICA, "[Total Counter],1\n", "" },
	{ "labels in one line", KONICA, " [Total Counter],1", "\n" },
	{ "brackets", KONICA, "[", "" },
	{ "blanks and brackets", KONICA, " [a", "" },
	{ "no labels", TEXT, "a\n", "" },
	{ "sections", TEXT "Serial Number: A1\n", " a:\n", "" },
	{ "labels with colons", TEXT "Serial Number: A1\n", "a: b\n", "" },
	{ "colons", TEXT "Serial Number: A1\n", ":", "" },
	{ "white space", TEXT, " ", "" },
	{ "quoted lines", TEXT "> Serial Number: A1\n", "> > a: b\n", "" },
	{ "marks of quoting", TEXT "> Serial Number: A1\n", "> ", "" },
	{ "headers without end", TEXT, "From: a\n", "" },
	{ "bytes beyond ASCII", TEXT, "\xc3\xa4", "" },
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
	{ "header fields", "", "A: b\n", "\n" },
	{ "one folded field", "A: b\n", " b\n", "\n" },
	{ "a folded claim", "CSRC-Center-ID: K\n", " \n", "\n" },
	{ "a folded date", "Date: 1\n", " 1\n", "\n" },
	{ "a date of comments", "Date: ", "(", "\n\n" },
	{ "identifiers", "In-Reply-To: ", "<a@b> ", "\n\n" },
	{ "comments", "In-Reply-To: ", "(", "\n\n" },
	{ "angles", "In-Reply-To: ", "<", "\n\n" },
	{ "quoted pairs", "In-Reply-To: \"", "\\\"", "\n\n" },
	{ "parameters", "Content-Type: text/plain", ";a=b", "\n\n" },
	{ "pieces", "Content-Type: text/plain", ";name*1=b", "\n\n" },
	{ "one parameter", "Content-Type: text/plain; name=", "b", "\n\n" },
	{ "a quoted parameter", "Content-Type: text/plain; name=\"", "b",
		"\"\n\n" },
	{ "encoded words", "Content-Type: text/plain; name=\"",
		"=?utf-8?q?b?= ", "\"\n\n" },
	{ "beginnings of encoded words", "Content-Type: text/plain; name=\"",
		"=?", "\"\n\n" },
	{ "percents", "Content-Type: text/plain; name*=utf-8''", "%62",
		"\n\n" },
	{ "parts", MIXED, "--b\n\n", "--b--\n" },
	{ "parts with headers", MIXED, "--b\nA: b\n\n", "--b--\n" },
	{ "almost delimiters", MIXED "--b\n\n", "--c\n", "--b--\n" },
	{ "dashes", MIXED "--b\n\n", "--", "\n--b--\n" },
	{ "a preamble", MIXED, "a\n", "--b\n\n--b--\n" },
	{ "an epilogue", MIXED "--b\n\n--b--\n", "a\n", "" },
	{ "the word boundary", MIXED "--b\n\n", "boundary=\n", "--b--\n" },
	{ "base64", "Content-Transfer-Encoding: base64\n\n", "YWJj\n", "" },
	{ "quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\n",
		"=61=\n", "" },
	{ "uuencode", "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n",
		"#86)C\n", "`\nend\n" },
	{ "no uuencode", "Content-Transfer-Encoding: x-uuencode\n\n", "begin\n",
		"" },
#define JSON "Content-Type: application/json\n\n"
#define REPORT                                              \
	JSON "{\"version\":1,\"kind\":\"answer\",\"date\":" \
	     "\"2026-11-22T12:00:00Z\",\"x\":"
	{ "JSON: white space", REPORT, " ", "1}" },
	{ "JSON: a string", REPORT "\"", "a", "\"}" },
	{ "JSON: escapes", REPORT "\"", "\\n", "\"}" },
	{ "JSON: a number", REPORT "1.0", "0", "}" },
	{ "JSON: digits", REPORT, "1", "}" },
	{ "JSON: reals", REPORT "[", "0.1,", "0]}" },
	{ "JSON: quotes", JSON, "\"", "" },
	{ "JSON: minus signs", JSON, "-", "" },
#define CSV "Content-Type: text/csv\n\nSerial Number;Total;Black\n"
	{ "CSV: empty cells", CSV, ";", "\n" },
	{ "CSV: rows of empty cells", CSV, ";;\n", "" },
	{ "CSV: reports", CSV, "A;1;1\n", "" },
	{ "CSV: headings", CSV, "Serial Number;Total;Black\n", "" },
	{ "CSV: quotes", CSV, "\"\n", "" },
	{ "CSV: quoted lines", CSV, "\"A\nB\";1;1\n", "" },
	{ "columns", "Content-Type: text/plain\n\nSerial Number   Total\n",
		"A    1\n", "" },
	{ "columns of one row",
		"Content-Type: text/plain\n\nSerial Number   Total\n", "A  ",
		"\n" },
	{ "gaps in a line", TEXT "Serial Number: A\nTotal Impressions: 1",
		"  a", "\n" },
	{ "known labels in a line", TEXT "Serial Number: A ",
		"Total Impressions: 1 ", "\n" },
	{ "beginnings of labels", TEXT "Serial Number: A\n",
		"Total Impression ", "\n" },
#define HTML "Content-Type: text/html\n\nSerial Number Total<table>"
	{ "HTML: cells", HTML "<tr>", "<td>", "" },
	{ "HTML: rows", HTML "<tr><td>Serial Number<td>Total", "<tr><td>A<td>1",
		"" },
	{ "HTML: spans", HTML "<tr>", "<td colspan=64>", "" },
	{ "HTML: breaks", HTML "<tr><td>", "<br>", "" },
	{ "HTML: open elements", HTML, "<b>", "" },
	{ "HTML: closed elements", HTML, "</p>", "" },
	{ "HTML: text", HTML, "a ", "" },
#define XML                                                           \
	"Content-Type: text/xml\n\n<a><SerialNumber>A</SerialNumber>" \
	"<TotalImpressions>1</TotalImpressions>"
	{ "XML: elements", XML, "<b>1</b>", "</a>" },
	{ "XML: reports", XML,
		"<Device><SerialNumber>A</SerialNumber></Device>", "</a>" },
	{ "XML: text", XML, "a", "</a>" },
	{ "XML: open elements", XML, "<b>", "" },
	{ "a subject that a pattern is for",
		"Subject: Printer Snapshot (a) - b", " - ", "\n" XML "</a>" },
#define TREE                                                          \
	"Content-Type: text/json\n\n{\"devices\":[{\"serialNumber\":" \
	"\"A\",\"scans\":1},"
	{ "JSON: members", TREE "{", "\"a\":1,", "\"b\":1}]}" },
	{ "JSON: reports", TREE, "{\"serialNumber\":\"A\",\"scans\":1},",
		"{}]}" },
	{ "JSON: lists", TREE, "[],", "{}]}" },
	{ "JSON: a text", TREE "{\"a\":\"", "a", "\"}]}" },
	{ "JSON: a name", TREE "{\"", "a", "\":1}]}" },
	{ "JSON: open objects", TREE, "{\"a\":", "" },
	{ "CSV: rows that are left out",
		"Content-Type: text/csv\n\nEngine Table\nDevice;Pages\n",
		"A;\n", "B;1\n" },
#define RTF "Content-Type: application/rtf\n\n{\\rtf1 Serial No: A\\par "
	{ "RTF: paragraphs", RTF, "\\par ", "}" },
	{ "RTF: groups", RTF, "{}", "}" },
	{ "RTF: open groups", RTF, "{", "}" },
	{ "RTF: octets", RTF, "\\'41", "}" },
	{ "RTF: characters", RTF, "\\u65?", "}" },
};

static uint64_t
work_for(const struct row *row, size_t octets)
{
	const size_t length = strlen(row->line);
	struct report *report = NULL;
	struct entity *entity;
	struct buffer b = { 0 };
	uint64_t before;

	assert_int_equal(buffer_text(&b, row->head), BUFFER_OK);
	while (b.length < octets)
		assert_int_equal(
			buffer_append(&b, row->line, length), BUFFER_OK);
	assert_int_equal(buffer_text(&b, row->tail), BUFFER_OK);
	before = work_done();
	if (entity_parse(b.data, b.length, &limits, &entity, &err) == 0)
		report_read(entity, formats, &limits, &report, &err);
	before = work_done() - before;
	assert_int_not_equal(err.code, ERROR_TROUBLE);
	report_free(&report);
	entity_free(&entity);
	buffer_clear(&b);
	return before;
}

static void
twice(void **state)
{
	enum { SIZE = 32 << 10, PER_OCTET = 500 };
	uint64_t once, doubled;
	size_t i, bad = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		once = work_for(&rows[i], SIZE);
		doubled = work_for(&rows[i], 2 * SIZE);
		/* something was done, and nothing too often */
		if (once > 100 && doubled * 2 <= once * 5 &&
			doubled <= PER_OCTET * 2 * (uint64_t)SIZE)
			continue;
		print_message("%s: %llu, twice as much %llu\n", rows[i].name,
			(unsigned long long)once, (unsigned long long)doubled);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	char shipped[1024], more[1024];
	const char *const paths[] = { shipped, more };
	const struct CMUnitTest tests[] = { cmocka_unit_test(twice) };

	alarm(300);
	text_format(shipped, sizeof(shipped), "%s/parser/formats",
		srcdir == NULL ? "." : srcdir);
	text_format(more, sizeof(more), "%s/tests/fixture/formats",
		srcdir == NULL ? "." : srcdir);
	if (parser_init(&err) || formats_load(paths, 2, &formats, &err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
