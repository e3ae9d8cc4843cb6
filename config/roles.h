/*
 * The option channel_users: who may ask the daemon for what, by user name; a
 * list of USER=ROLE with blanks between, csrc-milter.conf(5).
 */
#ifndef CONFIG_ROLES_H
#define CONFIG_ROLES_H

#include "base/error.h"

enum role {
	ROLE_NONE,
	ROLE_OPERATOR, /* root and the daemon's user; in no list */
	ROLE_OBSERVER,
	ROLE_CHANNEL,
	ROLE_AUTHORITY
};

enum { ROLE_USERS_MAX = 32, ROLE_USER_SIZE = 32 + 1 };

struct role_user {
	char user[ROLE_USER_SIZE];
	enum role role;
	const char *channel; /* ROLE_CHANNEL: its name; else NULL */
};

/* The list's users, and how many. ERROR_BAD: it is none, or a user is in it
 * twice. */
int roles_read(const char *list, struct role_user users_r[ROLE_USERS_MAX],
	struct error *e);

#endif
