/*
 * A session as the two files that speak with libmilter know it.
 */
#ifndef MILTER_CONNECTION_H
#define MILTER_CONNECTION_H

#include <stdbool.h>
#include <sys/socket.h>

#include "gate/gate.h"
#include "base/load.h"
#include "milter/transaction.h"

struct smfi_str; /* libmilter's SMFICTX */

/* One connection of the MTA. */
struct session {
	struct gate *gate;
	struct load *load;
	bool can_skip;      /* the MTA knows SMFIS_SKIP */
	bool leading_space; /* it leaves the space behind a colon to us */
	bool counted;       /* as a connection, by load_connect */
	struct sockaddr_storage client;
	struct transaction *transaction; /* NULL between mails */
};

/* A macro's value, or "". ctx is libmilter's. */
const char *session_macro(struct smfi_str *ctx, const char *name);

#endif
