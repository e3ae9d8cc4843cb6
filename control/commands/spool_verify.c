/*
 * spool verify: every segment read, and the sequence looked at for gaps, also
 * behind the last one where the store can be asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/text.h"
#include "config/rules.h"
#include "control/commands/commands.h"
#include "control/commands/spool_segment.h"
#include "control/output.h"

static const char *
spool_of(const struct command_context *c)
{
	return c->rules->settings->spool_directory;
}

struct verification {
	struct command_context *c;
	uint64_t from; /* 0: from the lowest there is */
	uint64_t next; /* the sequence number expected; 0: any */
	uint64_t lowest, highest, reports, faults;
	uint64_t published; /* the last one that was; 0: not known */
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

static void
missing(struct verification *v, const char *segment, uint64_t first,
	uint64_t last)
{
	char text[128];

	text_format(text, sizeof(text), "%llu to %llu are missing",
		(unsigned long long)first, (unsigned long long)last);
	fault(v, segment, text);
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
	if (s->first > v->next) {
		missing(v, s->name, v->next, s->first - 1);
		return;
	}
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

/* What comes behind the last one. With none, and no --from, it may all have
 * been consumed. */
static void
check_end(struct verification *v)
{
	if (v->next != 0 && v->next <= v->published)
		missing(v, "-", v->next, v->published);
}

/*
 * The store knows what was published last; before it is looked for. Where it
 * cannot be asked (most consumers may not), that is not known.
 */
static void
ask_store(struct verification *v)
{
	static const char *const words[] = { "stats", NULL };
	unsigned long long next = 0, outbox = 0;
	enum exit_code code;
	FILE *answer;
	char line[256];

	answer = v->c->ask != NULL ? v->c->ask(v->c->ask_arg, words, &code)
				   : NULL;
	if (answer == NULL)
		return;
	while (fgets(line, sizeof(line), answer) != NULL) {
		(void)sscanf(line, "next_sequence %llu", &next);
		(void)sscanf(line, "outbox %llu", &outbox);
	}
	fclose(answer);
	if (next > outbox)
		v->published = next - outbox - 1;
}

static void
say_summary(struct verification *v)
{
	if (v->c->json)
		output_json(v->c->out, NULL, "{s:I,s:I,s:I,s:I,s:I,s:I}",
			"segments", (long long)v->segments, "reports",
			(long long)v->reports, "lowest", (long long)v->lowest,
			"highest", (long long)v->highest, "faults",
			(long long)v->faults, "published",
			(long long)v->published);
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

static int
read_from(const char *text, uint64_t *from_r, struct error *e)
{
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	*from_r = strtoull(text, &end, 10);
	if (errno == 0 && *from_r != 0 && *end == '\0' && text[0] >= '0' &&
		text[0] <= '9')
		return 0;
	return error_set(
		e, ERROR_USAGE, "--from takes a sequence number, not %s", text);
}

enum exit_code
command_spool_verify(struct command_context *c, const struct arguments *a)
{
	struct verification v = { .c = c };
	struct segment *segments;
	size_t count, others;
	struct error e;
	int rc;

	if (read_from(options_value(a, "from"), &v.from, &e) == -1)
		return command_failed(c, &e);
	ask_store(&v);
	if (segment_list(spool_of(c), true, &segments, &count, &others, &e) ==
		-1)
		return command_failed(c, &e);
	rc = verify_all(&v, segments, count, &e);
	if (rc == 0)
		check_end(&v);
	if (others > 0)
		fault(&v, "-", "there are files that are no segments");
	say_summary(&v);
	free(segments);
	if (rc == -1)
		return command_failed(c, &e);
	return v.faults == 0 ? EXIT_DONE : EXIT_NO;
}
