/*
 * Format files: their errors, and makers' counter mails read by them. The
 * Konica Minolta file is the one that is installed; others are written here to
 * show that the same reader serves their makers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "parser/formats/formats.h"
#include "parser/formats/reading.h"

enum { DAY = 86400, JUNE_1 = 1685577600 /* 2023-06-01 00:00 UTC */ };

static const struct limits limits = { .depth = 8, .report_size = 1 << 20 };
static struct error err;
static char directory[] = "/tmp/test_formats.XXXXXX";
static char shipped[1024];

static void
write_format(const char *sub, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	text_format(path, sizeof(path), "%s/%s/%s", directory, sub, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct formats *
load(const char *sub)
{
	char path[128];
	const char *const paths[] = { path };
	struct formats *formats;

	text_format(path, sizeof(path), "%s/%s", directory, sub);
	if (formats_load(paths, 1, &formats, &err))
		return NULL;
	return formats;
}

static struct formats *
load_shipped(void)
{
	const char *const paths[] = { shipped, "/nonexistent/formats" };
	struct formats *formats;

	if (formats_load(paths, 2, &formats, &err))
		fail_msg("%s", err.text);
	assert_true(formats_count(formats) >= 1);
	return formats;
}

static struct report *
read_text(struct formats *formats, const char *charset, const char *text)
{
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.charset = (char *)(uintptr_t)charset,
		.data = (unsigned char *)(uintptr_t)text,
		.length = strlen(text) };
	struct entity entity = { .parts = &p,
		.part_count = 1,
		.date = (char *)(uintptr_t) "Sun, 22 Nov 2026 12:00:00 +0000" };
	struct report *report;

	memset(&err, 0, sizeof(err));
	report_read(&entity, formats, &limits, &report, &err);
	return report;
}

/* One mail read by the shipped files. */
static void
expect(const char *charset, const char *text, const char *json)
{
	struct formats *formats = load_shipped();
	struct report *report = read_text(formats, charset, text);

	if (report == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(report->json, json);
	assert_int_equal(report->kind, REPORT_COUNTERS);
	report_free(&report);
	formats_free(&formats);
}

static void
refuse(const char *text, const char *why)
{
	struct formats *formats = load_shipped();
	struct report *report = read_text(formats, NULL, text);

	assert_null(report);
	assert_int_equal(err.code, ERROR_BAD);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	formats_free(&formats);
}

#define KONICA                               \
	"[Model Name],bizhub C368\r\n"       \
	"[Serial Number], A4FM021007478\r\n" \
	"[Send Date],01/06/23\r\n"           \
	"[Total Counter],00400999\r\n"       \
	"[Total Color Counter],00100999\r\n" \
	"[Total Black Counter],00300000\r\n"

#define KONICA_JSON                                                           \
	"{\"version\":1,\"kind\":\"counters\",\"format\":\"konica-minolta\"," \
	"\"model\":\"bizhub C368\",\"date\":\"2023-06-01\","                  \
	"\"serial\":\"A4FM021007478\",\"counters\":{\"total\":400999,"        \
	"\"total.color\":100999,\"total.black\":300000}," KONICA_LABELS

#define KONICA_LABELS                                                     \
	"\"labels\":{\"Model Name\":\"bizhub C368\","                     \
	"\"Serial Number\":\"A4FM021007478\",\"Send Date\":\"01/06/23\"," \
	"\"Total Counter\":\"00400999\","                                 \
	"\"Total Color Counter\":\"00100999\","                           \
	"\"Total Black Counter\":\"00300000\""

/* A report that has no date says why. */
static void
undated(void **state)
{
	static const struct {
		const char *date, *why;
	} rows[] = {
		{ NULL, "it has no date" },
		{ "", "the Date field cannot be read: " },
		{ "Son, 22 Nov 2026 12:00:00 MEZ",
			"the Date field cannot be read: "
			"Son, 22 Nov 2026 12:00:00 MEZ" },
		{ "\x1b[2J\xff",
			"the Date field cannot be read: "
			"\\x1b[2J\\xff" },
		{ "Sun, 22 Nov 2026 12:00:00 EST", "" },
	};
	static const char text[] = "[Serial Number],A1\n[Total Counter],1\n";
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.data = (unsigned char *)(uintptr_t)text,
		.length = sizeof(text) - 1 };
	struct entity entity = { .parts = &p, .part_count = 1 };
	struct formats *formats = load_shipped();
	struct report *report;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		entity.date = (char *)(uintptr_t)rows[i].date;
		if (report_read(&entity, formats, &limits, &report, &err))
			fail_msg("%s", err.text);
		assert_int_equal(report->dated, rows[i].why[0] == '\0');
		assert_string_equal(report->undated, rows[i].why);
		report_free(&report);
	}
	formats_free(&formats);
}

static void
konica(void **state)
{
	struct formats *formats = load_shipped();
	struct report *report = read_text(formats, "us-ascii", KONICA);

	(void)state;
	assert_non_null(report);
	assert_string_equal(report->json, KONICA_JSON "}}");
	assert_string_equal(report->claims.serial, "A4FM021007478");
	assert_int_equal(report->claims.center_state, CLAIM_ABSENT);
	/* the day in every zone from UTC+14 to UTC-12 */
	assert_true(report->dated);
	assert_int_equal(report->earliest, JUNE_1 - 14 * 3600);
	assert_int_equal(report->latest, JUNE_1 + DAY - 1 + 12 * 3600);
	report_free(&report);
	formats_free(&formats);
}

static void
konica_variants(void **state)
{
	(void)state;
	/* monochrome, model empty, twelve digits for a serial */
	expect(NULL,
		"[Model Name],\n[Serial Number], 504010012345\n"
		"[Send Date],01/06/23\n[Total Counter],00000012\n",
		"{\"version\":1,\"kind\":\"counters\",\"format\":"
		"\"konica-minolta\",\"model\":\"\",\"date\":\"2023-06-01\","
		"\"serial\":\"504010012345\",\"counters\":{\"total\":12},"
		"\"labels\":{\"Model Name\":\"\",\"Serial Number\":"
		"\"504010012345\",\"Send Date\":\"01/06/23\","
		"\"Total Counter\":\"00000012\"}}");
	/* white space collapsed into one line */
	expect(NULL,
		"[Model Name],bizhub C368 [Serial Number], A4FM021007478 "
		"[Send Date],01/06/23 [Total Counter],00400999 "
		"[Total Color Counter],00100999 [Total Black "
		"Counter],00300000",
		KONICA_JSON "}}");
	/* a list over several lines, then text of the mail system */
	expect(NULL,
		KONICA "[Power On Times],08:00\r\n 09:00\r\n 10:00\r\n\r\n"
		       "-- \r\nSent by a gateway, not by [me]\r\n",
		KONICA_JSON ",\"Power On Times\":\"08:00 09:00 10:00\"}}");
	/* the same line twice says nothing new */
	expect(NULL, KONICA "[Total Counter],00400999\r\n", KONICA_JSON "}}");
	/* labels in a free text are no labels */
	expect(NULL,
		"[Model Name],a [Total Counter],7\n"
		"[Serial Number], A4FM021007478\n[Send Date],01/06/23\n"
		"[Total Counter],400999\n",
		"{\"version\":1,\"kind\":\"counters\",\"format\":"
		"\"konica-minolta\",\"model\":\"a [Total Counter],7\","
		"\"date\":\"2023-06-01\",\"serial\":\"A4FM021007478\","
		"\"counters\":{\"total\":400999},\"labels\":{"
		"\"Model Name\":\"a [Total Counter],7\","
		"\"Serial Number\":\"A4FM021007478\","
		"\"Send Date\":\"01/06/23\",\"Total Counter\":\"400999\"}}");
}

static void
konica_spanish(void **state)
{
	static const char json[] =
		"{\"version\":1,\"kind\":\"counters\",\"format\":"
		"\"konica-minolta\",\"date\":\"2023-06-01\","
		"\"serial\":\"A4FM021007478\",\"counters\":{\"total\":3,"
		"\"total.color\":1,\"total.black\":2},\"labels\":{"
		"\"N\xc3\xbamero de serie\":\"A4FM021007478\","
		"\"Fecha de env\xc3\xado\":\"01/06/23\","
		"\"Contador total\":\"3\",\"Contador de color total\":\"1\","
		"\"Contador de negro total\":\"2\"}}";
	static const char latin[] =
		"[N\xfamero de serie], A4FM021007478\n"
		"[Fecha de env\xedo],01/06/23\n[Contador total],3\n"
		"[Contador de color total],1\n[Contador de negro total],2\n";

	(void)state;
	expect("iso-8859-1", latin, json);
	expect("iso-8859-15", latin, json);
	expect("windows-1252", latin, json);
	expect(NULL, latin, json);
	expect("us-ascii", latin, json);
	expect("utf-8",
		"\xef\xbb\xbf[N\xc3\xbamero de serie], A4FM021007478\n"
		"[Fecha de env\xc3\xado],01/06/23\n[Contador total],3\n"
		"[Contador de color total],1\n[Contador de negro total],2\n",
		json);
}

static void
konica_misfits(void **state)
{
	(void)state;
	refuse(KONICA "[Total Scan/Fax Counter],\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],1 2\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],12a\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],-1\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],1.5\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],0x10\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],1\r\n2\r\n", "no number");
	refuse(KONICA "[Total Scan/Fax Counter],9007199254740992\r\n",
		"no number");
	refuse(KONICA "[Total Scan/Fax Counter],99999999999999999999999\r\n",
		"no number");
	refuse(KONICA "[Total Counter],00400998\r\n", "contradicts");
	refuse(KONICA "[Contador total],00400998\r\n", "contradicts");
	refuse(KONICA "[Serial Number],OTHER\r\n", "contradicts");
	refuse(KONICA "[N\xc3\xbamero de serie],\r\n", "no serial");
	refuse("[Serial Number],A\n[Send Date],31/02/23\n[Total Counter],1\n",
		"no date");
	refuse("[Serial Number],A\n[Send Date],01.06.2023\n"
	       "[Total Counter],1\n",
		"no date");
	refuse("[Serial Number],A\n[Send Date],32/13/23\n[Total Counter],1\n",
		"no date");
	refuse("[Serial Number],A B\n[Total Counter],1\n", "no serial");
	/* not a counter mail at all */
	refuse("[Serial Number],A\n[Toner],low\n", "no part is a report");
	refuse("[Total Counter],1\n", "no part is a report");
	refuse("Dear customer,\nplease pay.\n", "no part is a report");
	refuse("", "no part is a report");
}

static void
undated_is_as_old_as_its_mail(void **state)
{
	struct formats *formats = load_shipped();
	struct report *report = read_text(
		formats, NULL, "[Serial Number],A\n[Total Counter],1\n");

	(void)state;
	assert_non_null(report);
	assert_true(report->dated);
	assert_int_equal(report->earliest, 1795348800);
	assert_int_equal(report->latest, 1795348800);
	report_free(&report);
	formats_free(&formats);
}

/* Devices name their site's charset, in the spelling they have, and send ASCII.
 */
static void
charsets_named(void **state)
{
	static const char *const ascii[] = { "", "euc-kr", "ks_c_5601-1987",
		"iso-2022-jp", "shift_jis", "gb2312", "big5", "iso-8859-9",
		"windows-1254", "koi8-r", "utf8", "ascii", "ansi_x3.4-1968",
		"latin1", "cp1252", "iso8859-15", "unknown-8bit" };
	static const char *const not [] = { "utf-16", "utf-7", "hz-gb-2312",
		"ibm037", "x-unheard-of" };
	struct formats *formats = load_shipped();
	struct report *report;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ascii) / sizeof(ascii[0]); i++) {
		report = read_text(formats, ascii[i], KONICA);
		if (report == NULL)
			fail_msg("%s: %s", ascii[i], err.text);
		report_free(&report);
	}
	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		assert_null(read_text(formats, not [i], KONICA));
	/* but nothing else than ASCII where the charset is not known, nor what
	 * is not of one that is */
	assert_null(read_text(formats, "koi8-r", KONICA "\xb0\xa1\n"));
	assert_non_null(strstr(err.text, "charset"));
	assert_null(read_text(formats, "euc-kr", KONICA "\xb0\n"));
	assert_non_null(strstr(err.text, "charset"));
	assert_null(read_text(formats, "iso-2022-jp", KONICA "\x1b$B$\n"));
	assert_null(read_text(formats, "utf8", KONICA "\xff\n"));
	formats_free(&formats);
}

/* Why a long text was not even tried. */
static void
long_text_is_said(void **state)
{
	struct formats *formats = load_shipped();
	char *text = calloc(1, (2 << 20) + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 2 << 20);
	assert_null(read_text(formats, NULL, text));
	assert_int_equal(err.code, ERROR_BAD);
	assert_non_null(strstr(err.text, "max_report_size"));
	free(text);
	formats_free(&formats);
}

static void
charsets_refused(void **state)
{
	struct formats *formats = load_shipped();

	(void)state;
	assert_null(read_text(formats, "utf-7", KONICA));
	assert_non_null(strstr(err.text, "charset"));
	assert_null(read_text(formats, "utf-8", KONICA "\xff\n"));
	assert_int_equal(err.code, ERROR_BAD);
	/* beyond U+10FFFF, a surrogate, overlong, cut */
	assert_null(read_text(formats, "utf-8", KONICA "\xf6\xbc\x90\x8a\n"));
	assert_int_equal(err.code, ERROR_BAD);
	assert_null(read_text(formats, "utf-8", KONICA "\xed\xa0\x80\n"));
	assert_int_equal(err.code, ERROR_BAD);
	assert_null(read_text(formats, "utf-8", KONICA "\xc0\x80\n"));
	assert_int_equal(err.code, ERROR_BAD);
	assert_null(read_text(formats, "utf-8", KONICA "\xe2\x82"));
	assert_int_equal(err.code, ERROR_BAD);
	formats_free(&formats);
}

/* Other makers' mails, by data alone. */
static void
other_makers(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "Equipment ID:    x\nSerial Number:   W7912345\n"
		  "MeterDate:   Thu 11 Sep 2025 00:00:00\n"
		  "Counters by Function:\n Printed Pages:\n  Copier:   12\n"
		  "  Total:  1,153\n Scanned Pages:\n  Total:   99\n",
			"\"format\":\"kyocera\","
			"\"date\":\"2025-09-11T00:00:00\","
			"\"serial\":\"W7912345\",\"counters\":{"
			"\"copy\":12,\"total\":1153,\"scan\":99}" },
		{ "2013/06/06 07:10:04\nDevice Model: MX-2610N\n"
		  "Serial Number: 1504775700\n"
		  "Black & White Total Print Count = 1015\n"
		  "Color Total Print Count = 18480\n"
		  "Toner Residual (Bk) = 25-50%\n",
			"\"format\":\"sharp\",\"model\":\"MX-2610N\","
			"\"serial\":\"1504775700\",\"counters\":{"
			"\"total.black\":1015,\"total.color\":18480}" },
		{ "N\xc2\xba de serie: 3359PB02667\nT_TotalPrtPGS:36089\n",
			"\"format\":\"ricoh\",\"serial\":\"3359PB02667\","
			"\"counters\":{\"total\":36089}" },
	};
	struct formats *formats;
	struct report *report;
	size_t i;

	(void)state;
	write_format("many", "kyocera.format",
		"[format]\nseparator = :\nsections = indent\nthousands = ,\n"
		"date = %a %d %b %Y %H:%M:%S\n"
		"[labels]\nserial = Serial Number\ndate = MeterDate\n"
		"[counters]\n"
		"copy = Counters by Function > Printed Pages > Copier\n"
		"total = Counters by Function > Printed Pages > Total\n"
		"scan = Counters by Function > Scanned Pages > Total\n");
	write_format("many", "sharp.format",
		"[format]\nseparator = : =\n[labels]\nmodel = Device Model\n"
		"serial = Serial Number\n[counters]\n"
		"total.black = Black & White Total Print Count\n"
		"total.color = Color Total Print Count\n");
	write_format("many", "ricoh.format",
		"[format]\nseparator = :\n[labels]\n"
		"serial = N\xc2\xba de serie\n[counters]\n"
		"total = T_TotalPrtPGS\n");
	formats = load("many");
	assert_non_null(formats);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		report = read_text(formats, NULL, rows[i].text);
		if (report == NULL)
			fail_msg("%s", err.text);
		if (strstr(report->json, rows[i].json) == NULL)
			fail_msg("%s", report->json);
		report_free(&report);
	}
	formats_free(&formats);
}

static void
two_formats_fit(void **state)
{
	static const char text[] = "[format]\nseparator = :\n[labels]\n"
				   "serial = S\n[counters]\ntotal = T\n";
	struct formats *formats;

	(void)state;
	write_format("twice", "a.format", text);
	write_format("twice", "b.format", text);
	formats = load("twice");
	assert_non_null(formats);
	assert_int_equal(formats_count(formats), 2);
	assert_null(read_text(formats, NULL, "S: 1\nT: 2\n"));
	assert_int_equal(err.code, ERROR_BAD);
	assert_non_null(strstr(err.text, "more than one format"));
	formats_free(&formats);
}

static void
later_directory_wins(void **state)
{
	char local[128];
	const char *const paths[] = { shipped, local };
	struct formats *formats = load_shipped();
	const size_t count = formats_count(formats);
	struct report *report;

	(void)state;
	formats_free(&formats);
	text_format(local, sizeof(local), "%s/local", directory);
	write_format("local", "konica-minolta.format",
		"[format]\nseparator = :\n[labels]\nserial = S\n"
		"[counters]\ntotal = T\n");
	write_format("local", "notes.txt", "not a format\n");
	assert_int_equal(formats_load(paths, 2, &formats, &err), 0);
	assert_int_equal(formats_count(formats), count);
	report = read_text(formats, NULL, "S: 1\nT: 2\n");
	assert_non_null(report);
	report_free(&report);
	formats_free(&formats);
	assert_null(formats);
}

static void
file_errors(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
		{ "", ":0: separator" },
		{ "[format]\nseparator = :\nseparator = ~\n", ":3: sep" },
		{ "[format]\nunknown = 1\n", ":2: unknown" },
		{ "[labels]\nseparator = :\n", ":2: unknown" },
		{ "[format]\nseparator\n", ":2: neither" },
		{ "[format]\nsections = yes\n", ":2: sections" },
		{ "[format]\n\n# x\ndate = DD/MM/YY\n", ":4: date" },
		{ "[format]\nthousands = x\n", ":2: thousands" },
		{ "[counters]\nTotal = x\n", ":2: no name of a counter" },
		{ "[labels]\nserial =\n", ":2: the label is empty" },
		{ "[labels]\nserial = A\n b\n a\n", ":4: the label is given" },
		{ "[format]\nseparator = :\n", ":2: no label is the serial" },
		{ "[format]\nseparator = :\n[labels]\nserial = S\n",
			":4: no label is a counter" },
		{ "[format]\nseparator = :\n[labels]\nserial = S\ndate = D\n"
		  "[counters]\ntotal = T\n",
			":7: the date has" },
		{ "[counters]\n"
		  "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z = x\n",
			":2: the name is too long" },
	};
	char too_long[600] = "[labels]\nserial = ";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_format("bad", "x.format", rows[i].text);
		assert_null(load("bad"));
		assert_int_equal(err.code, ERROR_BAD);
		if (strstr(err.text, "/bad/x.format:") == NULL ||
			strstr(err.text, rows[i].where) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
	memset(too_long + strlen(too_long), 'x', 500);
	write_format("bad", "x.format", too_long);
	assert_null(load("bad"));
	assert_non_null(strstr(err.text, ":2: the line is too long"));
}

/* Text made to cost time or memory. */
static void
hostile_text(void **state)
{
	static char text[1 << 20];
	struct formats *formats = load_shipped();
	size_t i;

	(void)state;
	memcpy(text, "[Serial Number],A\n", 18);
	for (i = 18; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	assert_null(read_text(formats, NULL, text));
	memset(text, '[', sizeof(text) - 1);
	assert_null(read_text(formats, NULL, text));
	for (i = 0; i + 5 < sizeof(text); i += 5)
		memcpy(text + i, "[a],\n", 5);
	text[i] = '\0';
	assert_null(read_text(formats, NULL, text));
	formats_free(&formats);
}

/* What a format file can say, and what comes of it: each row of csrc-format(5)
 * that the golden mails do not show. */
static const struct {
	const char *name, *format, *text, *json, *why;
} engine[] = {
#define SERIAL "[labels]\nserial = Serial\nmodel = Model\n"
#define COUNTERS "[counters]\ntotal = Total\ncolor = Color\n"
	{ "several labels a line, behind commas",
		"[format]\nseparator = :\nthousands = ,\n" SERIAL COUNTERS,
		"Serial: S1, Model: M 1\nTotal: 1,234, Color: 56\n",
		"\"serial\":\"S1\",\"counters\":{\"total\":1234,"
		"\"color\":56}",
		NULL },
	{ "behind one blank, after a number",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"Serial: S1\nTotal: 1234 Color: 56\n",
		"\"counters\":{\"total\":1234,\"color\":56}", NULL },
	{ "behind gaps, with others between",
		"[format]\nseparator = = :\n" SERIAL COUNTERS,
		"Serial: S1   Place: here   Note = a b\n"
		"Total = 7    Other = 8\tColor = 9\n",
		"\"counters\":{\"total\":7,\"color\":9}", NULL },
	{ "a name that looks like a counter is none",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"Serial: S1\nModel: M  Total: 9\nColor: 5\n",
		"\"model\":\"M Total: 9\",\"serial\":\"S1\","
		"\"counters\":{\"color\":5}",
		NULL },
	{ "values below",
		"[format]\nseparator = below\nthousands = ,\n" SERIAL COUNTERS,
		"Serial\nS1\n\nTotal\n\n  123,456\nColor\n5\n",
		"\"counters\":{\"total\":123456,\"color\":5}", NULL },
	{ "sections by headings, some of them unknown",
		"[format]\nseparator = :\nsections = headings\n"
		"[labels]\nserial = Device > Serial\n"
		"[counters]\ncopy = Copy > B/W\nprint = Print > B/W\n",
		"== Device ==\nSerial: S1\n[Copy]\nB/W : 1\nScan:\nB/W : 2\n"
		"Print\nB/W : 3\n",
		"\"counters\":{\"copy\":1,\"print\":3}", NULL },
	{ "a table of functions and colours",
		"[format]\nseparator = :\nmatrix = columns\nnone = -\n"
		"[labels]\nserial = Serial\n[counters]\n"
		"copy.black = Copy > Black\ncopy.color = Copy > Full Color\n"
		"print.black = Print > Black\n"
		"print.color = Print > Full Color\n",
		"Serial: S1\n\n         Full Color     Black\n"
		"-----------------------------\n"
		"Copy             12      3400\nPrint                       7\n"
		"\nBlack: 9\n",
		"\"counters\":{\"copy.color\":12,\"copy.black\":3400,"
		"\"print.black\":7},\"no_value\":[\"print.color\"]",
		NULL },
	{ "one in a frame, with a corner",
		"[format]\nseparator = :\nmatrix = |\n"
		"[labels]\nserial = Serial\n[counters]\n"
		"copy = Copy > Black\nprint = Print > Black\n"
		"color = Print > Color\n",
		"Serial: S1\n| What  | Black | Color |\n|-------|---|---|\n"
		"| Copy  | 1 | 2 |\n| Print | 3 | 4 |\n",
		"\"counters\":{\"copy\":1,\"print\":3,\"color\":4}", NULL },
	{ "a cell too few",
		"[format]\nseparator = :\nmatrix = |\n"
		"[labels]\nserial = Serial\n[counters]\n"
		"copy = Copy > Black\ncopy.color = Copy > Color\n",
		"Serial: S1\n| What | Black | Color |\n| Copy | 2 |\n", NULL,
		"the value of \"Copy > Black\" is no number" },
	{ "lines in a frame", "[format]\nseparator = |\n" SERIAL COUNTERS,
		"+--------+----+\n| Serial | S1 |\n| Total  | 5  |\n",
		"\"serial\":\"S1\",\"counters\":{\"total\":5}", NULL },
	{ "dots lead to values", "[format]\nseparator = :\n" SERIAL COUNTERS,
		"Serial ........ S1\nTotal ....: 5\n",
		"\"serial\":\"S1\",\"counters\":{\"total\":5}", NULL },
	{ "a label with a separator in it",
		"[format]\nseparator = :\nthousands = .\n" SERIAL
		"[counters]\ntotal = Total 1: all\n",
		"Serial: S1\nTotal 1: all: 145.230\n",
		"\"counters\":{\"total\":145230}", NULL },
	{ "lines go on",
		"[format]\nseparator = :\ncontinued = yes\n" SERIAL COUNTERS,
		"Serial:\n S1\nNote: a\n  b\n\nTotal: 5\n",
		"\"labels\":{\"Serial\":\"S1\",\"Note\":\"a b\"", NULL },
	{ "from here to there",
		"[format]\nseparator = :\nbegin = Report\nend = "
		"Regards\n" SERIAL COUNTERS,
		"Total: 1\nReport of the day\nSerial: S1\nTotal: 2\n"
		"Regards\nTotal: 3\n",
		"\"counters\":{\"total\":2}", NULL },
	{ "all in one line", "[format]\nseparator = :\n" SERIAL COUNTERS,
		"Hello Serial: S1 Model: M 1 Total: 5 Color: 2 ",
		"\"model\":\"M 1\",\"serial\":\"S1\","
		"\"counters\":{\"total\":5,\"color\":2}",
		NULL },
	{ "units, and no values",
		"[format]\nseparator = :\nunit = pages\nnone = N/A\n"
		"\tempty\n" SERIAL COUNTERS "scan = Scan\n",
		"Serial: S1\nTotal: 0012 pages\nColor: n/a\nScan:\n",
		"\"counters\":{\"total\":12},"
		"\"no_value\":[\"color\",\"scan\"]",
		NULL },
	{ "months and days of another language",
		"[format]\nseparator = :\ndate = %a, %d. %b %Y\n"
		"months = Januar Februar M\xc3\xa4rz April Mai Juni Juli\n"
		"\tAugust September Oktober November Dezember\n"
		"days = Mo Di Mi Do Fr Sa So\n" SERIAL
		"date = Datum\n" COUNTERS,
		"Serial: S1\nDatum: Do, 5. M\xc3\xa4rz 2026\nTotal: 1\n",
		"\"date\":\"2026-03-05\"", NULL },
	{ "a zone by its name, a fraction",
		"[format]\nseparator = =\n"
		"date = %a %b %d %H:%M:%S %Z %Y\n\t%Y-%m-%d %H:%M:%S\n" SERIAL
		"date = At\n" COUNTERS,
		"Serial = S1\nAt = Thu Mar 05 07:10:04 CET 2026\nTotal = 1\n",
		"\"date\":\"2026-03-05T07:10:04\"", NULL },
	{ "a serial in a frame",
		"[format]\nseparator = :\nserial_prefix = SN-\n"
		"serial_suffix = 00\n" SERIAL COUNTERS,
		"Serial: SN-4711200\nTotal: 1\n", "\"serial\":\"47112\"",
		NULL },
	{ "several devices in a text, a date for all",
		"[format]\nseparator = :\nrecord = Serial\ndate = %Y-%m-%d\n"
		"date_place = line\n" SERIAL COUNTERS,
		"2026-03-05\nSerial: S1\nTotal: 1\nSerial: S2\nColor: 2\n",
		"\"date\":\"2026-03-05\",\"serial\":\"S1\"", NULL },
	{ "an error names format, line and label",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"\n\nSerial: S1\nTotal: 1a\n", NULL,
		"engine: line 4: the value of \"Total\" is no number" },
	{ "a recognised text without a value",
		"[format]\nseparator = :\nnone = -\n" SERIAL COUNTERS,
		"Serial: S1\nTotal: -\n", NULL, "no counter has a value" },
	{ "forwarded inline, twice",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"See below.\n\n> > From: a\n> > Date: b\n> > Subject: Total: "
		"7\n"
		">\n>> Serial: S1\n> >\n> > Total: 1\n\nRegards\n",
		"\"counters\":{\"total\":1}", NULL },
	{ "a header in front of what is not marked",
		"[format]\nseparator = :\n" SERIAL COUNTERS "scan = To\n",
		"*Von:* a\n*An:* b\nTo: c\n*Betreff:* d\nTotal: 2\nSerial: "
		"S1\n",
		"\"counters\":{\"total\":2}", NULL },
	{ "quoted in pieces, with answers between",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"> Serial: S1\n> Total: 1\nTotal: 2?\n> Color: 3\n", NULL,
		"is no serial" },
	{ "lines of what is quoted keep their numbers",
		"[format]\nseparator = :\n" SERIAL COUNTERS,
		"a\n> From: a\n> Subject: b\n>\n> Serial: S1\n> Total: 1a\n",
		NULL, "engine: line 6: the value of \"Total\"" },
	{ "date and time by their own labels",
		"[format]\nseparator = :\ndate = %d.%m.%Y %H:%M\n" SERIAL
		"date = Date\ntime = Time\n" COUNTERS,
		"Time: 07:10\nSerial: S1\nDate: 05.03.2026\nTotal: 1\n",
		"\"date\":\"2026-03-05T07:10:00\"", NULL },
	{ "date and time in two columns, the time of one empty",
		"[format]\nlayout = table\nseparator = semicolon\n"
		"date = %d.%m.%Y\n\t%d.%m.%Y %H:%M\n" SERIAL
		"date = Date\ntime = Time\n" COUNTERS,
		"Serial;Date;Time;Total\nS1;05.03.2026;;1\n",
		"\"date\":\"2026-03-05\"", NULL },
	{ "two times of one date",
		"[format]\nseparator = :\ndate = %d.%m.%Y %H:%M\n" SERIAL
		"date = Date\ntime = Time\n" COUNTERS,
		"Serial: S1\nDate: 05.03.2026\nTime: 07:10\nTime: 07:11\n"
		"Total: 1\n",
		NULL, "line 4: the value of \"Time\" contradicts" },
	{ "a time that is none",
		"[format]\nseparator = :\ndate = %d.%m.%Y %H:%M\n" SERIAL
		"date = Date\ntime = Time\n" COUNTERS,
		"Serial: S1\nDate: 05.03.2026\nTime: noon\nTotal: 1\n", NULL,
		"the value of \"Date\" is no date" },
	{ "fractions of nothing",
		"[format]\nseparator = :\nthousands = .\ndecimal = ,\n"
		"unit = pages\n" SERIAL COUNTERS "scan = Scan\nfax = Fax\n",
		"Serial: S1\nTotal: 1.234,00 pages\nColor: 12,0\nScan: 0\n"
		"Fax: 70,0000\n",
		"\"counters\":{\"total\":1234,\"color\":12,\"scan\":0,\"fax\":"
		"70}",
		NULL },
	{ "a fraction of something",
		"[format]\nseparator = :\ndecimal = .\n" SERIAL COUNTERS,
		"Serial: S1\nTotal: 12.50\n", NULL, "is no number" },
	{ "a fraction that may be thousands",
		"[format]\nseparator = :\ndecimal = .\n" SERIAL COUNTERS,
		"Serial: S1\nTotal: 12.000\n", NULL, "is no number" },
	{ "a fraction of a number that is not there",
		"[format]\nseparator = :\ndecimal = .\n" SERIAL COUNTERS,
		"Serial: S1\nTotal: .0\n", NULL, "is no number" },
	{ "months in languages that need not be given",
		"[format]\nseparator = :\ndate = %d de %B de %Y\n"
		"\t%d. %B %Y\n\t%d %B %Y\n\t%d-%b-%Y\n" SERIAL
		"date = Date\n" COUNTERS,
		"Serial: S1\nDate: 19 de noviembre de 2026\nDate: 19. November "
		"2026\n"
		"Date: 19 novembre 2026\nDate: 19 listopada 2026\n"
		"Date: 19 Kas\xc4\xb1m 2026\nTotal: 1\n",
		"\"date\":\"2026-11-19\"", NULL },
	{ "months whose letters are not ASCII",
		"[format]\nseparator = :\ndate = %d. %B %Y\n\t%d-%b-%Y\n" SERIAL
		"date = Date\n" COUNTERS,
		"Serial: S1\nDate: 05. M\xc3\x84RZ 2026\nDate: 05-mrt-2026\n"
		"Date: 05-MAR-2026\nDate: 05. mar\xc3\xa7o 2026\nTotal: 1\n",
		"\"date\":\"2026-03-05\"", NULL },
	{ "months of a language whose days the file names",
		"[format]\nseparator = :\ndate = %a %d %b %Y\n"
		"days = lun mar mer jeu ven sam dim\n" SERIAL
		"date = Date\n" COUNTERS,
		"Serial: S1\nDate: mar 04 ao\xc3\xbbt 2026\nTotal: 1\n",
		"\"date\":\"2026-08-04\"", NULL },
	{ "a row without counters, left out and said",
		"[format]\nlayout = table\nseparator = columns\nnone = -\n"
		"no_counters = leave_out\n" SERIAL COUNTERS,
		"Serial  Total  Color\nS0\nS1         -\nS2         2      3\n"
		"S3                5\nS4         -      -\n",
		"\"left_out\":2", NULL },
	{ "a row without counters, which the file does not leave out",
		"[format]\nlayout = table\nseparator = semicolon\n" SERIAL
			COUNTERS,
		"Serial;Total;Color;Model\nS1;;;M\nS2;2;3;M\n", NULL,
		"line 2: no counter has a value" },
	{ "a row with a serial alone",
		"[format]\nlayout = table\nseparator = semicolon\n"
		"no_counters = leave_out\n" SERIAL COUNTERS,
		"Color;Serial;Total\n;S1;\n2;S2;3\nSum;;\n", "\"left_out\":1",
		NULL },
	{ "a table of rows without counters",
		"[format]\nlayout = table\nseparator = semicolon\n"
		"no_counters = leave_out\n" SERIAL COUNTERS,
		"Serial;Total;Color\nS1;;\nS2;;\n", NULL,
		"engine: no row has a counter" },
	{ "an empty cell, and one that stands under no heading",
		"[format]\nlayout = table\nseparator = columns\n" SERIAL
			COUNTERS,
		"Serial  Model  Total  Color\nS1             5      7      9\n",
		NULL, "line 2: a cell stands under no heading" },
	{ "what must be there is not",
		"[format]\nseparator = :\n[match]\nbody = Acme\n" SERIAL
			COUNTERS,
		"Serial: S1\nTotal: 1\n", NULL, "no part is a report" },
};

/* The first report of a text by one format file. */
static struct report *
read_first(struct formats *formats, const char *text)
{
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.data = (unsigned char *)(uintptr_t)text,
		.length = strlen(text) };
	struct entity entity = { .parts = &p, .part_count = 1 };
	const struct reading_source source = {
		.entity = &entity, .formats = formats, .limits = &limits
	};
	struct reports *reports;
	struct report *report = NULL;

	memset(&err, 0, sizeof(err));
	if (reports_open(&source, &reports, &err))
		return NULL;
	reports_next(reports, &report, &err);
	reports_close(&reports);
	return report;
}

/* A serial, a model, a date where there is no text. */
static const struct {
	const char *patterns, *subject, *name, *json, *why;
} beside[] = {
	{ "in_subject = Snapshot (<date> <time>) - <model> - <serial>\n",
		"SNAPSHOT  (05.03.2026 07:10) - M 1 - S1", NULL,
		"\"model\":\"M 1\",\"date\":\"2026-03-05T07:10:00\","
		"\"serial\":\"S1\"",
		NULL },
	{ "in_subject = <>Counters of <serial>\n\t<>Zaehler von <serial>\n",
		"Fwd: Zaehler von S1", NULL, "\"serial\":\"S1\"", NULL },
	{ "in_name = <serial>_<date>.t<>\n", "nothing", "S1_05.03.2026.txt",
		"\"date\":\"2026-03-05\",\"serial\":\"S1\"", NULL },
	{ "in_name = <serial>_<date>.txt\n", "nothing", "S1_05.03.2026.txt.x",
		NULL, "no part is a report" },
	{ "in_name = <serial>_<date>.txt\n", "nothing", "_05.03.2026.txt", NULL,
		"no part is a report" },
	{ "in_name = <serial>_<date>.txt\n", NULL, "S1_5 March.txt", NULL,
		"engine: what the file name says is no date" },
	{ "in_name = <serial>.txt\n", NULL, "S 1.txt", NULL,
		"engine: what the file name says is no serial" },
	{ "in_name = <serial>.txt\nin_subject = <serial>\n", "S2", "S1.txt",
		"\"serial\":\"S2\"", NULL },
};

static struct report *
read_beside(struct formats *formats, const char *subject, const char *name)
{
	static const char text[] = "Total: 7\n";
	char header[128];
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.name = (char *)(uintptr_t)name,
		.data = (unsigned char *)(uintptr_t)text,
		.length = sizeof(text) - 1 };
	struct entity entity = {
		.parts = &p, .part_count = 1, .header = header
	};
	struct report *report;

	memset(&err, 0, sizeof(err));
	text_format(header, sizeof(header), "A: b\nSubject: %s\n",
		subject == NULL ? "" : subject);
	entity.header_length = strlen(header);
	report_read(&entity, formats, &limits, &report, &err);
	return report;
}

static void
said_beside_the_text(void **state)
{
	char format[512];
	struct formats *formats;
	struct report *report;

	(void)state;
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		text_format(format, sizeof(format),
			"[format]\nseparator = :\ndate = %%d.%%m.%%Y %%H:%%M\n"
			"\t%%d.%%m.%%Y\n%s[counters]\ntotal = Total\n",
			beside[i].patterns);
		write_format("engine", "engine.format", format);
		formats = load("engine");
		if (formats == NULL)
			fail_msg("%zu: %s", i, err.text);
		report =
			read_beside(formats, beside[i].subject, beside[i].name);
		if ((report == NULL) != (beside[i].json == NULL))
			fail_msg("%zu: %s", i, err.text);
		if (report == NULL)
			assert_non_null(strstr(err.text, beside[i].why));
		else if (strstr(report->json, beside[i].json) == NULL)
			fail_msg("%zu: %s", i, report->json);
		report_free(&report);
		formats_free(&formats);
	}
}

#define JSON_FORMAT "[format]\nlayout = json\ndate = %Y-%m-%d\n"
#define JSON_LABELS                                      \
	"[labels]\nserial = serialNumber\ndate = asOf\n" \
	"[counters]\ntotal = usage > total\ncolor = Color\n"

/* Attachments in JSON. */
static const struct {
	const char *format, *text, *json, *why;
	size_t total;
} trees[] = {
	{ JSON_FORMAT JSON_LABELS,
		"{\"device\":{\"serialNumber\":\"S1\",\"usage\":{\"total\":12}}"
		"}",
		"\"serial\":\"S1\",\"counters\":{\"total\":12}", NULL, 1 },
	{ JSON_FORMAT "record = devices\nthousands = .\n" JSON_LABELS,
		"{\"asOf\":\"2026-03-05\",\"devices\":[{\"serialNumber\":"
		"\"S1\","
		"\"usage\":{\"total\":\"1.234\"},\"color\":null},"
		"{\"serialNumber\":\"S2\"}]}",
		"\"date\":\"2026-03-05\",\"serial\":\"S1\",\"counters\":"
		"{\"total\":1234},\"no_value\":[\"color\"]",
		NULL, 2 },
	{ JSON_FORMAT "pair = n v\ndecimal = .\n" JSON_LABELS,
		" [{\"serialNumber\":\"S1\",\"m\":[{\"n\":\"Color\",\"v\":7.0},"
		"{\"n\":\"Toner\",\"v\":0.5}]}]",
		"\"counters\":{\"color\":7}", NULL, 1 },
	{ JSON_FORMAT JSON_LABELS,
		"{\"serialNumber\":\"S1\",\"usage\":[{\"total\":1},{\"total\":"
		"2}]}",
		NULL, "\"usage > total\" contradicts", 1 },
	{ JSON_FORMAT JSON_LABELS,
		"{\"serialNumber\":\"S1\",\"usage\":{\"total\":1.5}}", NULL,
		"is no number", 1 },
	{ JSON_FORMAT JSON_LABELS, "{\"serialNumber\":\"S1\",", NULL,
		"syntax error", 0 },
	{ JSON_FORMAT JSON_LABELS, "{\"a\":1}", NULL, "report", 0 },
};

static void
check_tree(size_t i, const char *type, struct formats *formats)
{
	struct part p = { .type = (char *)(uintptr_t)type,
		.name = (char *)(uintptr_t) "a.json",
		.data = (unsigned char *)(uintptr_t)trees[i].text,
		.length = strlen(trees[i].text) };
	struct entity entity = { .parts = &p, .part_count = 1 };
	const struct reading_source source = { .entity = &entity,
		.formats = formats,
		.limits = &limits,
		.vouched = true };
	struct reports *reports = NULL;
	struct report *report = NULL;

	if (reports_open(&source, &reports, &err) == 0) {
		assert_int_equal(reports_total(reports), trees[i].total);
		(void)reports_next(reports, &report, &err);
	}
	if ((report == NULL) != (trees[i].json == NULL))
		fail_msg("%zu: %s", i, err.text);
	if (report != NULL && strstr(report->json, trees[i].json) == NULL)
		fail_msg("%zu: %s", i, report->json);
	if (report == NULL && strcmp(type, "application/json") == 0 &&
		strstr(err.text, trees[i].why) == NULL)
		fail_msg("%zu: %s", i, err.text);
	report_free(&report);
	if (reports != NULL)
		reports_close(&reports);
}

static void
json_attachments(void **state)
{
	struct formats *formats;

	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		write_format("engine", "engine.format", trees[i].format);
		formats = load("engine");
		if (formats == NULL)
			fail_msg("%zu: %s", i, err.text);
		check_tree(i, "application/json", formats);
		check_tree(i, "application/octet-stream", formats);
		formats_free(&formats);
	}
}

static void
engine_rows(void **state)
{
	struct formats *formats;
	struct report *report;

	(void)state;
	for (size_t i = 0; i < sizeof(engine) / sizeof(engine[0]); i++) {
		write_format("engine", "engine.format", engine[i].format);
		formats = load("engine");
		if (formats == NULL)
			fail_msg("%s: %s", engine[i].name, err.text);
		report = read_first(formats, engine[i].text);
		if ((report == NULL) != (engine[i].json == NULL))
			fail_msg("%s: %s", engine[i].name, err.text);
		if (report == NULL && strstr(err.text, engine[i].why) == NULL)
			fail_msg("%s: %s", engine[i].name, err.text);
		if (report != NULL &&
			strstr(report->json, engine[i].json) == NULL)
			fail_msg("%s: %s", engine[i].name, report->json);
		report_free(&report);
		formats_free(&formats);
	}
}

/* What the registry knows: an alias, and an order of dates. */
static int
about(const char *serial, void *arg, struct device_hint *hint, struct error *e)
{
	(void)arg;
	(void)e;
	if (strcmp(serial, "ALIAS1") != 0)
		return 1;
	strcpy(hint->serial, "PLATE1");
	hint->order = ORDER_MDY;
	return 0;
}

static void
registry_is_asked(void **state)
{
	static const char text[] =
		"[Serial Number],alias1\n[Send Date],03/04/26\n"
		"[Total Counter],1\n[Note],a\n";
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.data = (unsigned char *)(uintptr_t)text,
		.length = sizeof(text) - 1 };
	struct entity entity = { .parts = &p, .part_count = 1 };
	struct formats *formats = load_shipped();
	const struct reading_source source = { .entity = &entity,
		.formats = formats,
		.limits = &limits,
		.now = 1775000000, /* 2026-03-31 */
		.window = 7 * DAY,
		.about = about };
	struct reports *reports;
	struct report *report;

	(void)state;
	assert_int_equal(reports_open(&source, &reports, &err), 0);
	assert_int_equal(reports_next(reports, &report, &err), 1);
	assert_string_equal(report->claims.serial, "PLATE1");
	assert_string_equal(report->date, "2026-03-04");
	assert_int_equal(report->precision, PRECISION_DAY);
	/* known labels only, since nobody wants the others */
	assert_null(strstr(report->json, "Note"));
	assert_non_null(strstr(report->json, "\"Send Date\""));
	report_free(&report);
	reports_close(&reports);
	formats_free(&formats);
}

/* Of several devices, one whose serial is not there is told, not passed over;
 * what stands before the first is none. */
static void
device_without_serial(void **state)
{
	static const char text[] = "Total: of all\nDevice: A\nSerial: S1\n"
				   "Total: 1\nDevice: B\nTotal: 2\n"
				   "Device: C\nDevice: D\nSerial: S4\n"
				   "Total: 4\n";
	struct part p = { .type = (char *)(uintptr_t) "text/plain",
		.data = (unsigned char *)(uintptr_t)text,
		.length = sizeof(text) - 1 };
	struct entity entity = { .parts = &p, .part_count = 1 };
	struct reading_source source = { .entity = &entity, .limits = &limits };
	struct reports *reports;
	struct report *report = NULL;
	struct formats *formats;

	(void)state;
	write_format("engine", "engine.format",
		"[format]\nseparator = :\nrecord = Device\n" SERIAL COUNTERS);
	formats = load("engine");
	assert_non_null(formats);
	source.formats = formats;
	assert_int_equal(reports_open(&source, &reports, &err), 0);
	assert_int_equal(reports_total(reports), 3);
	assert_int_equal(reports_next(reports, &report, &err), 1);
	assert_string_equal(report->claims.serial, "S1");
	report_free(&report);
	assert_int_equal(reports_next(reports, &report, &err), -1);
	assert_string_equal(err.text, "engine: line 5: no serial");
	assert_int_equal(reports_next(reports, &report, &err), 1);
	assert_string_equal(report->claims.serial, "S4");
	report_free(&report);
	assert_int_equal(reports_next(reports, &report, &err), 0);
	reports_close(&reports);
	formats_free(&formats);
}

/* A file that is wrong is left out with the one that it would replace. */
static void
sound_ones_are_loaded(void **state)
{
	char local[128];
	const char *const paths[] = { shipped, local };
	struct formats *formats = load_shipped();
	const size_t count = formats_count(formats);

	(void)state;
	formats_free(&formats);
	text_format(local, sizeof(local), "%s/sound", directory);
	write_format("sound", "sharp.format", "[format]\nwrong = 1\n");
	assert_int_equal(formats_load_sound(paths, 2, &formats, &err), 0);
	assert_int_equal(formats_count(formats), count - 1);
	assert_non_null(strstr(formats_fault(formats, 0), "sharp.format:2:"));
	assert_null(formats_fault(formats, 1));
	formats_free(&formats);
}

static int
setup(void **state)
{
	static const char *const subs[] = { "many", "twice", "local", "bad",
		"engine", "sound" };
	const char *srcdir = getenv("srcdir");
	char command[128];
	size_t i;

	(void)state;
	text_format(shipped, sizeof(shipped), "%s/parser/formats",
		srcdir == NULL ? "." : srcdir);
	if (mkdtemp(directory) == NULL)
		return -1;
	for (i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		text_format(command, sizeof(command), "mkdir %s/%s", directory,
			subs[i]);
		if (system(command) != 0)
			return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	text_format(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(konica),
		cmocka_unit_test(undated),
		cmocka_unit_test(konica_variants),
		cmocka_unit_test(konica_spanish),
		cmocka_unit_test(konica_misfits),
		cmocka_unit_test(undated_is_as_old_as_its_mail),
		cmocka_unit_test(charsets_named),
		cmocka_unit_test(long_text_is_said),
		cmocka_unit_test(charsets_refused),
		cmocka_unit_test(other_makers),
		cmocka_unit_test(two_formats_fit),
		cmocka_unit_test(later_directory_wins),
		cmocka_unit_test(file_errors),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(engine_rows),
		cmocka_unit_test(json_attachments),
		cmocka_unit_test(said_beside_the_text),
		cmocka_unit_test(registry_is_asked),
		cmocka_unit_test(device_without_serial),
		cmocka_unit_test(sound_ones_are_loaded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
