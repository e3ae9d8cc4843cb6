/*
 * The consumer's side of the spool: directory operations only, so that a
 * billing account needs the spool's group and nothing else. The daemon is not
 * asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "control/commands/spool_segment.h"
#include "base/regular.h"
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

struct verification {
	struct command_context *c;
	uint64_t from; /* 0: from the lowest there is */
	uint64_t next; /* the sequence number expected; 0: any */
	uint64_t lowest, highest, reports, faults;
	size_t segments;
};

static void
fault(struct verification *v, const char *segment, const char *text)
{
	v->faults++;
	if (!v->c->json)
		fprintf(v->c->out, "%s: %s\n", segment, text);
	else
		output_json(v->c->out, NULL, "{s:s,s:s}", "segment", segment,
			"fault", text);
}

/* What comes before s: nothing missing, nothing twice. */
static void
check_place(struct verification *v, const struct segment *s)
{
	char text[128];

	if (v->lowest == 0)
		v->lowest = s->first;
	if (v->next == 0 || s->first == v->next)
		return;
	if (s->first > v->next)
		text_format(text, sizeof(text), "%llu to %llu are missing",
			(unsigned long long)v->next,
			(unsigned long long)s->first - 1);
	else
		text_format(text, sizeof(text), "overlaps: %llu came before it",
			(unsigned long long)v->next - 1);
	fault(v, s->name, text);
}

/*
 * The spool belongs to its group: what stands there is a regular file or is not
 * opened, through no link.
 */
static FILE *
open_regular(
	const char *spool, const char *place, const char *name, struct error *e)
{
	char path[SEGMENT_PATH_SIZE];
	FILE *in;
	int fd;

	segment_path(spool, place, name, path);
	fd = regular_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, e);
	if (fd == -1)
		return NULL;
	in = fdopen(fd, "r");
	if (in == NULL) {
		error_memory(e);
		close(fd);
	}
	return in;
}

/* Opens it where it is now: a consumer may claim it while we look. */
static FILE *
open_segment(const char *spool, const struct segment *s, struct error *e)
{
	FILE *in = NULL;

	if (!s->claimed)
		in = open_regular(spool, "new", s->name, e);
	if (in == NULL && (s->claimed || errno == ENOENT))
		in = open_regular(spool, "cur", s->name, e);
	return in;
}

/* -1: trouble, which is no fault of the spool's. */
static int
verify_segment(struct verification *v, const struct segment *s, struct error *e)
{
	FILE *in = open_segment(spool_of(v->c), s, e);
	uint64_t last = s->first;
	int rc = 0;

	if (in == NULL && errno == ENOENT) {
		/* Consumed meanwhile: how far it went nobody knows. */
		v->next = 0;
		return 0;
	}
	check_place(v, s);
	if (in == NULL) {
		fault(v, s->name, e->text);
		v->next = 0;
		return 0;
	}
	v->segments++;
	if (segment_check(in, s->first, &last, e) == -1) {
		rc = e->code == ERROR_TROUBLE ? -1 : 0;
		fault(v, s->name, e->text);
	}
	v->reports += last + 1 - s->first;
	v->highest = last;
	v->next = last < v->from ? v->from : last + 1;
	fclose(in);
	return rc;
}

static void
say_summary(struct verification *v)
{
	if (v->c->json)
		output_json(v->c->out, NULL, "{s:I,s:I,s:I,s:I,s:I}",
			"segments", (long long)v->segments, "reports",
			(long long)v->reports, "lowest", (long long)v->lowest,
			"highest", (long long)v->highest, "faults",
			(long long)v->faults);
	else
		fprintf(v->c->out,
			"%zu segments, %llu reports, %llu to %llu, %llu "
			"faults\n",
			v->segments, (unsigned long long)v->reports,
			(unsigned long long)v->lowest,
			(unsigned long long)v->highest,
			(unsigned long long)v->faults);
}

static int
verify_all(struct verification *v, const struct segment *segments, size_t count,
	struct error *e)
{
	v->next = v->from;
	for (size_t i = 0; i < count; i++) {
		/* Below --from is what the caller has seen already; it may
		 * end within a segment. */
		if (i + 1 < count && segments[i + 1].first <= v->from)
			continue;
		if (segments[i].first < v->from)
			v->next = 0;
		if (i > 0 && segments[i].first == segments[i - 1].first) {
			fault(v, segments[i].name, "is in new/ and in cur/");
			continue;
		}
		if (verify_segment(v, &segments[i], e) == -1)
			return -1;
	}
	return 0;
}

enum exit_code
command_spool_verify(struct command_context *c, const struct arguments *a)
{
	const char *from = options_value(a, "from");
	struct verification v = { .c = c };
	struct segment *segments;
	size_t count, others;
	struct error e;
	char *end;
	int rc;

	if (from != NULL) {
		errno = 0;
		v.from = strtoull(from, &end, 10);
		if (errno != 0 || v.from == 0 || *end != '\0' ||
			from[0] < '0' || from[0] > '9')
			return command_refused(c, ERROR_USAGE,
				"--from takes a sequence number, not %s", from);
	}
	if (segment_list(spool_of(c), true, &segments, &count, &others, &e) ==
		-1)
		return command_failed(c, &e);
	rc = verify_all(&v, segments, count, &e);
	if (others > 0)
		fault(&v, "-", "there are files that are no segments");
	say_summary(&v);
	free(segments);
	if (rc == -1)
		return command_failed(c, &e);
	return v.faults == 0 ? EXIT_DONE : EXIT_NO;
}
