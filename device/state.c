/*
 * The state is rewritten as a whole: into PATH.tmp, synced, renamed, and the
 * directory synced. A crash leaves the old file or the new one. The lock is
 * another file, because PATH is a new one after each rename.
 */
#include "device/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable.h"
#include "base/file.h"
#include "base/regular.h"
#include "base/text.h"
#include "parser/claims.h"

enum { LINE_SIZE = EMAIL_ID_SIZE + TEXT_TIME_SIZE };

struct state {
	char path[PATH_MAX];
	int lock;
	size_t count;        /* lines kept */
	struct buffer lines; /* of those that are open still */
};

static int
lock(struct state *s, struct error *e)
{
	char path[PATH_MAX + 8];

	text_format(path, sizeof(path), "%s.lock", s->path);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock == -1)
		return error_errno(e, "%s", path);
	while (flock(s->lock, LOCK_EX) == -1)
		if (errno != EINTR)
			return error_errno(e, "lock %s", path);
	return 0;
}

static int
keep(struct state *s, const char *email_id, time_t expires, struct error *e)
{
	char text[TEXT_TIME_SIZE];

	if (s->count == STATE_LINES_MAX)
		return error_set(e, ERROR_TROUBLE,
			"more than %d requests are open", STATE_LINES_MAX);
	text_time(expires, text);
	if (buffer_format(&s->lines, "%s %s\n", email_id, text) != BUFFER_OK)
		return error_memory(e);
	s->count++;
	return 0;
}

static int
take_line(struct state *s, char *line, time_t now, struct error *e)
{
	char email_id[EMAIL_ID_SIZE];
	size_t length = strcspn(line, " ");
	time_t expires;

	if (!claims_email_id(line, length, email_id) || line[length] != ' ' ||
		text_time_parse(line + length + 1, &expires))
		return error_set(e, ERROR_TROUBLE,
			"not a state file (a line is not \"EMAIL-ID "
			"EXPIRES\")");
	return expires < now ? 0 : keep(s, email_id, expires, e);
}

static int
take_lines(struct state *s, char *text, time_t now, struct error *e)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (rest == NULL && line[0] != '\0')
			return error_set(e, ERROR_TROUBLE,
				"not a state file (its last line is cut)");
		if (rest != NULL && take_line(s, line, now, e))
			return -1;
	}
	return 0;
}

static int
load(struct state *s, time_t now, struct error *e)
{
	struct buffer text = { .limit = STATE_LINES_MAX * LINE_SIZE };
	int fd = regular_open(AT_FDCWD, s->path, O_RDONLY, e);
	int rc = -1;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (file_read_fd(fd, &text, e) == 0)
		rc = text.length == 0
			? 0
			: take_lines(s, (char *)text.data, now, e);
	if (rc == -1)
		e->code = ERROR_TROUBLE;
	buffer_clear(&text);
	close(fd);
	return rc;
}

int
state_open(
	const char *path, time_t now, struct state **state_r, struct error *e)
{
	struct state *s = calloc(1, sizeof(*s));
	int rc = -1;

	*state_r = NULL;
	if (s == NULL)
		return error_memory(e);
	s->lock = -1;
	if (!text_copy(s->path, sizeof(s->path), path))
		error_set(e, ERROR_TROUBLE, "its name is too long");
	else if (lock(s, e) == 0 && load(s, now, e) == 0)
		rc = 0;
	if (rc == -1) {
		error_prefix(e, "state file %s", path);
		state_close(&s);
	}
	*state_r = s;
	return rc;
}

static int
store(struct state *s, struct error *e)
{
	char path[PATH_MAX + 8];

	text_format(path, sizeof(path), "%s.tmp", s->path);
	if (file_replace(AT_FDCWD, path, s->path, 0600, &s->lines, e))
		return -1;
	return durable_entry(s->path, e);
}

bool
state_has(const struct state *s, const char *email_id)
{
	const char *at = (const char *)s->lines.data;
	size_t length = strlen(email_id);

	for (; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1)
		if (strncmp(at, email_id, length) == 0 && at[length] == ' ')
			return true;
	return false;
}

int
state_add(
	struct state *s, const char *email_id, time_t expires, struct error *e)
{
	if (state_has(s, email_id))
		return error_set(e, ERROR_DENIED, "already answered");
	if (keep(s, email_id, expires, e) || store(s, e))
		return error_prefix(e, "state file %s", s->path);
	return 0;
}

void
state_close(struct state **state)
{
	struct state *s = *state;

	if (s == NULL)
		return;
	if (s->lock != -1)
		close(s->lock);
	buffer_clear(&s->lines);
	free(s);
	*state = NULL;
}
