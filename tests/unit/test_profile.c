/*
 * From recorded answers of printers of several shapes, all of our making, to
 * the reports that the gateway reads.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/printer.h"
#include "agent/profile_trial.h"
#include "agent/recorded.h"
#include "base/text.h"
#include "parser/report_json.h"

static char shipped[1024];

static struct profiles *
load(const char *more, bool personal)
{
	const char *const directories[] = { shipped, more };
	struct profiles *profiles;
	struct error e;

	assert_int_equal(profiles_load(directories, more == NULL ? 1 : 2,
				 personal, &profiles, &e),
		0);
	return profiles;
}

static void
shipped_are_sound(void **state)
{
	struct profiles *profiles = load(NULL, true);

	(void)state;
	if (profiles_fault(profiles, 0) != NULL)
		fail_msg("%s", profiles_fault(profiles, 0));
	assert_true(profiles_count(profiles) >= 1);
	profiles_free(&profiles);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_are_sound),
	};
	const char *srcdir = getenv("srcdir");

	text_format(shipped, sizeof(shipped), "%s/agent/profiles",
		srcdir == NULL ? "." : srcdir);
	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
