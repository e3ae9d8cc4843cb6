/*
 * Who asks on the control socket, by the user id that the kernel says.
 *
 * root and the daemon's user are operators; others are what channel_users says;
 * whoever is in another user namespace shows as the overflow uid, and is
 * nobody. Any thread.
 */
#ifndef CONTROL_PEERS_H
#define CONTROL_PEERS_H

#include <sys/types.h>

#include "base/error.h"
#include "config/roles.h"

struct peers;

struct peer {
	uid_t uid;
	enum role role;
	const char *channel; /* ROLE_CHANNEL: its name; else "" */
};

/* Nobody but operators, until peers_set. daemon: the user it works as. */
int peers_new(uid_t daemon, struct peers **peers_r, struct error *e);
void peers_free(struct peers **peers);

/*
 * From now on as list says, whose users are looked up, and warned of if there
 * are none. ERROR_BAD: a user has two roles; all stays as it was.
 */
int peers_set(struct peers *peers, const char *list, struct error *e);

/* peers may be NULL: root and who we are, operators. */
struct peer peers_who(struct peers *peers, uid_t uid);

#endif
