/*
 * Is the structure that parser/multipart.c reads the one that GMime reads?
 * Both are given the corpus and thousands of mails made of the pieces that
 * structure is made of; whatever we do not refuse must have the same leaves.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/entity.h"

static const struct limits limits = {
	.message_size = 4 << 20,
	.header_size = 64 << 10,
	.header_fields = 200,
	.line_length = 8192,
	.parts = 100,
	.depth = 8,
	.report_size = 1 << 20,
};

static struct error err;

/* There in a build with LeakSanitizer. */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

/* A leaf of GMime's against ours. */
static bool
same_leaf(GMimePart *theirs, const struct part *ours)
{
	GMimeContentType *type =
		g_mime_object_get_content_type(GMIME_OBJECT(theirs));
	char *name = g_mime_content_type_get_mime_type(type);
	GMimeDataWrapper *content = g_mime_part_get_content(theirs);
	GMimeStream *out = g_mime_stream_mem_new();
	GByteArray *octets;
	bool same;

	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, out);
	octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
	same = strcasecmp(name, ours->type) == 0 &&
		octets->len == ours->length &&
		(octets->len == 0 ||
			memcmp(octets->data, ours->data, ours->length) == 0);
	if (!same)
		print_message("%s %u: %.*s\n%s %zu: %s\n", name, octets->len,
			(int)octets->len, (char *)octets->data, ours->type,
			ours->length, (char *)ours->data);
	g_free(name);
	g_object_unref(out);
	return same;
}

/* Compares from *at on. */
static bool
same_tree(GMimeObject *theirs, const struct entity *ours, size_t *at)
{
	int i, count;

	if (GMIME_IS_MULTIPART(theirs)) {
		count = g_mime_multipart_get_count(GMIME_MULTIPART(theirs));
		for (i = 0; i < count; i++)
			if (!same_tree(g_mime_multipart_get_part(
					       GMIME_MULTIPART(theirs), i),
				    ours, at))
				return false;
		return true;
	}
	if (*at == ours->part_count)
		return false;
	return same_leaf(GMIME_PART(theirs), &ours->parts[(*at)++]);
}

static bool
same(const void *octets, size_t length)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeObject *root;
	struct entity *entity;
	size_t at = 0;
	bool rc;

	if (entity_parse(octets, length, &limits, &entity, &err))
		return true;
	stream = g_mime_stream_mem_new_with_buffer(octets, length);
	parser = g_mime_parser_new_with_stream(stream);
	root = g_mime_parser_construct_part(parser, NULL);
	rc = root != NULL && same_tree(root, entity, &at) &&
		at == entity->part_count;
	if (!rc)
		print_message("%zu of %zu leaves alike in:\n%.*s\n", at,
			entity->part_count, (int)length, (const char *)octets);
	g_object_unref(root);
	g_object_unref(parser);
	g_object_unref(stream);
	entity_free(&entity);
	return rc;
}

static void
corpus(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	struct dirent *entry;
	gchar *octets;
	gsize length;
	size_t count = 0;
	DIR *d;

	text_format(path, sizeof(path), "%s/tests/corpus/%s",
		srcdir == NULL ? "." : srcdir, name);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (strstr(entry->d_name, ".eml") == NULL)
			continue;
		text_format(path, sizeof(path), "%s/tests/corpus/%s/%s",
			srcdir == NULL ? "." : srcdir, name, entry->d_name);
		assert_true(g_file_get_contents(path, &octets, &length, NULL));
		if (!same(octets, length))
			fail_msg("%s", path);
		g_free(octets);
		count++;
	}
	closedir(d);
	assert_true(count > 0);
}

static void
of_the_corpus(void **state)
{
	(void)state;
	corpus("entity");
	corpus("attack");
}

/* Repeatable, and the same everywhere. */
static size_t
any(uint64_t *seed, size_t count)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % count;
}

static void
append_any(struct buffer *b, uint64_t *seed, const char *const *pieces,
	size_t count, size_t most)
{
	size_t left = any(seed, most + 1);

	while (left-- > 0)
		buffer_text(b, pieces[any(seed, count)]);
}

/*
 * Headers of fields and bodies of lines: of a part's header that has a line
 * which is no field, GMime gives up the body.
 */
static void
make(struct buffer *b, uint64_t seed)
{
	static const char *const delimiters[] = { "--a\n", "--ab\n", "--a b\n",
		"--a--\n", "--ab--\n", "--a b--\n", "--a \t\n", "--a-- \n" };
	static const char *const fields[] = {
		"Content-Type: multipart/mixed; boundary=a\n",
		"Content-Type: multipart/mixed; boundary=ab\n",
		"Content-Type: multipart/digest; boundary=\"a b\"\n",
		"Content-Type: multipart/x;\n x=\"\\\"\"; boundary=a\n",
		"Content-Type: text/plain\n", "Content-Type: message/rfc822\n",
		"Content-Transfer-Encoding: base64\n", "Subject: boundary=a\n",
		"Content-Transfer-Encoding: quoted-printable\n"
	};
	static const char *const lines[] = { "\n", "\n", "text\n", "text\n",
		"--", "--ax\n", "---a\n", "--\n", "YWJj\n", "=61=\n", "=\n",
		"boundary=ab\n", "Content-Type: multipart/mixed; boundary=c\n",
		"--c\n", "\n", "b" };
	size_t left = 1 + any(&seed, 12);

#define ANY(pieces, most) \
	append_any(b, &seed, pieces, sizeof(pieces) / sizeof(*(pieces)), most)
	buffer_text(b, "MIME-Version: 1.0\n");
	buffer_text(b, fields[any(&seed, 4)]);
	for (; left > 0; left--) {
		buffer_text(b, "\n");
		ANY(lines, 5);
		ANY(delimiters, 1);
		ANY(fields, 2);
	}
#undef ANY
}

static void
to_crlf(const struct buffer *b, struct buffer *crlf)
{
	size_t i;

	for (i = 0; i < b->length; i++)
		if (b->data[i] == '\n')
			buffer_text(crlf, "\r\n");
		else
			buffer_append(crlf, &b->data[i], 1);
}

static void
of_anything(void **state)
{
	enum { MAILS = 20000 };
	struct buffer b = { 0 }, crlf = { 0 };
	uint64_t i;
	size_t bad = 0;

	(void)state;
	for (i = 0; i < MAILS && bad < 3; i++) {
		make(&b, i);
		bad += !same(b.data, b.length);
		to_crlf(&b, &crlf);
		bad += !same(crlf.data, crlf.length);
		buffer_clear(&b);
		buffer_clear(&crlf);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	static const char *const opaque[] = { "rfc822", "rfc2822", "global",
		"global-headers", "news", "partial", "external-body", "*" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_corpus),
		cmocka_unit_test(of_anything),
	};
	size_t i;

	alarm(300);
	/* GMime forgets the types it has when they are registered again */
	if (__lsan_disable != NULL)
		__lsan_disable();
	if (parser_init(&err))
		return 1;
	if (__lsan_enable != NULL)
		__lsan_enable();
	for (i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++)
		g_mime_object_register_type(
			"message", opaque[i], GMIME_TYPE_PART);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
