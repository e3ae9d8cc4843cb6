/*
 * Who is there: each section's ranges are looked through with its own version
 * of SNMP, and nobody is asked with another's credentials.
 */
#include <string.h>

#include "agent/discover.h"
#include "agent/round.h"
#include "base/log.h"
#include "base/text.h"

struct search {
	struct site *site;
	const struct dca_printers *section;
	void (*each)(void *arg, const struct found *one, const char *section);
	void (*progress)(void *arg, size_t asked, size_t found);
	void *arg;
	size_t asked, found; /* in the sections before */
	size_t now_asked, now_found;
	size_t added;
};

static void
take(void *arg, const struct found *one)
{
	struct search *s = arg;
	struct park *park = &s->site->park;
	struct error e;

	if (s->each != NULL)
		s->each(s->arg, one, s->section->name);
	if (park_find(park, &one->address) != NULL)
		return;
	if (park_add(park, &one->address, s->section->name, site_now(s->site),
		    &e) == NULL)
		log_warn("%s", e.text);
	else
		s->added++;
}

static void
show(void *arg, size_t asked, size_t found)
{
	struct search *s = arg;

	s->now_asked = asked;
	s->now_found = found;
	if (s->progress != NULL)
		s->progress(s->arg, s->asked + asked, s->found + found);
}

static int
search_ranges(struct search *s, const struct ranges *ranges, struct error *e)
{
	struct discovery d = { .ranges = ranges,
		.credentials = &s->section->with->ready,
		.tries = (unsigned int)s->site->configuration->snmp_tries,
		.timeout = s->site->configuration->snmp_timeout * 1000,
		.each = take,
		.progress = show,
		.arg = s,
		.stop = &s->site->undiscovered };
	int rc = discover(&d, e);

	s->asked += s->now_asked;
	s->found += s->now_found;
	s->now_asked = s->now_found = 0;
	return rc;
}

static int
search_section(struct search *s, struct error *e)
{
	struct ranges *ranges;
	int rc;

	if (park_ranges(s->section, false, &ranges, e) == -1)
		return -1;
	rc = search_ranges(s, ranges, e);
	ranges_free(&ranges);
	return rc;
}

int
round_discover(struct site *s,
	void (*each)(void *arg, const struct found *one, const char *section),
	void (*progress)(void *arg, size_t asked, size_t found), void *arg,
	size_t *new_r, struct error *e)
{
	const struct dca_configuration *c = s->configuration;
	struct search search = {
		.site = s, .each = each, .progress = progress, .arg = arg
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->printer_count; i++) {
		if (c->printers[i].discover == 0)
			continue;
		search.section = &c->printers[i];
		rc = search_section(&search, e);
	}
	*new_r = search.added;
	return rc;
}
