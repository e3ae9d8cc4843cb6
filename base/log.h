/*
 * The log: one line per decision, to syslog (facility mail), to standard
 * error or to a file. Thread-safe. Octets that are not printable ASCII leave as
 * \xNN, so that hostile mail cannot forge a line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <sys/types.h>

#include "base/error.h"

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

/* Whose log it is, a literal, before anything else; unsaid: csrc-milter's. */
void log_program(const char *name);
/*
 * target: "syslog", "stderr" or an absolute path (opened for append, made with
 * mode 0640). May be called again, to change target or level; when it fails the
 * log stays as it was. Before the first call lines go to standard error at
 * LEVEL_INFO. A file is never a symbolic link, a FIFO or the like, nor has it a
 * second name: ERROR_DENIED.
 */
int log_open(const char *target, enum log_level level, struct error *e);
/* Opens the same target again, whose file may have been rotated away. */
int log_reopen(struct error *e);
/*
 * Gives the log file, if it is one, to who goes on writing it. ERROR_DENIED: it
 * is neither ours nor that user's.
 */
int log_give(uid_t owner, struct error *e);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
