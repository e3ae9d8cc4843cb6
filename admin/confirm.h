/*
 * A question before what cannot be undone.
 */
#ifndef ADMIN_CONFIRM_H
#define ADMIN_CONFIRM_H

#include <stdbool.h>

#include "control/command.h"

/*
 * May it be done? Somebody at a terminal is asked, if the row says so and --yes
 * is not given; a script is not.
 */
bool confirm(const struct command *row, const struct arguments *a);

#endif
