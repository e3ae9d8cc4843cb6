/*
 * The second half of "certificate sign": the daemon has the request, and what
 * the authority makes of it is waited for here, and written.
 */
#ifndef ADMIN_SIGNING_H
#define ADMIN_SIGNING_H

#include "admin/wait.h"

/* Is it that command? */
bool signing_wanted(const struct command *row);

/* Waits, and prints the certificate and the authority's, or puts them into the
 * file of --output, which must be new. EXIT_NO: there is none, yet or at all.
 */
enum exit_code signing_wait(struct wait *w, const struct arguments *a);

#endif
