/*
 * The bounds that the device's end applies: the gateway's defaults, so that
 * what passes here passes there.
 */
#ifndef DEVICE_BOUNDS_H
#define DEVICE_BOUNDS_H

#include "parser/limits.h"

extern const struct limits device_limits;

#endif
