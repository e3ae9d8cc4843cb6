/*
 * Readings: the counters of each admitted report that has some, by device and
 * date, for a time. What they were is in the spool; here they stand for what
 * the next ones are held against.
 */
#ifndef STORE_READING_H
#define STORE_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "parser/claims.h"
#include "parser/counter.h"
#include "store/flag.h"
#include "store/ledger.h"
#include "store/store.h"

struct reading {
	char serial[SERIAL_SIZE];
	/* When it says it was made, as struct admission has it. */
	int64_t earliest, latest;
	bool timed; /* it says the time of day, too */
	uint64_t sequence;
	int64_t received;
	char assurance[ASSURANCE_SIZE]; /* as in its record */
	char model[MODEL_SIZE];         /* as the report has it; "" */
	bool counts;                    /* as in its record */
	unsigned int flags;             /* FLAG_… */
	uint64_t same_as;               /* 0: nothing */
	int64_t expires;
	size_t counter_count;
	struct counter counters[COUNTERS_MAX]; /* in order of name */
};

/* Its date as exactly as it is known: a moment, or "2026-11-22". */
void reading_date(const struct reading *r, char out[TEXT_TIME_SIZE]);

/*
 * Those of a device in order of date, from the one not dated before from up to
 * the last not dated behind to. Any thread; each may be slow, and what it
 * returns that is not zero ends the walk. What it is given goes with it.
 */
int readings_each(struct store *s, const char *serial, int64_t from, int64_t to,
	int (*each)(const struct reading *r, void *arg), void *arg,
	struct error *e);

#endif
