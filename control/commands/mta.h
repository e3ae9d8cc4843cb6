/*
 * What MTAs must be set to, and why: setup prints it, setup and doctor look
 * whether it is so, and contrib/postfix and contrib/sendmail show it.
 */
#ifndef CONTROL_COMMANDS_MTA_H
#define CONTROL_COMMANDS_MTA_H

#include <stdbool.h>
#include <stddef.h>

#include "control/commands/diagnosis.h"

enum mta_rule {
	MTA_MILTER,   /* the gateway's socket is in this list */
	MTA_ONE_OF,   /* one of good, which has "|" between */
	MTA_AT_LEAST, /* a time, no shorter than value */
	MTA_AT_MOST,  /* a time, no longer */
	MTA_ANY       /* that is how we say it; others may be right, too */
};

struct mta_setting {
	const char *name, *value;
	enum mta_rule rule;
	const char *good; /* MTA_ONE_OF; NULL: value alone */
	const char *why;
};

/* main.cf; and the equates of a Sendmail filter, timeouts as "T C". */
size_t mta_postfix(const struct mta_setting **rows_r);
size_t mta_sendmail(const struct mta_setting **rows_r);

/* Is it as it should be? milter: how that MTA calls our socket. */
bool
mta_good(const struct mta_setting *s, const char *value, const char *milter);
/* Is that socket one of the milters of a list? */
bool mta_names(const char *list, const char *milter);

enum { MTA_PATH_SIZE = 512, MTA_VALUE_SIZE = 2048 };

/* Does the user reach the socket, and does somebody listen there? A row each.
 * user NULL: root does. */
void
mta_look_at_socket(struct diagnosis *d, const char *path, const char *user);
/* Does the MTA take mail for all centers' addresses? */
void
mta_look_at_recipients(struct diagnosis *d, const char *host, const char *port);

/* All that there is to see of an MTA, a row each. place: its configuration
 * directory, or file; NULL: the usual. False: there is none. */
bool postfix_look(struct diagnosis *d, const char *place);
bool sendmail_look(struct diagnosis *d, const char *place);

#endif
