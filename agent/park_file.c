/*
 * The printers as lines of JSON, and as a table.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/host.h"
#include "agent/park.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "control/columns.h"
#include "parser/limits.h"
#include "parser/object.h"

enum { FILE_LIMIT = 64 << 20 };

/* Members that are texts, and where they are. */
static const struct {
	const char *name;
	size_t offset, size;
} texts[] = {
#define MEMBER(name)                                             \
	{                                                        \
#name, offsetof(struct park_printer, name),      \
			sizeof(((struct park_printer *)0)->name) \
	}
	MEMBER(section),
	MEMBER(serial),
	MEMBER(model),
	MEMBER(profile),
	MEMBER(outcome),
	MEMBER(why),
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static json_t *
to_json(const struct park_printer *p)
{
	char address[HOST_TEXT_SIZE];
	json_t *object;

	host_write(&p->address, address);
	object = json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "address", address,
		"found", (json_int_t)p->found, "asked", (json_int_t)p->asked,
		"heard", (json_int_t)p->heard, "reports",
		(json_int_t)p->reports, "listed", (int)p->listed);
	for (size_t i = 0; object != NULL && i < TEXTS; i++)
		if (json_object_set_new(object, texts[i].name,
			    json_string((const char *)p + texts[i].offset)) ==
			-1) {
			json_decref(object);
			object = NULL;
		}
	return object;
}

static int
write_line(struct buffer *out, const struct park_printer *p, struct error *e)
{
	json_t *object = to_json(p);
	char *line = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	int rc = -1;

	if (line == NULL || buffer_text(out, line) != BUFFER_OK ||
		buffer_text(out, "\n") != BUFFER_OK)
		error_memory(e);
	else
		rc = 0;
	free(line);
	json_decref(object);
	return rc;
}

static int64_t
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void
take_printer(struct park *park, const json_t *object)
{
	const char *address =
		json_string_value(json_object_get(object, "address"));
	struct sockaddr_storage where;
	struct park_printer *p;
	const char *text;

	if (address == NULL || !host_read(address, HOST_PORT, &where))
		return;
	p = park_add(park, &where, "", 0, NULL);
	if (p == NULL)
		return;
	p->found = number(object, "found");
	p->asked = number(object, "asked");
	p->heard = number(object, "heard");
	p->reports = (uint64_t)number(object, "reports");
	p->listed = json_is_true(json_object_get(object, "listed"));
	for (size_t i = 0; i < TEXTS; i++) {
		text = json_string_value(
			json_object_get(object, texts[i].name));
		if (text != NULL)
			(void)text_copy((char *)p + texts[i].offset,
				texts[i].size, text);
	}
}

static void
take_lines(struct park *park, const struct buffer *text)
{
	const char *at = (const char *)text->data, *end = at + text->length;
	const char *newline;
	json_t *object;

	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			newline = end;
		if (object_read(at, (size_t)(newline - at), &limits_default,
			    &object, NULL) == -1)
			continue;
		take_printer(park, object);
		json_decref(object);
	}
}

int
park_load(const char *path, struct park *park_r, struct error *e)
{
	struct buffer text = { .limit = FILE_LIMIT };
	int rc = 0;

	memset(park_r, 0, sizeof(*park_r));
	if (access(path, F_OK) == 0)
		rc = file_read(path, &text, e);
	else if (errno != ENOENT)
		rc = error_errno(e, "%s", path);
	if (rc == 0 && text.length > 0)
		take_lines(park_r, &text);
	park_r->changed = false;
	buffer_clear(&text);
	return rc;
}

int
park_save(struct park *park, const char *path, struct error *e)
{
	struct buffer text = { 0 };
	int rc = 0;

	if (!park->changed)
		return 0;
	for (size_t i = 0; rc == 0 && i < park->count; i++)
		rc = write_line(&text, &park->printers[i], e);
	if (rc == 0)
		rc = file_write(path, 0640, &text, e);
	if (rc == 0)
		park->changed = false;
	buffer_clear(&text);
	return rc;
}

/* --- for people --- */

static void
print_row(struct columns *columns, const struct park_printer *p)
{
	char address[HOST_TEXT_SIZE], heard[TEXT_TIME_SIZE] = "";
	char model[PARK_TEXT_SIZE], why[PARK_TEXT_SIZE], reports[24];
	const char *const cells[] = { address, p->section, p->serial, model,
		p->profile, p->outcome, heard, reports, why };

	host_write(&p->address, address);
	if (p->heard != 0)
		text_time((time_t)p->heard, heard);
	text_printable(p->model, strlen(p->model), model, sizeof(model));
	text_printable(p->why, strlen(p->why), why, sizeof(why));
	text_format(reports, sizeof(reports), "%llu",
		(unsigned long long)p->reports);
	columns_row(columns, cells);
}

static int
print_json(const struct park *park, FILE *out, struct error *e)
{
	struct buffer line = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < park->count; i++) {
		line.length = 0;
		rc = write_line(&line, &park->printers[i], e);
		if (rc == 0 &&
			fwrite(line.data, 1, line.length, out) != line.length)
			rc = error_errno(e, "write");
	}
	buffer_clear(&line);
	return rc;
}

int
park_print(const struct park *park, bool json, FILE *out, struct error *e)
{
	static const char *const names[] = { "ADDRESS", "SECTION", "SERIAL",
		"MODEL", "PROFILE", "OUTCOME", "HEARD", "REPORTS", "WHY" };
	struct columns columns;

	if (json)
		return print_json(park, out, e);
	columns_begin(&columns, out, names, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < park->count; i++)
		print_row(&columns, &park->printers[i]);
	columns_end(&columns);
	return 0;
}
