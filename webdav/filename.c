/*
 * A spelled serial has no dot, nor has an ID: so a name has exactly two.
 */
#include "webdav/filename.h"

#include <string.h>

#include "base/text.h"

static bool
is_id(const char *text, size_t length)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	return length >= MESSAGE_ID_MIN && length <= MESSAGE_ID_MAX &&
		strspn(text, good) == length;
}

bool
filename_read(const char *name, struct filename *f)
{
	size_t serial = strcspn(name, ".");
	const char *id = name + serial + 1;
	size_t length;

	if (name[serial] == '\0' || !spelling_read(name, serial, f->serial))
		return false;
	length = strcspn(id, ".");
	if (!is_id(id, length) ||
		(strcmp(id + length, ".p7m") != 0 &&
			strcmp(id + length, ".eml") != 0))
		return false;
	memcpy(f->id, id, length);
	f->id[length] = '\0';
	return true;
}

void
filename_outbox(const char *serial, char out[PATH_SIZE])
{
	char spelled[SPELLED_SIZE];

	if (!spelling_make(serial, spelled))
		spelled[0] = '\0'; /* no serial comes here that is none */
	text_format(out, PATH_SIZE, OUTBOX "%s/", spelled);
}

static void
in_outbox(const char *serial, const char *name, const char *suffix,
	char out[PATH_SIZE])
{
	size_t length;

	filename_outbox(serial, out);
	length = strlen(out);
	text_format(out + length, PATH_SIZE - length, "%s%s", name, suffix);
}

void
filename_receipt(const struct filename *f, char out[PATH_SIZE])
{
	in_outbox(f->serial, f->id, ".receipt", out);
}

void
filename_request(const char *serial, const char *email_id, bool sealed,
	char out[PATH_SIZE])
{
	in_outbox(serial, email_id, sealed ? ".p7m" : ".eml", out);
}
