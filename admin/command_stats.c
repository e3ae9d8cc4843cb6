/*
 * stats: what was judged since the daemon started, and what the store holds.
 * One table serves the three ways to print it.
 */
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "admin/commands.h"
#include "admin/output.h"
#include "gate/verdict.h"

struct sample {
	struct gate_stats gate;
	struct store_stats store;
	int64_t started, uptime;
	bool healthy;
	struct error why; /* where it is not */
};

static int64_t
centers(const struct sample *s)
{
	return (int64_t)s->store.centers;
}

static int64_t
devices(const struct sample *s)
{
	return (int64_t)s->store.devices;
}

static int64_t
keys(const struct sample *s)
{
	return (int64_t)s->store.keys;
}

static int64_t
next_sequence(const struct sample *s)
{
	return (int64_t)s->store.next_sequence;
}

static int64_t
waiting(const struct sample *s)
{
	return (int64_t)(s->store.next_sequence - s->store.next_published);
}

static int64_t
segments(const struct sample *s)
{
	return (int64_t)s->store.published;
}

static int64_t
recoveries(const struct sample *s)
{
	return (int64_t)s->store.recoveries;
}

static int64_t
last_checkpoint(const struct sample *s)
{
	return s->store.last_checkpoint;
}

static int64_t
started(const struct sample *s)
{
	return s->started;
}

static int64_t
uptime(const struct sample *s)
{
	return s->uptime;
}

static int64_t
healthy(const struct sample *s)
{
	return s->healthy;
}

static const struct {
	const char *name;   /* in text and JSON */
	const char *metric; /* for Prometheus */
	const char *type, *help;
	int64_t (*value)(const struct sample *s);
} rows[] = {
	{ "healthy", "csrc_healthy", "gauge",
		"1 if a report could be admitted now.", healthy },
	{ "started", "csrc_start_time_seconds", "gauge",
		"When the daemon started, seconds since 1970.", started },
	{ "uptime", "csrc_uptime_seconds", "gauge",
		"Seconds since the daemon started.", uptime },
	{ "centers", "csrc_centers", "gauge", "Centers registered.", centers },
	{ "devices", "csrc_devices", "gauge", "Devices registered.", devices },
	{ "keys", "csrc_keys", "gauge", "Keys, live and retired.", keys },
	{ "next_sequence", "csrc_next_sequence", "gauge",
		"Sequence number of the next report admitted.", next_sequence },
	{ "outbox", "csrc_outbox_reports", "gauge",
		"Reports admitted and not yet in the spool.", waiting },
	{ "segments", "csrc_segments_total", "counter",
		"Segments published since the start.", segments },
	{ "recoveries", "csrc_recoveries_total", "counter",
		"Database recoveries since the start.", recoveries },
	{ "last_checkpoint", "csrc_last_checkpoint_seconds", "gauge",
		"Last checkpoint, seconds since 1970.", last_checkpoint },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void
say_text(FILE *out, const struct sample *s)
{
	for (int i = 0; i < ROWS; i++)
		fprintf(out, "%s %lld\n", rows[i].name,
			(long long)rows[i].value(s));
	for (int i = 0; i <= VERDICT_TROUBLE; i++)
		fprintf(out, "verdict %s %llu\n",
			verdict_kind_name((enum verdict_kind)i),
			(unsigned long long)s->gate.kinds[i]);
	for (int i = 1; i < REASON_COUNT; i++)
		fprintf(out, "reason %s %llu\n", reason_name((enum reason)i),
			(unsigned long long)s->gate.reasons[i]);
	if (!s->healthy)
		fprintf(out, "why %s\n", s->why.text);
}

static void
say_header(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
say_mails(FILE *out, enum verdict_kind kind, enum reason reason, uint64_t count)
{
	fprintf(out, "csrc_mails_total{verdict=\"%s\",reason=\"%s\"} %llu\n",
		verdict_kind_name(kind), reason_name(reason),
		(unsigned long long)count);
}

static void
say_prometheus(FILE *out, const struct sample *s)
{
	for (int i = 0; i < ROWS; i++) {
		say_header(out, rows[i].metric, rows[i].type, rows[i].help);
		fprintf(out, "%s %lld\n", rows[i].metric,
			(long long)rows[i].value(s));
	}
	say_header(out, "csrc_mails_total", "counter",
		"Mails judged since the start, by verdict and reason.");
	say_mails(out, VERDICT_GENUINE, REASON_NONE,
		s->gate.kinds[VERDICT_GENUINE]);
	say_mails(out, VERDICT_DUPLICATE, REASON_NONE,
		s->gate.kinds[VERDICT_DUPLICATE]);
	say_mails(out, VERDICT_TROUBLE, REASON_NONE,
		s->gate.kinds[VERDICT_TROUBLE]);
	for (int i = 1; i < REASON_COUNT; i++)
		say_mails(out, reason_kind((enum reason)i), (enum reason)i,
			s->gate.reasons[i]);
}

static int
say_json(FILE *out, const struct sample *s, struct error *e)
{
	json_t *all = json_object();
	json_t *verdicts = json_object();
	json_t *reasons = json_object();
	int rc = -1;

	for (int i = 0; i < ROWS; i++)
		json_object_set_new(all, rows[i].name,
			rows[i].value == healthy
				? json_boolean(s->healthy)
				: json_integer(rows[i].value(s)));
	for (int i = 0; i <= VERDICT_TROUBLE; i++)
		json_object_set_new(verdicts,
			verdict_kind_name((enum verdict_kind)i),
			json_integer((json_int_t)s->gate.kinds[i]));
	for (int i = 1; i < REASON_COUNT; i++)
		json_object_set_new(reasons, reason_name((enum reason)i),
			json_integer((json_int_t)s->gate.reasons[i]));
	if (json_object_set(all, "verdicts", verdicts) == -1 ||
		json_object_set(all, "reasons", reasons) == -1)
		error_memory(e);
	else
		rc = output_json(out, e, "O", all);
	json_decref(verdicts);
	json_decref(reasons);
	json_decref(all);
	return rc;
}

enum exit_code
command_stats(struct command_context *c, const struct arguments *a)
{
	struct sample s = { .started = c->started };
	struct error e;

	if (store_stats(c->store, &s.store, &e) == -1)
		return command_failed(c, &e);
	gate_stats(c->gate, &s.gate);
	s.uptime = c->started != 0 ? (int64_t)time(NULL) - c->started : 0;
	s.healthy = store_healthy(c->store, &s.why) == 0;
	if (options_given(a, "prometheus"))
		say_prometheus(c->out, &s);
	else if (!c->json)
		say_text(c->out, &s);
	else if (say_json(c->out, &s, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}
