/*
 * Who the daemon is: it opens its sockets and reads the master key as root, and
 * works as another user for good.
 */
#ifndef BASE_PRIVILEGES_H
#define BASE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct identity {
	const char *name; /* NULL: we stay who we are */
	uid_t uid;
	gid_t gid;
};

/*
 * The user that name stands for; if it is "", or if we are not root, the one
 * that we are. name must outlive identity_r.
 */
int
identity_find(const char *name, struct identity *identity_r, struct error *e);
/* The group that name stands for; fallback if it is "". */
int group_find(const char *name, gid_t fallback, gid_t *gid_r, struct error *e);

/* Becomes that user and makes sure that there is no way back. */
int privileges_drop(const struct identity *identity, struct error *e);
/* A channel's program: the daemon knows it by its user, and root would be an
 * operator to it. ERROR_DENIED: we are root. */
int privileges_none(struct error *e);
/*
 * No core dump and no debugger, since keys are in memory; no new privileges by
 * way of another program.
 */
int privileges_harden(struct error *e);

/*
 * In a child process that is to look at foreign octets and at nothing else: of
 * descriptors it keeps one, as 0; it opens, writes and starts nothing, ends
 * with its parent, and gets no more time of the processor or memory than that.
 * Not 0: it could not be, and the child should end.
 */
int privileges_confine(int keep, unsigned int seconds, size_t memory);

#endif
