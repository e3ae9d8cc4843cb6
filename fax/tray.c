/*
 * See tray.h. IDs begin with the time, so that their order is that in which
 * faxes came, whoever sent them.
 */
#include "fax/tray.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/regular.h"
#include "base/text.h"
#include "parser/spelling.h"

#define IN_FILE "tiff"
#define SUFFIX "tif"
#define ASIDE ".tmp-"
enum {
	FIELDS = 5,
	FILE_MODE = 0640, /* what the fax program's user writes, we read */
	ASIDE_SECONDS = 3600,
	SCANNED_MAX = 4 * TRAY_INCOMING_MAX
};

struct tray {
	int lock, incoming, quarantine; /* directories */
};

static int
open_directory(int at, const char *path, int *fd_r, struct error *e)
{
	*fd_r = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd_r != -1 ? 0 : error_errno(e, "%s", path);
}

int
tray_open(const char *path, struct tray **tray_r, struct error *e)
{
	struct tray *t = malloc(sizeof(*t));

	*tray_r = t;
	if (t == NULL)
		return error_memory(e);
	*t = (struct tray){ -1, -1, -1 };
	if (open_directory(AT_FDCWD, path, &t->lock, e) == 0 &&
		open_directory(t->lock, "incoming", &t->incoming, e) == 0 &&
		open_directory(t->lock, "quarantine", &t->quarantine, e) == 0)
		return 0;
	error_prefix(e, "%s", path);
	tray_close(tray_r);
	return -1;
}

void
tray_close(struct tray **tray)
{
	struct tray *t = *tray;

	*tray = NULL;
	if (t == NULL)
		return;
	if (t->quarantine != -1)
		close(t->quarantine);
	if (t->incoming != -1)
		close(t->incoming);
	if (t->lock != -1)
		close(t->lock);
	free(t);
}

int
tray_claim(struct tray *t, struct error *e)
{
	if (flock(t->lock, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 : error_errno(e, "lock");
}

/* --- names --- */

static int
make_id(char id[TRAY_ID_SIZE], struct error *e)
{
	unsigned char octets[8];
	char hex[2 * sizeof(octets) + 1], stamp[32];
	const time_t now = time(NULL);
	struct tm tm;

	if (crypto_random(octets, sizeof(octets), e) == -1)
		return -1;
	text_hex(octets, sizeof(octets), hex);
	if (gmtime_r(&now, &tm) == NULL ||
		strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm) == 0)
		return error_set(e, ERROR_TROUBLE, "no time");
	text_format(id, TRAY_ID_SIZE, "%s-%s", stamp, hex);
	return 0;
}

static int
make_name(const struct tray_fax *fax, char out[TRAY_NAME_SIZE], struct error *e)
{
	char center[SPELLED_SIZE], station[SPELLED_SIZE], caller[SPELLED_SIZE];

	/* nothing is spelled as nothing */
	(void)spelling_make(fax->station, station);
	(void)spelling_make(fax->caller, caller);
	if (!spelling_make(fax->center, center) ||
		!text_format(out, TRAY_NAME_SIZE, "%s.%s.%s.%s." SUFFIX, center,
			fax->in_file ? IN_FILE : station, caller, fax->id))
		return error_set(e, ERROR_TROUBLE, "no name for it");
	return 0;
}

/* What was spelled, unless it is nothing. */
static bool
read_number(const char *field, char out[TELEPHONE_SIZE])
{
	char text[SERIAL_SIZE], spelled[TELEPHONE_SIZE];

	out[0] = '\0';
	return field[0] == '\0' ||
		(spelling_read(field, strlen(field), text) &&
			text_copy(spelled, sizeof(spelled), text) &&
			telephone_read(spelled, out) &&
			strcmp(spelled, out) == 0);
}

static bool
read_id(const char *field, char out[TRAY_ID_SIZE])
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	return field[0] != '\0' && strspn(field, good) == strlen(field) &&
		text_copy(out, TRAY_ID_SIZE, field);
}

static bool
read_name(const char *name, struct tray_fax *fax)
{
	char copy[TRAY_NAME_SIZE], center[SERIAL_SIZE];
	char *fields[FIELDS], *at = copy;

	if (!text_copy(copy, sizeof(copy), name))
		return false;
	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&at, ".");
		if (fields[i] == NULL)
			return false;
	}
	fax->in_file = strcmp(fields[1], IN_FILE) == 0;
	return at == NULL && strcmp(fields[4], SUFFIX) == 0 &&
		spelling_read(fields[0], strlen(fields[0]), center) &&
		claims_center(center, strlen(center), fax->center) &&
		read_number(fax->in_file ? "" : fields[1], fax->station) &&
		read_number(fields[2], fax->caller) &&
		read_id(fields[3], fax->id);
}

/* --- what is there --- */

/* Its names, sorted by what id is of each. */
struct listing {
	size_t count;
	struct listed {
		char name[TRAY_NAME_SIZE];
		struct tray_fax fax;
	} * rows;
};

static int
by_id(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return strcmp(x->fax.id, y->fax.id);
}

/* Names of another form are told, unless somebody is just writing there. */
static int
list(int directory, struct listing *l, struct error *e)
{
	const int fd = openat(directory, ".", O_RDONLY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	l->count = 0;
	l->rows = d != NULL ? calloc(SCANNED_MAX, sizeof(*l->rows)) : NULL;
	if (l->rows == NULL) {
		error_errno(e, "list");
		if (d != NULL)
			closedir(d);
		else if (fd != -1)
			close(fd);
		return -1;
	}
	while (l->count < SCANNED_MAX && (entry = readdir(d)) != NULL) {
		struct listed *row = &l->rows[l->count];

		if (entry->d_name[0] == '.')
			continue;
		if (read_name(entry->d_name, &row->fax) &&
			text_copy(row->name, sizeof(row->name), entry->d_name))
			l->count++;
		else
			log_warn("%.80s is no fax, and left", entry->d_name);
	}
	closedir(d);
	qsort(l->rows, l->count, sizeof(*l->rows), by_id);
	return 0;
}

void
tray_tidy(struct tray *t)
{
	const int fd = openat(t->incoming, ".", O_RDONLY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	const time_t before = time(NULL) - ASIDE_SECONDS;
	struct dirent *entry;
	struct stat st;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, ASIDE, strlen(ASIDE)) == 0 &&
			fstatat(t->incoming, entry->d_name, &st,
				AT_SYMLINK_NOFOLLOW) == 0 &&
			st.st_mtime < before)
			(void)unlinkat(t->incoming, entry->d_name, 0);
	if (d != NULL)
		closedir(d);
	else if (fd != -1)
		close(fd);
}

int
tray_each(struct tray *t,
	int (*each)(const char *name, const struct tray_fax *fax, void *arg,
		struct error *e),
	void *arg, struct error *e)
{
	struct listing l;
	int rc = 0;

	if (list(t->incoming, &l, e) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = each(l.rows[i].name, &l.rows[i].fax, arg, e);
	free(l.rows);
	return rc;
}

/* --- one of them --- */

static int
sync_directory(int fd, struct error *e)
{
	return fsync(fd) == 0 ? 0 : error_errno(e, "sync");
}

int
tray_put(struct tray *t, struct tray_fax *fax, const struct buffer *tiff,
	struct error *e)
{
	char name[TRAY_NAME_SIZE], tmp[sizeof(ASIDE) + TRAY_ID_SIZE];
	struct listing l;

	if (list(t->incoming, &l, e) == -1)
		return -1;
	free(l.rows);
	if (l.count >= TRAY_INCOMING_MAX)
		return error_set(e, ERROR_LIMIT,
			"%zu faxes wait already: is csrc-fax work run?",
			l.count);
	if (make_id(fax->id, e) == -1 || make_name(fax, name, e) == -1)
		return -1;
	text_format(tmp, sizeof(tmp), ASIDE "%s", fax->id);
	if (file_replace(t->incoming, tmp, name, FILE_MODE, tiff, e) == -1)
		return -1;
	return sync_directory(t->incoming, e);
}

int
tray_read(struct tray *t, const char *name, struct buffer *out, struct error *e)
{
	const int fd =
		regular_open(t->incoming, name, O_RDONLY | O_NOFOLLOW, e);
	int rc;

	if (fd == -1) {
		if (errno == ENOENT)
			e->code = ERROR_NOT_FOUND;
		else if (e->code == ERROR_DENIED)
			e->code = ERROR_BAD;
		return -1;
	}
	rc = file_read_fd(fd, out, e);
	close(fd);
	if (rc == -1 && e->code == ERROR_LIMIT)
		e->code = ERROR_BAD;
	return rc;
}

int
tray_remove(struct tray *t, const char *name, struct error *e)
{
	if (unlinkat(t->incoming, name, 0) == -1 && errno != ENOENT)
		return error_errno(e, "remove");
	return sync_directory(t->incoming, e);
}

static int
make_room(struct tray *t, struct error *e)
{
	struct listing l;

	if (list(t->quarantine, &l, e) == -1)
		return -1;
	for (size_t i = 0; i + TRAY_QUARANTINE_MAX <= l.count; i++) {
		log_warn("quarantine/%s goes: there are %d", l.rows[i].name,
			TRAY_QUARANTINE_MAX);
		(void)unlinkat(t->quarantine, l.rows[i].name, 0);
	}
	free(l.rows);
	return 0;
}

int
tray_keep(struct tray *t, const char *name, struct error *e)
{
	if (make_room(t, e) == -1)
		return -1;
	if (renameat(t->incoming, name, t->quarantine, name) == -1)
		return error_errno(e, "move to quarantine/");
	if (sync_directory(t->quarantine, e) == -1)
		return -1;
	return sync_directory(t->incoming, e);
}
