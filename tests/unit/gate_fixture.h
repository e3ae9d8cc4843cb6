/*
 * A gate of its own with a store of its own: two centers, four devices, keys.
 *
 *     DEVICEA K0001, sealed, key a1      DEVICEB K0001, may send plain, key b1
 *     DEVICEC K0002, no key              DEVICED K0001, disabled, key d1
 */
#ifndef TESTS_UNIT_GATE_FIXTURE_H
#define TESTS_UNIT_GATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/gate.h"
#include "store/registry.h"

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_B "0123456789abcdef0123456789abcdef"
#define KEY_D "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

struct world {
	char directory[64];
	char config[128];
	struct store *store;
	struct rules *rules;
	struct gate *gate;
};

int world_begin(void **state); /* once, before all tests */
int world_make(void **state);
int world_remove(void **state);
/* Store and gate, as a daemon ends and begins. */
int world_open(struct world *w, struct error *e);
void world_close(struct world *w);
/* All that is on disk; back: as it was. With the world closed. */
void world_copy(const struct world *w, bool back);
/* Fails the test with the error's text unless rc is 0. */
void must(int rc, const struct error *e);
/* From now on these lines are in the configuration too. */
void use_settings(struct world *w, const char *more);
/* A live key, all in hex. */
void
add_key(struct world *w, const char *serial, const char *id, const char *hex);

#endif
