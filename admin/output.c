/*
 * See output.h.
 */
#include "admin/output.h"

#include <string.h>

#include "admin/maker.h"
#include "base/file.h"

enum { OUTPUT_MAX = 64 << 20, OUTPUT_MODE = 0644 };

const char *
output_wanted(const struct command *row, const struct arguments *a)
{
	return strcmp(row->verb, "fax") == 0 ? options_value(a, "output")
					     : NULL;
}

static int
take(FILE *lines, struct buffer *b, struct error *e)
{
	char octets[4096];
	size_t got;

	while ((got = fread(octets, 1, sizeof(octets), lines)) > 0) {
		const enum buffer_result r = buffer_append(b, octets, got);

		if (r != BUFFER_OK)
			return error_set(e, ERROR_TROUBLE,
				r == BUFFER_FULL ? "it is too long"
						 : "out of memory");
	}
	return ferror(lines) ? error_errno(e, "what was printed") : 0;
}

static enum exit_code
failed(const struct error *e)
{
	const struct command_context c = { .err = stderr };

	return command_failed((struct command_context *)(uintptr_t)&c, e);
}

enum exit_code
output_run(const char *path, enum exit_code (*make)(void *arg), void *arg)
{
	struct buffer b = { .limit = OUTPUT_MAX };
	enum exit_code code;
	struct maker m;
	struct error e;
	int rc;

	if (maker_start(&m, make, arg, &e) == -1)
		return failed(&e);
	rc = take(m.lines, &b, &e);
	code = maker_end(&m);
	if (rc == 0 && code == EXIT_DONE)
		rc = file_write(path, OUTPUT_MODE, &b, &e);
	buffer_clear(&b);
	return rc == -1 ? failed(&e) : code;
}
