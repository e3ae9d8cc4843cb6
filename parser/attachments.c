/*
 * Attachments as base64 in JSON. A device's own member of that name moves
 * aside, so that a consumer can trust that "attachments" came from the mail.
 */
#include "parser/attachments.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/crypto.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/base64.h"

/* On one line. The caller frees. */
static char *
encode(const unsigned char *in, size_t length)
{
	size_t size = base64_size(length);
	char *text = malloc(size + 1);

	if (text == NULL)
		return NULL;
	base64_encode(in, length, text);
	text[size] = '\0';
	return text;
}

/* The SHA-256 in hexadecimal. The caller frees. */
static char *
digest(const unsigned char *in, size_t length)
{
	const struct crypto_span span = { in, length };
	unsigned char sum[SHA256_SIZE];
	char *text = malloc(2 * sizeof(sum) + 1);
	struct error ignored;

	if (text != NULL && crypto_sha256(&span, 1, sum, &ignored) == 0) {
		text_hex(sum, sizeof(sum), text);
		return text;
	}
	free(text);
	return NULL;
}

static json_t *
attachment(const struct part *p, bool octets)
{
	char *data = octets ? encode(p->data, p->length)
			    : digest(p->data, p->length);
	json_t *object;

	if (data == NULL)
		return NULL;
	/* "s*": no name, no member */
	object = json_pack("{s:s*, s:s, s:I, s:s}", "name", p->name, "type",
		p->type, "size", (json_int_t)p->length,
		octets ? "data" : "digest", data);
	wipe_free(data);
	return object;
}

static int
move_aside(json_t *object, struct error *e)
{
	json_t *was = json_object_get(object, "attachments");

	if (was == NULL)
		return 0;
	if (json_object_get(object, "device_attachments") != NULL)
		return error_set(e, ERROR_BAD,
			"the report has both \"attachments\" and "
			"\"device_attachments\"");
	if (json_object_set(object, "device_attachments", was) ||
		json_object_del(object, "attachments"))
		return error_memory(e);
	return 0;
}

int
attachments_add(struct json_t *object, const struct entity *entity,
	const bool *reports, bool octets, struct error *e)
{
	size_t others = 0;
	json_t *list;

	if (move_aside(object, e))
		return -1;
	for (size_t i = 0; i < entity->part_count; i++)
		others += !reports[i];
	if (others == 0)
		return 0;
	list = json_array();
	if (json_object_set_new(object, "attachments", list))
		return error_memory(e);
	for (size_t i = 0; i < entity->part_count; i++)
		if (!reports[i] &&
			json_array_append_new(
				list, attachment(&entity->parts[i], octets)))
			return error_memory(e);
	return 0;
}
