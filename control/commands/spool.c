/*
 * The consumer's side of the spool: directory operations only, so that a
 * billing account needs the spool's group and nothing else. The daemon is not
 * asked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "control/commands/spool_segment.h"
#include "config/rules.h"

static const char *
spool_of(const struct command_context *c)
{
	return c->rules->settings->spool_directory;
}

static int
list_one(struct command_context *c, const struct segment *s,
	struct columns *columns, struct error *e)
{
	const char *state = s->claimed ? "cur" : "new";
	char path[SEGMENT_PATH_SIZE], when[TEXT_TIME_SIZE], size[24];
	char claimed[TEXT_TIME_SIZE] = "";
	struct stat st;

	segment_path(spool_of(c), state, s->name, path);
	/* A consumer may have taken it away meanwhile. */
	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : error_errno(e, "%s", path);
	text_time(st.st_mtime, when);
	if (s->claimed)
		text_time(st.st_ctime, claimed);
	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:I,s:I,s:s,s:s?}",
			"segment", s->name, "state", state, "sequence",
			(long long)s->first, "size", (long long)st.st_size,
			"published", when, "claimed", output_or_null(claimed));
	text_format(size, sizeof(size), "%lld", (long long)st.st_size);
	columns_row(columns,
		(const char *const[]){ state, s->name, size, when, claimed });
	return 0;
}

enum exit_code
command_spool_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "STATE", "SEGMENT", "SIZE",
		"PUBLISHED", "CLAIMED" };
	struct segment *segments;
	struct columns columns;
	size_t count;
	struct error e;
	enum exit_code code = EXIT_DONE;

	(void)a;
	if (segment_list(spool_of(c), true, &segments, &count, NULL, &e) == -1)
		return command_failed(c, &e);
	columns_begin(&columns, c->out, names, 5);
	for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
		if (list_one(c, &segments[i], &columns, &e) == -1)
			code = command_failed(c, &e);
	}
	columns_end(&columns);
	free(segments);
	return code;
}

/* 1: it is ours; 0: somebody else was faster. */
static int
claim(struct command_context *c, const struct segment *s, struct error *e)
{
	char from[SEGMENT_PATH_SIZE], to[SEGMENT_PATH_SIZE];

	segment_path(spool_of(c), "new", s->name, from);
	segment_path(spool_of(c), "cur", s->name, to);
	if (rename(from, to) == -1)
		return errno == ENOENT ? 0 : error_errno(e, "claim %s", from);
	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:I}", "segment",
			       s->name, "path", to, "sequence",
			       (long long)s->first) == -1
			? -1
			: 1;
	fprintf(c->out, "%s\n", to);
	return 1;
}

enum exit_code
command_spool_next(struct command_context *c, const struct arguments *a)
{
	struct segment *segments;
	size_t count;
	struct error e;
	int claimed;

	(void)a;
	do {
		claimed = 0;
		if (segment_list(spool_of(c), false, &segments, &count, NULL,
			    &e) == -1)
			return command_failed(c, &e);
		for (size_t i = 0; i < count && claimed == 0; i++)
			claimed = claim(c, &segments[i], &e);
		free(segments);
	} while (claimed == 0 && count > 0);
	if (claimed == -1)
		return command_failed(c, &e);
	return claimed == 1 ? EXIT_DONE : EXIT_NO;
}

enum exit_code
command_spool_done(struct command_context *c, const struct arguments *a)
{
	const char *name = segment_name(spool_of(c), a->operands[0]);
	char path[SEGMENT_PATH_SIZE];
	uint64_t first;

	if (!spool_named(name, &first))
		return command_refused(
			c, ERROR_BAD, "%s is no segment's name", name);
	segment_path(spool_of(c), "cur", name, path);
	if (unlink(path) == 0)
		return command_done(c, "segment", name);
	if (errno == ENOENT)
		return command_refused(
			c, ERROR_NOT_FOUND, "%s is not in cur/", name);
	return command_refused(
		c, ERROR_TROUBLE, "remove %s: %s", path, strerror(errno));
}
