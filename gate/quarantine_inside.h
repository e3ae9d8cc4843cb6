/*
 * The quarantine as its own files know it.
 */
#ifndef GATE_QUARANTINE_INSIDE_H
#define GATE_QUARANTINE_INSIDE_H

#include <pthread.h>

#include "base/watch.h"
#include "gate/quarantine.h"
#include "gate/quarantine_index.h"

struct quarantine {
	struct watch *watch;  /* one row: who tends it */
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t written;
	int writing;                    /* files being written */
	struct quarantine_index *index; /* NULL: to be read */
	char *directory;                /* that the index is of */
	int64_t last;                   /* name.came of the last one put */
	int64_t swept;                  /* monotonic seconds */
	bool alarmed[SHARES];           /* since it is over the mark */
};

/* Reads the index if it is of another directory, or of none. Locked. */
int quarantine_ready(
	struct quarantine *q, const struct settings *s, struct error *e);
/* Octets of a share. */
int64_t quarantine_limit(const struct settings *s, enum share share);
/* Says once that a share is nearly full. Locked. */
void quarantine_alarm(struct quarantine *q, const struct settings *s);
/* Takes a file away and out of the index; it is no error if it was gone.
 * Locked. */
int quarantine_discard(struct quarantine *q, struct kept *k, struct error *e);
/* Is its file still there? If not it leaves the index, and k is gone. -1:
 * cannot be known. Locked. */
int quarantine_present(struct quarantine *q, struct kept *k, struct error *e);
/* Puts a copy in the place of the one that is there, since less is lacking. */
int quarantine_put_again(const struct settings *s, const struct quarantined *q,
	const struct arrival *arrival, const struct verdict *verdict,
	struct error *e);
/* Removes what was being written when somebody ended; older than seconds. */
void quarantine_sweep(const char *directory, int64_t seconds);

#endif
