/*
 * What the gate judges by: the settings and the format files, one immutable
 * snapshot that a reload swaps whole. Whoever uses it holds it meanwhile.
 */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include <stdatomic.h>

#include "base/error.h"
#include "config/settings.h"
#include "parser/formats/formats.h"

struct rules {
	atomic_int references; /* for rules_hold and rules_drop only */
	struct settings *settings;
	struct formats *formats;
};

/* A format file that is wrong is left out: rules_faultless tells. */
int
rules_load(const char *config_path, struct rules **rules_r, struct error *e);
/* ERROR_BAD: a format file was left out, and why. */
int rules_faultless(const struct rules *r, struct error *e);
/* The same, and ERROR_BAD if two format files fit every text alike. */
int rules_tieless(const struct rules *r, struct error *e);
struct rules *rules_hold(struct rules *r);
void rules_drop(struct rules **r);

#endif
