/*
 * The journal: who changed what, a line a command, on disk before the change is
 * made. A file "journal" in the state directory, with one before it,
 * "journal.1"; csrcadm log shows both.
 *
 * A line is a JSON object: time, uid, user, role, command (an array of words:
 * no command takes a secret as one), exit: its exit code, or null while it runs
 * and if it was cut off.
 *
 * Any thread, and any process that may write to the state directory.
 */
#ifndef CONTROL_JOURNAL_H
#define CONTROL_JOURNAL_H

#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"
#include "control/protocol.h"

struct journal_entry {
	uid_t uid;
	const char *role;
	int argc;
	char **argv;
};

/* A line that is begun. */
struct journal_line {
	int fd;     /* -1: there is none yet */
	off_t exit; /* where its exit code is to be */
};

/* The line is on disk. ERROR_NOT_FOUND: there is no state directory yet. */
int journal_begin(const char *directory, const struct journal_entry *entry,
	struct journal_line *line_r, struct error *e);
/* The exit code as well. Ends the line in any case. */
int
journal_end(struct journal_line *line, enum exit_code code, struct error *e);

/* The file, or the one before; NULL, and *e ERROR_NONE: there is none. */
FILE *journal_open(const char *directory, bool before, struct error *e);

#endif
