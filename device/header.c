/*
 * Walks a header field by field. What is found is a hint from outside, or from
 * a machine of one's own; nothing is decided by it.
 */
#include "device/header.h"

#include <string.h>
#include <strings.h>

struct field {
	const char *at; /* its name */
	size_t name;    /* length of the name */
	size_t length;  /* of all its lines, without the last line's end */
	const char *next;
};

/* The end of the line at at: its LF, or the end of the mail. */
static const char *
line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf == NULL ? end : lf;
}

/* False: at is an empty line, no field, or the end. */
static bool
next_field(const struct buffer *mail, const char *at, struct field *f)
{
	const char *end = (const char *)mail->data + mail->length;
	const char *stop;

	if (at >= end)
		return false;
	f->at = at;
	while (at<end && * at> ' ' && *at <= '~' && *at != ':')
		at++;
	f->name = (size_t)(at - f->at);
	if (at == end || *at != ':' || f->name == 0)
		return false;
	stop = line_end(at, end);
	while (stop + 1 < end && (stop[1] == ' ' || stop[1] == '\t'))
		stop = line_end(stop + 1, end);
	f->next = stop < end ? stop + 1 : end;
	if (stop > f->at && stop[-1] == '\r')
		stop--;
	f->length = (size_t)(stop - f->at);
	return true;
}

static const char *
first(const struct buffer *mail)
{
	return (const char *)mail->data;
}

static bool
find(const struct buffer *mail, const char *name, struct field *f)
{
	f->next = first(mail);
	while (next_field(mail, f->next, f))
		if (f->name == strlen(name) &&
			strncasecmp(f->at, name, f->name) == 0)
			return true;
	return false;
}

bool
header_value(
	const struct buffer *mail, const char *name, char *out, size_t size)
{
	struct field f;
	size_t used = 0;

	out[0] = '\0';
	if (!find(mail, name, &f))
		return false;
	for (size_t i = f.name + 1; i < f.length; i++) {
		if (f.at[i] == '\r' || f.at[i] == '\n' ||
			(used == 0 && f.at[i] == ' '))
			continue;
		if (used + 1 >= size || f.at[i] < ' ' || f.at[i] > '~')
			return false;
		out[used++] = f.at[i];
		out[used] = '\0';
	}
	while (used > 0 && out[used - 1] == ' ')
		out[--used] = '\0';
	return used > 0;
}

bool
header_is_address(const char *text)
{
	const char *at = strchr(text, '@');

	for (const unsigned char *c = (const unsigned char *)text; *c != '\0';
		c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("<>()[],;:\\\"", *c))
			return false;
	return at != NULL && at != text && at[1] != '\0' &&
		strchr(at + 1, '@') == NULL && strlen(text) <= 254;
}

bool
header_address(
	const struct buffer *mail, const char *name, char *out, size_t size)
{
	char value[1024];
	char *from, *to;

	out[0] = '\0';
	if (!header_value(mail, name, value, sizeof(value)))
		return false;
	from = strrchr(value, '<');
	to = from == NULL ? NULL : strchr(from, '>');
	if (to != NULL)
		*to = '\0';
	from = to == NULL ? value : from + 1;
	if (!header_is_address(from) || strlen(from) >= size)
		return false;
	strcpy(out, from);
	return true;
}

int
header_copy(const struct buffer *mail, const char *prefix, struct buffer *out,
	struct error *e)
{
	struct field f = { .next = first(mail) };
	size_t length = strlen(prefix);

	while (next_field(mail, f.next, &f))
		if (strncasecmp(f.at, prefix, length) == 0 &&
			(buffer_append(out, f.at, f.length) != BUFFER_OK ||
				buffer_text(out, "\r\n") != BUFFER_OK))
			return error_memory(e);
	return 0;
}

size_t
header_end(const struct buffer *mail)
{
	struct field f = { .next = first(mail) };
	size_t at;

	while (next_field(mail, f.next, &f))
		;
	at = (size_t)(f.next - first(mail));
	if (at < mail->length && mail->data[at] == '\r')
		at++;
	if (at < mail->length && mail->data[at] == '\n')
		at++;
	return at;
}
