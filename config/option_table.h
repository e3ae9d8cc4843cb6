/*
 * The rows of csrc-milter.conf(5), for config/settings.c alone.
 */
#ifndef CONFIG_OPTION_TABLE_H
#define CONFIG_OPTION_TABLE_H

#include "config/option.h"
#include "config/settings.h"

enum { OPTIONS = 55 };

extern const struct option options[OPTIONS];

#endif
