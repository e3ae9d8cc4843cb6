/*
 * Files that hold a secret: passwords, and the private keys of certificates.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/error.h"

enum { SECRET_MAX = 255 };

enum secret_readers {
	SECRET_OWN,  /* ours, and nobody else may read it */
	SECRET_GROUP /* root's or ours; its group may read it, no more */
};

/*
 * For reading. ERROR_DENIED: others than these may read or write it.
 * ERROR_TROUBLE: it cannot be opened.
 */
int secret_open(const char *path, enum secret_readers readers, struct error *e);
/* Could it be opened, with a group that may read it? */
int secret_check(const char *path, struct error *e);
/*
 * What stands in its one line, 1 to SECRET_MAX octets without control
 * characters; for the caller to wipe_free. ERROR_BAD: it is none.
 */
int secret_read(const char *path, char **secret_r, struct error *e);

#endif
