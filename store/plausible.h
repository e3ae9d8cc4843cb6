/*
 * What a device's earlier readings make of a new one: what it counted since,
 * and what looks wrong in it. Nothing of it changes whether it is admitted.
 */
#ifndef STORE_PLAUSIBLE_H
#define STORE_PLAUSIBLE_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/db.h"
#include "store/ledger.h"

struct plausible {
	unsigned int flags; /* FLAG_… */
	/* Members of the record, each with a comma before it: "previous",
	 * "difference", and of a late one "next". */
	struct buffer members;
};

/*
 * For the reading sequence of serial, whose row is not there yet. Readings that
 * say another once more, and those that do not count if this one does, are
 * passed over. What p holds is freed by the caller, also after a failure.
 */
int
plausible_judge(struct db_txn *t, const struct admission *a, const char *serial,
	uint64_t sequence, struct plausible *p, struct error *e);

#endif
