/*
 * GMime decodes what is encoded for transfer, and no more: it sees neither a
 * header nor a boundary, so that there is one reading of both.
 *
 * GLib ends the process when memory runs out, which is why sizes are bounded
 * well below that: a few times limits.message_size is asked for here.
 */
#include "parser/entity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>
#include <jansson.h>

#include "base/wipe.h"
#include "parser/libxml.h"
#include "parser/scan.h"
#include "parser/seal.h"

int
parser_init(struct error *e)
{
	/* what is read as JSON may have been sealed */
	json_set_alloc_funcs(malloc, wipe_free);
	if (libxml_init(e))
		return -1;
	g_mime_init();
	if (!g_mime_check_version(3, 2, 7))
		return error_set(
			e, ERROR_TROUBLE, "GMime 3.2.7 or later is needed");
	return seal_init(e);
}

/* What is not encoded, or in no way that is known, is taken as it is. */
static GMimeContentEncoding
encoding_of(const struct leaf *leaf)
{
	static const struct {
		const char *name;
		GMimeContentEncoding encoding;
	} rows[] = {
		{ "base64", GMIME_CONTENT_ENCODING_BASE64 },
		{ "quoted-printable", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE },
		{ "x-uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
		{ "uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
		{ "x-uue", GMIME_CONTENT_ENCODING_UUENCODE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_equal(leaf->encoding, rows[i].name))
			return rows[i].encoding;
	return GMIME_CONTENT_ENCODING_BINARY;
}

static int
set_data(struct part *p, const void *octets, size_t length)
{
	p->data = malloc(length + 1);
	if (p->data == NULL)
		return -1;
	if (length > 0)
		memcpy(p->data, octets, length);
	p->data[length] = '\0';
	p->length = length;
	return 0;
}

/*
 * The filter's own octets are made in one piece, and wiped. At the end of
 * its input it no longer looks for where a uuencoded file begins.
 */
static int
decode(const struct leaf *leaf, struct part *p)
{
	const GMimeContentEncoding encoding = encoding_of(leaf);
	size_t length, room;
	GMimeFilter *filter;
	char *in = (char *)(uintptr_t)leaf->body.at, *out;
	int rc;

	if (encoding == GMIME_CONTENT_ENCODING_BINARY || leaf->body.length == 0)
		return set_data(p, leaf->body.at, leaf->body.length);
	filter = g_mime_filter_basic_new(encoding, FALSE);
	(encoding == GMIME_CONTENT_ENCODING_UUENCODE ? g_mime_filter_filter
						     : g_mime_filter_complete)(
		filter, in, leaf->body.length, 0, &out, &length, &room);
	rc = set_data(p, out, length);
	wipe(out, length);
	g_object_unref(filter);
	return rc;
}

/* Moves what the leaf has to p. */
static int
take_leaf(struct leaf *leaf, struct part *p)
{
	p->type = leaf->type;
	p->charset = leaf->charset;
	p->name = leaf->name;
	p->p7m = leaf->p7m;
	leaf->type = leaf->charset = leaf->name = NULL;
	return decode(leaf, p);
}

static int
take_leaves(struct entity *entity, struct leaves *leaves, struct error *e)
{
	if (leaves->count == 0)
		return 0;
	entity->parts = calloc(leaves->count, sizeof(*entity->parts));
	if (entity->parts == NULL)
		return error_memory(e);
	for (size_t i = 0; i < leaves->count; i++) {
		entity->part_count++;
		if (take_leaf(&leaves->rows[i], &entity->parts[i]))
			return error_memory(e);
	}
	return 0;
}

int
entity_parse(const void *octets, size_t length, const struct limits *l,
	struct entity **entity_r, struct error *e)
{
	struct scan scan = { 0 };
	struct entity *entity = NULL;
	int rc = -1;

	*entity_r = NULL;
	if (scan_read(octets, length, l, &scan, e))
		goto out;
	entity = calloc(1, sizeof(*entity));
	if (entity == NULL) {
		error_memory(e);
		goto out;
	}
	entity->claims = scan.claims;
	memcpy(entity->reply_id, scan.reply_id, sizeof(entity->reply_id));
	entity->reply_several = scan.reply_several;
	entity->date = scan.date;
	scan.date = NULL;
	entity->header = strndup(octets, scan.header_length);
	if (entity->header == NULL) {
		error_memory(e);
		goto out;
	}
	entity->header_length = strlen(entity->header);
	if (take_leaves(entity, &scan.leaves, e))
		goto out;
	*entity_r = entity;
	entity = NULL;
	rc = 0;
out:
	entity_free(&entity);
	scan_clear(&scan);
	return rc;
}

static void
part_clear(struct part *p)
{
	wipe_free(p->type);
	wipe_free(p->charset);
	wipe_free(p->name);
	wipe_free(p->data);
}

void
entity_free(struct entity **entity)
{
	struct entity *old = *entity;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->part_count; i++)
		part_clear(&old->parts[i]);
	wipe_free(old->parts);
	wipe_free(old->date);
	wipe_free(old->header);
	wipe_free(old);
	*entity = NULL;
}

bool
part_is_mail(const struct part *p)
{
	return type_is_mail(p->type);
}

/*
 * Systems that do not know the type write another in its place, of any name:
 * what is not text, a mail or a report in JSON goes by the name.
 */
int
part_is_sealed(const struct part *p)
{
	static const char *const sealed[] = { "application/pkcs7-mime",
		"application/x-pkcs7-mime" };
	static const char *const legible[] = { "text/", "message/",
		"application/json", "application/vnd.csrc." };

	for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++)
		if (strcmp(p->type, sealed[i]) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(legible) / sizeof(legible[0]); i++)
		if (strncmp(p->type, legible[i], strlen(legible[i])) == 0)
			return 0;
	return p->p7m;
}
