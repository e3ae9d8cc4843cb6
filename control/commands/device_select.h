/*
 * Which devices a command means, when it does not name one: all, those of a
 * center, those that stopped reporting. Read from its options --center and
 * --overdue, where it has them.
 */
#ifndef CONTROL_COMMANDS_DEVICE_SELECT_H
#define CONTROL_COMMANDS_DEVICE_SELECT_H

#include "control/options.h"
#include "store/registry.h"

struct device_selection {
	char center[CENTER_ID_SIZE]; /* "": any */
	bool overdue;                /* only those whose last report is */
	int64_t before;              /* older than this */
};

/* ERROR_USAGE, ERROR_BAD. */
int device_selection_read(struct device_selection *s, const struct arguments *a,
	struct store *store, struct error *e);

bool device_selection_center(
	const struct device_selection *s, const struct device *d);
/* A disabled device is never overdue; one that never reported is measured from
 * its registration. */
bool device_selection_time(const struct device_selection *s,
	const struct device *d, const struct activity *y);

#endif
