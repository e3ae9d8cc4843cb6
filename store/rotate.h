/*
 * The change of the store's master key.
 */
#ifndef STORE_ROTATE_H
#define STORE_ROTATE_H

#include "store/store.h"

/* Wraps all keys and codes of licences anew that are not yet, under s->next,
 * which becomes s->master. For a store that is being opened, or store_rotate.
 */
int rotate_go_on(struct store *s, struct error *e);

#endif
