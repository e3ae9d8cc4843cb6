/*
 * Which devices a command means, when it does not name one: all, those of a
 * center, of a model or of a channel, those that stopped reporting or never
 * did, those that are disabled or have no key. Read from its options --center,
 * --model, --channel, --overdue, --never, --disabled and --without-key, where
 * it has them: all must hold.
 */
#ifndef CONTROL_COMMANDS_DEVICE_SELECT_H
#define CONTROL_COMMANDS_DEVICE_SELECT_H

#include "control/options.h"
#include "store/registry.h"

struct device_selection {
	char center[CENTER_ID_SIZE]; /* "": any */
	bool overdue;                /* only those whose last report is */
	int64_t before;              /* older than this */
	bool disabled, never, without_key;
	const char *model; /* NULL: any; belongs to the arguments */
	bool by_channel;
	enum device_channel channel;
};

/* ERROR_USAGE, ERROR_BAD. */
int device_selection_read(struct device_selection *s, const struct arguments *a,
	struct store *store, struct error *e);

/* As it is registered. */
bool device_selection_center(
	const struct device_selection *s, const struct device *d);
/* A disabled device is never overdue; one that never reported is measured from
 * its registration. */
bool device_selection_time(const struct device_selection *s,
	const struct device *d, const struct activity *y);
/* 1, 0, or -1. Looks at its keys only if that matters. */
int device_selection_key(const struct device_selection *s, struct store *store,
	const struct device *d, struct error *e);

#endif
