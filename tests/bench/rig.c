/* The rig: a whole gateway in process, without a mail server in front of it. */
#include "tests/bench/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "parser/entity.h"
#include "store/registry.h"

#define CENTER "K0001"
#define ADDRESS "csrc@center.example"

enum { DEVICES_AT_ONCE = 1000 };

void
give_up(const char *what, const struct error *e)
{
	fprintf(stderr, "bench: %s: %s\n", what, e ? e->text : "failed");
	exit(1);
}

/* The daemon's defaults, but for where things lie. */
static void
write_configuration(const struct rig *r, char *path, size_t size)
{
	const char *source = getenv("srcdir");
	FILE *file;

	snprintf(path, size, "%s/conf", r->directory);
	file = fopen(path, "w");
	if (!file)
		give_up(path, NULL);
	fprintf(file,
		"state_directory = %s/state\n"
		"spool_directory = %s/spool\n"
		"quarantine_directory = %s/quarantine\n"
		"format_directory = %s/parser/formats\n"
		"local_format_directory = %s/formats\n"
		/* a few devices send as much as thousands */
		"max_reports_per_hour = 1000000000\n"
		"max_octets_per_day = 1024G\n",
		r->directory, r->directory, r->directory, source ? source : ".",
		r->directory);
	fclose(file);
	chmod(path, 0600);
}

static void
open_store(struct rig *r, bool no_sync)
{
	static const unsigned char master[MASTER_KEY_SIZE] = "benchmark";
	const struct settings *s = r->rules->settings;
	struct store_options o = gate_store_options(s, master);
	struct error e = { 0 };

	o.no_sync = no_sync;
	if (store_init(&o, geteuid(), getegid(), (unsigned int)-1, &e) < 0)
		give_up("init", &e);
	if (store_open(&o, &r->store, &e) < 0)
		give_up("open", &e);
}

static void
add_devices(struct rig *r, uint32_t first, uint32_t count)
{
	static struct device devices[DEVICES_AT_ONCE];
	struct sender sender;
	struct error e = { 0 };
	uint32_t i;

	memset(devices, 0, sizeof(devices));
	for (i = 0; i < count; i++) {
		sender_make(first + i, &sender);
		devices[i].enabled = true;
		devices[i].created = time(NULL);
		strcpy(devices[i].serial, sender.serial);
		strcpy(devices[i].center, CENTER);
	}
	if (registry_device_add(r->store, devices, count, NULL, &e) < 0)
		give_up("device add", &e);
}

static void
add_key(struct rig *r, uint32_t number)
{
	struct key key = { .live = true, .created = time(NULL) };
	struct sender sender;
	struct error e = { 0 };

	sender_make(number, &sender);
	snprintf(key.principal, sizeof(key.principal), "device:%s",
		sender.serial);
	key.id_length = sender.id_length;
	memcpy(key.id, sender.id, sender.id_length);
	key.length = sender.key_length;
	memcpy(key.secret, sender.key, sender.key_length);
	if (registry_key_add(r->store, &key, &e) < 0)
		give_up("key add", &e);
}

static void
fill_registry(struct rig *r)
{
	const char *addresses[] = { ADDRESS };
	struct error e = { 0 };
	uint32_t i, count;

	if (registry_center_add(r->store, CENTER, addresses, 1, &e) < 0)
		give_up("center add", &e);
	for (i = 0; i < r->devices; i += count) {
		count = r->devices - i;
		if (count > DEVICES_AT_ONCE)
			count = DEVICES_AT_ONCE;
		add_devices(r, i, count);
		for (uint32_t j = i; j < i + count; j++)
			add_key(r, j);
		if (i % 50000 == 0 &&
			store_tend(r->store, time(NULL), NULL, &e) < 0)
			give_up("tend", &e);
	}
}

void
rig_open(struct rig *r, uint32_t devices, bool no_sync)
{
	const char *top = getenv("TMPDIR");
	char path[300];
	struct error e = { 0 };

	memset(r, 0, sizeof(*r));
	r->devices = devices;
	r->random = devices;
	r->total = 1;
	snprintf(r->directory, sizeof(r->directory), "%s/csrc-bench.XXXXXX",
		top ? top : "/tmp");
	if (!mkdtemp(r->directory))
		give_up(r->directory, NULL);
	write_configuration(r, path, sizeof(path));
	if (rules_load(path, &r->rules, &e) < 0)
		give_up("configuration", &e);
	snprintf(path, sizeof(path), "%s/log", r->directory);
	if (log_open(path, LEVEL_INFO, &e) < 0)
		give_up("log", &e);
	open_store(r, no_sync);
	fill_registry(r);
	if (gate_open(r->store, r->rules, &r->gate, &e) < 0)
		give_up("gate", &e);
}

void
rig_durable(struct rig *r)
{
	struct error e = { 0 };

	gate_close(&r->gate);
	store_close(&r->store);
	open_store(r, false);
	if (gate_open(r->store, r->rules, &r->gate, &e) < 0)
		give_up("gate", &e);
}

void
rig_close(struct rig *r)
{
	char command[300];

	gate_close(&r->gate);
	store_close(&r->store);
	rules_drop(&r->rules);
	snprintf(command, sizeof(command), "rm -rf '%s'", r->directory);
	if (system(command) != 0)
		give_up(command, NULL);
}

void
rig_tend(struct rig *r)
{
	char command[300];
	struct error e = { 0 };

	if (store_publish(r->store, &e) < 0 ||
		store_tend(r->store, time(NULL), NULL, &e) < 0)
		give_up("tend", &e);
	snprintf(command, sizeof(command), "rm -f '%s'/spool/new/*",
		r->directory);
	if (system(command) != 0)
		give_up(command, NULL);
}

struct load_mail *
rig_mails(struct rig *r, size_t count)
{
	struct load_mail *mails = calloc(count, sizeof(*mails));
	struct report_mail m = {
		.center = CENTER, .recipient = ADDRESS, .when = time(NULL)
	};
	size_t i;

	if (!mails)
		give_up("mails", NULL);
	for (i = 0; i < count; i++) {
		sender_make((uint32_t)rand_r(&r->random) % r->devices,
			&mails[i].sender);
		m.sender = &mails[i].sender;
		m.total = r->total++;
		if (report_mail(&m, &mails[i].octets) < 0)
			give_up("mail", NULL);
	}
	return mails;
}

void
mails_free(struct load_mail *mails, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		buffer_clear(&mails[i].octets);
	free(mails);
}

void
rig_judge(struct rig *r, const struct load_mail *m)
{
	static const char centers[1][CENTER_ID_SIZE] = { CENTER };
	struct arrival mail = { .channel = CHANNEL_MAIL,
		.trace = "4XyZ0123456789",
		.evidence.sender = "device@device.example",
		.centers = centers,
		.center_count = 1,
		.octets = m->octets.data,
		.length = m->octets.length };
	struct verdict v;

	mail.evidence.client.ss_family = AF_INET;
	gate_judge(r->gate, &mail, &v);
	if (v.kind != VERDICT_GENUINE) {
		fprintf(stderr, "bench: %s %s %s\n", verdict_kind_name(v.kind),
			reason_name(v.reason), v.text);
		exit(1);
	}
}

double
microseconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

void
series_add(struct series *s, double value)
{
	if (s->count < sizeof(s->values) / sizeof(s->values[0]))
		s->values[s->count++] = value;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
series_quantile(struct series *s, double part)
{
	qsort(s->values, s->count, sizeof(s->values[0]), compare);
	return s->values[(size_t)(part * (s->count - 1) + 0.5)];
}

void
series_row(const char *item, const char *what, struct series *s,
	const char *unit, double aim)
{
	double value = series_quantile(s, 0.5);

	printf("%s\t%s\t%.*f%s\t%.*f..%.*f\t", item, what, value < 100 ? 2 : 0,
		value, unit, value < 100 ? 2 : 0, series_quantile(s, 0.1),
		value < 100 ? 2 : 0, series_quantile(s, 0.9));
	if (aim > 0)
		printf("<= %.2f\t%s\n", aim, value <= aim ? "OK" : "SHORT");
	else
		printf("\t\n");
	fflush(stdout);
}
