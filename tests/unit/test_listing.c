/*
 * What a server says is in a collection: hostile XML, in pieces of any size.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "dav/listing.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define OPEN "<D:multistatus xmlns:D=\"DAV:\">"
#define CLOSE "</D:multistatus>"
#define FILE_OF(href, properties)                                              \
	"<D:response><D:href>" href "</D:href><D:propstat><D:prop>" properties \
	"</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"           \
	"</D:response>"

struct seen {
	struct buffer text;
	int stop_after; /* 0: never */
};

static int
see(const struct dav_entry *entry, void *arg)
{
	struct seen *seen = arg;

	buffer_format(&seen->text, "%s%s %lld %lld %s;", entry->name,
		entry->collection ? "/" : "", (long long)entry->length,
		(long long)entry->modified, entry->etag);
	return seen->stop_after > 0 && --seen->stop_after == 0;
}

/* Reads it in pieces; what was seen, then what went wrong, if anything. */
static void
read_in_pieces(const char *xml, size_t length, size_t piece, struct seen *seen,
	struct error *e)
{
	struct listing *l = listing_new("/csrc/inbox/", see, seen);
	size_t at, now;
	int rc = 0;

	assert_non_null(l);
	memset(e, 0, sizeof(*e));
	for (at = 0; rc == 0 && at < length; at += now) {
		now = length - at < piece ? length - at : piece;
		rc = listing_read(l, xml + at, now, e);
	}
	if (rc == 0)
		rc = listing_end(l, e);
	assert_int_equal(rc == -1, e->code != ERROR_NONE);
	listing_free(&l);
	assert_null(l);
}

static void
expect(const char *xml, size_t length, const char *wanted, enum error_code code)
{
	static const size_t pieces[] = { 1, 7, 64, 1 << 20 };
	struct error e;
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen seen = { 0 };

		read_in_pieces(xml, length, pieces[i], &seen, &e);
		if (e.code != code)
			fail_msg("%.200s: code %d, %s", xml, e.code, e.text);
		if (wanted != NULL)
			assert_string_equal(seen.text.data == NULL
					? ""
					: (char *)seen.text.data,
				wanted);
		buffer_clear(&seen.text);
	}
}

static void
read_well(void **state)
{
	static const struct {
		const char *xml, *seen;
	} rows[] = {
		{ HEAD OPEN CLOSE, "" },
		{ OPEN FILE_OF("/csrc/inbox/", "") CLOSE "\n", "" },
		{ OPEN FILE_OF("/csrc/inbox/A.1.p7m",
			  "<D:getcontentlength>12</D:getcontentlength>") CLOSE,
			"A.1.p7m 12 -1 ;" },
		{ HEAD OPEN FILE_OF(
			  "https://elsewhere/csrc/inbox/a%20%3D%C3%A4",
			  "<D:getetag>\"1-2\"</D:getetag>"
			  "<D:getlastmodified>Mon, 30 Nov 2026 12:00:00 GMT"
			  "</D:getlastmodified>") CLOSE,
			"a =\xc3\xa4 -1 1796040000 \"1-2\";" },
		{ OPEN FILE_OF("/csrc/inbox/d/",
			  "<D:resourcetype><D:collection/></D:resourcetype>")
				CLOSE,
			"d/ -1 -1 ;" },
		{ OPEN FILE_OF("/csrc/inbox/d", "<D:resourcetype/>") FILE_OF(
			  "/csrc/inbox/e", "<D:other><D:collection/></D:other>")
				CLOSE,
			"d -1 -1 ;e -1 -1 ;" },
		{ OPEN FILE_OF("/csrc/inbox/=2F&amp;&#x41;", "") CLOSE,
			"=2F&A -1 -1 ;" },
		/* numbers that are none, etags that are no header's */
		{ OPEN FILE_OF("/csrc/inbox/a",
			  "<D:getcontentlength>-1</D:getcontentlength>"
			  "<D:getetag>\"&#13;&#10;X: y\"</D:getetag>"
			  "<D:getlastmodified>soon</D:getlastmodified>") CLOSE,
			"a -1 -1 ;" },
		{ OPEN FILE_OF("/csrc/inbox/a",
			  "<D:getcontentlength>99999999999999999999"
			  "</D:getcontentlength>") CLOSE,
			"a -1 -1 ;" },
		/* what is not there says nothing */
		{ OPEN "<D:response><D:href>/csrc/inbox/a</D:href><D:propstat>"
		       "<D:prop><D:getcontentlength>3</D:getcontentlength>"
		       "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status>"
		       "</D:propstat></D:response>" CLOSE,
			"a -1 -1 ;" },
		{ OPEN "<D:response><D:href>/csrc/inbox/a</D:href>"
		       "<D:status>HTTP/1.1 404 Not Found</D:status>"
		       "</D:response>" CLOSE,
			"" },
		/* lighttpd's way */
		{ HEAD "<multistatus xmlns=\"DAV:\"><response>"
		       "<href>/csrc/inbox/a</href><propstat><prop>"
		       "<getetag>\"x\"</getetag></prop>"
		       "<status>HTTP/1.1 200 OK</status></propstat></response>"
		       "</multistatus>",
			"a -1 -1 \"x\";" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].xml, strlen(rows[i].xml), rows[i].seen,
			ERROR_NONE);
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"",
		"nothing",
		"<html><body>welcome</body></html>",
		"<multistatus/>", /* of no name space */
		"{\"a\":1}",
		OPEN,
		OPEN FILE_OF("/csrc/inbox/a", ""),
		OPEN CLOSE OPEN CLOSE,
		OPEN "</D:other>",
		"</D:multistatus>",
		OPEN "&undeclared;" CLOSE,
		OPEN "<E:x/>" CLOSE,
		OPEN "<D:response" CLOSE,
		/* DTDs and their like */
		"<!DOCTYPE x [<!ENTITY a \"b\">]>" OPEN "&a;" CLOSE,
		HEAD "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" OPEN CLOSE,
		OPEN "<!-- -->" CLOSE,
		OPEN "<![CDATA[<D:response>]]>" CLOSE,
		OPEN "<?php ?>" CLOSE,
		/* charsets in which a DTD would look harmless */
		"<?xml version=\"1.0\" encoding=\"utf-7\"?>" OPEN CLOSE,
		"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>" OPEN CLOSE,
		"<?xml version=\"1.0\" encoding=utf-8?>" OPEN CLOSE,
		"\xfe\xff",
		"\x4c\x6f\xa7\x94",
		/* after which neon's own reader frees memory twice */
		OPEN "<D:response><D:href>/csrc/inbox/a</D:href><D:propstat>"
		     "<D:prop/><D:status>HTTP/1.1 200 OK</D:status>"
		     "<D:status>HTTP 1/.200 OK</D:status></D:propstat>"
		     "</D:response>" CLOSE,
		OPEN "<D:response><D:href>/csrc/inbox/a</D:href>"
		     "<D:status>200</D:status></D:response>" CLOSE,
		OPEN "<D:response><D:href>/csrc/inbox/a</D:href>"
		     "<D:href>/csrc/inbox/b</D:href></D:response>" CLOSE,
		/* what is not in the collection */
		OPEN FILE_OF("/csrc/inbox/a/b", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/a%2fb", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/%2e%2e", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/a//", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/a%00", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/a%4", "") CLOSE,
		OPEN FILE_OF("/csrc/inbo", "") CLOSE,
		OPEN FILE_OF("/csrc/outbox/a", "") CLOSE,
		OPEN FILE_OF("/csrc/inbox/../a", "") CLOSE,
		OPEN FILE_OF("/", "") CLOSE,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i], strlen(rows[i]), NULL, ERROR_BAD);
	expect(OPEN "\0" CLOSE, sizeof(OPEN "\0" CLOSE) - 1, NULL, ERROR_BAD);
}

/* XML of a start, many times a piece, and an end. */
static void
many(const char *start, const char *piece, int count, const char *end,
	enum error_code code)
{
	struct buffer xml = { 0 };
	int i;

	buffer_text(&xml, start);
	for (i = 0; i < count; i++)
		buffer_text(&xml, piece);
	buffer_text(&xml, end);
	expect((char *)xml.data, xml.length, NULL, code);
	buffer_clear(&xml);
}

static void
too_much(void **state)
{
	(void)state;
	many(OPEN, "<a>", 100, "", ERROR_BAD);
	many(OPEN "<a", " b=\"\"", 100000, "/>" CLOSE, ERROR_BAD);
	many(OPEN "<a", " b='>'", 100000, "/>" CLOSE, ERROR_BAD);
	many(OPEN "<", "a", 100000, "/>" CLOSE, ERROR_BAD);
	many(OPEN "<D:response><D:href>/csrc/inbox/", "a", 300,
		"</D:href></D:response>" CLOSE, ERROR_BAD);
	many(OPEN "<D:response><D:href>/", "a", 100000,
		"</D:href></D:response>" CLOSE, ERROR_BAD);
	many("<?xml version=\"1.0\"", " ", 1000, "?>" OPEN CLOSE, ERROR_BAD);
	many(OPEN, "<a/>", 20000, CLOSE, ERROR_NONE);
	many(OPEN, FILE_OF("/csrc/inbox/a", ""), 2000, CLOSE, ERROR_NONE);
}

static void
stops(void **state)
{
	static const char xml[] = OPEN FILE_OF("/csrc/inbox/a", "")
		FILE_OF("/csrc/inbox/b", "") FILE_OF("/csrc/inbox/c", "") CLOSE;
	struct seen seen = { .stop_after = 2 };
	struct error e;

	(void)state;
	read_in_pieces(xml, sizeof(xml) - 1, 4096, &seen, &e);
	assert_int_equal(e.code, ERROR_NONE);
	assert_string_equal((char *)seen.text.data, "a -1 -1 ;b -1 -1 ;");
	buffer_clear(&seen.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_well),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_much),
		cmocka_unit_test(stops),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
