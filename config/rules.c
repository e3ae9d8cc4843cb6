/*
 * The snapshot of settings and format files. Counting is the whole story:
 * nobody changes rules, a reload makes new ones.
 */
#include "config/rules.h"

#include <stdlib.h>

int
rules_load(const char *config_path, struct rules **rules_r, struct error *e)
{
	struct rules *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return error_memory(e);
	r->references = 1;
	if (settings_load(config_path, &r->settings, e) == -1)
		goto out;
	const char *directories[] = { r->settings->format_directory,
		r->settings->local_format_directory };
	if (formats_load_sound(directories, 2, &r->formats, e) == -1)
		goto out;
	*rules_r = r;
	r = NULL;
	rc = 0;
out:
	rules_drop(&r);
	return rc;
}

int
rules_faultless(const struct rules *r, struct error *e)
{
	const char *fault = formats_fault(r->formats, 0);

	return fault == NULL ? 0 : error_set(e, ERROR_BAD, "%s", fault);
}

/* The first two of them. */
static void
say_tie(const char *one, const char *other, void *arg)
{
	struct error *e = arg;

	if (e->code == ERROR_NONE)
		error_set(e, ERROR_BAD,
			"the format files %s and %s fit every text alike: one "
			"of them must say what it matches",
			one, other);
}

int
rules_tieless(const struct rules *r, struct error *e)
{
	struct error why = { 0 };

	if (rules_faultless(r, e) == -1)
		return -1;
	formats_ties(r->formats, say_tie, &why);
	if (why.code == ERROR_NONE)
		return 0;
	if (e != NULL)
		*e = why;
	return -1;
}

struct rules *
rules_hold(struct rules *r)
{
	atomic_fetch_add(&r->references, 1);
	return r;
}

void
rules_drop(struct rules **r)
{
	struct rules *gone = *r;

	*r = NULL;
	if (gone == NULL || atomic_fetch_sub(&gone->references, 1) > 1)
		return;
	if (gone->settings != NULL)
		settings_free(&gone->settings);
	if (gone->formats != NULL)
		formats_free(&gone->formats);
	free(gone);
}
