/*
 * MIME by GMime, kept on a short lead: it sees what parser/scan.c has bounded,
 * parses it once, and gives up its leaves. Nothing is ever written back by it,
 * for re-serialising hostile parameters can loop.
 *
 * GLib ends the process when memory runs out, which is why sizes are bounded
 * well below that: at most a few times limits.message_size is asked for here.
 */
#include "parser/entity.h"

#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/text.h"
#include "parser/scan.h"
#include "parser/seal.h"

/*
 * A mail inside a mail stays one opaque part. GMime would parse its header,
 * address fields included, and those can exhaust the stack.
 */
static const char *const opaque_messages[] = { "rfc822", "rfc2822", "global",
	"global-headers", "news", "partial", "external-body", "*" };

/*
 * GMime loses a few octets, once, when a type is registered over one of its
 * own. Where a leak checker is linked it is told not to mind.
 */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

int
parser_init(struct error *e)
{
	size_t i;

	if (__lsan_disable != NULL)
		__lsan_disable();
	g_mime_init();
	if (__lsan_enable != NULL)
		__lsan_enable();
	if (!g_mime_check_version(3, 2, 7))
		return error_set(
			e, ERROR_TROUBLE, "GMime 3.2.7 or later is needed");
	for (i = 0; i < sizeof(opaque_messages) / sizeof(opaque_messages[0]);
		i++)
		g_mime_object_register_type(
			"message", opaque_messages[i], GMIME_TYPE_PART);
	return seal_init(e);
}

/* What a walk through the tree carries along. */
struct flatten {
	struct entity *entity;
	size_t seen; /* entities, multiparts included */
	const struct limits *l;
	struct error *e;
};

/* A copy in valid UTF-8; NULL stays NULL. -1: no memory. */
static int
copy_text(const char *text, char **out_r)
{
	char *valid;

	*out_r = NULL;
	if (text == NULL)
		return 0;
	valid = g_utf8_make_valid(text, -1);
	*out_r = strdup(valid);
	g_free(valid);
	return *out_r == NULL ? -1 : 0;
}

static int
copy_lower(const char *text, char **out_r)
{
	if (copy_text(text, out_r))
		return -1;
	if (*out_r != NULL)
		text_lower(*out_r);
	return 0;
}

static int
describe(GMimePart *from, struct part *p)
{
	GMimeObject *object = GMIME_OBJECT(from);
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *name = g_mime_content_type_get_mime_type(type);
	int rc;

	rc = copy_lower(name, &p->type) ||
		copy_lower(g_mime_content_type_get_parameter(type, "charset"),
			&p->charset) ||
		copy_text(g_mime_part_get_filename(from), &p->name);
	g_free(name);
	return rc ? -1 : 0;
}

/*
 * Decodes into an array that has room for the encoded form from the start, so
 * that it never moves and leaves no copy behind.
 */
static int
decode(GMimePart *from, struct part *p)
{
	GMimeDataWrapper *content = g_mime_part_get_content(from);
	GMimeStream *out;
	GByteArray *octets;
	gint64 encoded = 0;

	if (content != NULL)
		encoded = g_mime_stream_length(
			g_mime_data_wrapper_get_stream(content));
	octets = g_byte_array_sized_new(encoded > 0 ? (guint)encoded + 1 : 1);
	out = g_mime_stream_mem_new_with_byte_array(octets);
	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, out);
	p->data = malloc((size_t)octets->len + 1);
	if (p->data != NULL) {
		p->length = octets->len;
		memcpy(p->data, octets->data, p->length);
		p->data[p->length] = '\0';
	}
	explicit_bzero(octets->data, octets->len);
	g_object_unref(out);
	return p->data == NULL ? -1 : 0;
}

static int
add_part(struct flatten *f, GMimePart *from)
{
	struct entity *entity = f->entity;
	struct part *more, *p;

	more = reallocarray(
		entity->parts, entity->part_count + 1, sizeof(*entity->parts));
	if (more == NULL)
		return error_memory(f->e);
	entity->parts = more;
	p = &more[entity->part_count++];
	memset(p, 0, sizeof(*p));
	if (describe(from, p) || decode(from, p))
		return error_memory(f->e);
	return 0;
}

static int
walk_tree(struct flatten *f, GMimeObject *object, int depth)
{
	int count, i;

	if (++f->seen > (size_t)f->l->parts)
		return error_set(f->e, ERROR_LIMIT,
			"more than %lld parts (max_parts)",
			(long long)f->l->parts);
	if (GMIME_IS_PART(object))
		return add_part(f, GMIME_PART(object));
	if (!GMIME_IS_MULTIPART(object))
		return error_set(
			f->e, ERROR_BAD, "a part of an unknown structure");
	if (depth + 1 > f->l->depth)
		return error_set(f->e, ERROR_LIMIT,
			"multiparts nested deeper than %lld (max_depth)",
			(long long)f->l->depth);
	count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
	for (i = 0; i < count; i++)
		if (walk_tree(f,
			    g_mime_multipart_get_part(
				    GMIME_MULTIPART(object), i),
			    depth + 1))
			return -1;
	return 0;
}

/* Parses a private copy of the octets, which is cleansed. */
static int
parse_mime(struct flatten *f, const struct buffer *mime)
{
	GByteArray *octets = g_byte_array_sized_new((guint)mime->length);
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeObject *root;
	int rc = -1;

	g_byte_array_append(octets, mime->data, (guint)mime->length);
	stream = g_mime_stream_mem_new_with_byte_array(octets);
	parser = g_mime_parser_new_with_stream(stream);
	root = g_mime_parser_construct_part(parser, NULL);
	if (root == NULL)
		error_set(f->e, ERROR_BAD, "no MIME entity");
	else
		rc = walk_tree(f, root, 0);
	explicit_bzero(octets->data, octets->len);
	if (root != NULL)
		g_object_unref(root);
	g_object_unref(parser);
	g_object_unref(stream);
	return rc;
}

int
entity_parse(const void *octets, size_t length, const struct limits *l,
	struct entity **entity_r, struct error *e)
{
	struct scan scan = { 0 };
	struct entity *entity = NULL;
	struct flatten f = { .l = l, .e = e };
	int rc = -1;

	*entity_r = NULL;
	if (scan_read(octets, length, l, &scan, e))
		goto out;
	f.entity = entity = calloc(1, sizeof(*entity));
	if (entity == NULL) {
		error_memory(e);
		goto out;
	}
	entity->claims = scan.claims;
	memcpy(entity->reply_id, scan.reply_id, sizeof(entity->reply_id));
	entity->date = scan.date;
	scan.date = NULL;
	if (parse_mime(&f, &scan.mime))
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
	free(p->type);
	free(p->charset);
	free(p->name);
	if (p->data != NULL)
		explicit_bzero(p->data, p->length);
	free(p->data);
}

void
entity_free(struct entity **entity)
{
	struct entity *old = *entity;
	size_t i;

	if (old == NULL)
		return;
	for (i = 0; i < old->part_count; i++)
		part_clear(&old->parts[i]);
	free(old->parts);
	free(old->date);
	free(old);
	*entity = NULL;
}

int
part_is_sealed(const struct part *p)
{
	return strcmp(p->type, "application/pkcs7-mime") == 0 ||
		strcmp(p->type, "application/x-pkcs7-mime") == 0;
}
