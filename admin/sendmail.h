/*
 * The system's sendmail(8), by which csrcadm posts what the daemon made.
 */
#ifndef ADMIN_SENDMAIL_H
#define ADMIN_SENDMAIL_H

#include <stddef.h>

#include "base/error.h"

#define SENDMAIL_PATH "/usr/sbin/sendmail"

/* Can it be run at all? ERROR_NOT_FOUND or ERROR_DENIED. */
int sendmail_check(const char *path, struct error *e);

/*
 * Runs "path -i -f from -- to" with the mail as its standard input, its lines
 * ending in LF as every sendmail expects, and waits for it. Its output goes to
 * our standard error. ERROR_TROUBLE: it did not take the mail.
 */
int sendmail_post(const char *path, const char *from, const char *to,
	const char *mail, size_t length, struct error *e);

#endif
