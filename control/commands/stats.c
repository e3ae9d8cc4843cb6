/*
 * stats: what was judged since the daemon started, and what the store holds.
 * One table serves the three ways to print it.
 */
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/output.h"
#include "base/clock.h"
#include "gate/quarantine_file.h"
#include "gate/verdict.h"
#include "store/agent.h"
#include "store/certificate.h"

enum { AGENT_SILENT = 86400 /* seconds; most call each hour, or day */ };

struct sample {
	struct gate_stats gate;
	struct store_stats store;
	struct quarantine_share shares[SHARE_PROVED + 1];
	int64_t started, uptime;
	struct store_clock clock;
	struct certificate_counts certificates;
	struct crl crl;
	int64_t now; /* as believed; for the agents: */
	int64_t silent, unassigned;
	int64_t heard; /* seconds since the authority was; -1: not yet */
	bool healthy;
	struct error why; /* where it is not */
	bool known;       /* all but the above is */
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
agents(const struct sample *s)
{
	return (int64_t)s->store.agents;
}

static int64_t
agents_silent(const struct sample *s)
{
	return s->silent;
}

static int64_t
unassigned(const struct sample *s)
{
	return s->unassigned;
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
calls(const struct sample *s)
{
	return (int64_t)s->store.calls;
}

static int64_t
call_seconds(const struct sample *s)
{
	return (int64_t)s->store.call_seconds;
}

static int64_t
call_octets(const struct sample *s)
{
	return (int64_t)s->store.call_octets;
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
clock_believed(const struct sample *s)
{
	return s->clock.believed;
}

static int64_t
certificates_valid(const struct sample *s)
{
	return (int64_t)s->certificates.valid;
}

static int64_t
certificates_ending(const struct sample *s)
{
	return (int64_t)s->certificates.ending;
}

static int64_t
certificates_revoked(const struct sample *s)
{
	return (int64_t)s->certificates.revoked;
}

static int64_t
licences_unconfirmed(const struct sample *s)
{
	return (int64_t)s->certificates.unconfirmed;
}

static int64_t
crl_made(const struct sample *s)
{
	return s->crl.this_update;
}

static int64_t
crl_ends(const struct sample *s)
{
	return s->crl.next_update;
}

static int64_t
authority_heard(const struct sample *s)
{
	return s->heard;
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
		"1 if reports can be admitted, and mail kept.", healthy },
	{ "started", "csrc_start_time_seconds", "gauge",
		"When the daemon started, seconds since 1970.", started },
	{ "uptime", "csrc_uptime_seconds", "gauge",
		"Seconds since the daemon started.", uptime },
	{ "clock_believed", "csrc_clock_believed", "gauge",
		"1 if the machine's clock is believed.", clock_believed },
	{ "centers", "csrc_centers", "gauge", "Centers registered.", centers },
	{ "devices", "csrc_devices", "gauge", "Devices registered.", devices },
	{ "keys", "csrc_keys", "gauge", "Keys, live and retired.", keys },
	{ "agents", "csrc_agents", "gauge", "Collection agents registered.",
		agents },
	{ "agents_silent", "csrc_agents_silent", "gauge",
		"Of those that are enabled the ones silent for a day.",
		agents_silent },
	{ "unassigned", "csrc_unassigned_printers", "gauge",
		"Printers that agents have seen and nobody has assigned.",
		unassigned },
	{ "certificates", "csrc_certificates", "gauge",
		"Certificates that are valid.", certificates_valid },
	{ "certificates_ending", "csrc_certificates_ending", "gauge",
		"Of those the ones that end within 30 days, and are not "
		"renewed.",
		certificates_ending },
	{ "certificates_revoked", "csrc_certificates_revoked", "gauge",
		"Certificates that are revoked.", certificates_revoked },
	{ "licences_unconfirmed", "csrc_licences_unconfirmed", "gauge",
		"Licences used a week ago whose certificate never came.",
		licences_unconfirmed },
	{ "crl_made", "csrc_crl_this_update_seconds", "gauge",
		"When the last CRL was made, seconds since 1970; 0: none was.",
		crl_made },
	{ "crl_ends", "csrc_crl_next_update_seconds", "gauge",
		"When it ends, seconds since 1970; 0: none was made.",
		crl_ends },
	{ "authority_heard", "csrc_authority_heard_seconds", "gauge",
		"Seconds since the authority was heard; -1: not yet.",
		authority_heard },
	{ "calls", "csrc_line_calls_total", "counter",
		"Calls on telephone lines that have ended, ever.", calls },
	{ "call_seconds", "csrc_line_seconds_total", "counter",
		"Seconds that they took.", call_seconds },
	{ "call_octets", "csrc_line_octets_total", "counter",
		"Octets that they carried, both ways.", call_octets },
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
/* The first ones are known even where the store is not. */
enum { ROWS = sizeof(rows) / sizeof(rows[0]), ROWS_ALWAYS = 3 };

static int
rows_known(const struct sample *s)
{
	return s->known ? ROWS : ROWS_ALWAYS;
}

static bool
is_time(int row)
{
	static int64_t (*const times[])(const struct sample *s) = { started,
		last_checkpoint, crl_made, crl_ends };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (rows[row].value == times[i])
			return true;
	return false;
}

/* Moments as times, of which none is "-". */
static void
say_rows(FILE *out, const struct sample *s)
{
	char when[TEXT_TIME_SIZE];

	for (int i = 0; i < rows_known(s); i++) {
		int64_t value = rows[i].value(s);

		if (is_time(i))
			fprintf(out, "%s %s\n", rows[i].name,
				output_time(value, when));
		else
			fprintf(out, "%s %lld\n", rows[i].name,
				(long long)value);
	}
	if (!s->healthy)
		fprintf(out, "why %s\n", s->why.text);
}

/* What never happened is no news. */
static void
say_count(FILE *out, const struct sample *s, const char *what, const char *name,
	uint64_t count)
{
	if (count == 0)
		return;
	fprintf(out, "%s %s %llu", what, name, (unsigned long long)count);
	if (s->uptime > 0)
		fprintf(out, " (%.1f/h)",
			(double)count * 3600 / (double)s->uptime);
	putc('\n', out);
}

static void
say_channels(FILE *out, const struct sample *s)
{
	char what[sizeof("channel ") + CHANNEL_SIZE];

	for (size_t i = 0; i < s->gate.channel_count; i++) {
		const struct channel_stats *channel = &s->gate.channels[i];

		(void)text_format(
			what, sizeof(what), "channel %s", channel->name);
		for (int k = 0; k <= VERDICT_TROUBLE; k++)
			say_count(out, s, what,
				verdict_kind_name((enum verdict_kind)k),
				channel->kinds[k]);
	}
}

/* Within which bound were 99 of 100? */
static void
say_latency(FILE *out, const struct latency *l)
{
	int i = 0;

	if (l->count == 0)
		return;
	while (i < LATENCY_BOUNDS && l->counts[i] * 100 < l->count * 99)
		i++;
	fprintf(out, "judgements %llu mean %.1f ms",
		(unsigned long long)l->count,
		(double)l->microseconds / 1000 / (double)l->count);
	if (i < LATENCY_BOUNDS)
		fprintf(out, ", 99%% within %g ms\n",
			(double)latency_bounds[i] / 1000);
	else
		fputs("\n", out);
}

static void
say_text(FILE *out, const struct sample *s)
{
	say_rows(out, s);
	if (!s->known)
		return;
	for (int i = 0; i <= VERDICT_TROUBLE; i++)
		say_count(out, s, "verdict",
			verdict_kind_name((enum verdict_kind)i),
			s->gate.kinds[i]);
	for (int i = 1; i < REASON_COUNT; i++)
		say_count(out, s, "reason", reason_name((enum reason)i),
			s->gate.reasons[i]);
	say_channels(out, s);
	say_latency(out, &s->gate.latency);
	for (int i = 0; i <= SHARE_PROVED; i++)
		if (s->shares[i].files > 0)
			fprintf(out,
				"quarantine %s files %lld octets %lld of "
				"%lld\n",
				share_name((enum share)i),
				(long long)s->shares[i].files,
				(long long)s->shares[i].octets,
				(long long)s->shares[i].limit);
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
say_metrics(FILE *out, const struct sample *s)
{
	for (int i = 0; i < rows_known(s); i++) {
		say_header(out, rows[i].metric, rows[i].type, rows[i].help);
		fprintf(out, "%s %lld\n", rows[i].metric,
			(long long)rows[i].value(s));
	}
}

static void
say_verdicts(FILE *out, const struct sample *s)
{
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

static void
say_channel_metrics(FILE *out, const struct sample *s)
{
	say_header(out, "csrc_channel_messages_total", "counter",
		"Messages judged since the start, by channel and verdict.");
	for (size_t i = 0; i < s->gate.channel_count; i++) {
		const struct channel_stats *channel = &s->gate.channels[i];

		for (int k = 0; k <= VERDICT_TROUBLE; k++)
			fprintf(out,
				"csrc_channel_messages_total{channel=\"%s\","
				"verdict=\"%s\"} %llu\n",
				channel->name,
				verdict_kind_name((enum verdict_kind)k),
				(unsigned long long)channel->kinds[k]);
	}
}

static void
say_latency_metric(FILE *out, const struct latency *l)
{
	say_header(out, "csrc_judgement_seconds", "histogram",
		"How long judgements took since the start.");
	for (int i = 0; i < LATENCY_BOUNDS; i++)
		fprintf(out, "csrc_judgement_seconds_bucket{le=\"%g\"} %llu\n",
			(double)latency_bounds[i] / 1e6,
			(unsigned long long)l->counts[i]);
	fprintf(out,
		"csrc_judgement_seconds_bucket{le=\"+Inf\"} %llu\n"
		"csrc_judgement_seconds_sum %.6f\n"
		"csrc_judgement_seconds_count %llu\n",
		(unsigned long long)l->count, (double)l->microseconds / 1e6,
		(unsigned long long)l->count);
}

/* Of which program the numbers are. */
static void
say_version(FILE *out)
{
	say_header(out, "csrc_build_info", "gauge", "1, with the version.");
	fprintf(out, "csrc_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
}

static int64_t
share_files(const struct quarantine_share *s)
{
	return s->files;
}

static int64_t
share_octets(const struct quarantine_share *s)
{
	return s->octets;
}

static int64_t
share_limit(const struct quarantine_share *s)
{
	return s->limit;
}

/* What is told of each share of the quarantine. */
static const struct {
	const char *name;   /* in JSON */
	const char *metric; /* for Prometheus */
	const char *help;
	int64_t (*value)(const struct quarantine_share *s);
} share_rows[] = {
	{ "files", "csrc_quarantine_files",
		"Files in the quarantine, by share.", share_files },
	{ "octets", "csrc_quarantine_octets",
		"Their octets as they are counted, by share.", share_octets },
	{ "limit", "csrc_quarantine_limit_octets",
		"How much a share of the quarantine may hold.", share_limit },
};
enum { SHARE_ROWS = sizeof(share_rows) / sizeof(share_rows[0]) };

static void
say_shares(FILE *out, const struct sample *s)
{
	for (int row = 0; row < SHARE_ROWS; row++) {
		say_header(out, share_rows[row].metric, "gauge",
			share_rows[row].help);
		for (int i = 0; i <= SHARE_PROVED; i++)
			fprintf(out, "%s{share=\"%s\"} %lld\n",
				share_rows[row].metric,
				share_name((enum share)i),
				(long long)share_rows[row].value(
					&s->shares[i]));
	}
}

static void
say_prometheus(FILE *out, const struct sample *s)
{
	say_version(out);
	say_metrics(out, s);
	if (!s->known)
		return;
	say_verdicts(out, s);
	say_channel_metrics(out, s);
	say_latency_metric(out, &s->gate.latency);
	say_shares(out, s);
}

static json_t *
json_shares(const struct sample *s)
{
	json_t *shares = json_object();

	for (int i = 0; i <= SHARE_PROVED; i++) {
		json_t *share = json_object();

		for (int row = 0; row < SHARE_ROWS; row++)
			json_object_set_new(share, share_rows[row].name,
				json_integer(
					share_rows[row].value(&s->shares[i])));
		json_object_set_new(shares, share_name((enum share)i), share);
	}
	return shares;
}

static json_t *
json_verdicts(const uint64_t kinds[VERDICT_TROUBLE + 1])
{
	json_t *verdicts = json_object();

	for (int i = 0; i <= VERDICT_TROUBLE; i++)
		json_object_set_new(verdicts,
			verdict_kind_name((enum verdict_kind)i),
			json_integer((json_int_t)kinds[i]));
	return verdicts;
}

static json_t *
json_channels(const struct sample *s)
{
	json_t *channels = json_object();

	for (size_t i = 0; i < s->gate.channel_count; i++)
		json_object_set_new(channels, s->gate.channels[i].name,
			json_verdicts(s->gate.channels[i].kinds));
	return channels;
}

static json_t *
json_latency(const struct latency *l)
{
	json_t *latency = json_object(), *buckets = json_object();
	char bound[32];

	for (int i = 0; i < LATENCY_BOUNDS; i++) {
		(void)text_format(bound, sizeof(bound), "%g",
			(double)latency_bounds[i] / 1e6);
		json_object_set_new(
			buckets, bound, json_integer((json_int_t)l->counts[i]));
	}
	json_object_set_new(
		latency, "count", json_integer((json_int_t)l->count));
	json_object_set_new(
		latency, "seconds", json_real((double)l->microseconds / 1e6));
	json_object_set_new(latency, "at_most", buckets);
	return latency;
}

static json_t *
json_reasons(const struct sample *s)
{
	json_t *reasons = json_object();

	for (int i = 1; i < REASON_COUNT; i++)
		json_object_set_new(reasons, reason_name((enum reason)i),
			json_integer((json_int_t)s->gate.reasons[i]));
	return reasons;
}

/* As all other times are; null: there is none. */
static json_t *
json_time(int64_t when)
{
	char text[TEXT_TIME_SIZE];

	return when != 0 ? json_string(output_time(when, text)) : json_null();
}

static int
say_json(FILE *out, const struct sample *s, struct error *e)
{
	json_t *all = json_object();
	int rc = -1;

	for (int i = 0; i < rows_known(s); i++)
		json_object_set_new(all, rows[i].name,
			rows[i].value == healthy
				? json_boolean(s->healthy)
				: json_integer(rows[i].value(s)));
	json_object_set_new(all, "started_at", json_time(s->started));
	if (s->known)
		json_object_set_new(all, "last_checkpoint_at",
			json_time(s->store.last_checkpoint));
	if (!s->healthy)
		json_object_set_new(all, "why", json_string(s->why.text));
	if (s->known &&
		(json_object_set_new(all, "quarantine", json_shares(s)) == -1 ||
			json_object_set_new(all, "verdicts",
				json_verdicts(s->gate.kinds)) == -1 ||
			json_object_set_new(
				all, "channels", json_channels(s)) == -1 ||
			json_object_set_new(all, "judgements",
				json_latency(&s->gate.latency)) == -1 ||
			json_object_set_new(all, "reasons", json_reasons(s)) ==
				-1))
		error_memory(e);
	else
		rc = output_json(out, e, "O", all);
	json_decref(all);
	return rc;
}

/* What a report would meet now: without a daemon nobody takes it. */
static int
healthy_now(const struct command_context *c, struct error *why)
{
	if (c->started != 0)
		return gate_healthy(c->gate, why);
	if (c->why == NULL)
		return error_set(why, ERROR_TROUBLE, "no daemon is running");
	*why = *c->why;
	return -1;
}

/* Of the authority: counted where there is one. */
static int
take_authority(
	const struct command_context *c, struct sample *s, struct error *e)
{
	const int64_t heard = certificate_heard_at(c->store);

	s->heard = heard != 0 ? clock_seconds() - heard : -1;
	return certificate_count(
		       c->store, store_time(c->store), &s->certificates, e) == 0
		? certificate_crl(c->store, &s->crl, e)
		: -1;
}

static int
count_agent(const struct agent *a, void *arg)
{
	struct sample *s = arg;

	s->unassigned += (int64_t)a->unassigned;
	s->silent +=
		a->enabled && registry_agent_sign(a) < s->now - AGENT_SILENT;
	return 0;
}

static int
take_agents(const struct command_context *c, struct sample *s, struct error *e)
{
	s->now = store_time(c->store);
	s->silent = s->unassigned = 0;
	return registry_agents(c->store, count_agent, s, e);
}

static void
take_sample(const struct command_context *c, struct sample *s)
{
	struct clock_reading now;
	struct error e;

	clock_read(&now);
	s->started = c->started;
	s->uptime = c->started != 0 ? now.boot - c->began : 0;
	s->healthy = healthy_now(c, &s->why) == 0;
	if (c->store == NULL)
		return;
	s->known = store_stats(c->store, &s->store, &e) == 0 &&
		take_authority(c, s, &e) == 0 && take_agents(c, s, &e) == 0;
	if (!s->known && s->healthy) {
		s->healthy = false;
		s->why = e;
	}
	gate_stats(c->gate, &s->gate);
	store_clock_look(c->store, &s->clock);
	/* Without its directory, or while that hangs, nothing is known of it;
	 * mails that need it are trouble, and the log says why. */
	(void)gate_quarantine(c->gate, s->shares, &e);
}

/* It is done whatever it says, since what it prints for Prometheus must come
 * out most of all when nothing else works. */
enum exit_code
command_stats(struct command_context *c, const struct arguments *a)
{
	struct sample s = { 0 };
	struct error e;

	take_sample(c, &s);
	if (options_given(a, "prometheus"))
		say_prometheus(c->out, &s);
	else if (!c->json)
		say_text(c->out, &s);
	else if (say_json(c->out, &s, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}
