/*
 * The process has one log, so this is one of the few places with state of
 * its own: a target and a level behind a lock.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_SIZE = 2048 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level threshold = LEVEL_INFO;
static int to_syslog;
static int file = STDERR_FILENO;
static char path[4096]; /* of the file; "": it is standard error */
static const char *program = "csrc-milter";

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LEVEL_ERROR] = { "error", LOG_ERR },
	[LEVEL_WARN] = { "warn", LOG_WARNING },
	[LEVEL_INFO] = { "info", LOG_INFO },
	[LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

/*
 * The directory may be another's than root's, and root opens the file first: it
 * must not be led to write, or to give away, something else.
 */
static int
check_file(int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	if (!S_ISREG(st.st_mode))
		return error_set(e, ERROR_DENIED, "not a regular file");
	if (st.st_nlink > 1)
		return error_set(e, ERROR_DENIED, "has a second name");
	return 0;
}

/* A full disk may have room the next time; a wrong path stays wrong. */
static void
cannot_open(struct error *e)
{
	static const int wrong[] = { ENOENT, ENOTDIR, EISDIR, EACCES, EROFS };
	int saved = errno;

	error_errno(e, "open");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (e != NULL && wrong[i] == saved)
			e->code = ERROR_DENIED;
}

static int
open_file(const char *target, int *fd_r, struct error *e)
{
	int rc = -1;

	if (strlen(target) >= sizeof(path))
		return error_set(e, ERROR_BAD, "log file: path too long");
	*fd_r = open(target,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC,
		0640);
	if (*fd_r != -1)
		rc = check_file(*fd_r, e);
	else if (errno == ELOOP)
		error_set(e, ERROR_DENIED, "a symbolic link");
	else if (errno == ENXIO)
		error_set(e, ERROR_DENIED, "not a regular file");
	else
		cannot_open(e);
	if (rc == -1 && *fd_r != -1)
		close(*fd_r);
	return rc == 0 ? 0 : error_prefix(e, "log file %s", target);
}

void
log_program(const char *name)
{
	program = name;
}

int
log_open(const char *target, enum log_level level, struct error *e)
{
	const bool is_file = target[0] == '/';
	int new_file = STDERR_FILENO;
	int old_file;

	if (is_file && open_file(target, &new_file, e) == -1)
		return -1;
	pthread_mutex_lock(&lock);
	old_file = file;
	file = new_file;
	threshold = level;
	(void)text_copy(path, sizeof(path), is_file ? target : "");
	to_syslog = strcmp(target, "syslog") == 0;
	if (to_syslog)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
	pthread_mutex_unlock(&lock);
	if (old_file != STDERR_FILENO)
		close(old_file);
	return 0;
}

int
log_reopen(struct error *e)
{
	char target[sizeof(path)];
	enum log_level level;

	pthread_mutex_lock(&lock);
	strcpy(target, path);
	level = threshold;
	pthread_mutex_unlock(&lock);
	return target[0] == '\0' ? 0 : log_open(target, level, e);
}

int
log_give(uid_t owner, struct error *e)
{
	struct stat st;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (path[0] == '\0')
		goto out;
	if (fstat(file, &st) == -1)
		rc = error_errno(e, "log file %s", path);
	else if (st.st_uid != owner && st.st_uid != geteuid())
		rc = error_set(e, ERROR_DENIED,
			"log file %s: belongs to another user (%lu)", path,
			(unsigned long)st.st_uid);
	else if (st.st_uid != owner && fchown(file, owner, (gid_t)-1) == -1)
		rc = error_errno(e, "log file %s: owner", path);
out:
	pthread_mutex_unlock(&lock);
	return rc;
}

static void
write_file(enum log_level level, const char *text)
{
	char stamp[TEXT_TIME_SIZE];
	char line[LINE_SIZE + 128];
	int length;

	text_time(time(NULL), stamp);
	length = snprintf(line, sizeof(line), "%s %s[%ld] %s: %s\n", stamp,
		program, (long)getpid(), levels[level].name, text);
	/* A log that cannot be written has nobody left to tell. */
	if (write(file, line, (size_t)length) == -1)
		return;
}

static void __attribute__((format(printf, 2, 0)))
log_line(enum log_level level, const char *fmt, va_list args)
{
	char raw[LINE_SIZE / 2];
	char text[LINE_SIZE];

	pthread_mutex_lock(&lock);
	if (level <= threshold) {
		vsnprintf(raw, sizeof(raw), fmt, args);
		text_printable(raw, strlen(raw), text, sizeof(text));
		if (to_syslog)
			syslog(levels[level].priority, "%s", text);
		else
			write_file(level, text);
	}
	pthread_mutex_unlock(&lock);
}

#define LOG_FUNCTION(name, level)           \
	void name(const char *fmt, ...)     \
	{                                   \
		va_list args;               \
		va_start(args, fmt);        \
		log_line(level, fmt, args); \
		va_end(args);               \
	}

LOG_FUNCTION(log_error, LEVEL_ERROR)
LOG_FUNCTION(log_warn, LEVEL_WARN)
LOG_FUNCTION(log_info, LEVEL_INFO)
LOG_FUNCTION(log_debug, LEVEL_DEBUG)
