/*
 * Who submits a mail: is it one of the center's own people or programs, as
 * submit_networks, submit_logins and submit_daemons of csrc-milter.conf(5)
 * say? Any one of them is enough. Any thread.
 */
#ifndef MILTER_SUBMITTER_H
#define MILTER_SUBMITTER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "config/settings.h"

struct submitter {
	struct sockaddr_storage client; /* ss_family 0: unknown */
	const char *login;  /* authenticated as (SASL); "": not at all */
	const char *daemon; /* the MTA's name of its service, or "" */
	/* The MTA says something at MAIL, so that no login means none. */
	bool speaks_at_mail;
};

bool submitter_trusted(
	const struct submitter *submitter, const struct settings *settings);

/*
 * What a setting needs and the MTA never said, so that nobody can tell whether
 * this one is to be trusted: a constant for the log, or NULL. Of one that is
 * trusted nothing more need be known.
 */
const char *submitter_unknown(
	const struct submitter *submitter, const struct settings *settings);

/* Could anybody be trusted? */
bool submitter_any(const struct settings *settings);

#endif
