/*
 * A device's registered fields by name, as options, CSV columns and JSON
 * members write them.
 */
#ifndef CONTROL_COMMANDS_DEVICE_FIELDS_H
#define CONTROL_COMMANDS_DEVICE_FIELDS_H

#include <stdio.h>

#include "base/error.h"
#include "store/registry.h"

enum { DEVICE_FIELDS = 15 };

/* serial, center, protection, from, network, address, enabled, channel, model,
 * alias, date-order, forwarded, counts, fax, caller: in this order. */
const char *device_field_name(size_t i);
/* The index of the name, or -1. */
int device_field_find(const char *name);

/* Checks the value and keeps its canonical form. ERROR_BAD. */
int device_field_set(
	struct device *d, size_t i, const char *value, struct error *e);
/* The value as one would write it; belongs to d. */
const char *device_field_get(const struct device *d, size_t i);

/* Do they say the same, but for when they were made? */
bool device_same(const struct device *a, const struct device *b);

#endif
