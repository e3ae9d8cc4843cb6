/*
 * spool reclaim: what a consumer claimed and will not finish is there for all
 * again. Nobody can tell a dead consumer from a slow one, so somebody has to
 * say which segments, or how long is too long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/rules.h"
#include "control/commands/commands.h"
#include "control/commands/spool_segment.h"

struct reclaim {
	struct command_context *c;
	const char *spool;
	int64_t before; /* it was claimed until then */
	bool named;
};

/* A segment that is in new/ too stays where it is: two files would become one.
 */
static enum exit_code
give_back(const struct reclaim *r, const char *name)
{
	char from[SEGMENT_PATH_SIZE], to[SEGMENT_PATH_SIZE];

	segment_path(r->spool, "cur", name, from);
	segment_path(r->spool, "new", name, to);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
		if (!r->named && !r->c->json)
			fprintf(r->c->out, "%s\n", name);
		return command_done(r->c, "segment", name);
	}
	if (errno == ENOENT)
		return command_refused(
			r->c, ERROR_NOT_FOUND, "%s is not in cur/", name);
	return command_refused(r->c,
		errno == EEXIST ? ERROR_EXISTS : ERROR_TROUBLE,
		"give %s back: %s", from, strerror(errno));
}

/* Since when it is claimed is when it was renamed, which is its status change.
 */
static bool
is_old(const struct reclaim *r, const struct segment *s)
{
	char path[SEGMENT_PATH_SIZE];
	struct stat st;

	segment_path(r->spool, "cur", s->name, path);
	return s->claimed && lstat(path, &st) == 0 && st.st_ctime <= r->before;
}

static enum exit_code
reclaim_old(const struct reclaim *r)
{
	enum exit_code code = EXIT_DONE, one;
	struct segment *segments;
	struct error e;
	size_t count;

	if (segment_list(r->spool, true, &segments, &count, NULL, &e) == -1)
		return command_failed(r->c, &e);
	for (size_t i = 0; i < count; i++) {
		if (!is_old(r, &segments[i]))
			continue;
		one = give_back(r, segments[i].name);
		code = code == EXIT_DONE ? one : code;
	}
	free(segments);
	return code;
}

static enum exit_code
reclaim_named(const struct reclaim *r, const struct arguments *a)
{
	enum exit_code code = EXIT_DONE, one;
	uint64_t first;

	for (size_t i = 0; i < a->operand_count; i++) {
		const char *name = segment_name(r->spool, a->operands[i]);

		one = spool_named(name, &first)
			? give_back(r, name)
			: command_refused(r->c, ERROR_BAD,
				  "%s is no segment's name", name);
		code = code == EXIT_DONE ? one : code;
	}
	return code;
}

enum exit_code
command_spool_reclaim(struct command_context *c, const struct arguments *a)
{
	const char *older = options_value(a, "older");
	struct reclaim r = { .c = c,
		.spool = c->rules->settings->spool_directory,
		.named = older == NULL };
	struct clock_reading now;
	int64_t age;

	if (r.named)
		return reclaim_named(&r, a);
	if (text_duration(older, &age) == -1)
		return command_refused(c, ERROR_USAGE,
			"--older takes a time such as 90m or 2d, not %s",
			older);
	clock_read(&now);
	r.before = now.real - age;
	return reclaim_old(&r);
}
