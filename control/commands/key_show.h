/*
 * A key as it may be shown, without its secret.
 */
#ifndef CONTROL_COMMANDS_KEY_SHOW_H
#define CONTROL_COMMANDS_KEY_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "control/columns.h"
#include "store/registry.h"

/* "ID BITS live|retired CREATED USED" and a newline. */
void key_show(FILE *out, const struct key *k);
/* The same five as cells. */
void key_row(struct columns *columns, const struct key *k);
/* The same as an object; NULL if memory is out. The caller's. */
json_t *key_object(const struct key *k);

#endif
