/*
 * What a maker's text says, as the digests by which the ledger knows it again
 * in whatever wrapping it comes: the reading by serial, date and counters, each
 * alarm by serial, code or text, state and date.
 */
#ifndef GATE_SAID_H
#define GATE_SAID_H

#include <stdbool.h>

#include "base/error.h"
#include "parser/report.h"
#include "store/ledger.h"

/* Is it a maker's text, and no JSON of our own? */
bool said_by_maker(const struct report *report);

/*
 * serial: canonical, behind any alias. What has no date of its own has no
 * digest. Of more than ALARMS_MAX alarms the last digest stands for all that
 * are left.
 */
int said_digest(const char *serial, const struct report *report,
	struct said *said_r, struct error *e);

/* Is alarm number i one that is known? For who makes the record again. */
bool said_known_alarm(const struct known *known, size_t i);

#endif
