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
	if (formats_load(directories, 2, &r->formats, e) == -1)
		goto out;
	*rules_r = r;
	r = NULL;
	rc = 0;
out:
	rules_drop(&r);
	return rc;
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
