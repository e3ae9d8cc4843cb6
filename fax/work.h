/*
 * Faxes that were kept, one after the other: read, handed over to the daemon,
 * removed when there is a verdict on all that was on them. What could not be
 * read, or was refused, goes to the quarantine: the report may come again, and
 * the page does not.
 */
#ifndef FAX_WORK_H
#define FAX_WORK_H

#include "base/error.h"
#include "fax/tray.h"

struct work {
	struct tray *tray;
	const char *socket;   /* the daemon's */
	unsigned int seconds; /* that reading one may take */
	/* What was done; left: kept for another time. */
	unsigned int done, kept, left;
};

/* ERROR_TROUBLE: the rest is left where it is. */
int work_run(struct work *w, struct error *e);

#endif
