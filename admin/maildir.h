/*
 * The mails of a Maildir, oldest first, as one mailbox: written by a process of
 * its own, so that whoever reads it, be it the daemon, gets them one by one.
 */
#ifndef ADMIN_MAILDIR_H
#define ADMIN_MAILDIR_H

#include "admin/maker.h"
#include "base/error.h"

struct maildir {
	struct maker maker; /* its lines are the mailbox */
	const char *path;
};

/* ERROR_BAD: it has neither new/ nor cur/. */
int maildir_open(struct maildir *m, const char *path, struct error *e);

#endif
