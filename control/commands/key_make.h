/*
 * Making keys: the only place where a secret is told.
 */
#ifndef CONTROL_COMMANDS_KEY_MAKE_H
#define CONTROL_COMMANDS_KEY_MAKE_H

#include "control/command.h"
#include "store/registry.h"

enum { KEY_MAKE_MAX = 1000 };

/* --bits of the arguments, in octets: 16 or 32. ERROR_USAGE. */
int key_length(const struct arguments *a, size_t *length_r, struct error *e);

/*
 * A key for each of the devices, at most KEY_MAKE_MAX, in one transaction; then
 * it is told: as objects, one a line, or of a single one as two lines of text.
 */
int key_make(struct command_context *c, const struct device *devices,
	size_t count, size_t length, bool objects, struct error *e);
/* For one of whatever kind. */
int key_make_for(struct command_context *c, const char *principal,
	size_t length, bool objects, struct error *e);

#endif
