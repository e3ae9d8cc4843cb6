/*
 * Files that hold a secret: passwords, and the private keys of certificates.
 */
#ifndef WEBDAV_SECRET_H
#define WEBDAV_SECRET_H

#include "base/error.h"

enum { SECRET_MAX = 255 };

/*
 * Root's or ours, not to be written by its group, and nothing to others: else
 * ERROR_DENIED. ERROR_TROUBLE: it cannot be opened.
 */
int secret_check(const char *path, struct error *e);
/*
 * What stands in its one line, 1 to SECRET_MAX octets without control
 * characters; for the caller to wipe_free. ERROR_BAD: it is none.
 */
int secret_read(const char *path, char **secret_r, struct error *e);

#endif
