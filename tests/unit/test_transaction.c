/*
 * What the milter collects of a mail, and the limits on it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/load.h"
#include "milter/transaction.h"

static struct load *load;

static int
setup(void **state)
{
	(void)state;
	return load_new(&load, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	/* every transaction gave back what it took */
	assert_false(load_take(load, 1, 0));
	assert_true(load_take(load, 1, 1));
	load_free(&load);
	return 0;
}

static struct transaction *
begin(int64_t message_size, int64_t buffered)
{
	struct transaction *t = transaction_new(
		load, "<a@device.example>", message_size, buffered);

	assert_non_null(t);
	assert_int_equal(
		transaction_center(t, "<csrc@center.example>", "K0001"), 0);
	return t;
}

static void
mail_is_as_it_was_sent(void **state)
{
	struct transaction *t = begin(1000, 1000);
	struct arrival mail;

	(void)state;
	transaction_field(t, "From", " a@device.example");
	transaction_field(t, "Subject", " one\n two\r\n\tthree");
	transaction_field(t, "Empty", "");
	transaction_end_of_header(t);
	transaction_body(t, (const unsigned char *)"x\0y\r\n", 5);
	assert_int_equal(transaction_arrival(t, &mail, NULL), 0);
	assert_string_equal(mail.evidence.sender, "a@device.example");
	assert_int_equal(mail.length, 67);
	assert_memory_equal(mail.octets,
		"From: a@device.example\r\n"
		"Subject: one\r\n two\r\n\tthree\r\n"
		"Empty:\r\n"
		"\r\n"
		"x\0y\r\n",
		mail.length);
	assert_false(mail.too_large);
	transaction_free(&t);
	assert_null(t);
}

static void
recipients_are_sorted(void **state)
{
	struct transaction *t = transaction_new(load, "<>", 1000, 1000);
	char *const *addresses;
	struct arrival mail;

	(void)state;
	transaction_other(t);
	assert_false(transaction_has_center(t));
	assert_false(transaction_is_mixed(t));
	assert_int_equal(transaction_center(t, "<a@b>", "K1"), 0);
	assert_int_equal(transaction_center(t, "<A@b>", "K1"), 0);
	assert_int_equal(transaction_center(t, "c@d", "K2"), 0);
	assert_true(transaction_is_mixed(t));
	addresses = transaction_addresses(t);
	assert_string_equal(addresses[0], "<a@b>");
	assert_string_equal(addresses[1], "<A@b>");
	assert_string_equal(addresses[2], "c@d");
	assert_null(addresses[3]);
	assert_int_equal(transaction_arrival(t, &mail, NULL), 0);
	assert_string_equal(mail.evidence.sender, "");
	assert_int_equal(mail.center_count, 2);
	assert_string_equal(mail.centers[0], "K1");
	assert_string_equal(mail.centers[1], "K2");
	transaction_free(&t);
}

static void
size_limit_is_inclusive(void **state)
{
	struct transaction *t = begin(10, 1000);
	struct arrival mail;

	(void)state;
	transaction_field(t, "A", " 12");
	transaction_end_of_header(t);
	transaction_body(t, (const unsigned char *)"x", 1);
	assert_int_equal(transaction_arrival(t, &mail, NULL), 0);
	assert_int_equal(mail.length, 10);
	assert_false(mail.too_large);
	assert_false(transaction_is_over(t));
	transaction_body(t, (const unsigned char *)"y", 1);
	assert_true(transaction_is_over(t));
	assert_int_equal(transaction_arrival(t, &mail, NULL), 0);
	assert_true(mail.too_large);
	assert_int_equal(mail.length, 0);
	/* what was held is free for others at once */
	assert_true(load_take(load, 900, 1000));
	load_give(load, 900);
	transaction_free(&t);
}

static void
all_together_are_limited(void **state)
{
	struct transaction *a = begin(1000, 400);
	struct transaction *b = begin(1000, 400);
	unsigned char octets[200] = { 0 };
	struct error e = { 0 };
	struct arrival mail;

	(void)state;
	transaction_body(a, octets, sizeof(octets));
	transaction_body(b, octets, sizeof(octets));
	assert_int_equal(transaction_arrival(a, &mail, &e), 0);
	assert_int_equal(mail.length, sizeof(octets));
	/* it is our trouble, not the mail's fault */
	assert_true(transaction_is_over(b));
	assert_int_equal(transaction_arrival(b, &mail, &e), -1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	transaction_free(&a);
	transaction_free(&b);
	a = begin(1000, 400);
	transaction_body(a, octets, sizeof(octets));
	assert_int_equal(transaction_arrival(a, &mail, &e), 0);
	transaction_free(&a);
}

static void
recipients_are_limited(void **state)
{
	struct transaction *t = begin(1000, 1000);
	struct arrival mail;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		if (transaction_center(t, "<csrc@center.example>", "K0001") ==
			-1)
			break;
	assert_in_range(i, 1, 100);
	assert_int_equal(transaction_arrival(t, &mail, NULL), -1);
	transaction_free(&t);
}

static void
connections_are_limited(void **state)
{
	(void)state;
	assert_true(load_connect(load, 2));
	assert_true(load_connect(load, 2));
	assert_false(load_connect(load, 2));
	load_disconnect(load);
	assert_true(load_connect(load, 2));
	load_disconnect(load);
	load_disconnect(load);
}

static void *
end_later(void *arg)
{
	nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	load_end(arg);
	return NULL;
}

static void
stop_waits_for_what_runs(void **state)
{
	pthread_t thread;

	(void)state;
	assert_true(load_begin(load));
	assert_true(load_begin(load));
	assert_int_equal(load_stop(load, 0), 2);
	assert_false(load_begin(load));
	load_end(load);
	assert_int_equal(pthread_create(&thread, NULL, end_later, load), 0);
	assert_int_equal(load_stop(load, 60), 0);
	pthread_join(thread, NULL);
	assert_false(load_begin(load));
}

static void
outgoing_has_its_facts(void **state)
{
	struct transaction *t =
		transaction_new(load, "<csrc@center.example>", 20, 1000);
	static char long_value[70000];
	char *const *addresses;
	struct outgoing o;

	(void)state;
	transaction_other(t);
	assert_false(transaction_has_device(t));
	assert_int_equal(transaction_device(t, "<s1@d>", "S1"), 0);
	assert_int_equal(transaction_device(t, "<s2@d>", "S2"), 0);
	assert_int_equal(transaction_device(t, "<S2@d>", "S2"), 0);
	assert_int_equal(transaction_outgoing(t, &o, NULL), 0);
	assert_false(o.beside_center);
	assert_int_equal(transaction_center(t, "<a@b>", "K1"), 0);
	assert_true(transaction_has_device(t));
	assert_true(transaction_is_mixed(t));
	addresses = transaction_device_addresses(t);
	assert_string_equal(addresses[0], "<s1@d>");
	assert_string_equal(addresses[1], "<s2@d>");
	assert_string_equal(addresses[2], "<S2@d>");
	assert_null(addresses[3]);
	assert_int_equal(transaction_outgoing(t, &o, NULL), 0);
	assert_false(o.trusted);
	assert_false(o.claimed);
	transaction_trust(t);
	transaction_field(t, "X", " CSRC-x");
	transaction_body(t, (const unsigned char *)"0123456789012345", 16);
	/* a field of ours is noted even where nothing is kept any more */
	transaction_field(t, "csrc-x", " y");
	transaction_field(t, "fROM", " a@b");
	transaction_field(t, "Resent-Sender \t", " c@d");
	transaction_field(t, "From-", " no");
	transaction_field(t, "Fro", " no");
	assert_int_equal(transaction_outgoing(t, &o, NULL), 0);
	assert_true(o.trusted);
	assert_true(o.claimed);
	assert_true(o.too_large);
	assert_string_equal(o.sender, "csrc@center.example");
	assert_int_equal(o.serial_count, 2);
	assert_string_equal(o.serials[0], "S1");
	assert_string_equal(o.serials[1], "S2");
	assert_true(o.beside_center);
	assert_int_equal(o.recipients, 5);
	assert_string_equal(o.sender_rewritten, "");
	assert_null(o.unknown);
	assert_int_equal(o.authors_length, 10);
	assert_memory_equal(o.authors, " a@b\n c@d\n", 10);
	assert_false(o.authors_cut);
	transaction_rewritten(t, "<E@f>");
	transaction_unknown(t, "what");
	memset(long_value, 'x', sizeof(long_value));
	long_value[sizeof(long_value) - 1] = '\0';
	transaction_field(t, "From", long_value);
	assert_int_equal(transaction_outgoing(t, &o, NULL), 0);
	assert_string_equal(o.sender_rewritten, "E@f");
	assert_string_equal(o.unknown, "what");
	assert_true(o.authors_cut);
	transaction_free(&t);
}

/* A device beside a center is nobody who would still get the mail. */
static void
device_is_no_other(void **state)
{
	struct transaction *t = transaction_new(load, "<>", 1000, 1000);

	(void)state;
	assert_int_equal(transaction_center(t, "<a@b>", "K1"), 0);
	assert_int_equal(transaction_device(t, "<s@d>", "S1"), 0);
	assert_false(transaction_is_mixed(t));
	transaction_other(t);
	assert_true(transaction_is_mixed(t));
	transaction_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			mail_is_as_it_was_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			recipients_are_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(
			outgoing_has_its_facts, setup, teardown),
		cmocka_unit_test_setup_teardown(
			device_is_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(
			size_limit_is_inclusive, setup, teardown),
		cmocka_unit_test_setup_teardown(
			all_together_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
			recipients_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
			connections_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
			stop_waits_for_what_runs, setup, teardown),
	};

	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
