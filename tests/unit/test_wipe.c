/*
 * No block goes back to malloc with a key in it, or with what was sealed: the
 * linker puts a look at each block in front of our own free.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "base/text.h"
#include "gate/issue.h"
#include "outgoing/outgoing.h"
#include "tests/unit/gate_fixture.h"
#include "tests/unit/sealing.h"

#define MARK "NobodyButTheCenter"
#define MARK_BASE64 "Tm9ib2R5QnV0VGhlQ2VudGVy"

static unsigned char key[KEY_SIZE_MAX];
static const struct {
	const char *name;
	const void *octets;
	size_t length;
} secrets[] = {
	{ "text", MARK, sizeof(MARK) - 1 },
	{ "base64", MARK_BASE64, sizeof(MARK_BASE64) - 1 },
	{ "key", key, sizeof(key) },
};
enum { SECRETS = sizeof(secrets) / sizeof(secrets[0]) };

/* The publisher frees too. */
static atomic_bool looking;
static atomic_int seen[SECRETS];

void __real_free(void *memory);
void __wrap_free(void *memory);
void
__wrap_free(void *memory)
{
	size_t i, size = malloc_usable_size(memory);

	for (i = 0; memory != NULL && looking && i < SECRETS; i++)
		if (memmem(memory, size, secrets[i].octets,
			    secrets[i].length) != NULL)
			seen[i]++;
	__real_free(memory);
}

static void
nothing_seen(void)
{
	size_t i, bad = 0;

	looking = false;
	for (i = 0; i < SECRETS; i++) {
		if (seen[i] != 0)
			print_message("%s: in %d blocks\n", secrets[i].name,
				(int)seen[i]);
		bad += seen[i] != 0;
		seen[i] = 0;
	}
	assert_int_equal(bad, 0);
}

static void
a_look_finds(void **state)
{
	/* volatile: else the compiler may see that nothing comes of it */
	void *volatile copy;
	size_t i;

	(void)state;
	for (i = 0; i < SECRETS; i++) {
		copy = malloc(100);
		memcpy((char *)copy + 50, secrets[i].octets, secrets[i].length);
		looking = true;
		free(copy);
		looking = false;
		assert_int_equal(seen[i], 1);
		seen[i] = 0;
	}
}

static void
judged(struct world *w, const char *entity, struct verdict *v)
{
	const struct sealing s = { KEY_A, "a1", "", entity };
	static const char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "TEST",
		.evidence.sender = "printer@site.example",
		.receipt = true,
		.centers = centers,
		.center_count = 1 };
	char *mail = seal_mail(&s, &m.length);

	m.octets = (const unsigned char *)mail;
	m.evidence.client.ss_family = AF_INET;
	looking = true;
	gate_judge(w->gate, &m, v);
	nothing_seen();
	free(mail);
}

#define CLAIMS "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
#define REPORT "Content-Type: application/vnd.csrc.report+json\r\n"

static void
a_report(const char *fields, const char *more, char *out, size_t size)
{
	char date[TEXT_TIME_SIZE];

	text_time(time(NULL), date);
	snprintf(out, size,
		CLAIMS "%s\r\n{\"version\":1,\"kind\":\"counters\",\"date\":"
		       "\"%s\",\"counters\":{\"total\":1},\"" MARK "\":%s}\r\n",
		fields, date, more);
}

/* As it is, in base64's clothes, and with every kind of value. */
static void
json_reports(void **state)
{
	static const char *const values[] = { "\"" MARK "\"",
		"[1,2.50,{\"a\":\"x" MARK "x" MARK "\"}]",
		"\"\\u0041 " MARK "\\n\"" };
	char entity[4096];
	struct verdict v;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		a_report(REPORT, values[i], entity, sizeof(entity));
		judged(*state, entity, &v);
		assert_int_equal(v.kind, VERDICT_GENUINE);
	}
}

static void
text_reports(void **state)
{
	char entity[4096], date[32];
	struct verdict v;
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(date, sizeof(date), "%02d/%02d/%02d", tm.tm_mday,
		tm.tm_mon + 1, tm.tm_year % 100);
	snprintf(entity, sizeof(entity),
		CLAIMS "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		       "--b\r\nContent-Type: text/plain\r\n\r\n"
		       "[Model Name]," MARK "\r\n[Serial Number],DEVICEA\r\n"
		       "[Send Date],%s\r\n[Total Counter],00000001\r\n"
		       "--b\r\nContent-Type: text/csv; name=" MARK "\r\n"
		       "Content-Transfer-Encoding: base64\r\n\r\n" MARK_BASE64
		       "\r\n--b\r\nContent-Transfer-Encoding: quoted-printable"
		       "\r\n\r\n=20" MARK "\r\n--b--\r\n",
		date);
	judged(*state, entity, &v);
	if (v.kind != VERDICT_GENUINE)
		fail_msg("%s: %s", reason_name(v.reason), v.text);
}

/* What cannot be read, at each step that may fail. */
static void
unreadable(void **state)
{
	static const char *const bad[] = {
		CLAIMS REPORT "\r\n{\"" MARK "\":1,\r\n",
		CLAIMS REPORT "\r\n{\"version\":2,\"a\":\"" MARK "\"}\r\n",
		CLAIMS REPORT "Content-Transfer-Encoding: base64\r\n\r\n"
			      "e30K" MARK_BASE64 "\r\n",
		CLAIMS "Content-Type: text/plain; charset=utf-8\r\n\r\n" MARK
		       "\xff" MARK "\r\n",
		CLAIMS "Content-Type: text/plain; charset=koi8-r\r\n\r\n" MARK
		       "\r\n",
		CLAIMS "\r\n" MARK "\r\n",
		MARK "\r\n",
		"X: " MARK "\r\n" CLAIMS CLAIMS "\r\n",
		"Content-Type: multipart/mixed\r\n\r\n" MARK "\r\n",
	};
	struct verdict v;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		judged(*state, bad[i], &v);
		assert_int_not_equal(v.kind, VERDICT_GENUINE);
	}
}

static int
becomes(struct device *d, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	strcpy(d->address, "mfp@site.example");
	return 0;
}

static void
requests(void **state)
{
	struct world *w = *state;
	struct request_text *r = calloc(1, sizeof(*r));
	struct outgoing_message made;
	struct error e = { 0 };

	must(registry_device_update(w->store, "DEVICEA", becomes, NULL, &e),
		&e);
	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, "DEVICEA", 7);
	must(request_text_add(r, "note", MARK, &e), &e);
	looking = true;
	must(outgoing_request(w->gate, r, 3600, false, &made, &e), &e);
	nothing_seen();
	buffer_clear(&made.octets);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_finds),
		cmocka_unit_test_setup_teardown(
			json_reports, world_make, world_remove),
		cmocka_unit_test_setup_teardown(
			text_reports, world_make, world_remove),
		cmocka_unit_test_setup_teardown(
			unreadable, world_make, world_remove),
		cmocka_unit_test_setup_teardown(
			requests, world_make, world_remove),
	};

	text_unhex(KEY_A, key, sizeof(key));
	return cmocka_run_group_tests(tests, world_begin, NULL);
}
