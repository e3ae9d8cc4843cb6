/*
 * CIDR matching.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/network.h"

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage a;

	memset(&a, 0, sizeof(a));
	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&a)->sin_addr) ==
		1)
		a.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text,
			 &((struct sockaddr_in6 *)&a)->sin6_addr) == 1)
		a.ss_family = AF_INET6;
	return a;
}

static void
contains(void **state)
{
	static const struct {
		const char *cidr, *address;
		bool in;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.5", "192.0.2.5", true },
		{ "192.0.2.5", "192.0.2.4", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::/0", "192.0.2.1", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
		{ "192.0.2.0/24", "unknown", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage a = address(rows[i].address);

		if (network_contains(rows[i].cidr, &a) != rows[i].in)
			fail_msg("%s in %s", rows[i].address, rows[i].cidr);
	}
}

static void
spelling(void **state)
{
	static const struct {
		const char *cidr, *canonical;
	} rows[] = {
		{ "192.0.2.77/24", "192.0.2.0/24" },
		{ "192.0.2.255/25", "192.0.2.128/25" },
		{ "192.0.2.5", "192.0.2.5/32" },
		{ "203.0.113.9/0", "0.0.0.0/0" },
		{ "2001:DB8:0:0:0:0:0:1/33", "2001:db8::/33" },
		{ "::1", "::1/128" },
		{ "10.0.0/8", NULL },
		{ "", NULL },
	};
	static const struct {
		const char *address;
		unsigned int bits;
		const char *around;
	} around[] = {
		{ "192.0.2.77", 24, "192.0.2.0/24" },
		{ "192.0.2.77", 32, "192.0.2.77/32" },
		{ "192.0.2.77", 33, NULL },
		{ "::ffff:192.0.2.77", 31, "192.0.2.76/31" },
		{ "2001:db8:ffff::1", 33, "2001:db8:8000::/33" },
		{ "2001:db8::1", 0, "::/0" },
		{ "unknown", 8, NULL },
	};
	char out[NETWORK_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(network_canonical(rows[i].cidr, out),
			rows[i].canonical != NULL);
		if (rows[i].canonical != NULL)
			assert_string_equal(out, rows[i].canonical);
	}
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		struct sockaddr_storage a = address(around[i].address);

		assert_int_equal(network_around(&a, around[i].bits, out),
			around[i].around != NULL);
		if (around[i].around != NULL)
			assert_string_equal(out, around[i].around);
	}
}

static void
syntax(void **state)
{
	static const char *const good[] = { "10.0.0.0/8", "::1", "::/0",
		"198.51.100.1/32" };
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/8x", "a/8",
		"10.0.0.0/0008" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!network_valid(good[i]))
			fail_msg("refused: %s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (network_valid(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

/* The /24 and the /48, whatever form the address has. */
static void
blocks(void **state)
{
	static const struct {
		const char *address;
		uint64_t block;
	} rows[] = {
		{ "192.0.2.1", 0x0400000000c00002 },
		{ "::ffff:192.0.2.255", 0x0400000000c00002 },
		{ "2001:db8:1:2::1", 0x060020010db80001 },
		{ "unknown", 0 },
	};
	struct sockaddr_storage a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = address(rows[i].address);
		if (network_block(&a) != rows[i].block)
			fail_msg("%s: %llx", rows[i].address,
				(unsigned long long)network_block(&a));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contains),
		cmocka_unit_test(syntax),
		cmocka_unit_test(spelling),
		cmocka_unit_test(blocks),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
