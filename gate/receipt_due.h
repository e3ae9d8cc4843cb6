/*
 * A receipt that may be due for an arrival. That its seal opened is noted while
 * the key is at hand, of which only the one for receipts is kept; the receipt
 * is given once it is known what is done with the message.
 */
#ifndef GATE_RECEIPT_DUE_H
#define GATE_RECEIPT_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"
#include "parser/receipt.h"
#include "store/registry.h"

struct receipt_due {
	bool opened;
	struct receipt receipt;
	unsigned char key[RECEIPT_KEY_SIZE];
};

/* This key opened it; now: seconds since 1970. */
int receipt_due_note(struct receipt_due *due, const struct key *key,
	int64_t now, struct error *e);
/* Puts the receipt into the verdict, where one is due, and wipes the key. One
 * that cannot be made is not given: the message comes again. */
void receipt_due_give(struct receipt_due *due, const struct arrival *arrival,
	struct verdict *v);

#endif
