/*
 * The second half of "device commission": its request has left, or waits for
 * its channel, and its answer is waited for here.
 */
#ifndef ADMIN_COMMISSION_H
#define ADMIN_COMMISSION_H

#include "admin/wait.h"

/* Is it that command? */
bool commission_wanted(const struct command *row);

/* Waits, and says how it went. EXIT_NO: there is no answer, or will be none. */
enum exit_code commission_wait(struct wait *w, const char *email_id);

#endif
