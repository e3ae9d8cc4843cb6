/*
 * The bare sum: what the libraries alone take for one mail when they are called
 * in the plainest way, without any check, look-up or log of ours. The gate is
 * measured against it.
 */
#ifndef TESTS_BENCH_BARE_H
#define TESTS_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/bench/rig.h"

struct bare;

/*
 * A database of its own in the rig's directory, with the settings of
 * store/db.c. One mail's rows are written in one transaction; no_sync: without
 * waiting for the disk.
 */
void bare_open(const struct rig *r, bool no_sync, struct bare **bare_r);
void bare_close(struct bare **bare);

/* Which libraries to call: each alone, or all in turn. */
enum bare_part {
	BARE_MIME = 1,     /* GMime: parse the mail and what was sealed */
	BARE_SEAL = 2,     /* OpenSSL: read and decrypt the CMS object */
	BARE_DATABASE = 4, /* Berkeley DB: put the rows of an admission */
	BARE_JSON = 8,     /* Jansson: read the report, write it again */
	BARE_SUM = BARE_MIME | BARE_SEAL | BARE_DATABASE
};
void bare_mail(struct bare *b, const struct load_mail *m, unsigned int parts);

#endif
