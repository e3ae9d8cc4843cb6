/*
 * Receipts: what is written is read back, every octet of it counts, and
 * nothing but the one text of a receipt is read as it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parser/receipt.h"

static const unsigned char key[] = "0123456789abcdef";
enum { KEY_LENGTH = 16 };

/* The text that stock openssl makes of the same; a script holds it against
 * that. */
static const char known[] =
	"CSRC-Receipt: 1\n"
	"Principal: device:A4=B/1\n"
	"Key-Id: 0a1b\n"
	"Digest: sha-256="
	"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a\n"
	"State: taken\n"
	"Date: 2026-11-30T12:00:00Z\n"
	"MAC: "
	"bc0fadeb2807d7c55bf4894c2b8d68e474e9b87e6e6ff24a76596b62ac308a69\n";

static struct receipt
sample(void)
{
	struct receipt r = { .principal = "device:A4=B/1",
		.key_id = { 0x0a, 0x1b },
		.key_id_length = 2,
		.state = RECEIPT_TAKEN,
		.date = 1796040000 };

	memset(r.digest, 0x2a, sizeof(r.digest));
	return r;
}

static void
assert_same(const struct receipt *a, const struct receipt *b)
{
	assert_string_equal(a->principal, b->principal);
	assert_int_equal(a->key_id_length, b->key_id_length);
	assert_memory_equal(a->key_id, b->key_id, a->key_id_length);
	assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->date, b->date);
}

static struct buffer
make(const struct receipt *r)
{
	struct buffer out = { 0 };
	struct error e;

	assert_int_equal(receipt_make(r, key, KEY_LENGTH, &out, &e), 0);
	return out;
}

static enum error_code
check(const void *octets, size_t length)
{
	struct receipt r;
	struct error e = { ERROR_NONE, "" };

	if (receipt_check(octets, length, key, KEY_LENGTH, &r, &e) == 0)
		return ERROR_NONE;
	assert_true(e.text[0] != '\0');
	return e.code;
}

static void
one_text(void **state)
{
	struct receipt r = sample(), again;
	struct buffer out = make(&r);
	struct error e;

	(void)state;
	assert_string_equal((const char *)out.data, known);
	assert_int_equal(receipt_read(out.data, out.length, &again, &e), 0);
	assert_same(&r, &again);
	assert_int_equal(check(out.data, out.length), ERROR_NONE);
	buffer_clear(&out);
}

/* The longest there is has room. */
static void
longest(void **state)
{
	struct receipt r = sample(), again;
	struct buffer out;
	struct error e;

	(void)state;
	assert_true(principal_spell(PRINCIPAL_DEVICE,
		"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", r.principal));
	memset(r.key_id, 0xff, sizeof(r.key_id));
	r.key_id_length = sizeof(r.key_id);
	r.state = RECEIPT_FINAL;
	out = make(&r);
	assert_true(out.length <= RECEIPT_MAX);
	assert_int_equal(receipt_check(out.data, out.length, key, KEY_LENGTH,
				 &again, &e),
		0);
	assert_same(&r, &again);
	buffer_clear(&out);
}

/* A server in between may do so. */
static void
crlf_is_read_alike(void **state)
{
	struct receipt r = sample();
	struct buffer out = make(&r), crlf = { 0 };

	(void)state;
	for (size_t i = 0; i < out.length; i++) {
		if (out.data[i] == '\n')
			buffer_text(&crlf, "\r");
		buffer_append(&crlf, out.data + i, 1);
	}
	assert_int_equal(check(crlf.data, crlf.length), ERROR_NONE);
	buffer_clear(&crlf);
	buffer_clear(&out);
}

static void
every_octet_counts(void **state)
{
	struct receipt r = sample();
	struct buffer out = make(&r);

	(void)state;
	for (size_t i = 0; i < out.length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			out.data[i] ^= (unsigned char)(1 << bit);
			assert_int_not_equal(
				check(out.data, out.length), ERROR_NONE);
			out.data[i] ^= (unsigned char)(1 << bit);
		}
		/* cut at every length */
		assert_int_equal(check(out.data, i), ERROR_BAD);
	}
	buffer_append(&out, "\n", 1);
	assert_int_equal(check(out.data, out.length), ERROR_BAD);
	buffer_clear(&out);
}

static void
another_key(void **state)
{
	static const unsigned char other[] = "0123456789abcdeF";
	struct receipt r = sample(), again;
	struct buffer out = make(&r);
	struct error e;

	(void)state;
	assert_int_equal(receipt_check(out.data, out.length, other, KEY_LENGTH,
				 &again, &e),
		-1);
	assert_int_equal(e.code, ERROR_DENIED);
	assert_int_equal(receipt_check(out.data, out.length, key,
				 KEY_LENGTH - 1, &again, &e),
		-1);
	buffer_clear(&out);
}

/* Replaces in the text; it must be refused as none. */
static void
refuse(const char *from, const char *to)
{
	struct receipt r;
	struct error e;
	struct buffer out = { 0 };
	const char *at = strstr(known, from);

	assert_non_null(at);
	buffer_append(&out, known, (size_t)(at - known));
	buffer_text(&out, to);
	buffer_text(&out, at + strlen(from));
	if (receipt_read(out.data, out.length, &r, &e) == 0)
		fail_msg("%s for %s", to, from);
	assert_int_equal(e.code, ERROR_BAD);
	buffer_clear(&out);
}

static void
other_texts_are_none(void **state)
{
	struct receipt r;
	struct error e;
	char large[RECEIPT_MAX + 1];

	(void)state;
	refuse("CSRC-Receipt: 1", "CSRC-Receipt: 2");
	refuse("CSRC-Receipt: 1", "CSRC-Receipt:1");
	refuse("CSRC-Receipt: 1", "csrc-receipt: 1");
	refuse("CSRC-Receipt: 1", "CSRC-Receipt: 1\nCSRC-Receipt: 1");
	refuse("Principal: device:A4=B/1\n", "");
	refuse("device:A4=B/1", "device:a4=b/1");
	refuse("device:A4=B/1", "device:");
	refuse("device:A4=B/1", "center:A4");
	refuse("Key-Id: 0a1b", "Key-Id: ");
	refuse("Key-Id: 0a1b", "Key-Id: 0A1B");
	refuse("Key-Id: 0a1b", "Key-Id: 0a1");
	refuse("sha-256=2a", "sha-256=");
	refuse("sha-256=2a", "sha-1=2a");
	refuse("State: taken", "State: Taken");
	refuse("State: taken", "State: later");
	refuse("State: taken\n", "State: taken \n");
	refuse("State: taken\n", "State: taken\r\r\n");
	refuse("12:00:00Z", "12:00:00+00:00");
	refuse("12:00:00Z", "12:00:00.5Z");
	refuse("2026-11-30", "2026-11-31");
	refuse("MAC: ", "Mac: ");
	assert_int_equal(receipt_read("", 0, &r, &e), -1);
	assert_int_equal(receipt_read(NULL, 0, &r, &e), -1);
	assert_int_equal(e.code, ERROR_BAD);
	memset(large, 'A', sizeof(large));
	assert_int_equal(receipt_read(large, sizeof(large), &r, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	large[3] = '\0';
	assert_int_equal(receipt_read(large, RECEIPT_MAX, &r, &e), -1);
	assert_int_equal(e.code, ERROR_BAD);
}

static int
setup(void **state)
{
	struct error e;

	(void)state;
	return crypto_init(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text),
		cmocka_unit_test(longest),
		cmocka_unit_test(crlf_is_read_alike),
		cmocka_unit_test(every_octet_counts),
		cmocka_unit_test(another_key),
		cmocka_unit_test(other_texts_are_none),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
