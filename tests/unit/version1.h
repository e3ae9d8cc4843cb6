/*
 * A store, a spool and a quarantine as the first schema left them: the fixture
 * of tests/fixture/v1, put on disk.
 */
#ifndef TESTS_UNIT_VERSION1_H
#define TESTS_UNIT_VERSION1_H

#include "store/store.h"

/*
 * The states that it was killed in: what waits in the outbox, and how far its
 * segment had come. "idle" has nothing there. Each but "idle" has the reports
 * 5 and 6 in the outbox; 1 to 4 are published.
 */
extern const char *const version1_states[];
enum { VERSION1_STATES = 4 };

struct version1 {
	char root[128];
	char state[160], spool[160], quarantine[160];
	unsigned char master[MASTER_KEY_SIZE];
	struct store_options options;
};

/* Fails the test that it is called in. */
void version1_make(struct version1 *v, const char *state);
/* Of one that is not open. */
void version1_copy(struct version1 *v, const struct version1 *from);
void version1_remove(struct version1 *v);
/* A file of the fixture; the caller frees it. length_r may be NULL. */
char *version1_file(const char *name, size_t *length_r);
#define VERSION1_DEVICE "A100000000001"

#endif
