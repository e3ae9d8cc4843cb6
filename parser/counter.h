/*
 * A counter as reports, format files and the store have it.
 */
#ifndef PARSER_COUNTER_H
#define PARSER_COUNTER_H

#include <stdint.h>

struct counter {
	char *name; /* as of csrc-report(5) */
	int64_t value;
};

#endif
