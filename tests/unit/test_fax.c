/*
 * Messages on pages: put there, sent, bent, and read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "fax/part.h"
#include "fax/print.h"
#include "fax/reader.h"
#include "fax/symbol.h"
#include "fax/tray.h"

enum { SCAN_MILLISECONDS = 60000 };

static void
must(int rc, const struct error *e)
{
	if (rc < 0)
		fail_msg("%s", e->text);
}

/* Octets that say nothing; always the same for the same seed. */
static struct buffer
message_of(size_t length, unsigned int seed)
{
	struct buffer b = { 0 };
	unsigned char octet;

	for (size_t i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		octet = (unsigned char)(seed >> 16);
		assert_int_equal(buffer_append(&b, &octet, 1), BUFFER_OK);
	}
	return b;
}

static unsigned int
print(const struct buffer *messages, size_t count,
	const struct print_form *form, struct buffer *tiff)
{
	struct print *p;
	struct error e = { 0 };
	unsigned int pages = 0;

	must(print_begin(form, tiff, &p, &e), &e);
	for (size_t i = 0; i < count; i++)
		must(print_add(p, &messages[i], &e), &e);
	must(print_end(&p, &pages, &e), &e);
	return pages;
}

/* What happens to a page on its way. */
struct way {
	double degrees, noise;
	int clean;
	struct assembly *assembly;
	unsigned int symbols;
};

static int
take(const void *octets, size_t length, void *arg)
{
	struct way *w = arg;
	struct error e;

	assert_int_equal(assembly_take(w->assembly, octets, length, &e), 0);
	w->symbols++;
	return 0;
}

static void
turn(const struct page *from, struct page *to, double degrees)
{
	const double a = degrees * 3.14159265358979 / 180;
	const double cx = from->width / 2.0, cy = from->height / 2.0;

	for (unsigned int y = 0; y < to->height; y++)
		for (unsigned int x = 0; x < to->width; x++) {
			const double dx = x - cx, dy = y - cy;
			const long sx = lround(cx + dx * cos(a) + dy * sin(a));
			const long sy = lround(cy - dx * sin(a) + dy * cos(a));
			const int in = sx >= 0 && sy >= 0 &&
				sx < (long)from->width &&
				sy < (long)from->height;

			to->pixels[(size_t)y * to->width + x] = in
				? from->pixels[(size_t)sy * from->width +
					  (size_t)sx]
				: 255;
		}
}

static void
make_noise(struct page *page, double share)
{
	const size_t size = (size_t)page->width * page->height;
	unsigned int seed = 7;

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 8) % 100000 < share * 100000)
			page->pixels[i] ^= 255;
	}
}

static int
look_at(const struct page *page, void *arg, struct error *e)
{
	struct way *w = arg;
	struct page bent, clean;
	int rc;

	must(page_open(page->width, page->height, &bent, e), e);
	must(page_open(page->width, page->height, &clean, e), e);
	turn(page, &bent, w->degrees);
	make_noise(&bent, w->noise);
	page_clean(&bent, &clean);
	rc = symbols_find(
		w->clean ? &clean : &bent, SCAN_MILLISECONDS, take, w, e);
	page_close(&bent);
	page_close(&clean);
	return rc;
}

/* How many messages came whole. */
static size_t
read_back(const struct buffer *tiff, struct way *w,
	const struct buffer *messages, size_t count)
{
	struct tiff_look look = { .each = look_at, .arg = w };
	struct error e = { 0 };
	size_t whole = 0;

	w->symbols = 0;
	must(assembly_open(&w->assembly, &e), &e);
	must(tiff_read(tiff->data, tiff->length, &look, &e), &e);
	assert_true(assembly_count(w->assembly) <= count);
	for (size_t i = 0; i < assembly_count(w->assembly); i++) {
		struct buffer b = { 0 };
		int rc = assembly_message(w->assembly, i, &b, &e);

		must(rc, &e);
		whole += rc == 1;
		if (rc == 1 && count == 1) {
			assert_int_equal(b.length, messages[i].length);
			assert_memory_equal(b.data, messages[i].data, b.length);
		}
		buffer_clear(&b);
	}
	assembly_close(&w->assembly);
	return whole;
}

static void
there_and_back(void **state)
{
	static const struct {
		struct print_form form;
		size_t length;
		unsigned int pages;
	} rows[] = {
		{ { { false, false }, 0 }, 1500, 1 },
		{ { { true, false }, 4 }, 1, 1 },
		{ { { true, true }, 5 }, 256, 1 },
		{ { { false, true }, 6 }, 255, 1 },
		{ { { true, false }, 6 }, 9000, 3 },
		{ { { false, true }, 4 }, 9000, 2 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer m = message_of(rows[i].length, 1), tiff = { 0 };
		struct way w = { .clean = 1 };

		assert_int_equal(
			print(&m, 1, &rows[i].form, &tiff), rows[i].pages);
		assert_int_equal(read_back(&tiff, &w, &m, 1), 1);
		assert_int_equal(w.symbols, (rows[i].length + 254) / 255);
		buffer_clear(&m);
		buffer_clear(&tiff);
	}
}

/* Turned by two degrees, noisy, coarse and fine. */
static void
bent_pages(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 12; i++) {
		const struct print_form form = { { i & 1, i & 2 }, 4 + i % 3 };
		struct buffer m = message_of(3500, i), tiff = { 0 };
		struct way w = { .degrees = i & 4 ? 2 : -2,
			.noise = i % 5 < 3 ? 0.01 : 0.0,
			.clean = 1 };
		int64_t began = clock_milliseconds();

		(void)print(&m, 1, &form, &tiff);
		if (read_back(&tiff, &w, &m, 1) != 1)
			fail_msg("%u: %u symbols of 14", i, w.symbols);
		printf("# %u: %u dots, %s, %lld ms\n", i, form.dots,
			form.tiff.coarse ? "98" : "196",
			(long long)(clock_milliseconds() - began));
		buffer_clear(&m);
		buffer_clear(&tiff);
	}
}

/* --- parts --- */

struct kept {
	unsigned char parts[PARTS_MAX][PART_SIZE];
	size_t lengths[PARTS_MAX], count;
};

static int
keep(const void *octets, size_t length, void *arg, struct error *e)
{
	struct kept *k = arg;

	(void)e;
	memcpy(k->parts[k->count], octets, length);
	k->lengths[k->count++] = length;
	return 0;
}

/* In any order, more than once, and two messages among one another. */
static void
parts_in_any_order(void **state)
{
	static struct kept k;
	struct buffer m[2] = { message_of(3000, 1),
		message_of(PARTS_MESSAGE_MAX, 2) };
	struct buffer b = { 0 };
	struct assembly *a;
	struct error e;

	(void)state;
	must(parts_make(&m[0], keep, &k, &e), &e);
	assert_int_equal(k.count, 12);
	must(assembly_open(&a, &e), &e);
	for (size_t i = k.count; i-- > 0;)
		for (int times = 0; times < 2; times++)
			must(assembly_take(a, k.parts[i], k.lengths[i], &e),
				&e);
	assert_int_equal(assembly_missing(a), 0);
	k.count = 0;
	must(parts_make(&m[1], keep, &k, &e), &e);
	assert_int_equal(k.count, PARTS_MAX);
	for (size_t i = 1; i < k.count; i++)
		must(assembly_take(a, k.parts[i], k.lengths[i], &e), &e);
	assert_int_equal(assembly_count(a), 2);
	assert_int_equal(assembly_missing(a), 1);
	assert_int_equal(assembly_message(a, 1, &b, &e), 0);
	must(assembly_take(a, k.parts[0], k.lengths[0], &e), &e);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(assembly_message(a, i, &b, &e), 1);
		assert_int_equal(b.length, m[i].length);
		assert_memory_equal(b.data, m[i].data, b.length);
		buffer_clear(&b);
		buffer_clear(&m[i]);
	}
	assembly_close(&a);
}

static void
parts_that_lie(void **state)
{
	static struct kept k;
	struct buffer m = message_of(600, 1), b = { 0 };
	unsigned char part[PART_SIZE];
	struct assembly *a;
	struct error e;

	(void)state;
	must(assembly_open(&a, &e), &e);
	must(parts_make(&m, keep, &k, &e), &e);
	assert_int_equal(assembly_take(a, "x", 1, &e), -1);
	assert_int_equal(assembly_take(a, k.parts[0], PART_HEADER, &e), -1);
	/* a part that is not the last is full */
	assert_int_equal(assembly_take(a, k.parts[0], PART_SIZE - 1, &e), -1);
	memcpy(part, k.parts[0], PART_SIZE);
	part[20] = 0;
	assert_int_equal(assembly_take(a, part, PART_SIZE, &e), -1);
	part[20] = 4;
	assert_int_equal(assembly_take(a, part, PART_SIZE, &e), -1);
	assert_int_equal(assembly_count(a), 0);
	/* other octets under the same digest */
	part[20] = 1;
	part[PART_SIZE - 1] ^= 1;
	must(assembly_take(a, part, PART_SIZE, &e), &e);
	for (size_t i = 0; i < k.count; i++)
		must(assembly_take(a, k.parts[i], k.lengths[i], &e), &e);
	assert_int_equal(assembly_missing(a), 0);
	assert_int_equal(assembly_message(a, 0, &b, &e), 0);
	assert_int_equal(b.length, 0);
	/* and messages without end */
	for (int i = 1; i < ASSEMBLY_MESSAGES_MAX; i++) {
		part[5] = (unsigned char)i;
		must(assembly_take(a, part, PART_SIZE, &e), &e);
	}
	part[6] ^= 1;
	assert_int_equal(assembly_take(a, part, PART_SIZE, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	buffer_clear(&m);
	buffer_clear(&b);
	assembly_close(&a);
	m = message_of(PARTS_MESSAGE_MAX + 1, 1);
	assert_int_equal(parts_make(&m, keep, &k, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	buffer_clear(&m);
}

/* --- in a process of its own --- */

static void
read_apart(const struct buffer *tiff, unsigned int seconds,
	struct reader_result *r, size_t *missing)
{
	struct assembly *a;
	struct error e = { 0 };

	must(assembly_open(&a, &e), &e);
	must(reader_run(tiff, seconds, a, r, &e), &e);
	*missing = assembly_count(a) == 0 ? (size_t)-1 : assembly_missing(a);
	assembly_close(&a);
}

static void
reader_reads(void **state)
{
	const struct print_form form = { { true, false }, 0 };
	struct buffer m[2] = { message_of(9000, 1), message_of(700, 2) };
	struct buffer tiff = { 0 };
	struct reader_result r;
	size_t missing;

	(void)state;
	assert_int_equal(print(m, 2, &form, &tiff), 2);
	read_apart(&tiff, 60, &r, &missing);
	assert_string_equal(r.why, "");
	assert_int_equal(missing, 0);
	assert_int_equal(r.symbols, 36 + 3);
	assert_int_equal(r.strange, 0);
	assert_int_equal(r.pages, 2);
	buffer_clear(&m[0]);
	buffer_clear(&m[1]);
	buffer_clear(&tiff);
}

static int
noise_only(struct buffer *tiff)
{
	const struct tiff_form form = { true, false };
	struct tiff_writer *w;
	struct page page;
	struct error e;

	must(page_open(PAGE_WIDTH, PAGE_HEIGHT, &page, &e), &e);
	make_noise(&page, 0.2);
	must(tiff_write_begin(&form, tiff, &w, &e), &e);
	for (int i = 0; i < 3; i++)
		must(tiff_write_page(w, &page, PAGE_HEIGHT, &e), &e);
	page_close(&page);
	return tiff_write_end(&w, &e);
}

/* What stands on a page may cost time without end. */
static void
reader_gives_up(void **state)
{
	const int64_t began = clock_milliseconds();
	struct buffer tiff = { 0 };
	struct reader_result r;
	size_t missing;

	(void)state;
	assert_int_equal(noise_only(&tiff), 0);
	read_apart(&tiff, 1, &r, &missing);
	assert_true(r.why[0] != '\0');
	assert_int_equal(missing, (size_t)-1);
	assert_true(clock_milliseconds() - began < 20000);
	buffer_clear(&tiff);
}

/* Files of the corpus that claim what is not there, or is there without end. */
static void
reader_of_lies(void **state)
{
	static const struct {
		const char *name;
		unsigned int pages, passed;
	} rows[] = {
		{ "huge", 0, 1 },
		{ "wide", 0, 1 },
		{ "strip", 1, 0 },
		{ "loop", 1, 0 },
		{ "many", TIFF_PAGES_MAX, 0 },
		{ "tiles", 0, 1 },
		{ "jpeg", 0, 1 },
	};
	const char *srcdir = getenv("srcdir");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer tiff = { 0 };
		struct reader_result r;
		struct error e = { 0 };
		char path[1024];
		size_t missing;

		snprintf(path, sizeof(path), "%s/tests/corpus/page/%s",
			srcdir != NULL ? srcdir : ".", rows[i].name);
		must(file_read(path, &tiff, &e), &e);
		read_apart(&tiff, 20, &r, &missing);
		if (r.pages != rows[i].pages || r.passed != rows[i].passed)
			fail_msg("%s: %u pages, %u passed: %s", rows[i].name,
				r.pages, r.passed, r.why);
		assert_int_equal(missing, (size_t)-1);
		buffer_clear(&tiff);
	}
}

/* --- the tray --- */

static int
first(const char *name, const struct tray_fax *fax, void *arg, struct error *e)
{
	struct tray_fax *copy = arg;

	(void)name;
	(void)e;
	*copy = *fax;
	return 1;
}

static void
tray_keeps(void **state)
{
	char root[] = "/tmp/csrc-fax.XXXXXX", command[128];
	const struct buffer octets = { .data = (unsigned char *)"II*",
		.length = 3 };
	struct tray_fax fax = {
		.center = "HQ-1", .station = "+4930123", .caller = ""
	};
	struct tray_fax seen;
	struct tray *t, *other;
	struct error e;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(tray_open(root, &t, &e), -1);
	snprintf(command, sizeof(command), "mkdir %s/incoming %s/quarantine",
		root, root);
	assert_int_equal(system(command), 0);
	must(tray_open(root, &t, &e), &e);
	must(tray_open(root, &other, &e), &e);
	assert_int_equal(tray_claim(t, &e), 1);
	assert_int_equal(tray_claim(other, &e), 0);
	must(tray_put(other, &fax, &octets, &e), &e);
	assert_int_equal(tray_each(t, first, &seen, &e), 1);
	assert_string_equal(seen.center, fax.center);
	assert_string_equal(seen.station, fax.station);
	assert_string_equal(seen.caller, "");
	assert_string_equal(seen.id, fax.id);
	assert_false(seen.in_file);
	tray_close(&t);
	tray_close(&other);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(bent_pages),
		cmocka_unit_test(parts_in_any_order),
		cmocka_unit_test(parts_that_lie),
		cmocka_unit_test(reader_reads),
		cmocka_unit_test(reader_gives_up),
		cmocka_unit_test(reader_of_lies),
		cmocka_unit_test(tray_keeps),
	};
	struct error e;

	must(crypto_init(&e), &e);
	return cmocka_run_group_tests_name("fax", tests, NULL, NULL);
}
