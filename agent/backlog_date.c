/*
 * The clock came: each file of lines without a date is written anew with them
 * under the same number, and then removed. Cut off in between both are there,
 * and the one with dates counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/backlog_inside.h"
#include "base/text.h"

/* Whose times a file has, and what they were. */
struct era {
	char boot_id[BOOT_ID_SIZE];
	int64_t began; /* seconds since 1970 at its CLOCK_BOOTTIME 0 */
	bool uncertain;
};

/* The number before a line's report, which it leaves at; -1: there is none. */
static int64_t
moment_of(const char *line, const char **at)
{
	char *end;
	const int64_t boot = strtoll(line, &end, 10);

	*at = line;
	if (end == line || end[0] != ' ' || end[1] != '{')
		return -1;
	*at = end + 1;
	return boot;
}

/* The file's boot, and the last moment in it. */
static int
survey(FILE *in, char boot_id[BOOT_ID_SIZE], int64_t *last_r, struct error *e)
{
	char *line = NULL;
	const char *at;
	size_t size = 0;
	int64_t moment;

	*last_r = 0;
	boot_id[0] = '\0';
	while (getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		moment = moment_of(line, &at);
		if (strncmp(line, "boot ", 5) == 0)
			(void)text_copy(boot_id, BOOT_ID_SIZE, line + 5);
		else if (moment > *last_r)
			*last_r = moment;
	}
	free(line);
	if (ferror(in))
		return backlog_file_error(e, "read");
	rewind(in);
	return 0;
}

static int
date_line(FILE *out, const struct era *era, const char *line, struct error *e)
{
	char date[TEXT_TIME_SIZE];
	const char *report;
	int64_t moment = moment_of(line, &report);
	int n;

	if (strncmp(line, "boot ", 5) == 0)
		return 0;
	text_time((time_t)(era->began + moment), date);
	/* what is no such line is for the center to refuse */
	n = moment < 0
		? fprintf(out, "%s\n", report)
		: fprintf(out, "{\"date\":\"%s\",%s%s\n", date,
			  era->uncertain ? "\"date_uncertain\":true," : "",
			  report + 1);
	return n < 0 ? error_errno(e, "write") : 0;
}

static int
date_lines(FILE *in, FILE *out, const struct era *era, struct error *e)
{
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rc = date_line(out, era, line, e);
	}
	free(line);
	if (rc == 0 && ferror(in))
		return backlog_file_error(e, "read");
	if (rc == 0 && (fflush(out) == EOF || fsync(fileno(out)) == -1))
		return error_errno(e, "write");
	return rc;
}

static FILE *
open_stream(struct backlog *b, const char *name, int flags, const char *mode,
	struct error *e)
{
	int fd = openat(
		b->directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file = fd == -1 ? NULL : fdopen(fd, mode);

	if (file == NULL) {
		backlog_file_error(e, name);
		if (fd != -1)
			close(fd);
	}
	return file;
}

static int
write_dated(struct backlog *b, struct backlog_file *file, FILE *in,
	const struct era *era, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];
	FILE *out =
		open_stream(b, "dated.tmp", O_RDWR | O_CREAT | O_TRUNC, "w", e);
	off_t size;
	int rc;

	if (out == NULL) {
		e->code = ERROR_TROUBLE; /* what is read is not bad for it */
		return -1;
	}
	rc = date_lines(in, out, era, e);
	size = ftello(out);
	if (fclose(out) == EOF && rc == 0)
		rc = error_errno(e, "write");
	backlog_name(file->number, "jsonl", name);
	if (rc == 0 &&
		renameat(b->directory, "dated.tmp", b->directory, name) == -1)
		rc = error_errno(e, "rename");
	if (rc == -1) {
		(void)unlinkat(b->directory, "dated.tmp", 0);
		return -1;
	}
	file->size = size;
	return backlog_sync_directory(b->directory, e);
}

/* A boot that is over ended, at the latest, when the next one began. */
static void
change_era(struct era *era, const char *boot_id, int64_t last)
{
	if (boot_id[0] != '\0' && strcmp(era->boot_id, boot_id) == 0)
		return;
	era->began -= last;
	era->uncertain = true;
	(void)text_copy(era->boot_id, sizeof(era->boot_id), boot_id);
}

static int
date_file(struct backlog *b, struct backlog_file *file, struct era *era,
	struct error *e)
{
	char name[BACKLOG_NAME_SIZE], boot_id[BOOT_ID_SIZE];
	int64_t last;
	FILE *in;
	int rc;

	backlog_name(file->number, "undated", name);
	in = open_stream(b, name, O_RDONLY, "r", e);
	if (in == NULL)
		return -1;
	rc = survey(in, boot_id, &last, e);
	if (rc == 0) {
		change_era(era, boot_id, last);
		rc = write_dated(b, file, in, era, e);
	}
	fclose(in);
	if (rc == -1)
		return -1;
	file->undated = false;
	if (unlinkat(b->directory, name, 0) == -1)
		return error_errno(e, "%s", name);
	/* somebody was stopped before its first line */
	return file->size > 0 ? 0 : backlog_remove(b, file, e);
}

/* One that cannot be read keeps no other from its dates. */
static int
date_or_set_aside(struct backlog *b, struct backlog_file *file, struct era *era,
	size_t *files_r, struct error *e)
{
	if (date_file(b, file, era, e) == 0) {
		++*files_r;
		return 0;
	}
	return e->code == ERROR_BAD ? backlog_set_aside(b, file, e) : -1;
}

int
backlog_date(struct backlog *b, const struct dating *dating, size_t *files_r,
	struct error *e)
{
	struct era era = { .began = dating->began };

	*files_r = 0;
	memcpy(era.boot_id, dating->boot_id, sizeof(era.boot_id));
	if (b->count > 0 && b->current != -1 &&
		b->files[b->count - 1].undated) {
		if (backlog_flush(b, e) == -1)
			return -1;
		backlog_end_file(b);
	}
	/* from the newest on, since each boot's end is the next one's start */
	for (size_t i = b->count; i-- > 0;) {
		if (!b->files[i].undated)
			continue;
		if (date_or_set_aside(b, &b->files[i], &era, files_r, e) == -1)
			return error_prefix(e, "dates for the queue");
	}
	return 0;
}
