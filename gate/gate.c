/*
 * The gate holds the store, the rules in force and its counters, runs the
 * table of checks over an arrival and carries the verdict out.
 */
#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "gate/gate_inside.h"
#include "gate/judgement.h"
#include "gate/message.h"
#include "gate/receipt_due.h"
#include "gate/verdict.h"

struct store_options
gate_store_options(const struct settings *s, const unsigned char *master_key)
{
	return (struct store_options){
		.state_directory = s->state_directory,
		.spool_directory = s->spool_directory,
		.archive_directory = s->archive_directory,
		.master_key = master_key,
		.cache_size = s->database_cache,
		.min_free_space = s->min_free_space,
		.clock_hold = s->clock_hold,
		.archive_retention = s->archive_retention,
		.publish_interval = s->publish_interval,
		.segment_reports = s->segment_reports,
	};
}

int
gate_open(struct store *store, struct rules *rules, struct gate **gate_r,
	struct error *e)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return error_memory(e);
	pthread_mutex_init(&g->lock, NULL);
	g->quarantine = quarantine_new();
	g->prove = prove_new();
	if (g->quarantine == NULL || g->prove == NULL) {
		gate_close(&g);
		return error_memory(e);
	}
	g->store = store;
	g->rules = rules_hold(rules);
	*gate_r = g;
	return 0;
}

void
gate_close(struct gate **gate)
{
	struct gate *g = *gate;

	*gate = NULL;
	if (g == NULL)
		return;
	gate_stop(g);
	rules_drop(&g->rules);
	quarantine_free(&g->quarantine);
	prove_free(&g->prove);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

int
gate_start(struct gate *g, struct error *e)
{
	if (quarantine_watch(g->quarantine, e) == 0 &&
		tender_start(g, &g->tender, e) == 0)
		return 0;
	gate_stop(g);
	return -1;
}

void
gate_stop(struct gate *g)
{
	tender_stop(&g->tender);
	if (g->quarantine != NULL)
		quarantine_unwatch(g->quarantine);
}

int
gate_healthy(struct gate *g, struct error *e)
{
	return store_healthy(g->store, e) == 0
		? quarantine_healthy(g->quarantine, e)
		: -1;
}

void
gate_set_rules(struct gate *g, struct rules *rules)
{
	struct rules *old;

	pthread_mutex_lock(&g->lock);
	old = g->rules;
	g->rules = rules_hold(rules);
	pthread_mutex_unlock(&g->lock);
	rules_drop(&old);
}

struct store *
gate_store(const struct gate *g)
{
	return g->store;
}

struct rules *
gate_rules(struct gate *g)
{
	struct rules *rules;

	pthread_mutex_lock(&g->lock);
	rules = rules_hold(g->rules);
	pthread_mutex_unlock(&g->lock);
	return rules;
}

/* due: noted is what a receipt is made of. findings, for explain: nothing is
 * changed. NULL: not wanted. */
static void
judge(struct gate *g, const struct rules *rules, const struct arrival *arrival,
	struct receipt_due *due, struct verdict *v, struct findings *findings)
{
	struct judgement j = {
		.store = g->store,
		.rules = rules,
		.arrival = arrival,
		.dry = findings != NULL,
		.due = due,
	};

	j.doubted = store_clock(g->store, &j.now, &j.error) == -1;

	/* Kept since an earlier time; the clock may have been set back since.
	 */
	j.received = j.now;
	if (arrival->quarantined != 0 && arrival->quarantined < j.now)
		j.received = arrival->quarantined;
	message_judge(&j, v, findings);
}

static void
trouble(struct verdict *v, const struct error *e)
{
	v->kind = VERDICT_TROUBLE;
	v->disposal = DISPOSAL_LATER;
	(void)text_format(v->text, sizeof(v->text), "%.255s", e->text);
}

/*
 * Keeps a copy. One that must be kept and cannot be makes the arrival trouble;
 * so does a failing disk, or a clock that is not believed: it is judged again
 * as of when it came. Without room only copies that nobody was promised are
 * lost.
 */
static void
keep(struct gate *g, const struct settings *s, const struct arrival *arrival,
	struct verdict *v)
{
	struct error e = { 0 };
	int64_t now;
	const bool timed = store_clock(g->store, &now, &e) == 0;

	v->quarantined = arrival->quarantined != 0 ||
		(timed &&
			quarantine_put(g->quarantine, s, arrival, v, now, &e) ==
				0);
	if (v->quarantined)
		return;
	if (!verdict_must_keep(v) && (e.code == ERROR_LIMIT || !timed))
		log_info("%s: not quarantined: %s", arrival->trace, e.text);
	else
		trouble(v, &e);
}

static void
dispose(struct gate *g, const struct settings *s, const struct arrival *arrival,
	struct verdict *v)
{
	static const enum disposal disposals[] = {
		[ACTION_DISCARD] = DISPOSAL_TAKE,
		[ACTION_DELIVER] = DISPOSAL_PASS,
		[ACTION_REJECT] = DISPOSAL_REFUSE,
		[ACTION_QUARANTINE] = DISPOSAL_TAKE,
	};
	const bool admitted =
		v->kind == VERDICT_GENUINE || v->kind == VERDICT_DUPLICATE;
	enum action action = verdict_action(v, s);

	v->disposal = DISPOSAL_LATER;
	if (v->kind == VERDICT_TROUBLE)
		return;
	/* Its file is the operator's, who hears what was not taken. */
	if (arrival->evidence.imported) {
		v->disposal = admitted ? DISPOSAL_TAKE : DISPOSAL_REFUSE;
		return;
	}
	/* What is kept is taken: refusing it as well would ask for it twice. */
	if (verdict_must_keep(v) && !admitted)
		action = ACTION_QUARANTINE;
	v->disposal = disposals[action];
	if (action == ACTION_QUARANTINE || verdict_must_keep(v))
		keep(g, s, arrival, v);
}

/* A channel's counters; a new one's begin, while there is room. */
static struct channel_stats *
find_channel(struct gate_stats *s, const char *name)
{
	struct channel_stats *last = &s->channels[GATE_CHANNELS_MAX - 1];

	for (size_t i = 0; i < s->channel_count; i++)
		if (strcmp(s->channels[i].name, name) == 0)
			return &s->channels[i];
	if (s->channel_count == GATE_CHANNELS_MAX)
		return last;
	if (&s->channels[s->channel_count] == last)
		name = "other";
	(void)text_copy(s->channels[s->channel_count].name, CHANNEL_SIZE, name);
	return &s->channels[s->channel_count++];
}

static void
count(struct gate *g, const struct arrival *arrival, const struct verdict *v,
	int64_t microseconds)
{
	pthread_mutex_lock(&g->lock);
	g->stats.kinds[v->kind]++;
	g->stats.reasons[v->reason]++;
	find_channel(&g->stats, arrival->channel)->kinds[v->kind]++;
	latency_add(&g->stats.latency, microseconds);
	pthread_mutex_unlock(&g->lock);
}

/* When an agent last had something admitted is for people: what goes wrong with
 * it changes no verdict. */
static void
note_agent(
	struct gate *g, const struct arrival *arrival, const struct verdict *v)
{
	const char *id = principal_name(v->principal, PRINCIPAL_AGENT);
	struct error e;

	if (id == NULL ||
		(v->kind != VERDICT_GENUINE && v->kind != VERDICT_DUPLICATE))
		return;
	if (registry_agent_reported(g->store, id, store_time(g->store), &e) ==
		-1)
		log_warn("%s: not noted of agent %s: %s", arrival->trace, id,
			e.text);
}

void
gate_judge(struct gate *g, const struct arrival *arrival, struct verdict *v)
{
	const int64_t began = clock_microseconds();
	struct rules *rules = gate_rules(g);
	struct receipt_due due = { .opened = false };

	judge(g, rules, arrival, arrival->receipt ? &due : NULL, v, NULL);
	dispose(g, rules->settings, arrival, v);
	receipt_due_give(&due, arrival, v);
	note_agent(g, arrival, v);
	count(g, arrival, v, clock_microseconds() - began);
	verdict_log(arrival, v, 0, 0);
	rules_drop(&rules);
}

void
gate_explain(struct gate *g, const struct arrival *arrival, struct verdict *v,
	struct findings *findings)
{
	struct rules *rules = gate_rules(g);

	findings->count = 0;
	judge(g, rules, arrival, NULL, v, findings);
	rules_drop(&rules);
}

int
gate_quarantine(struct gate *g,
	struct quarantine_share shares_r[SHARE_PROVED + 1], struct error *e)
{
	struct rules *rules = gate_rules(g);
	int rc = quarantine_count(g->quarantine, rules->settings, shares_r, e);

	rules_drop(&rules);
	return rc;
}

int
gate_forget(struct gate *g, const char *name, struct error *e)
{
	struct rules *rules = gate_rules(g);
	int rc = quarantine_remove(g->quarantine, rules->settings, name, e);

	rules_drop(&rules);
	return rc;
}

void
gate_stats(struct gate *g, struct gate_stats *stats_r)
{
	pthread_mutex_lock(&g->lock);
	*stats_r = g->stats;
	pthread_mutex_unlock(&g->lock);
}
