/*
 * A store, a spool and a quarantine as an older schema left them: a fixture of
 * tests/fixture, put on disk.
 */
#ifndef TESTS_UNIT_OLDER_H
#define TESTS_UNIT_OLDER_H

#include "store/store.h"

/*
 * The states that it was killed in: what waits in the outbox, and how far its
 * segment had come. "idle" has nothing there. Each but "idle" has the reports
 * 5 and 6 in the outbox; 1 to 4 are published.
 */
extern const char *const older_states[];
enum { OLDER_STATES = 4 };
/* "v1" to "v3": of the same content; v3 has what waits for a channel, a server
 * and licences beside. */
extern const char *const older_versions[];
enum { OLDER_VERSIONS = 3 };

struct older {
	const char *version;
	char root[128];
	char state[160], spool[160], quarantine[160];
	unsigned char master[MASTER_KEY_SIZE];
	struct store_options options;
};

/* Fails the test that it is called in. */
void older_make(struct older *v, const char *version, const char *state);
/* Of one that is not open. */
void older_copy(struct older *v, const struct older *from);
void older_remove(struct older *v);
/* A file of its fixture; the caller frees it. length_r may be NULL. */
char *older_file(const char *version, const char *name, size_t *length_r);
#define OLDER_DEVICE "A100000000001"

#endif
