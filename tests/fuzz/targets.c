/*
 * Each target checks what must hold whatever the input: results are whole or
 * absent, errors have a code and a text.
 */
#include "tests/fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dav/listing.h"
#include "device/names.h"
#include "parser/authres.h"
#include "parser/bundle.h"
#include "parser/certificate.h"
#include "parser/envelope.h"
#include "parser/entity.h"
#include "parser/formats/draft.h"
#include "parser/formats/format.h"
#include "parser/formats/reading.h"
#include "parser/receipt.h"
#include "parser/request_text.h"
#include "parser/seal.h"

/* Small, so that a fuzzer reaches them. */
static const struct limits limits = {
	.message_size = 1 << 20,
	.header_size = 4096,
	.header_fields = 50,
	.line_length = 1000,
	.parts = 8,
	.depth = 4,
	.report_size = 1 << 16,
};

static struct formats *formats;

/* A draft tries every way that there is, which takes its time. */
enum { DRAFT_MAX = 600 };

/* abort() is what a fuzzer notices. */
static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
must_fail_well(const struct error *e)
{
	must(e->code != ERROR_NONE && e->text[0] != '\0');
	must(e->code != ERROR_TROUBLE);
}

static const struct target targets[] = {
	{ "authres", target_authres },
	{ "bundle", target_bundle },
	{ "center", target_center },
	{ "certificate", target_certificate },
	{ "cmp", target_cmp },
	{ "csv", target_csv },
	{ "enrol", target_enrol },
	{ "entity", target_entity },
	{ "format", target_format },
	{ "html", target_html },
	{ "keyfetch", target_keyfetch },
	{ "line", target_line },
	{ "listing", target_listing },
	{ "printer", target_printer },
	{ "profile", target_profile },
	{ "receipt", target_receipt },
	{ "page", target_page },
	{ "receive", target_receive },
	{ "report", target_report },
	{ "rtf", target_rtf },
	{ "seal", target_seal },
	{ "snmp", target_snmp },
	{ "xml", target_xml },
	{ "zip", target_zip },
};

const struct target *
target_find(const char *name)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	return NULL;
}

int
target_init(void)
{
	const char *srcdir = getenv("srcdir");
	char shipped[1024], more[1024];
	const char *const paths[] = { shipped, more };
	struct error e;

	if (srcdir == NULL)
		srcdir = ".";
	snprintf(shipped, sizeof(shipped), "%s/parser/formats", srcdir);
	snprintf(more, sizeof(more), "%s/tests/fixture/formats", srcdir);
	if (crypto_init(&e) || parser_init(&e) ||
		formats_load(paths, 2, &formats, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	return 0;
}

void
target_end(void)
{
	formats_free(&formats);
}

static void
check_report(const struct entity *entity, const struct report *report)
{
	must(report->part < entity->part_count);
	must(report->json_length == strlen(report->json));
	must(report->json[0] == '{' && strchr(report->json, '\n') == NULL);
	must(!report->dated || report->earliest <= report->latest);
	for (size_t i = 1; i < report->counter_count; i++)
		must(strcmp(report->counters[i - 1].name,
			     report->counters[i].name) < 0);
}

static void
read_report(const struct entity *entity)
{
	struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = &limits,
		.vouched = true,
		.mail_date = 1795348800,
		.window = 7 * 24 * 3600 };
	struct error e = { 0 };
	struct reports *reports;
	struct report *report;
	size_t count = 0;
	int rc;

	if (reports_open(&source, &reports, &e)) {
		must(reports == NULL);
		must_fail_well(&e);
		return;
	}
	while ((rc = reports_next(reports, &report, &e)) != 0) {
		if (rc == 1)
			check_report(entity, report);
		else
			must_fail_well(&e);
		must((rc == 1) == (report != NULL));
		report_free(&report);
		count++;
	}
	must(count == reports_total(reports));
	reports_close(&reports);
}

/* What is read is valid, so it can be written, and is read again the same. */
static void
read_again(const struct request_text *request)
{
	static struct request_text again; /* too large for a fuzzer's stack */
	struct error e = { 0 };
	struct buffer octets = { 0 };
	struct limits wide = limits;
	struct entity *entity;

	wide.line_length = wide.report_size = wide.message_size;
	must(request_text_entity(request, &octets, &e) == 0);
	must(entity_parse(octets.data, octets.length, &wide, &entity, &e) == 0);
	must(request_text_read(entity, &wide, &again, &e) == 0);
	must(memcmp(request, &again, sizeof(again)) == 0);
	entity_free(&entity);
	buffer_clear(&octets);
}

static void
read_request(const struct entity *entity)
{
	static struct request_text request;
	struct error e = { 0 };

	if (request_text_read(entity, &limits, &request, &e) == 0)
		read_again(&request);
	else
		must_fail_well(&e);
}

void
target_entity(const uint8_t *data, size_t size)
{
	struct error e = { 0 };
	struct entity *entity;
	size_t i;

	if (entity_parse(data, size, &limits, &entity, &e)) {
		must(entity == NULL);
		must_fail_well(&e);
		return;
	}
	must(entity->part_count <= (size_t)limits.parts);
	for (i = 0; i < entity->part_count; i++) {
		const struct part *p = &entity->parts[i];

		must(p->type != NULL && p->data[p->length] == '\0');
		if (part_is_sealed(p))
			target_seal(p->data, p->length);
	}
	read_report(entity);
	read_request(entity);
	entity_free(&entity);
}

void
target_seal(const uint8_t *data, size_t size)
{
	struct error e = { 0 };
	struct buffer out = { 0 };
	unsigned char key[32];
	struct seal_fields seal;
	size_t length;

	for (length = 0; length < sizeof(key); length++)
		key[length] = (unsigned char)length;
	if (seal_read(data, size, &seal, &e)) {
		must(seal.content.data == NULL);
		must_fail_well(&e);
		return;
	}
	must(seal.key_id_length >= 1 && seal.key_id_length <= KEY_ID_MAX);
	if (seal_open(&seal, key, 32, &out, &e) &&
		seal_open(&seal, key, 16, &out, &e)) {
		must(out.length == 0);
		must_fail_well(&e);
	}
	must(out.length <= size);
	buffer_clear(&out);
	buffer_clear(&seal.content);
}

/* An entity of that part alone; NUL follows its octets, as it does in one that
 * was read. */
static void
part_begin(struct entity *entity, struct part *p, const char *type,
	const uint8_t *data, size_t size)
{
	*p = (struct part){
		.type = strdup(type), .data = malloc(size + 1), .length = size
	};
	must(p->type != NULL && p->data != NULL);
	if (size > 0)
		memcpy(p->data, data, size);
	p->data[size] = '\0';
	*entity = (struct entity){ .parts = p, .part_count = 1 };
}

static void
part_end(struct part *p)
{
	free(p->type);
	free(p->data);
}

void
target_report(const uint8_t *data, size_t size)
{
	struct entity entity;
	struct part p;

	part_begin(&entity, &p,
		size > 0 && data[0] == '{' ? "application/vnd.csrc.report+json"
					   : "text/plain",
		data, size);
	read_report(&entity);
	part_end(&p);
}

/* A line that cannot be read is one report, and those after it come. */
void
target_bundle(const uint8_t *data, size_t size)
{
	struct error e = { 0 };
	struct bundle b;
	struct entity entity;
	struct part p;
	struct report *report;
	size_t count = 0, line = 0;
	int rc;

	part_begin(&entity, &p, BUNDLE_TYPE, data, size);
	must(bundle_begin(&entity, &limits, &b));
	const size_t total = bundle_total(&b);
	for (; (rc = bundle_next(&b, &report, &e)) != 0; line = b.lines) {
		must(b.lines > line && b.line.length > 0 && ++count <= total);
		must((rc == 1) == (report != NULL));
		if (rc == -1)
			must_fail_well(&e);
		else {
			check_report(&entity, report);
			must(report->line == b.lines);
		}
		report_free(&report);
	}
	must(count == total && b.rest.length == 0 && report == NULL);
	part_end(&p);
}

static void
target_part(const char *type, const uint8_t *data, size_t size)
{
	struct entity entity;
	struct buffer draft = { 0 };
	struct part p;
	struct error e = { 0 };

	part_begin(&entity, &p, type, data, size);
	read_report(&entity);
	if (size < DRAFT_MAX && draft_write(&entity, &limits, &draft, &e) == -1)
		must_fail_well(&e);
	buffer_clear(&draft);
	part_end(&p);
}

void
target_html(const uint8_t *data, size_t size)
{
	target_part("text/html", data, size);
}

void
target_xml(const uint8_t *data, size_t size)
{
	target_part("text/xml", data, size);
}

void
target_rtf(const uint8_t *data, size_t size)
{
	target_part("application/rtf", data, size);
}

void
target_csv(const uint8_t *data, size_t size)
{
	target_part("text/csv", data, size);
}

void
target_zip(const uint8_t *data, size_t size)
{
	target_part("application/zip", data, size);
}

void
target_format(const uint8_t *data, size_t size)
{
	struct format *format = NULL;
	struct error e = { 0 };
	FILE *file;

	if (size == 0)
		return;
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	must(file != NULL);
	if (format_stream(file, "x.format", "x", &format, &e)) {
		must(format == NULL);
		must_fail_well(&e);
	}
	format_free(format);
	fclose(file);
}

/* What is read, and written again under some key, checks under it; and nothing
 * else did: there is one text. */
void
target_receipt(const uint8_t *data, size_t size)
{
	static const unsigned char key[16] = "0123456789abcdef";
	struct error e = { 0 };
	struct buffer again = { 0 };
	struct receipt r, twice;

	if (receipt_read(data, size, &r, &e) == -1) {
		must_fail_well(&e);
		return;
	}
	must(size <= RECEIPT_MAX && r.principal[0] != '\0');
	must(r.key_id_length >= 1 && r.key_id_length <= KEY_ID_MAX);
	must(receipt_make(&r, key, sizeof(key), &again, &e) == 0);
	must(again.length <= size);
	must(receipt_check(again.data, again.length, key, sizeof(key), &twice,
		     &e) == 0);
	must(memcmp(&r, &twice, sizeof(r)) == 0);
	buffer_clear(&again);
}

/* What has been read as a certificate is one that something can be enveloped
 * for, or its key is of another kind; what is a request is one again in DER. */
void
target_certificate(const uint8_t *data, size_t size)
{
	const struct crypto_span whole = { data, size };
	struct buffer der = { 0 }, again = { 0 };
	struct certificate_facts f;
	struct error e = { 0 };
	char number[CERTIFICATE_NUMBER_SIZE];

	if (certificate_read(data, size, &f, &e) == -1) {
		must_fail_well(&e);
	} else {
		must(certificate_number_read(f.number, number, &e) == 0);
		must(strcmp(f.number, number) == 0 && f.number[0] < '8');
		if (envelope_make(&whole, &whole, &again, &e) == -1)
			must_fail_well(&e);
		buffer_clear(&again);
	}
	if (certificate_request_read(data, size, &der, &e) == -1) {
		must_fail_well(&e);
	} else {
		must(certificate_request_read(
			     der.data, der.length, &again, &e) == 0);
		must(again.length == der.length &&
			memcmp(again.data, der.data, der.length) == 0);
	}
	buffer_clear(&der);
	buffer_clear(&again);
}

/* What a device would make of it. */
static void
read_name(const char *name)
{
	char id[NAMES_ID_SIZE], again[NAMES_ID_SIZE];
	size_t spelled, length;
	bool plain;

	if (names_outbox(name, id) == NAMES_NONE)
		must(id[0] == '\0');
	else
		must(strncmp(name, id, strlen(id)) == 0 &&
			name[strlen(id)] == '.' && strlen(id) >= 16);
	if (names_inbox(name, &spelled, &length, &plain)) {
		must(spelled + 1 + 16 <= length && length + 4 == strlen(name));
		must(names_outbox(name, again) == NAMES_NONE);
	}
}

static int
see_entry(const struct dav_entry *entry, void *arg)
{
	int *more = arg;

	must(entry->name[0] != '\0' && strchr(entry->name, '/') == NULL);
	must(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0);
	must(entry->length >= -1 && strlen(entry->etag) < DAV_ETAG_SIZE);
	must(strpbrk(entry->etag, "\r\n \t") == NULL);
	read_name(entry->name);
	return --*more == 0;
}

void
target_listing(const uint8_t *data, size_t size)
{
	const size_t piece = size > 0 ? data[0] + 1u : 1;
	struct error e = { 0 };
	int more = 100, rc = 0;
	struct listing *l = listing_new("/csrc/inbox/", see_entry, &more);
	size_t at, now;

	must(l != NULL);
	/* "<" gives pieces of 61 octets */
	for (at = 0; rc == 0 && at < size; at += now) {
		now = size - at < piece ? size - at : piece;
		rc = listing_read(l, (const char *)data + at, now, &e);
	}
	if (rc == 0)
		rc = listing_end(l, &e);
	if (rc == -1)
		must_fail_well(&e);
	listing_free(&l);
}

/* What our MTA is found to say with that on top of the mail. */
static bool
vouched(const char *top, const uint8_t *data, size_t size)
{
	struct buffer mail = { 0 };
	struct authres found;

	must(buffer_text(&mail, top) == BUFFER_OK &&
		buffer_append(&mail, data, size) == BUFFER_OK);
	authres_read(mail.data, mail.length, &limits, "mx.center.example",
		"printer@site.example", &found);
	buffer_clear(&mail);
	return found.dkim || found.spf;
}

/* Whatever stands below the sender's own fields, or below what our MTA has
 * said, vouches for nothing. */
void
target_authres(const uint8_t *data, size_t size)
{
	if (vouched("", data, size))
		must(memchr(data, '=', size) != NULL &&
			memchr(data, ';', size) != NULL);
	must(!vouched("From: a@site.example\r\n", data, size));
	must(!vouched("\r\n", data, size));
	must(!vouched("Authentication-Results: mx.center.example; none\r\n",
		data, size));
	must(!vouched("Authentication-Results: mx.center.example;"
		      " dkim=fail header.d=site.example\r\n"
		      "X-Our-Own: 1\r\n",
		data, size));
}
