/*
 * See fleet.h.
 */
#include "webdav/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "webdav/collector.h"

struct fleet {
	struct configuration *configuration;
	struct collector *collectors; /* one a server, in the same order */
	size_t opened;
	struct copies *copies[SERVERS_MAX]; /* at the first server of each
					       center */
};

/* The first server of the same center; *before_r: how many are before this
 * one, *all_r: how many there are. */
static size_t
of_center(const struct configuration *c, size_t server, unsigned int *before_r,
	unsigned int *all_r)
{
	size_t first = server;

	*before_r = *all_r = 0;
	for (size_t i = 0; i < c->server_count; i++) {
		if (strcmp(c->servers[i].center, c->servers[server].center) !=
			0)
			continue;
		if (i < first)
			first = i;
		*before_r += i < server;
		++*all_r;
	}
	return first;
}

static int
open_collector(struct fleet *f, size_t server, struct error *e)
{
	struct configuration *c = f->configuration;
	struct collector *one = &f->collectors[server];
	unsigned int all;
	size_t first = of_center(c, server, &one->station.number, &all);

	if (f->copies[first] == NULL)
		f->copies[first] = copies_new(all);
	if (f->copies[first] == NULL)
		return error_memory(e);
	one->station.copies = f->copies[first];
	f->opened++;
	return collector_open(one, c, &c->servers[server], e);
}

static int
open_all(struct fleet *f, const char *path, struct error *e)
{
	if (configuration_load(path, &f->configuration, e) == -1)
		return -1;
	f->collectors =
		calloc(f->configuration->server_count, sizeof(*f->collectors));
	if (f->collectors == NULL)
		return error_memory(e);
	for (size_t i = 0; i < f->configuration->server_count; i++)
		if (open_collector(f, i, e) == -1)
			return error_prefix(e, "%s", f->configuration->path);
	return 0;
}

int
fleet_open(const char *path, struct fleet **fleet_r, struct error *e)
{
	struct fleet *f = calloc(1, sizeof(*f));

	*fleet_r = NULL;
	if (f == NULL)
		return error_memory(e);
	if (open_all(f, path, e) == -1) {
		fleet_close(&f);
		return -1;
	}
	*fleet_r = f;
	return 0;
}

void
fleet_close(struct fleet **fleet)
{
	struct fleet *f = *fleet;

	*fleet = NULL;
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->opened; i++)
		collector_close(&f->collectors[i]);
	for (size_t i = 0; i < SERVERS_MAX; i++)
		copies_free(&f->copies[i]);
	free(f->collectors);
	configuration_free(&f->configuration);
	free(f);
}

const struct configuration *
fleet_configuration(const struct fleet *f)
{
	return f->configuration;
}

int
fleet_start(struct fleet *f, bool once, struct error *e)
{
	for (size_t i = 0; i < f->opened; i++)
		if (collector_start(&f->collectors[i], once, e) == -1) {
			fleet_ask(f);
			return -1;
		}
	return 0;
}

void
fleet_ask(struct fleet *f)
{
	for (size_t i = 0; i < f->opened; i++)
		collector_ask(&f->collectors[i]);
}

bool
fleet_ended(struct fleet *f, int64_t milliseconds)
{
	const struct timespec until = worker_in_milliseconds(milliseconds);

	for (size_t i = 0; i < f->opened; i++)
		if (!collector_ended(&f->collectors[i], &until))
			return false;
	return true;
}

static enum exit_code
code_of(const struct collector *c)
{
	if (c->outcome == OUTCOME_FAILED)
		return c->why.code == ERROR_DENIED ? EXIT_REFUSED
						   : EXIT_TROUBLE;
	return c->station.left > 0 || c->station.requests_left > 0 ? EXIT_NO
								   : EXIT_DONE;
}

/* JSON has no need to quote a name; a reason is printable. */
static void
print_json(const struct collector *c, FILE *out)
{
	const struct tally *t = &c->station.tally;
	char why[2 * sizeof(c->why.text)];

	fprintf(out,
		"{\"server\":\"%s\",\"taken\":%llu,\"refused\":%llu,"
		"\"left\":%llu,\"left_alone\":%llu,\"requests\":%llu,"
		"\"requests_left\":%llu,\"error\":",
		c->station.server->name, t->taken, t->refused, c->station.left,
		t->foreign + t->oversized, t->requests,
		c->station.requests_left);
	if (c->outcome != OUTCOME_FAILED)
		fputs("null}\n", out);
	else if (text_json(c->why.text, why, sizeof(why)) != -1)
		fprintf(out, "\"%s\"}\n", why);
}

static void
print_text(const struct collector *c, FILE *out)
{
	const struct tally *t = &c->station.tally;

	fprintf(out,
		"%s: %llu taken, %llu refused, %llu left, %llu left alone; "
		"%llu requests put, %llu left%s%s\n",
		c->station.server->name, t->taken, t->refused, c->station.left,
		t->foreign + t->oversized, t->requests,
		c->station.requests_left,
		c->outcome == OUTCOME_FAILED ? ": " : "",
		c->outcome == OUTCOME_FAILED ? c->why.text : "");
}

enum exit_code
fleet_report(const struct fleet *f, FILE *out, bool json)
{
	enum exit_code worst = EXIT_DONE, code;

	for (size_t i = 0; i < f->opened; i++) {
		if (json)
			print_json(&f->collectors[i], out);
		else
			print_text(&f->collectors[i], out);
		code = code_of(&f->collectors[i]);
		if (code > worst)
			worst = code;
	}
	return worst;
}
