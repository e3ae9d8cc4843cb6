/*
 * Into the background, without the race of the usual way: the command returns
 * when the daemon serves, and fails when it does not.
 */
#ifndef DAEMON_DETACH_H
#define DAEMON_DETACH_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Returns in the daemon, with *caller_r for detach_ready. The calling process
 * stays behind; it exits with 0 then, and if the daemon ends before with what
 * detach_failed says, or EX_OSERR. Before any thread is started.
 */
int detach(int *caller_r, struct error *e);

/*
 * Lets the caller go, and the terminal: standard input and output become
 * /dev/null, and so does standard error unless keep_stderr.
 */
void detach_ready(int caller, bool keep_stderr);
/* It will not serve: the process that was called exits with that, once we have
 * ended. */
void detach_failed(int caller, int status);

#endif
