/*
 * The way up, of one message: out of inbox/ into work/, to the gateway, the
 * receipt into its device's outbox, and away.
 */
#ifndef WEBDAV_UPWARD_H
#define WEBDAV_UPWARD_H

#include "webdav/link.h"
#include "webdav/round.h"

/* A name in inbox/. */
void upward_inbox(struct station *s, struct link *l, const char *name);
/* One in work/, that somebody has left there. */
void upward_work(struct station *s, struct link *l, const char *name);

#endif
