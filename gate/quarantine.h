/*
 * The quarantine: a directory of messages that were not admitted, in shares of
 * quarantine_size that are counted apart:
 *
 *   proved      a half; what a key proved and must be kept
 *   agent       what agents' keys proved, up to a half of that half; a ring
 *   registered  three eighths; the same of plain devices, by their origin
 *   stranger    an eighth, a ring: the oldest go; full is no trouble
 *
 * An owner has a 32nd of its share and 100 files, but always room for one; a
 * stranger's network has 20 files a day. The same content of the same owner is
 * kept once.
 *
 * Agents see printers that nobody wants to register, day by day: none may be
 * held up for them, so of an agent's messages the oldest go, and all of them
 * make room for what another key has proved.
 *
 * How much there is is known from an index in memory, which is read from the
 * file names once and kept up. Files may be taken away by hand.
 */
#ifndef GATE_QUARANTINE_H
#define GATE_QUARANTINE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "config/settings.h"
#include "gate/gate.h"
#include "gate/quarantine_file.h"

struct quarantine; /* any thread */

/* NULL: out of memory. Nothing is read before it is needed. */
struct quarantine *quarantine_new(void);
void quarantine_free(struct quarantine **q);

/*
 * Whoever tends it is watched between start and stop: while its file system
 * does not answer, quarantine_healthy is ERROR_TROUBLE, and so are putting and
 * counting, which would not come back.
 */
int quarantine_watch(struct quarantine *q, struct error *e);
void quarantine_unwatch(struct quarantine *q);
int quarantine_healthy(struct quarantine *q, struct error *e);

/*
 * Keeps a copy of an arrival, which came at now, synced to disk when it returns
 * 0. ERROR_LIMIT: there is no room for it.
 */
int quarantine_put(struct quarantine *q, const struct settings *s,
	const struct arrival *arrival, const struct verdict *verdict,
	int64_t now, struct error *e);

/*
 * A bounded step of housekeeping: files older than quarantine_retention go;
 * what was taken away by hand is no longer counted; what a crash left half
 * written goes. now 0: the clock is not believed, nothing is old.
 */
int quarantine_tend(struct quarantine *q, const struct settings *s, int64_t now,
	struct error *e);

int quarantine_count(struct quarantine *q, const struct settings *s,
	struct quarantine_share shares_r[SHARE_PROVED + 1], struct error *e);

/* Walks in order of name, which is in order of time. */
int quarantine_each(const char *directory,
	int (*each)(const struct quarantined *q, void *arg), void *arg,
	struct error *e);

/* What a file of the quarantine holds: its prologue, and the message, which is
 * the caller's to clear. */
int quarantine_read(const char *directory, const char *name,
	struct quarantined *q_r, struct buffer *octets_r, struct error *e);

/*
 * Judges a quarantined message again, as of the time it came, and of several
 * reports those that were lacking; when none is lacking any more the file is
 * removed, and while some are it says which. accept_date: a report that would
 * only be stale is admitted, and its record says so.
 */
int quarantine_release(struct gate *gate, const char *name, bool accept_date,
	struct verdict *verdict_r, struct error *e);
/* Copies the file to out; printable: with control characters escaped. */
int quarantine_show(const char *directory, const char *name, bool printable,
	FILE *out, struct error *e);
int quarantine_remove(struct quarantine *q, const struct settings *s,
	const char *name, struct error *e);

#endif
