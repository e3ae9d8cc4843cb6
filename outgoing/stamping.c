/*
 * The order matters. What must go is deleted first, each name from its highest
 * index down since an index counts what is left; then the fields that come;
 * the body last. The MTA drops all of it if the mail is refused in the end.
 */
#include "outgoing/stamping.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parser/compose.h"

/* A field that must go: the index-th of its name. */
struct removal {
	char *name;
	int index;
};

struct removals {
	struct removal *rows;
	size_t count;
};

/* The fields of the mail that the stamp takes the place of. */
static const struct {
	const char *name;
	bool prefix;    /* all that begin so */
	bool with_body; /* only if the body goes too */
} replaced[] = {
	{ "CSRC-", true, false },
	{ "Message-ID", false, false },
	{ "MIME-Version", false, true },
	{ "Content-", true, true },
};

static bool
is_replaced(const char *name, size_t length, bool with_body)
{
	size_t known;

	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		known = strlen(replaced[i].name);
		if ((with_body || !replaced[i].with_body) &&
			(replaced[i].prefix ? length >= known
					    : length == known) &&
			strncasecmp(name, replaced[i].name, known) == 0)
			return true;
	}
	return false;
}

/* The length of the field's name, white space before the colon left out. */
static size_t
name_length(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);

	if (colon == NULL || line[0] == ' ' || line[0] == '\t')
		return 0;
	length = (size_t)(colon - line);
	while (length > 0 &&
		(line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	return length;
}

/* Notes one more to be removed. The gate has bounded how many there may be. */
static int
note(struct removals *r, const char *name, size_t length, struct error *e)
{
	struct removal *more;
	int index = 1;

	for (size_t i = 0; i < r->count; i++)
		if (strlen(r->rows[i].name) == length &&
			strncasecmp(r->rows[i].name, name, length) == 0)
			index++;
	more = reallocarray(r->rows, r->count + 1, sizeof(*more));
	if (more == NULL)
		return error_memory(e);
	r->rows = more;
	more = &r->rows[r->count];
	more->name = strndup(name, length);
	more->index = index;
	if (more->name == NULL)
		return error_memory(e);
	r->count++;
	return 0;
}

/* Finds them in the mail's header, whose lines end in CRLF. */
static int
find(const struct outgoing *mail, bool with_body, struct removals *r,
	struct error *e)
{
	const char *at = (const char *)mail->octets;
	const char *end = at + mail->length;
	const char *next;
	size_t length;

	for (; at < end; at = next) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next == NULL ? end : next + 1;
		if (next - at == 2 && at[0] == '\r')
			break;
		length = name_length(at, (size_t)(next - at));
		if (length > 0 && is_replaced(at, length, with_body) &&
			note(r, at, length, e) == -1)
			return -1;
	}
	return 0;
}

static void
removals_clear(struct removals *r)
{
	while (r->count > 0)
		free(r->rows[--r->count].name);
	free(r->rows);
	r->rows = NULL;
}

static int
remove_all(
	const struct removals *r, const struct editor *editor, struct error *e)
{
	for (size_t i = r->count; i > 0; i--)
		if (editor->remove(editor->arg, r->rows[i - 1].name,
			    r->rows[i - 1].index) == -1)
			return error_set(e, ERROR_TROUBLE,
				"the MTA does not delete field %s",
				r->rows[i - 1].name);
	return 0;
}

/* libmilter checks nothing: a line break here would be somebody's field. */
static int
add(const struct editor *editor, const char *name, const char *value,
	struct error *e)
{
	struct buffer line = { 0 };
	int rc = compose_field(&line, name, value, e);

	buffer_clear(&line);
	if (rc == 0 && editor->add(editor->arg, name, value) == -1)
		rc = error_set(e, ERROR_TROUBLE,
			"the MTA does not add field %s", name);
	return rc;
}

static int
add_all(const struct stamp *stamp, const struct editor *editor, struct error *e)
{
	const struct claims *c = &stamp->claims;

	if (add(editor, "CSRC-Center-ID", c->center, e) == -1 ||
		add(editor, "CSRC-Device-Serial", c->serial, e) == -1 ||
		add(editor, "CSRC-Email-ID", c->email_id, e) == -1 ||
		add(editor, "Message-ID", stamp->message_id, e) == -1)
		return -1;
	for (size_t i = 0; stamp->body.length != 0 && i < COMPOSE_SMIME_FIELDS;
		i++)
		if (add(editor, compose_smime[i].name, compose_smime[i].value,
			    e) == -1)
			return -1;
	return 0;
}

int
outgoing_apply(const struct outgoing *mail, const struct stamp *stamp,
	const struct editor *editor, struct error *e)
{
	const bool with_body = stamp->body.length != 0;
	struct removals removals = { 0 };
	int rc = -1;

	if (find(mail, with_body, &removals, e) == -1 ||
		remove_all(&removals, editor, e) == -1 ||
		add_all(stamp, editor, e) == -1)
		goto out;
	if (with_body &&
		editor->body(editor->arg, stamp->body.data,
			stamp->body.length) == -1) {
		error_set(
			e, ERROR_TROUBLE, "the MTA does not replace the body");
		goto out;
	}
	rc = 0;
out:
	removals_clear(&removals);
	return rc;
}
