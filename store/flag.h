/*
 * Why a record wants a second look before it is billed: csrc-report(5) has the
 * predicate of each.
 */
#ifndef STORE_FLAG_H
#define STORE_FLAG_H

enum flag {
	FLAG_OLD = 1,
	FLAG_FUTURE = 2,
	FLAG_FELL = 4,
	FLAG_ROLLOVER = 8,
	FLAG_RESET = 16,
	FLAG_REPLACED = 32,
	FLAG_JUMP = 64,
	FLAG_SUM = 128,
	FLAG_ORDER = 256,
	FLAG_MODEL = 512,
	FLAG_ZERO = 1024
};
enum { FLAGS_COUNT = 11, FLAGS_SIZE = 96 };

/* The word of bit 1 << i. */
const char *flag_word(unsigned int i);
/* "old,fell", with between, of three characters at most, between each two. */
void flags_text(unsigned int flags, const char *between, char out[FLAGS_SIZE]);

#endif
