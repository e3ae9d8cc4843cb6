/*
 * The process has one log, so this is one of the few places with state of
 * its own: a target and a level behind a lock.
 */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_SIZE = 2048 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level threshold = LEVEL_INFO;
static int to_syslog;
static int file = STDERR_FILENO;

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LEVEL_ERROR] = { "error", LOG_ERR },
	[LEVEL_WARN] = { "warn", LOG_WARNING },
	[LEVEL_INFO] = { "info", LOG_INFO },
	[LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

int
log_open(const char *target, enum log_level level, struct error *e)
{
	int new_file = STDERR_FILENO;
	int old_file;

	if (target[0] == '/') {
		new_file = open(target,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (new_file == -1)
			return error_errno(e, "log file %s", target);
	}
	pthread_mutex_lock(&lock);
	old_file = file;
	file = new_file;
	threshold = level;
	to_syslog = strcmp(target, "syslog") == 0;
	if (to_syslog)
		openlog("csrc-milter", LOG_PID | LOG_NDELAY, LOG_MAIL);
	pthread_mutex_unlock(&lock);
	if (old_file != STDERR_FILENO)
		close(old_file);
	return 0;
}

static void
write_file(enum log_level level, const char *text)
{
	char stamp[TEXT_TIME_SIZE];
	char line[LINE_SIZE + 128];
	int length;

	text_time(time(NULL), stamp);
	length = snprintf(line, sizeof(line), "%s csrc-milter[%ld] %s: %s\n",
		stamp, (long)getpid(), levels[level].name, text);
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
