/*
 * Attachments as base64 in JSON. A device's own member of that name moves
 * aside, so that a consumer can trust that "attachments" came from the mail.
 */
#include "parser/attachments.h"

#include <stdlib.h>

#include <jansson.h>

/* RFC 4648, 4; on one line. The caller frees. */
static char *
base64(const unsigned char *in, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((length + 2) / 3 * 4 + 1);
	char *out = text;
	unsigned int group;
	size_t i;

	if (text == NULL)
		return NULL;
	for (i = 0; i < length; i += 3) {
		group = (unsigned int)in[i] << 16;
		group |= i + 1 < length ? (unsigned int)in[i + 1] << 8 : 0;
		group |= i + 2 < length ? in[i + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < length ? digits[group & 63] : '=';
	}
	*out = '\0';
	return text;
}

static json_t *
attachment(const struct part *p)
{
	char *data = base64(p->data, p->length);
	json_t *object;

	if (data == NULL)
		return NULL;
	/* "s*": no name, no member */
	object = json_pack("{s:s*, s:s, s:I, s:s}", "name", p->name, "type",
		p->type, "size", (json_int_t)p->length, "data", data);
	free(data);
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
attachments_add(void *object, const struct entity *entity, size_t report,
	struct error *e)
{
	json_t *list;
	size_t i;

	if (move_aside(object, e))
		return -1;
	if (entity->part_count == 1)
		return 0;
	list = json_array();
	if (json_object_set_new(object, "attachments", list))
		return error_memory(e);
	for (i = 0; i < entity->part_count; i++)
		if (i != report &&
			json_array_append_new(
				list, attachment(&entity->parts[i])))
			return error_memory(e);
	return 0;
}
