/*
 * What the store's tests share: a store of their own in a directory of their
 * own, made before each test and removed after it.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/agent.h"
#include "store/ledger.h"
#include "store/registry.h"
#include "store/store.h"

enum { NOW = 1800000000, DAY = 86400 };

struct fixture {
	char root[128], state[160], spool[160];
	unsigned char master[MASTER_KEY_SIZE];
	struct store_options options;
	struct store *store;
	struct error e;
};

/* Fails the test with the error's text. */
#define OK(call)                                              \
	do {                                                  \
		if ((call) != 0)                              \
			fail_msg("%s: %s", #call, f->e.text); \
	} while (0)
#define FAILS(call, expected)                          \
	do {                                           \
		assert_int_equal(call, -1);            \
		assert_int_equal(f->e.code, expected); \
	} while (0)

int fixture_make(void **state);   /* initialised and open */
int fixture_remove(void **state); /* closed and gone */
void fixture_reopen(struct fixture *f);
void fixture_remove_tree(const char *path);
/* Of one that is closed: keeps a copy, or puts it back. */
void fixture_copy(struct fixture *f, bool back);
void fixture_forget_copy(struct fixture *f);
/* A center K0001 and devices D0, D1, … of it. */
void fixture_devices(struct fixture *f, unsigned int count);

/* An agent of a center of its own, which is not K0001. */
void fixture_agent(struct fixture *f, const char *id);

/* An unsolicited admission at NOW whose content is number. */
struct admission fixture_admission(unsigned int number);
/* Its sequence number, or 0 unless it was admitted. */
uint64_t fixture_admit(struct fixture *f, unsigned int number);
/* For registry_device_update: what arg, another device, says. */
int fixture_becomes(struct device *d, void *arg, struct error *e);

#endif
