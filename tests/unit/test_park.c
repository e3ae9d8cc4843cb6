/*
 * Whose a serial is that is heard at two addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/host.h"
#include "agent/park.h"
#include "base/text.h"

enum { NOW = 1796068800, DAY = 86400 };

static struct park_printer *
add(struct park *park, const char *address)
{
	struct sockaddr_storage at;
	struct park_printer *p;
	struct error e;

	assert_true(host_read(address, 161, &at));
	p = park_add(park, &at, "all", NOW - 60 * DAY, &e);
	assert_non_null(p);
	return p;
}

/* Is a serial that comes from another address the one's at 192.0.2.1? */
static bool
is_anothers(const char *outcome, int64_t heard)
{
	struct park park = { 0 };
	struct park_printer *old, *new;
	bool other;

	(void)add(&park, "192.0.2.2");
	old = add(&park, "192.0.2.1");
	text_copy(old->serial, sizeof(old->serial), "AC900-000017");
	text_copy(old->outcome, sizeof(old->outcome), outcome);
	old->heard = heard;
	new = &park.printers[1];
	other = park_other(&park, new, "AC900-000017", NOW) == old;
	park_clear(&park);
	return other;
}

static void
serial_of_another(void **state)
{
	(void)state;
	assert_true(is_anothers("answered", NOW - DAY));
	assert_true(is_anothers("refused", NOW - DAY));
	assert_true(is_anothers("answered", NOW + DAY));
	assert_false(is_anothers("answered", NOW - 8 * DAY));
	assert_false(is_anothers("conflict", NOW - DAY));
}

/* It has got another address, and nobody answers at the old one. */
static void
serial_that_moved(void **state)
{
	(void)state;
	assert_false(is_anothers("silent", NOW - DAY));
	assert_false(is_anothers("silent", NOW + DAY));
}

static void
heard_by_a_wrong_clock(void **state)
{
	(void)state;
	assert_false(is_anothers("answered", NOW + 365 * DAY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_of_another),
		cmocka_unit_test(serial_that_moved),
		cmocka_unit_test(heard_by_a_wrong_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
