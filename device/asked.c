#include "device/asked.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/program.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/limits.h"

enum { RUN_SECONDS = 300 };

static json_t *
params(const struct request_text *r)
{
	json_t *object = json_object();

	for (size_t i = 0; i < r->param_count; i++)
		json_object_set_new(object, r->params[i].name,
			json_string(r->params[i].value));
	return object;
}

/* NULL: no memory. */
static json_t *
describe(const struct request_text *r)
{
	char date[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];

	text_time(r->date, date);
	text_time(r->expires, expires);
	/* "s?": null for a mail that is no request in our form */
	return json_pack("{s:s?, s:o, s:s, s:s, s:s, s:s, s:s}", "command",
		r->command[0] == '\0' ? NULL : r->command, "params", params(r),
		"center", r->claims.center, "serial", r->claims.serial,
		"email_id", r->claims.email_id, "date", date, "expires",
		expires);
}

int
asked_describe(
	const struct request_text *r, struct buffer *line, struct error *e)
{
	json_t *object = describe(r);
	char *text = json_dumps(object, JSON_COMPACT);
	int rc = -1;

	json_decref(object);
	if (text != NULL && buffer_text(line, text) == BUFFER_OK &&
		buffer_text(line, "\n") == BUFFER_OK)
		rc = 0;
	free(text);
	return rc == 0 ? 0 : error_memory(e);
}

/* A file without a name, to be read from its beginning; -1. */
static int
make_input(const struct request_text *r, struct error *e)
{
	struct buffer line = { 0 };
	int fd = -1;

	if (asked_describe(r, &line, e) == 0) {
		fd = memfd_create("request", MFD_CLOEXEC);
		if (fd == -1 ||
			write(fd, line.data, line.length) !=
				(ssize_t)line.length ||
			lseek(fd, 0, SEEK_SET) == -1) {
			error_errno(e, "a file for the request");
			if (fd != -1)
				close(fd);
			fd = -1;
		}
	}
	buffer_clear(&line);
	return fd;
}

/* Its output is not ours to trust, nor whose fault it is to guess. */
static int
run(const char *program, int input, char *out, size_t size, struct error *e)
{
	const char *const argv[] = { program, NULL };
	int status;

	if (program_ask(argv, input, RUN_SECONDS, out, size, &status, e)) {
		e->code = ERROR_TROUBLE;
		return -1;
	}
	if (status != 0)
		return error_set(e, ERROR_TROUBLE, "%s: ended with status %d",
			program, status);
	return 0;
}

int
asked_run(const char *program, const struct request_text *r,
	struct buffer *json, struct error *e)
{
	size_t size = (size_t)limits_default.report_size + 2;
	int input = make_input(r, e);
	char *out;
	int rc = -1;

	if (input == -1)
		return -1;
	out = malloc(size);
	if (out == NULL)
		error_memory(e);
	else if (run(program, input, out, size, e) == 0)
		rc = buffer_text(json, out) == BUFFER_OK ? 0 : error_memory(e);
	wipe_free(out);
	close(input);
	return rc;
}
