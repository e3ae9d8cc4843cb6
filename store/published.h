/*
 * The file "published" in the spool directory: the number of the last report
 * that was published there, and by which store. It is written and synced before
 * a segment is released, so a store whose next number is not above it is an old
 * one that was put back, and its numbers would come twice.
 *
 *	{"last":4711,"store":"0123456789abcdef0123456789abcdef"}
 */
#ifndef STORE_PUBLISHED_H
#define STORE_PUBLISHED_H

#include "store/spool.h"
#include "store/store.h"

enum { STORE_ID_SIZE = 32 + 1 };

struct published {
	enum { PUBLISHED_NEVER, PUBLISHED_DAMAGED, PUBLISHED } state;
	uint64_t last;
	char store[STORE_ID_SIZE]; /* "": PUBLISHED_NEVER, or damaged */
};

/* -1 only for trouble: an absent or damaged file is a state. */
int
published_read(const struct spool *spool, struct published *p, struct error *e);

/*
 * Puts it on record that the store has published up to last, durably; never
 * below what it has said already of itself. Any thread.
 */
int published_set(struct store *s, const struct spool *spool, uint64_t last,
	struct error *e);

/*
 * May this store go on in this spool? ERROR_TROUBLE with the command that mends
 * it: the store is an older one than the spool's, or another; or the file is
 * damaged. An absent file is made (an upgrade, a new spool).
 */
int published_keep(struct store *s, const struct spool *spool, struct error *e);
/* The same, and no file is made. A spool that cannot be looked at: 0. */
int published_check(struct store *s, struct error *e);

#endif
