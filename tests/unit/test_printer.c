/*
 * From recorded answers of printers of several shapes, all of our making, to
 * the reports that the gateway reads; and what is remembered of a printer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/printer.h"
#include "agent/recorded.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "parser/report_json.h"
#include "tests/unit/killed.h"

#define OK(call) assert_int_equal(call, 0)
#define ALERTS "1.3.6.1.2.1.43.18.1.1."
#define SUPPLIES "1.3.6.1.2.1.43.11.1.1."
/* 2026-11-30T20:00:00Z */
enum { NOW = 1796068800 };

static const char *srcdir = ".";
static struct profiles *profiles;
static const struct printer_origin origin = {
	.center = "K0001", .address = "192.0.2.7", .date = NOW
};

static struct answers *
recorded(const char *name)
{
	char path[1200];
	struct answers *answers;
	struct error e = { 0 };

	text_format(path, sizeof(path), "%s/tests/fixture/printers/%s", srcdir,
		name);
	if (recorded_read(path, &answers, &e) != 0)
		fail_msg("%s", e.text);
	return answers;
}

static struct printer *
read_printer(const struct answers *answers, bool whole)
{
	struct profile profile;
	struct printer *printer;
	struct error e;

	profile_choose(profiles, answers, &profile);
	OK(printer_read(&profile, answers, whole, &printer, &e));
	return printer;
}

static struct printer *
printer_of(const char *name)
{
	struct answers *answers = recorded(name);
	struct printer *printer = read_printer(answers, true);

	answers_free(&answers);
	return printer;
}

/* As the gateway reads it. */
static struct report *
gateway_reads(const struct buffer *json)
{
	struct report *report = calloc(1, sizeof(*report));
	struct error e = { 0 };

	assert_non_null(report);
	assert_memory_equal(json->data, "{\"version\":1,", 13);
	assert_null(memchr(json->data, '\n', json->length));
	if (report_json_whole(
		    json->data, json->length, &limits_default, report, &e) != 0)
		fail_msg("%s: %s", e.text, (const char *)json->data);
	return report;
}

static void
has(const struct buffer *text, const char *part)
{
	if (text->data == NULL ||
		strstr((const char *)text->data, part) == NULL)
		fail_msg("no %s in %s", part,
			text->data == NULL ? "nothing"
					   : (const char *)text->data);
}

static void
lacks(const struct buffer *text, const char *part)
{
	if (text->data != NULL &&
		strstr((const char *)text->data, part) != NULL)
		fail_msg("%s in %s", part, (const char *)text->data);
}

static const struct {
	const char *file, *profile, *serial, *model, *firmware, *counters;
} shapes[] = {
	{ "plain.walk", "printer-mib", "AC900-000017", "Acme Laser 900", "",
		"total=120345 " },
	{ "hp.walk", "hp printer-mib", "MXB0000001", "HP Example M999",
		"2509_1", "total=5001 total.black=3000 total.color=2001 " },
	{ "kyocera.snmprec", "kyocera printer-mib", "W990000001",
		"Example 4000ci", "",
		"copy=3900 copy.black=3000 copy.color=900 fax=100 print=6000 "
		"print.black=4000 print.color=2000 print.color.single=0 "
		"scan.copy=4100 total=10000 " },
	{ "ricoh.snmprec", "ricoh printer-mib", "3000R900001", "IM EX2500", "",
		"copy.black=151 print.black=300 print.color=250 total=701 " },
	{ "lexmark.snmprec", "lexmark printer-mib", "4062000001",
		"Lexmark EX500", "EXTGM.081",
		"total=9100 total.black=7000 total.color=2100 "
		"total.sheets=6000 " },
	{ "brother.snmprec", "brother printer-mib", "E99999A9N000001",
		"Brother MFC-EX900", "1.07",
		"total=4661 total.black=4096 total.color=565 " },
	{ "canon.walk", "canon printer-mib", "ABC00001", "MF Example", "",
		"copy=354 total=9026 total.color.small=500 " },
	{ "canon-numbers.snmprec", "canon printer-mib", "EXC00001",
		"iR-ADV EX5500", "65.23",
		"print=1200 scan=333 total=1500 total.black=900 "
		"total.black.large=50 total.black.small=850 "
		"total.color.large=100 total.color.small=500 " },
	{ "konica-minolta.snmprec", "konica-minolta printer-mib",
		"EX9A011900001", "KONICA MINOLTA bizhub EX30", "",
		"copy.black=400 copy.color=201 duplex=300 print.black=600 "
		"print.color=800 scan=77 total=2001 " },
	{ "xerox.snmprec", "xerox printer-mib", "EXA000001", "Example C7000",
		"",
		"copy.black=150 copy.color=50 print.black=500 print.color=300 "
		"total=1000 total.black=650 total.color=350 " },
	{ "sharp.snmprec", "sharp printer-mib", "9900000100", "", "",
		"print.black=500 print.color=100 total=900 total.black=700 "
		"total.color=200 " },
	{ "epson.snmprec", "epson printer-mib", "EXAM000001", "AM-C900 Series",
		"",
		"copy=200 copy.color=50 print=700 print.color=250 total=900 "
		"total.black=600 total.color=300 " },
	{ "oki.snmprec", "oki printer-mib", "AK99000001", "EX542", "",
		"total=900 total.black=700 total.color=200 " },
	{ "toshiba.snmprec", "toshiba printer-mib", "CEX900001", "", "",
		"copy.black=199 print.black=400 total=900 total.black=599 "
		"total.color=300 total.color.two=1 " },
	{ "samsung.snmprec", "samsung printer-mib", "ZEX0000001",
		"Samsung EX-M4000", "V9.00.01", "total=900 " },
	{ "sheets.snmprec", "printer-mib", "SH-2", "", "",
		"total.sheets=4294967295 " },
	{ "hostile.snmprec", "printer-mib", "",
		"\xc3\xbf\xc3\xbf\xc3\xbf\xc3\xbf", "",
		"total=9007199254740991 " },
};

static void
check_report(const struct printer *p, const char *counters)
{
	struct buffer json = { 0 }, text = { 0 };
	struct report *report;
	struct error e;

	assert_int_equal(printer_report_counters(p, &origin, &json, &e), 1);
	report = gateway_reads(&json);
	assert_int_equal(report->kind, REPORT_COUNTERS);
	assert_string_equal(report->claims.serial, p->serial);
	assert_string_equal(report->claims.center, "K0001");
	assert_int_equal(report->earliest, NOW);
	buffer_text(&text, "");
	for (size_t i = 0; i < report->counter_count; i++)
		buffer_format(&text, "%s=%lld ", report->counters[i].name,
			(long long)report->counters[i].value);
	assert_string_equal((const char *)text.data, counters);
	has(&json, "\"agent\":{\"address\":\"192.0.2.7\",\"profile\":\"");
	report_free(&report);
	buffer_clear(&text);
	buffer_clear(&json);
}

static void
shapes_of_makers(void **state)
{
	struct printer *p;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		p = printer_of(shapes[i].file);
		assert_string_equal(p->profile, shapes[i].profile);
		assert_string_equal(p->serial, shapes[i].serial);
		assert_string_equal(p->model, shapes[i].model);
		assert_string_equal(p->firmware, shapes[i].firmware);
		if (p->serial[0] != '\0')
			check_report(p, shapes[i].counters);
		printer_free(&p);
	}
}

/* Every reading can be traced to the object that it came from. */
static void
readings_have_their_oids(void **state)
{
	struct printer *p = printer_of("lexmark.snmprec");
	struct buffer json = { 0 };
	struct error e;

	(void)state;
	assert_int_equal(printer_report_counters(p, &origin, &json, &e), 1);
	has(&json,
		"\"oids\":{\"total\":\"1.3.6.1.4.1.641.6.4.2.1.1.4.1.2\","
		"\"total.black\":\"1.3.6.1.4.1.641.6.4.2.1.1.4.1.3\",");
	buffer_clear(&json);
	printer_free(&p);
}

static void
without_serial(void **state)
{
	struct printer *p = printer_of("hostile.snmprec");
	struct printer_state *told = NULL;
	struct buffer json = { 0 };
	struct error e;
	bool damaged;

	(void)state;
	OK(printer_state_read(".", "X", &told, &damaged, &e));
	assert_int_equal(printer_report_counters(p, &origin, &json, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(
		printer_report_alarms(p, told, &origin, &json, &e), -1);
	assert_int_equal(
		printer_report_settings(p, told, &origin, &json, &e), -1);
	assert_int_equal(json.length, 0);
	OK(printer_state_advance(told, p, &origin, ".", &e));
	assert_int_equal(access("X.json", F_OK), -1);
	printer_state_free(&told);
	printer_free(&p);
}

/* Before there is a clock a report has no date, and what it would date by. */
static void
without_clock(void **state)
{
	const struct printer_origin undated = { 0 };
	struct printer *p = printer_of("plain.walk");
	struct printer_state *told;
	struct buffer json = { 0 };
	struct error e;
	bool damaged;

	(void)state;
	OK(printer_state_read(".", p->serial, &told, &damaged, &e));
	assert_int_equal(printer_report_counters(p, &undated, &json, &e), 1);
	assert_int_equal(
		printer_report_alarms(p, told, &undated, &json, &e), 1);
	lacks(&json, "\"date\"");
	lacks(&json, "\"since\"");
	lacks(&json, "\"center\"");
	buffer_clear(&json);
	printer_state_free(&told);
	printer_free(&p);
}

/* One printer that is polled again and again. */
struct polled {
	struct answers *answers;
	struct printer_state *told;
	struct buffer alarms, settings;
};

static void
set_text(struct polled *f, const char *oid, const char *text)
{
	struct answer one = { .kind = text == NULL ? ANSWER_ABSENT
						   : ANSWER_TEXT,
		.text = (const unsigned char *)text,
		.length = text == NULL ? 0 : strlen(text) };
	struct error e;

	assert_true(oid_read(oid, &one.oid));
	OK(answers_add(f->answers, &one, &e));
}

static void
set_number(struct polled *f, const char *oid, int64_t number)
{
	struct answer one = { .kind = ANSWER_INTEGER, .integer = number };
	struct error e;

	assert_true(oid_read(oid, &one.oid));
	OK(answers_add(f->answers, &one, &e));
}

static void
set_failed(struct polled *f, const char *oid)
{
	struct answer one = { .kind = ANSWER_FAILED };
	struct error e;

	assert_true(oid_read(oid, &one.oid));
	OK(answers_add(f->answers, &one, &e));
}

static void
start(struct polled *f, const char *name)
{
	struct error e;
	bool damaged;

	*f = (struct polled){ .answers = recorded(name) };
	OK(printer_state_read(".", "AC900-000017", &f->told, &damaged, &e));
	assert_false(damaged);
}

/* A round: what there is to report, and what was told then. */
static void
poll(struct polled *f, bool whole)
{
	struct printer *p = read_printer(f->answers, whole);
	struct report *report;
	struct error e;

	buffer_clear(&f->alarms);
	buffer_clear(&f->settings);
	if (printer_report_alarms(p, f->told, &origin, &f->alarms, &e) == 1) {
		report = gateway_reads(&f->alarms);
		assert_int_equal(report->kind, REPORT_ALARM);
		report_free(&report);
	}
	if (printer_report_settings(p, f->told, &origin, &f->settings, &e) ==
		1) {
		report = gateway_reads(&f->settings);
		assert_int_equal(report->kind, REPORT_SETTINGS);
		report_free(&report);
	}
	OK(printer_state_advance(f->told, p, &origin, ".", &e));
	printer_free(&p);
}

static void
end(struct polled *f)
{
	buffer_clear(&f->alarms);
	buffer_clear(&f->settings);
	printer_state_free(&f->told);
	answers_free(&f->answers);
	unlink("AC900-000017.json");
}

static void
alarms_open_and_close(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	has(&f.alarms,
		"{\"code\":\"inputMediaSupplyEmpty\",\"text\":\"Load Tray 2 "
		"with A4\",\"since\":\"2026-11-30T19:00:00Z\",\"state\":\"on\","
		"\"group\":\"input\",\"place\":\"2\",\"severity\":\"critical\","
		"\"oid\":\"1.3.6.1.2.1.43.18.1.1.7.1.5\"}");
	has(&f.alarms,
		"{\"code\":\"supplyLow\",\"text\":\"Black Toner\",\"state\":"
		"\"on\",\"group\":\"supply\",\"place\":\"1.1\"");
	lacks(&f.alarms, "Sleep");
	poll(&f, true);
	assert_int_equal(f.alarms.length, 0);
	set_text(&f, ALERTS "7.1.5", NULL);
	poll(&f, false);
	assert_int_equal(f.alarms.length, 0);
	poll(&f, true);
	has(&f.alarms,
		"\"alarms\":[{\"code\":\"inputMediaSupplyEmpty\",\"text\":"
		"\"Load "
		"Tray 2 with A4\",\"since\":\"2026-11-30T19:00:00Z\",\"state\":"
		"\"off\"");
	poll(&f, true);
	assert_int_equal(f.alarms.length, 0);
	end(&f);
}

/* Alerts get other indexes with some makers at each look, and are told twice
 * by others. */
static void
alerts_move_and_double(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	set_text(&f, ALERTS "7.1.5", NULL);
	for (int row = 90; row <= 91; row++) {
		char oid[64];

		text_format(oid, sizeof(oid), ALERTS "7.1.%d", row);
		set_number(&f, oid, 808);
		text_format(oid, sizeof(oid), ALERTS "4.1.%d", row);
		set_number(&f, oid, 8);
		text_format(oid, sizeof(oid), ALERTS "5.1.%d", row);
		set_number(&f, oid, 2);
	}
	poll(&f, true);
	assert_int_equal(f.alarms.length, 0);
	end(&f);
}

/* 8000 is full: low up to 800, and over only beyond 1200. */
static void
levels_waver(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	set_number(&f, SUPPLIES "9.1.1", 1100);
	poll(&f, true);
	lacks(&f.alarms, "supply");
	set_number(&f, SUPPLIES "9.1.1", 800);
	poll(&f, true);
	has(&f.alarms, "\"supplyLow\"");
	set_number(&f, SUPPLIES "9.1.1", 1100);
	poll(&f, true);
	assert_int_equal(f.alarms.length, 0);
	set_number(&f, SUPPLIES "9.1.1", 0);
	poll(&f, true);
	has(&f.alarms, "\"supplyEmpty\"");
	has(&f.alarms, "\"state\":\"off\"");
	set_number(&f, SUPPLIES "9.1.1", 8000);
	poll(&f, true);
	has(&f.alarms,
		"\"supplyEmpty\",\"text\":\"Black Toner\",\"state\":"
		"\"off\"");
	end(&f);
}

/* What a receptacle has left is room. */
static void
boxes_fill(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	set_number(&f, SUPPLIES "8.1.2", 100);
	set_number(&f, SUPPLIES "9.1.2", 5);
	poll(&f, true);
	has(&f.alarms, "\"supplyNearlyFull\",\"text\":\"Waste Box\"");
	set_number(&f, SUPPLIES "9.1.2", 0);
	poll(&f, true);
	has(&f.alarms, "\"supplyFull\"");
	/* in percent, of nothing that it tells */
	set_number(&f, SUPPLIES "8.1.2", -2);
	set_number(&f, SUPPLIES "9.1.2", 100);
	poll(&f, true);
	has(&f.alarms,
		"\"supplyFull\",\"text\":\"Waste Box\",\"state\":"
		"\"off\"");
	set_number(&f, SUPPLIES "9.1.2", 3);
	poll(&f, true);
	has(&f.alarms, "\"supplyNearlyFull\"");
	end(&f);
}

static void
settings_change(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	has(&f.settings,
		"{\"name\":\"model\",\"new\":\"Acme Laser 900\","
		"\"oid\":\"1.3.6.1.2.1.25.3.2.1.3.1\"}");
	has(&f.settings,
		"{\"name\":\"part.input.model/1.2\",\"new\":\"Tray 550\",");
	lacks(&f.settings, "\"old\"");
	poll(&f, true);
	assert_int_equal(f.settings.length, 0);
	set_text(&f, "1.3.6.1.2.1.1.1.0", "Acme 900; Engine 2.2; NIC 4.0");
	poll(&f, true);
	has(&f.settings,
		"\"settings\":[{\"name\":\"description\",\"old\":\"Acme 900; "
		"Engine 2.1; NIC 4.0\",\"new\":\"Acme 900; Engine 2.2; NIC "
		"4.0\",\"oid\":\"1.3.6.1.2.1.1.1.0\"}]");
	end(&f);
}

/* What is not answered today is not gone, but a row of a table that is. */
static void
parts_go(void **state)
{
	struct polled f;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	set_text(&f, "1.3.6.1.2.1.1.1.0", NULL);
	set_text(&f, "1.3.6.1.2.1.43.8.2.1.15.1.2", NULL);
	poll(&f, false);
	assert_int_equal(f.settings.length, 0);
	poll(&f, true);
	has(&f.settings,
		"\"settings\":[{\"name\":\"part.input.model/1.2\",\"old\":"
		"\"Tray 550\",\"new\":null}]");
	set_text(&f, "1.3.6.1.2.1.43.8.2.1.15.1.1", NULL);
	poll(&f, true);
	assert_int_equal(f.settings.length, 0);
	set_text(&f, "1.3.6.1.2.1.1.1.0", "Acme 900; Engine 2.1; NIC 4.0");
	poll(&f, true);
	assert_int_equal(f.settings.length, 0);
	end(&f);
}

/* What the printer had an error for is neither gone nor somewhere else. */
static void
failures_are_not_absence(void **state)
{
	struct polled f;
	struct printer *p;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	set_text(&f, "1.3.6.1.2.1.43.8.2.1.15.1.2", NULL);
	set_text(&f, ALERTS "7.1.5", NULL);
	set_failed(&f, ALERTS "7");
	set_number(&f, SUPPLIES "9.1.2", 0);
	set_failed(&f, SUPPLIES "4");
	poll(&f, true);
	assert_int_equal(f.alarms.length + f.settings.length, 0);
	end(&f);

	start(&f, "hp.walk");
	set_number(&f, "1.3.6.1.2.1.43.10.2.1.3.1.1", 7);
	set_number(&f, "1.3.6.1.2.1.43.10.2.1.4.1.1", 77);
	set_failed(&f, "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0");
	p = read_printer(f.answers, true);
	assert_false(p->whole);
	check_report(p, "total.black=3000 total.color=2001 ");
	printer_free(&p);
	end(&f);
}

static void
remembered(void **state)
{
	struct printer_state *told;
	struct stat before, after;
	struct polled f;
	struct error e;
	bool damaged;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	OK(stat("AC900-000017.json", &before));
	assert_int_equal(before.st_mode & 0777, 0600);
	printer_state_free(&f.told);
	OK(printer_state_read(".", "AC900-000017", &f.told, &damaged, &e));
	poll(&f, true);
	assert_int_equal(f.alarms.length + f.settings.length, 0);
	OK(stat("AC900-000017.json", &after));
	assert_int_equal(before.st_ino, after.st_ino);
	OK(printer_state_read(".", "another", &told, &damaged, &e));
	assert_false(damaged);
	printer_state_free(&told);
	end(&f);
}

static void
write_state(const void *octets, size_t length)
{
	int fd = open("AC900-000017.json", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, octets, length), length);
	close(fd);
}

/* That file is no state: all is told again, and it is a good one then. */
static void
damaged(const void *octets, size_t length)
{
	struct printer_state *told;
	struct polled f;
	struct error e;
	bool is_damaged;

	write_state(octets, length);
	OK(printer_state_read(".", "AC900-000017", &told, &is_damaged, &e));
	assert_true(is_damaged);
	f = (struct polled){ .answers = recorded("plain.walk"), .told = told };
	poll(&f, true);
	has(&f.alarms, "\"supplyLow\"");
	has(&f.settings, "\"Acme Laser 900\"");
	printer_state_free(&f.told);
	OK(printer_state_read(".", "AC900-000017", &f.told, &is_damaged, &e));
	assert_false(is_damaged);
	end(&f);
}

static void
damage_is_survived(void **state)
{
	static const char *const rows[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"version\":2,\"serial\":\"AC900-000017\",\"settings\":[],"
		"\"alarms\":[]}",
		"{\"version\":1,\"serial\":\"OTHER\",\"settings\":[],"
		"\"alarms\":"
		"[]}",
		"{\"version\":1,\"serial\":\"AC900-000017\",\"settings\":{},"
		"\"alarms\":[]}",
		"{\"version\":1,\"serial\":\"AC900-000017\",\"settings\":[1],"
		"\"alarms\":[]}",
		"{\"version\":1,\"serial\":\"AC900-000017\",\"settings\":[{"
		"\"name\":1}],\"alarms\":[]}",
		"{\"version\":1,\"serial\":\"AC900-000017\",\"settings\":[],"
		"\"alarms\":[{}]}",
	};
	struct buffer text = { 0 };
	struct polled f;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		damaged(rows[i], strlen(rows[i]));
	start(&f, "plain.walk");
	poll(&f, true);
	OK(file_read("AC900-000017.json", &text, &e));
	end(&f);
	for (size_t i = 1; i < text.length; i += 97)
		damaged(text.data, i);
	memset(text.data, 0, text.length);
	damaged(text.data, text.length);
	text.length = 0;
	buffer_text(&text, "{\"version\":1,\"serial\":\"AC900-000017\",");
	while (text.length < 600 * 1024)
		buffer_text(&text, "                                ");
	damaged(text.data, text.length);
	buffer_clear(&text);
}

/* More rows than are taken: the first of them, and nothing is said to be gone.
 */
static void
more_than_fits(void **state)
{
	struct polled f;
	struct printer *p;
	char oid[64];

	(void)state;
	start(&f, "plain.walk");
	for (int i = 1; i <= 300; i++) {
		text_format(oid, sizeof(oid), SUPPLIES "6.1.%d", i);
		set_text(&f, oid, "a part");
		text_format(oid, sizeof(oid), SUPPLIES "9.1.%d", i);
		set_number(&f, oid, 1);
		text_format(oid, sizeof(oid), ALERTS "7.1.%d", i);
		set_number(&f, oid, 8);
		text_format(oid, sizeof(oid), ALERTS "5.1.%d", i);
		set_number(&f, oid, i);
	}
	p = read_printer(f.answers, true);
	assert_int_equal(p->supply_count, PRINTER_SUPPLIES);
	assert_int_equal(p->setting_count, PRINTER_SETTINGS);
	assert_int_equal(p->alarm_count, PRINTER_ALARMS);
	assert_false(p->whole);
	printer_free(&p);
	poll(&f, true);
	poll(&f, true);
	assert_int_equal(f.alarms.length + f.settings.length, 0);
	end(&f);
}

/* Texts as long as an answer may be. */
static void
long_texts(void **state)
{
	char *text = malloc(60001);
	struct polled f;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 60000; i++)
		text[i] = "\xc3\xa9\"\\\x01<"[i % 6];
	text[60000] = '\0';
	start(&f, "plain.walk");
	set_text(&f, "1.3.6.1.2.1.1.1.0", text);
	set_text(&f, ALERTS "8.1.5", text);
	set_text(&f, SUPPLIES "6.1.1", text);
	poll(&f, true);
	has(&f.alarms, "\xc3\xa9\\\"\\\\ <");
	end(&f);
	free(text);
}

/* An index that is longer than the gateway takes costs the reading nothing. */
static void
long_identifiers(void **state)
{
	char life[1024] = "1.3.6.1.2.1.43.10.2.1.4";
	char unit[1024] = "1.3.6.1.2.1.43.10.2.1.3";
	struct buffer json = { 0 };
	struct printer *p;
	struct polled f;
	struct error e;

	(void)state;
	start(&f, "plain.walk");
	set_text(&f, "1.3.6.1.2.1.43.10.2.1.4.1.1", NULL);
	for (int i = 0; i < 53; i++) {
		strcat(life, ".4294967295");
		strcat(unit, ".4294967295");
	}
	set_number(&f, unit, 7);
	set_number(&f, life, 99);
	p = read_printer(f.answers, true);
	check_report(p, "total=99 ");
	assert_int_equal(printer_report_counters(p, &origin, &json, &e), 1);
	has(&json, "\"oids\":{}");
	printer_free(&p);
	buffer_clear(&json);
	end(&f);
}

static int
advance(void *arg)
{
	struct polled *f = arg;
	struct printer *p = read_printer(f->answers, true);
	struct error e;
	int rc = printer_state_advance(f->told, p, &origin, ".", &e);

	printer_free(&p);
	return rc;
}

/* The state is the old one or the new one, whenever the process dies. */
static void
killed_at_each_step(void **state)
{
	struct printer_state *told;
	unsigned int calls, old = 0;
	struct polled f;
	struct error e;
	bool is_damaged;

	(void)state;
	start(&f, "plain.walk");
	poll(&f, true);
	set_text(&f, "1.3.6.1.2.1.1.1.0", "new");
	for (unsigned int n = 1; killed_at(n, advance, &f, &calls); n++) {
		OK(printer_state_read(
			".", "AC900-000017", &told, &is_damaged, &e));
		assert_false(is_damaged);
		printer_state_free(&f.told);
		f.told = told;
		old++;
	}
	assert_true(old > 2);
	printer_state_free(&f.told);
	OK(printer_state_read(".", "AC900-000017", &f.told, &is_damaged, &e));
	poll(&f, true);
	assert_int_equal(f.settings.length, 0);
	end(&f);
}

static void
old_ones_go(void **state)
{
	struct error e;

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct timespec times[2] = { { .tv_sec = 1000 + i },
			{ .tv_sec = 1000 + i } };
		char name[16];

		text_format(name, sizeof(name), "swept%d.json", i);
		close(open(name, O_WRONLY | O_CREAT, 0600));
		OK(utimensat(AT_FDCWD, name, times, 0));
	}
	close(open("swept.txt", O_WRONLY | O_CREAT, 0600));
	OK(printer_state_sweep(".", 6, &e));
	OK(access("swept0.json", F_OK));
	OK(printer_state_sweep(".", 2, &e));
	assert_int_equal(access("swept3.json", F_OK), -1);
	OK(access("swept4.json", F_OK));
	OK(printer_state_sweep(".", 0, &e));
	assert_int_equal(access("swept5.json", F_OK), -1);
	OK(access("swept.txt", F_OK));
	assert_int_equal(printer_state_sweep("none", 0, &e), -1);
}

/* The literal block of the manual page that has these words, as it is read. */
static void
manual_block(const struct buffer *page, const char *words, struct buffer *out)
{
	const char *at = (const char *)page->data, *end = NULL;

	do {
		at = strstr(end == NULL ? at : end, ".Bd -literal");
		assert_non_null(at);
		at = strchr(at, '\n') + 1;
		end = strstr(at, "\n.Ed");
		assert_non_null(end);
	} while (memmem(at, (size_t)(end - at), words, strlen(words)) == NULL);
	for (; at <= end; at++)
		if (strncmp(at, "\\&", 2) == 0)
			at++;
		else
			buffer_append(out, at, 1);
}

/* The manual's own example, as it is printed. */
static void
example_of_the_manual(void **state)
{
	struct buffer page = { 0 }, walk = { 0 }, file = { 0 };
	const char *const directories[] = { "shipped", "own" };
	struct profiles *all, *before = profiles;
	struct answers *answers;
	struct printer *p;
	struct error e;
	char path[1200];

	(void)state;
	text_format(path, sizeof(path), "%s/man/csrc-profile.5", srcdir);
	OK(file_read(path, &page, &e));
	manual_block(&page, "Counter32: 12345", &walk);
	manual_block(&page, "[profile]", &file);
	mkdir("own", 0755);
	OK(file_write("own/acme.profile", 0644, &file, &e));
	text_format(path, sizeof(path), "%s/agent/profiles", srcdir);
	OK(symlink(path, "shipped"));
	OK(profiles_load(directories, 2, false, &all, &e));
	assert_null(profiles_fault(all, 0));
	OK(recorded_parse((const char *)walk.data, walk.length, "acme.walk",
		&answers, &e));
	profiles = all;
	p = read_printer(answers, true);
	profiles = before;
	assert_string_equal(p->profile, "acme printer-mib");
	assert_string_equal(p->serial, "AC40-000017");
	assert_string_equal(p->firmware, "Engine 2.1");
	check_report(p, "total=12345 total.black=12000 total.color=345 ");
	printer_free(&p);
	answers_free(&answers);
	profiles_free(&all);
	buffer_clear(&page);
	buffer_clear(&walk);
	buffer_clear(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_of_makers),
		cmocka_unit_test(readings_have_their_oids),
		cmocka_unit_test(without_serial),
		cmocka_unit_test(without_clock),
		cmocka_unit_test(alarms_open_and_close),
		cmocka_unit_test(alerts_move_and_double),
		cmocka_unit_test(levels_waver),
		cmocka_unit_test(boxes_fill),
		cmocka_unit_test(settings_change),
		cmocka_unit_test(parts_go),
		cmocka_unit_test(failures_are_not_absence),
		cmocka_unit_test(remembered),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(more_than_fits),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(long_identifiers),
		cmocka_unit_test(killed_at_each_step),
		cmocka_unit_test(old_ones_go),
		cmocka_unit_test(example_of_the_manual),
	};
	char work[] = "/tmp/csrc-printer-XXXXXX", command[64], shipped[1024];
	const char *const directories[] = { shipped };
	struct error e;
	int rc;

	if (getenv("srcdir") != NULL)
		srcdir = realpath(getenv("srcdir"), NULL);
	text_format(shipped, sizeof(shipped), "%s/agent/profiles", srcdir);
	if (profiles_load(directories, 1, false, &profiles, &e) != 0 ||
		mkdtemp(work) == NULL || chdir(work) == -1)
		return 99;
	rc = cmocka_run_group_tests_name("printer", tests, NULL, NULL);
	profiles_free(&profiles);
	text_format(command, sizeof(command), "rm -rf %s", work);
	return rc != 0 || system(command) != 0;
}
