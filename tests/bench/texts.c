/*
 * Each mail is parsed and read with all files that are installed, as a gateway
 * does, and next to it the libraries parse it and build their trees; so the
 * ratio is what finding the format and reading it adds. No store is in it.
 */
#include "tests/bench/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/entity.h"
#include "parser/formats/reading.h"
#include "tests/bench/rig.h"

enum { NESTED = 79, BATCHES = 30, MAILS = 200, BUNDLES = 5 };

enum markup { MARKUP_NONE, MARKUP_HTML, MARKUP_XML };

static struct formats *formats;

static void
load_file(const char *directory, const char *name, struct buffer *out)
{
	const char *srcdir = getenv("srcdir");
	char path[1024], block[4096];
	size_t got;
	FILE *f;

	text_format(path, sizeof(path), "%s/%s/%s",
		srcdir == NULL ? "." : srcdir, directory, name);
	f = fopen(path, "rb");
	if (f == NULL)
		give_up(path, NULL);
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		buffer_append(out, block, got);
	fclose(f);
}

/* How many reports are in a mail, and in those inside of it. */
static size_t
read_mail(const void *octets, size_t length)
{
	struct reading_source source = {
		.formats = formats, .limits = &limits_default, .vouched = true
	};
	struct error e = { 0 };
	struct reports *reports;
	struct report *report;
	struct entity *entity;
	size_t count = 0;

	if (entity_parse(octets, length, &limits_default, &entity, &e))
		give_up("entity", &e);
	source.entity = entity;
	for (size_t i = 0; i < entity->part_count; i++)
		if (part_is_mail(&entity->parts[i]))
			count += read_mail(
				entity->parts[i].data, entity->parts[i].length);
	if (count == 0 && reports_open(&source, &reports, &e) == 0) {
		for (; reports_next(reports, &report, &e) == 1; count++)
			report_free(&report);
		reports_close(&reports);
	}
	entity_free(&entity);
	return count;
}

/* A leaf, decoded; markup as a tree. */
static void
bare_part(GMimeObject *parent, GMimeObject *part, gpointer arg)
{
	const enum markup markup = *(enum markup *)arg;
	GMimeStream *to;
	GByteArray *octets;
	xmlDocPtr tree = NULL;

	(void)parent;
	if (!GMIME_IS_PART(part))
		return;
	to = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(
		g_mime_part_get_content(GMIME_PART(part)), to);
	octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(to));
	if (markup == MARKUP_HTML)
		tree = htmlReadMemory((char *)octets->data, (int)octets->len,
			NULL, "utf-8", HTML_PARSE_NONET | HTML_PARSE_NOERROR);
	else if (markup == MARKUP_XML)
		tree = xmlReadMemory((char *)octets->data, (int)octets->len,
			NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	xmlFreeDoc(tree);
	g_object_unref(to);
}

/* It goes into nested mails as well. */
static void
bare_mail_of(const struct buffer *mail, enum markup markup)
{
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(
		(const char *)mail->data, mail->length);
	GMimeParser *parser = g_mime_parser_new_with_stream(in);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_mime_message_foreach(message, bare_part, &markup);
	g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(in);
}

/* Both in turn, in small batches; microseconds a reading. */
static void
compare(const char *item, const char *what, const struct buffer *mail,
	enum markup markup, size_t mails, size_t readings)
{
	static struct series ours, bare, ratio;
	char name[80];
	double began, took, alone;

	memset(&ours, 0, sizeof(ours));
	memset(&bare, 0, sizeof(bare));
	memset(&ratio, 0, sizeof(ratio));
	for (int batch = -2; batch < BATCHES; batch++) {
		began = microseconds_now();
		for (size_t i = 0; i < mails; i++)
			if (read_mail(mail->data, mail->length) != readings)
				give_up(what, NULL);
		took = microseconds_now() - began;
		began = microseconds_now();
		for (size_t i = 0; i < mails; i++)
			bare_mail_of(mail, markup);
		alone = microseconds_now() - began;
		if (batch < 0) /* to wake everybody up */
			continue;
		series_add(&ours, (double)(mails * readings) / took * 1e6);
		series_add(&bare, (double)(mails * readings) / alone * 1e6);
		series_add(&ratio, took / alone);
	}
	text_format(
		name, sizeof(name), "%s: time, of the bare libraries'", what);
	series_row(item, name, &ratio, "", 0);
	text_format(name, sizeof(name), "%s: readings", what);
	series_row("", name, &ours, " /s", 0);
	text_format(name, sizeof(name), "%s: the bare libraries", what);
	series_row("", name, &bare, " /s", 0);
}

/* As somebody forwards them. */
static void
make_bundle(const struct buffer *mail, struct buffer *out)
{
	buffer_text(out,
		"Date: Thu, 19 Nov 2026 09:00:00 +0100\n"
		"From: office@example.net\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=bundle\n\n");
	for (int i = 0; i < NESTED; i++) {
		buffer_text(out, "--bundle\nContent-Type: message/rfc822\n\n");
		buffer_append(out, mail->data, mail->length);
		buffer_text(out, "\n");
	}
	buffer_text(out, "--bundle--\n");
}

void
bench_formats(void)
{
	static const struct {
		const char *what, *name;
		enum markup markup;
	} rows[] = {
		{ "text", "km-dmyyyy.eml", MARKUP_NONE },
		{ "HTML", "km-html.eml", MARKUP_HTML },
		{ "XML", "hp-autosend.eml", MARKUP_XML },
	};
	const char *srcdir = getenv("srcdir");
	char shipped[1024];
	const char *const paths[] = { shipped };
	struct buffer mail = { 0 }, bundle = { 0 };
	struct error e = { 0 };

	text_format(shipped, sizeof(shipped), "%s/parser/formats",
		srcdir == NULL ? "." : srcdir);
	if (formats_load(paths, 1, &formats, &e))
		give_up("formats", &e);
	load_file("tests/corpus/formats", rows[0].name, &mail);
	make_bundle(&mail, &bundle);
	compare("(j)", "79 nested", &bundle, MARKUP_NONE, BUNDLES, NESTED);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_clear(&mail);
		load_file("tests/corpus/formats", rows[i].name, &mail);
		compare("", rows[i].what, &mail, rows[i].markup, MAILS, 1);
	}
	buffer_clear(&mail);
	buffer_clear(&bundle);
	formats_free(&formats);
}
