/*
 * Files whose last sync may have failed, and what becomes of them before they
 * are believed again.
 */
#ifndef STORE_RENEW_H
#define STORE_RENEW_H

#include "base/error.h"

/*
 * Before an environment is opened: writes its files anew if, since this
 * machine was started, somebody opened it who did not close it well. Leaves the
 * mark of who opens it now.
 */
int renew_begin(const char *directory, struct error *e);
/* It was closed well: all syncs were. */
void renew_end(const char *directory);

#endif
