/*
 * Rows of the table of readings, for the store's other files. In the
 * transactions of store/ledger.c.
 */
#ifndef STORE_READING_ROWS_H
#define STORE_READING_ROWS_H

#include "store/db.h"
#include "store/reading.h"

/* The key of the row that an admission will have: behind serial and its NUL the
 * date, and the number. */
struct reading_place {
	unsigned char octets[SERIAL_SIZE + 16];
	size_t length;
	int64_t when; /* that date */
};
struct reading_place
reading_place(const struct admission *a, const char *serial, uint64_t sequence);

/* What an admission will leave. */
struct reading_note {
	const char *serial; /* canonical */
	uint64_t sequence, same_as;
	unsigned int flags;
};

/*
 * The number of the reading that this one says once more with other counters:
 * of the same moment, and equal in all counters that both have. 0: none.
 */
int reading_same(struct db_txn *t, const struct admission *a,
	const char *serial, uint64_t *same_r, struct error *e);
int reading_put(struct db_txn *t, const struct admission *a,
	const struct reading_note *note, struct error *e);

/* False: the row is damaged. Counters' names point into value. */
bool reading_read(const struct octets *key, const struct octets *value,
	struct reading *r);

#endif
