/*
 * Mails inside of mails, and messages with several reports: each report is
 * judged by itself, and what is lacking is added by a release.
 */
#include "tests/unit/gate_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "gate/gate.h"
#include "gate/lacking.h"
#include "gate/quarantine.h"
#include "store/ledger.h"
#include "tests/unit/killed.h"
#include "tests/unit/sealing.h"

#define FORWARDER "service@dealer.example"

/* A bundle as somebody forwards it. */
struct bundle {
	struct buffer b;
	const char *more; /* fields above the others, or NULL */
};

static void
begin(struct bundle *x, const char *more)
{
	memset(x, 0, sizeof(*x));
	assert_int_equal(buffer_format(&x->b,
				 "%sFrom: " FORWARDER "\r\nSubject: Fw\r\n"
				 "MIME-Version: 1.0\r\nContent-Type: "
				 "multipart/mixed; boundary=\"cut\"\r\n\r\n"
				 "--cut\r\nContent-Type: text/plain\r\n\r\n"
				 "All that came today.\r\n",
				 more != NULL ? more : ""),
		BUFFER_OK);
}

static void
add(struct bundle *x, const char *mail)
{
	assert_int_equal(buffer_format(&x->b,
				 "--cut\r\nContent-Type: message/rfc822\r\n"
				 "\r\n%s\r\n",
				 mail),
		BUFFER_OK);
}

/* A maker's mail, as it came to the forwarder. */
static const char *
maker_mail(char out[1024], const char *serial, long total)
{
	char day[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(day, sizeof(day), "%02d/%02d/%02d", tm.tm_mday, tm.tm_mon + 1,
		tm.tm_year % 100);
	snprintf(out, 1024,
		"From: <copier@customer.example>\r\n"
		"Date: Mon, 02 Nov 2026 10:00:00 +0100\r\n"
		"Subject: counter\r\n\r\n[Model Name],XC 300\r\n"
		"[Serial Number], %s\r\n[Send Date],%s\r\n"
		"[Total Counter],%08ld\r\n",
		serial, day, total);
	return out;
}

static void
add_maker(struct bundle *x, const char *serial, long total)
{
	char mail[1024];

	add(x, maker_mail(mail, serial, total));
}

static void
end(struct bundle *x)
{
	assert_int_equal(buffer_text(&x->b, "--cut--\r\n"), BUFFER_OK);
}

static const char one_center[1][CENTER_ID_SIZE] = { "K0001" };

static struct arrival
arrival_of(const struct bundle *x, const char *sender, const char *client)
{
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "PIECE",
		.evidence.sender = sender,
		.centers = one_center,
		.center_count = 1,
		.octets = x->b.data,
		.length = x->b.length };

	m.evidence.client.ss_family = AF_INET;
	inet_pton(AF_INET, client,
		&((struct sockaddr_in *)&m.evidence.client)->sin_addr);
	return m;
}

static void
judge(struct world *w, const struct bundle *x, struct verdict *v)
{
	const struct arrival m = arrival_of(x, FORWARDER, "198.51.100.7");

	gate_judge(w->gate, &m, v);
}

static void
is(const struct verdict *v, enum verdict_kind kind, enum reason reason,
	size_t reports)
{
	if (v->kind != kind || v->reason != reason || v->reports != reports)
		fail_msg("%s/%s of %zu (%s), not %s/%s of %zu",
			verdict_kind_name(v->kind), reason_name(v->reason),
			v->reports, v->text, verdict_kind_name(kind),
			reason_name(reason), reports);
}
#define GENUINE VERDICT_GENUINE, REASON_NONE
#define DUPLICATE VERDICT_DUPLICATE, REASON_NONE

static uint64_t
admitted(struct world *w)
{
	struct store_stats stats;
	struct error e = { 0 };

	must(store_stats(w->store, &stats, &e), &e);
	return stats.next_sequence - 1;
}

static void
add_device(struct world *w, const char *serial, bool forwarded)
{
	struct device d = { .center = "K0001",
		.enabled = true,
		.protection = PROTECTION_OPTIONAL,
		.forwarded = forwarded };
	struct error e = { 0 };

	strcpy(d.serial, serial);
	must(registry_device_add(w->store, &d, 1, NULL, &e), &e);
}

static void
add_forwarder(struct world *w, enum forwarder_proof proof, const char *value)
{
	struct forwarder f = {
		.center = "K0001", .address = FORWARDER, .proof = proof
	};
	struct error e = { 0 };

	strcpy(f.value, value);
	must(registry_forwarder_add(w->store, &f, &e), &e);
}

static int
first_name(const struct quarantined *q, void *arg)
{
	strcpy(arg, q->name);
	return 1;
}

/* The name of the only file that there is; "": none. */
static void
kept_name(struct world *w, char name[QUARANTINE_NAME_SIZE])
{
	char path[128];
	struct error e = { 0 };

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	assert_return_code(quarantine_each(path, first_name, name, &e), 0);
}

static void
published(struct world *w, char *out, size_t size)
{
	char command[256];
	struct error e = { 0 };
	FILE *f;

	must(store_publish(w->store, &e), &e);
	snprintf(
		command, sizeof(command), "cat '%s'/spool/new/*", w->directory);
	f = popen(command, "r");
	assert_non_null(f);
	out[fread(out, 1, size - 1, f)] = '\0';
	pclose(f);
}

static void
each_is_judged(void **state)
{
	struct world *w = *state;
	static char text[1 << 18];
	struct bundle x;
	struct verdict v;
	char serial[SERIAL_SIZE];

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	begin(&x, NULL);
	for (int i = 0; i < 79; i++) {
		snprintf(serial, sizeof(serial), "F%03d", i % 40);
		if (i < 40)
			add_device(w, serial, true);
		add_maker(&x, serial, 1000 + i);
	}
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 79);
	assert_int_equal(admitted(w), 79);
	assert_false(v.quarantined);
	judge(w, &x, &v);
	is(&v, DUPLICATE, 79);
	assert_int_equal(admitted(w), 79);
	published(w, text, sizeof(text));
	assert_non_null(strstr(text,
		"\"assurance\":\"forwarded\",\"vouched\":\"network\","
		"\"forwarder\":\"" FORWARDER "\","));
	assert_non_null(strstr(text, "\"serial\":\"F039\""));
	buffer_clear(&x.b);
}

/* A mail of its own is the same as the one that was forwarded. */
static void
same_as_direct(void **state)
{
	struct world *w = *state;
	char mail[1024];
	struct bundle x, direct = { .more = NULL };
	struct arrival m;
	struct verdict v;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	maker_mail(mail, "F1", 7);
	begin(&x, NULL);
	add(&x, mail);
	add(&x, mail);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 2);
	assert_int_equal(admitted(w), 1);
	assert_int_equal(buffer_text(&direct.b, mail), BUFFER_OK);
	m = arrival_of(&direct, "copier@customer.example", "192.0.2.1");
	gate_judge(w->gate, &m, &v);
	is(&v, DUPLICATE, 1);
	buffer_clear(&x.b);
	buffer_clear(&direct.b);
}

/* What is not proved opens nothing. */
static void
strangers_stay_closed(void **state)
{
	struct world *w = *state;
	struct bundle x;
	struct arrival m;
	struct verdict v;

	add_device(w, "F1", true);
	begin(&x, NULL);
	add_maker(&x, "F1", 7);
	end(&x);
	judge(w, &x, &v);
	is(&v, VERDICT_SPOOF, REASON_UNPROTECTED, 1);
	add_forwarder(w, BY_NETWORK, "203.0.113.0/24");
	add_forwarder(w, BY_LOGIN, "dealer");
	judge(w, &x, &v);
	is(&v, VERDICT_SPOOF, REASON_UNPROTECTED, 1);
	assert_false(v.quarantined);
	m = arrival_of(&x, "other@dealer.example", "203.0.113.7");
	gate_judge(w->gate, &m, &v);
	is(&v, VERDICT_SPOOF, REASON_UNPROTECTED, 1);
	m = arrival_of(&x, FORWARDER, "198.51.100.7");
	m.evidence.account = "dealer";
	gate_judge(w->gate, &m, &v);
	is(&v, GENUINE, 1);
	buffer_clear(&x.b);
}

/* By what our own MTA found out, and by nothing that the sender wrote. */
static void
signed_forwarder(void **state)
{
	static const struct {
		const char *more;
		bool opens;
	} rows[] = {
		{ "Authentication-Results: mx.example; dkim=pass "
		  "header.d=dealer.example\r\n",
			false }, /* nobody said that mx.example is ours */
		{ "Authentication-Results: mx.k.example; dkim=fail "
		  "header.d=dealer.example\r\nAuthentication-Results: "
		  "mx.k.example; dkim=pass header.d=dealer.example\r\n",
			false },
		{ "Authentication-Results: evil.example; dkim=pass "
		  "header.d=dealer.example\r\n",
			false },
		{ "Authentication-Results: mx.k.example; dkim=pass "
		  "header.d=evil.example\r\n",
			false },
		{ "X-Mailer: y\r\nTo: k\r\nAuthentication-Results: "
		  "mx.k.example; dkim=pass header.d=dealer.example\r\n",
			false },
		{ "Authentication-Results: mx.k.example; dkim=pass "
		  "header.d=dealer.example\r\n",
			true },
	};
	struct world *w = *state;
	struct bundle x;
	struct verdict v;

	use_settings(w, "authserv_id = mx.k.example\n");
	add_forwarder(w, BY_DKIM, "dealer.example");
	add_device(w, "F1", true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&x, rows[i].more);
		add_maker(&x, "F1", 7);
		end(&x);
		judge(w, &x, &v);
		if ((v.kind == VERDICT_GENUINE) != rows[i].opens)
			fail_msg("row %zu: %s", i, reason_name(v.reason));
		buffer_clear(&x.b);
	}
}

/* One unknown device holds up nobody; once it is known only that is added. */
static void
release_adds_what_is_missing(void **state)
{
	struct world *w = *state;
	char name[QUARANTINE_NAME_SIZE], lacking[LACKING_SIZE];
	struct bundle x;
	struct verdict v;
	struct error e = { 0 };

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	add_device(w, "F2", false);
	begin(&x, NULL);
	add_maker(&x, "F1", 1);
	add_maker(&x, "NEW1", 2);
	add_maker(&x, "F2", 3);
	add_maker(&x, "NEW2", 4);
	add(&x, "Subject: lunch\r\n\r\nAt noon?\r\n");
	add_maker(&x, "F1", 5);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 6);
	assert_true(v.quarantined);
	assert_int_equal(v.disposal, DISPOSAL_TAKE);
	assert_int_equal(admitted(w), 2);
	strcpy(lacking, v.lacking);
	judge(w, &x, &v);
	is(&v, DUPLICATE, 6);
	kept_name(w, name);
	assert_string_not_equal(name, "");
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_string_equal(v.lacking, lacking);
	assert_int_equal(admitted(w), 2);
	add_device(w, "NEW1", true);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	is(&v, GENUINE, 4);
	assert_int_equal(admitted(w), 3);
	assert_string_not_equal(v.lacking, lacking);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.reports, 3);
	assert_string_equal(v.lacking, "4.1 5.1 6");
	assert_int_equal(admitted(w), 3);
	must(gate_forget(w->gate, name, &e), &e);
	buffer_clear(&x.b);
}

/* All of it in: the file is gone. */
static void
release_ends(void **state)
{
	struct world *w = *state;
	char name[QUARANTINE_NAME_SIZE];
	struct bundle x;
	struct verdict v;
	struct error e = { 0 };

	use_settings(w, "on_genuine = deliver\n");
	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	begin(&x, NULL);
	add_maker(&x, "F1", 1);
	add_maker(&x, "NEW1", 2);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 2);
	assert_true(v.quarantined);
	assert_int_equal(v.disposal, DISPOSAL_PASS);
	add_device(w, "NEW1", true);
	kept_name(w, name);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	is(&v, GENUINE, 1);
	assert_string_equal(v.lacking, "");
	kept_name(w, name);
	assert_string_equal(name, "");
	assert_int_equal(admitted(w), 2);
	buffer_clear(&x.b);
}

/* Two that nobody knows yet, between three that are. */
static void
some_known(struct bundle *x)
{
	begin(x, NULL);
	add_maker(x, "F1", 1);
	add_maker(x, "NEW1", 2);
	add_maker(x, "F1", 3);
	add_maker(x, "NEW2", 4);
	add_maker(x, "F1", 5);
	end(x);
}

struct killed {
	struct world *w;
	struct bundle *x;
	char name[QUARANTINE_NAME_SIZE];
};

static int
judge_killed(void *arg)
{
	struct killed *k = arg;
	struct verdict v;
	struct error e;

	if (world_open(k->w, &e) == -1)
		return -1;
	judge(k->w, k->x, &v);
	return v.disposal == DISPOSAL_TAKE ? 0 : -1;
}

static int
release_killed(void *arg)
{
	struct killed *k = arg;
	struct verdict v;
	struct error e;

	return world_open(k->w, &e) == 0 &&
			quarantine_release(
				k->w->gate, k->name, false, &v, &e) == 0
		? 0
		: -1;
}

static int
open_killed(void *arg)
{
	struct killed *k = arg;
	struct error e;

	return world_open(k->w, &e);
}

/* The first kill that is behind the opening, which has tests of its own. */
static unsigned int
opened(struct killed *k)
{
	unsigned int calls;

	world_copy(k->w, true);
	assert_false(killed_at(0, open_killed, k, &calls));
	return calls + 1;
}

static int
count_file(const struct quarantined *q, void *arg)
{
	(void)q;
	++*(size_t *)arg;
	return 0;
}

static size_t
kept_count(struct world *w)
{
	char path[128];
	struct error e = { 0 };
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	must(quarantine_each(path, count_file, &count, &e), &e);
	return count;
}

/* Is there one file, a whole one, which lacks those? */
static bool
lacks(struct world *w, const char *lacking)
{
	char name[QUARANTINE_NAME_SIZE], path[128];
	struct quarantined q = { 0 };
	struct buffer octets = { 0 };
	struct error e = { 0 };

	assert_int_equal(kept_count(w), 1);
	kept_name(w, name);
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	must(quarantine_read(path, name, &q, &octets, &e), &e);
	buffer_clear(&octets);
	return strcmp(q.lacking, lacking) == 0;
}

/* That many are admitted, each with a line; and in quarantine are those. */
static void
is_whole(struct world *w, size_t count, const char *lacking)
{
	char text[16384];
	size_t lines = 0;

	assert_int_equal(admitted(w), count);
	published(w, text, sizeof(text));
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, count);
	if (lacking[0] == '\0')
		assert_int_equal(kept_count(w), 0);
	else
		assert_true(lacks(w, lacking));
}

static void
release_kept(struct world *w)
{
	char name[QUARANTINE_NAME_SIZE];
	struct error e = { 0 };
	struct verdict v;

	kept_name(w, name);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
}

/* The sender comes again, and each report is in the spool or in the quarantine,
 * once; from there it gets into the spool. */
static void
bundle_killed(void **state)
{
	struct world *w = *state;
	struct bundle x;
	struct killed k = { .w = w, .x = &x };
	struct verdict v;
	struct error e = { 0 };
	unsigned int fresh = 0, partly = 0;
	bool killed = true;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	some_known(&x);
	world_close(w);
	world_copy(w, false);
	for (unsigned int n = opened(&k); killed; n++) {
		world_copy(w, true);
		killed = killed_at(n, judge_killed, &k, NULL);
		must(world_open(w, &e), &e);
		fresh += admitted(w) == 0;
		partly += admitted(w) > 0 && kept_count(w) == 0;
		judge(w, &x, &v);
		assert_int_equal(v.disposal, DISPOSAL_TAKE);
		is_whole(w, 3, "3.1 5.1");
		add_device(w, "NEW1", true);
		add_device(w, "NEW2", true);
		release_kept(w);
		is_whole(w, 5, "");
		world_close(w);
	}
	must(world_open(w, &e), &e);
	assert_true(fresh > 0 && partly > 0);
	buffer_clear(&x.b);
}

/* The file says what is lacking before or after, and is never half. */
static void
release_is_killed(void **state)
{
	struct world *w = *state;
	struct bundle x;
	struct killed k = { .w = w };
	struct verdict v;
	struct error e = { 0 };
	unsigned int before = 0, between = 0;
	bool killed = true;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	some_known(&x);
	judge(w, &x, &v);
	kept_name(w, k.name);
	add_device(w, "NEW1", true);
	world_close(w);
	world_copy(w, false);
	for (unsigned int n = opened(&k); killed; n++) {
		world_copy(w, true);
		killed = killed_at(n, release_killed, &k, NULL);
		must(world_open(w, &e), &e);
		before += admitted(w) == 3;
		if (admitted(w) == 4 && lacks(w, "3.1 5.1"))
			between++;
		assert_int_equal(kept_count(w), 1);
		release_kept(w);
		is_whole(w, 4, "5.1");
		add_device(w, "NEW2", true);
		release_kept(w);
		is_whole(w, 5, "");
		world_close(w);
	}
	must(world_open(w, &e), &e);
	assert_true(before > 0 && between > 0);
	buffer_clear(&x.b);
}

static char *
sealed_by(const char *key, const char *id, const char *serial, long total)
{
	char entity[512], date[TEXT_TIME_SIZE];
	const struct sealing s = { key, id, "", entity };
	size_t length;

	text_time(time(NULL), date);
	snprintf(entity, sizeof(entity),
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: %s\r\n"
		"Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"%s\","
		"\"counters\":{\"total\":%ld}}\r\n",
		serial, date, total);
	return seal_mail(&s, &length);
}

/* The seal proves it, whoever forwards; and whoever it is not open for. */
static void
sealed_pieces(void **state)
{
	struct world *w = *state;
	struct bundle x;
	struct verdict v;
	char *a = sealed_by(KEY_A, "a1", "DEVICEA", 1);
	char *b = sealed_by(KEY_B, "b1", "DEVICEB", 2);
	char *wrong = sealed_by(KEY_B, "a1", "DEVICEA", 3);
	char *disabled = sealed_by(KEY_D, "d1", "DEVICED", 4);

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	begin(&x, NULL);
	add(&x, a);
	add(&x, b);
	add(&x, wrong);
	add(&x, disabled);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 4);
	assert_int_equal(admitted(w), 2);
	/* none of the two that were refused can be mended */
	assert_false(v.quarantined);
	buffer_clear(&x.b);
	free(a);
	free(b);
	free(wrong);
	free(disabled);
}

/* Several seals in one mail are a forwarder's; of anybody else they are one
 * message, which is refused once. */
static void
two_seals(void **state)
{
	struct world *w = *state;
	struct bundle x = { .more = NULL };
	struct verdict v;
	char *a = sealed_by(KEY_A, "a1", "DEVICEA", 1);
	char *b = sealed_by(KEY_B, "b1", "DEVICEB", 2);

	assert_int_equal(
		buffer_format(&x.b,
			"MIME-Version: 1.0\r\n"
			"Content-Type: multipart/mixed; boundary=b"
			"\r\n\r\n--b\r\n%s\r\n--b\r\n%s\r\n--b--\r\n",
			strstr(a, "Content-Type:"), strstr(b, "Content-Type:")),
		BUFFER_OK);
	judge(w, &x, &v);
	is(&v, VERDICT_SPOOF, REASON_UNPROTECTED, 1);
	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	judge(w, &x, &v);
	is(&v, GENUINE, 2);
	buffer_clear(&x.b);
	free(a);
	free(b);
}

static void
expect_bundle(struct world *w, const char *fields, const char *lines,
	struct verdict *v)
{
	static char entity[1 << 16];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct bundle x = { .more = NULL };
	char *mail;

	snprintf(entity, sizeof(entity),
		"CSRC-Center-ID: K0001\r\n%s"
		"Content-Type: application/vnd.csrc.reports+jsonl\r\n\r\n%s",
		fields, lines);
	mail = seal_mail(&s, &x.b.length);
	x.b.data = (unsigned char *)mail;
	judge(w, &x, v);
	free(mail);
}

static int
add_line(char *out, const char *serial, long total)
{
	char date[TEXT_TIME_SIZE];

	text_time(time(NULL), date);
	return sprintf(out,
		"{\"version\":1,\"kind\":\"counters\",\"serial\":\"%s\","
		"\"date\":\"%.10sT00:00:00Z\",\"counters\":{\"total\":%ld}}\n",
		serial, date, total);
}

/* A report a line; one that is nothing holds up no other. */
static void
sealed_bundle(void **state)
{
	struct world *w = *state;
	static char lines[1 << 15];
	char name[QUARANTINE_NAME_SIZE];
	struct verdict v;
	struct error e = { 0 };
	int length = 0;

	for (int i = 0; i < 150; i++)
		length += add_line(lines + length, "DEVICEA", i);
	expect_bundle(w, "", lines, &v);
	is(&v, GENUINE, 150);
	assert_int_equal(admitted(w), 150);
	length += add_line(lines + length, "DEVICEA", 150);
	length += sprintf(lines + length, "\r\n{\"version\":2}\n");
	length += add_line(lines + length, "DEVICEB", 151);
	length += add_line(lines + length, "NOBODY", 152);
	add_line(lines + length, "DEVICEA", 153);
	expect_bundle(w, "", lines, &v);
	is(&v, GENUINE, 155);
	assert_int_equal(admitted(w), 152);
	assert_true(v.quarantined);
	assert_int_equal(v.share, SHARE_PROVED);
	assert_string_equal(v.owner, "device:DEVICEA");
	assert_string_equal(v.lacking, "1.152-154");
	expect_bundle(w, "", lines, &v);
	is(&v, DUPLICATE, 155);
	kept_name(w, name);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.reports, 3);
	assert_string_equal(v.lacking, "1.152-154");
	expect_bundle(w, "CSRC-Device-Serial: DEVICEB\r\n", lines, &v);
	assert_int_equal(v.kind, VERDICT_SPOOF);
	assert_int_equal(v.refused, REASON_ID_MISMATCH);
	assert_int_equal(admitted(w), 152);
}

/* What is about people is not kept, whoever sent it. */
static void
lists_of_people(void **state)
{
	static const char *const lists[] = {
		"Job Log\r\nNo.,User Name,Document Name,Pages\r\n"
		"1,\"Meier, A.\",offer.pdf,3\r\n",
		"\"Benutzername\";\"Dokumentname\";\"Seiten\"\r\n"
		"meier;angebot.pdf;3\r\n",
		"Name\tE-mail Address\tFax Number\r\nMeier\tm@x\t123\r\n",
	};
	/* devices have owners */
	static const char *const others[] = {
		"The user, of all people.\r\n",
		"Owner,Group Name,Serial Number,Prints\r\n"
		"Meier,Sales,NOBODYS1,17\r\n",
		"\"Benutzer\";\"Rufnummer\";\"Gesamtz\303\244hler\"\r\n"
		"meier;123;17\r\n",
		"Owner\tGroup Name\tUnit\tTOTAL\r\nMeier\tSales\t1\t17\r\n",
	};
	struct world *w = *state;
	char mail[1024];
	struct bundle x;
	struct verdict v;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(mail, sizeof(mail), "Subject: x\r\n\r\n%s", lists[i]);
		begin(&x, NULL);
		add(&x, mail);
		end(&x);
		judge(w, &x, &v);
		is(&v, VERDICT_MALFORMED, REASON_PERSONAL, 1);
		assert_false(v.quarantined);
		buffer_clear(&x.b);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(mail, sizeof(mail), "Subject: x\r\n\r\n%s", others[i]);
		begin(&x, NULL);
		add(&x, mail);
		end(&x);
		judge(w, &x, &v);
		is(&v, VERDICT_MALFORMED, REASON_UNREADABLE, 1);
		assert_true(v.quarantined);
		buffer_clear(&x.b);
	}
}

/* Plain it is none: who could send it is not proved for each line. */
static void
bundle_is_sealed(void **state)
{
	struct world *w = *state;
	struct bundle x = { .more = NULL };
	char line[512];
	struct verdict v;

	add_line(line, "DEVICEB", 1);
	assert_int_equal(
		buffer_format(&x.b,
			"Content-Type: application/vnd.csrc.reports+jsonl\r\n"
			"\r\n%s",
			line),
		BUFFER_OK);
	judge(w, &x, &v);
	is(&v, VERDICT_SPOOF, REASON_UNPROTECTED, 1);
	buffer_clear(&x.b);
}

/* Its answer is the message: all reports of it carry the Email-ID. */
static void
bundle_answers(void **state)
{
	struct world *w = *state;
	static char lines[4096], text[1 << 16];
	const struct request r = { .id = "abcdefghijklmnopqrstuvwxyz",
		.center = "K0001",
		.serial = "DEVICEA",
		.issued = time(NULL) - 86400,
		.expires = time(NULL) + 86400,
		.command = "counters" };
	struct verdict v;
	struct error e = { 0 };
	int length = 0;
	const char *at;

	must(ledger_issue(w->store, &r, &e), &e);
	for (int i = 0; i < 3; i++)
		length += add_line(lines + length, "DEVICEA", i);
	for (int again = 0; again < 2; again++) {
		expect_bundle(w,
			"CSRC-Email-ID: abcdefghijklmnopqrstuvwxyz\r\n", lines,
			&v);
		assert_int_equal(v.reports, 3);
		assert_int_equal(v.reason, REASON_NONE);
		assert_int_equal(admitted(w), 3);
	}
	published(w, text, sizeof(text));
	at = text;
	for (int i = 0; i < 3; i++) {
		at = strstr(at, "\"email_id\":\"abcdefghijklmnopqrstuvwxyz\"");
		assert_non_null(at);
		at++;
	}
	add_line(lines + length, "DEVICEA", 4);
	expect_bundle(
		w, "CSRC-Email-ID: abcdefghijklmnopqrstuvwxyz\r\n", lines, &v);
	is(&v, GENUINE, 4);
}

/* Names, addresses and numbers that are in a maker's mail. */
#define PLANTED                                                                \
	{                                                                      \
		"Meier", "meier@customer.example", "+49 30 5550123", "TWVpZXI" \
	}

static void
has_people(const char *text, bool there)
{
	static const char *const planted[] = PLANTED;
	const size_t count = sizeof(planted) / sizeof(planted[0]);

	for (size_t i = 0; i < count; i++)
		if ((strstr(text, planted[i]) != NULL) != there)
			fail_msg("%s: %s", planted[i], text);
}

/* With labels that no format file knows, and an attachment. */
static void
add_telling(struct bundle *x, const char *serial, long total)
{
	char mail[1024], all[4096];

	maker_mail(mail, serial, total);
	snprintf(all, sizeof(all),
		"Subject: for Meier\r\nContent-Type: multipart/mixed; "
		"boundary=in\r\n\r\n--in\r\n\r\n%s"
		"[Administrator Name],Meier\r\n"
		"[Administrator Mail],meier@customer.example\r\n"
		"[Fax of the Site],+49 30 5550123\r\n--in\r\n"
		"Content-Type: application/octet-stream; name=log.bin\r\n\r\n"
		"Meier\r\n--in--\r\n",
		strstr(mail, "\r\n\r\n") + 4);
	add(x, all);
}

static void
keeps_no_people(void **state)
{
	struct world *w = *state;
	static char text[1 << 16];
	struct bundle x;
	struct verdict v;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	begin(&x, NULL);
	add_telling(&x, "F1", 1);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 1);
	published(w, text, sizeof(text));
	has_people(text, false);
	assert_non_null(strstr(text, "\"name\":\"log.bin\""));
	assert_non_null(strstr(text, "\"size\":5,\"digest\":\""));
	assert_non_null(strstr(text, "\"labels\":{"));
	buffer_clear(&x.b);
}

static void
keeps_all(void **state)
{
	struct world *w = *state;
	static char text[1 << 16];
	struct bundle x;
	struct verdict v;

	use_settings(w, "keep = all\n");
	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	begin(&x, NULL);
	add_telling(&x, "F1", 1);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 1);
	published(w, text, sizeof(text));
	has_people(text, true);
	buffer_clear(&x.b);
}

/* A bundle in a bundle, up to the limits. */
static void
nested_bundles(void **state)
{
	struct world *w = *state;
	struct bundle x, inner;
	struct verdict v;

	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	begin(&inner, NULL);
	add_maker(&inner, "F1", 1);
	add_maker(&inner, "F1", 2);
	end(&inner);
	begin(&x, NULL);
	add_maker(&x, "F1", 3);
	/* its boundary would end the outer one */
	for (unsigned char *at = inner.b.data;
		(at = (unsigned char *)strstr((char *)at, "cut")) != NULL; at++)
		memcpy(at, "CUT", 3);
	add(&x, (const char *)inner.b.data);
	end(&x);
	judge(w, &x, &v);
	is(&v, GENUINE, 3);
	assert_int_equal(admitted(w), 3);
	use_settings(w, "max_depth = 1\n");
	judge(w, &x, &v);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	assert_true(v.quarantined);
	assert_string_equal(v.lacking, "*");
	use_settings(w, "max_pieces = 1\n");
	judge(w, &x, &v);
	is(&v, VERDICT_MALFORMED, REASON_TOO_LARGE, 1);
	assert_true(v.quarantined);
	buffer_clear(&x.b);
	buffer_clear(&inner.b);
}

/* What one device may not send now comes again, and is then the rest. */
static void
over_limit_comes_again(void **state)
{
	struct world *w = *state;
	struct bundle x;
	struct verdict v;

	use_settings(w, "max_reports_per_hour = 1\n");
	add_forwarder(w, BY_NETWORK, "198.51.100.0/24");
	add_device(w, "F1", true);
	add_device(w, "F2", true);
	begin(&x, NULL);
	add_maker(&x, "F1", 1);
	add_maker(&x, "F1", 2);
	add_maker(&x, "F2", 3);
	end(&x);
	judge(w, &x, &v);
	assert_int_equal(v.kind, VERDICT_TROUBLE);
	assert_int_equal(v.disposal, DISPOSAL_LATER);
	assert_int_equal(admitted(w), 2);
	use_settings(w, "");
	judge(w, &x, &v);
	is(&v, GENUINE, 3);
	assert_int_equal(admitted(w), 3);
	buffer_clear(&x.b);
}

static void
write_numbers(struct lacking *l, const size_t (*rows)[2], size_t count)
{
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < count; i++)
		lacking_add(l, rows[i][0], rows[i][1]);
	lacking_end(l);
}

/* What is written is read, whole or cut short. */
static void
lacking_is_exact(void **state)
{
	static const size_t rows[][2] = { { 2, 0 }, { 5, 1 }, { 5, 2 },
		{ 5, 3 }, { 5, 7 }, { 6, 2 }, { 9, 0 }, { 12, 4 }, { 12, 5 } };
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct lacking l;
	struct lacked r;
	size_t at = 0;

	(void)state;
	write_numbers(&l, rows, count);
	assert_string_equal(l.text, "2 5.1-3,7 6.2 9 12.4-5");
	lacked_begin(&r, l.text);
	for (size_t piece = 1; piece < 15; piece++)
		for (size_t n = 1; n < 10; n++) {
			bool there = at < count && rows[at][0] == piece &&
				(rows[at][1] == n || rows[at][1] == 0);

			assert_int_equal(lacked_has(&r, piece, n), there);
			if (there && (rows[at][1] != 0 || n == 9))
				at++;
		}
	assert_true(lacked_all(&r));
	lacked_begin(&r, l.text);
	assert_true(lacked_has(&r, 2, 1));
	assert_true(lacked_has(&r, 5, 1));
	assert_false(lacked_has(&r, 7, 1));
	assert_false(lacked_all(&r));
	memset(&l, 0, sizeof(l));
	for (size_t n = 1; n < 2000; n += 2)
		lacking_add(&l, 1, n);
	lacking_add(&l, 2, 0);
	lacking_end(&l);
	assert_string_equal(l.text, "1 2");
	lacked_begin(&r, "*");
	assert_true(lacked_has(&r, 17, 3));
	assert_true(lacked_all(&r));
	lacked_begin(&r, "3 x");
	assert_false(lacked_has(&r, 2, 1));
	assert_true(lacked_has(&r, 3, 9));
	assert_false(lacked_has(&r, 4, 1));
}

#define WORLD(test) \
	cmocka_unit_test_setup_teardown(test, world_make, world_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lacking_is_exact),
		WORLD(each_is_judged),
		WORLD(same_as_direct),
		WORLD(strangers_stay_closed),
		WORLD(signed_forwarder),
		WORLD(release_adds_what_is_missing),
		WORLD(release_ends),
		WORLD(bundle_killed),
		WORLD(release_is_killed),
		WORLD(sealed_pieces),
		WORLD(two_seals),
		WORLD(sealed_bundle),
		WORLD(bundle_is_sealed),
		WORLD(lists_of_people),
		WORLD(bundle_answers),
		WORLD(keeps_no_people),
		WORLD(keeps_all),
		WORLD(nested_bundles),
		WORLD(over_limit_comes_again),
	};

	return cmocka_run_group_tests_name("pieces", tests, world_begin, NULL);
}
