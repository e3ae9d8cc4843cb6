/*
 * Which messages of the quarantine a command means, where it does not name
 * them: by its options --reason, --serial, --center and --before. All that are
 * given must hold.
 */
#ifndef CONTROL_COMMANDS_QUARANTINE_SELECT_H
#define CONTROL_COMMANDS_QUARANTINE_SELECT_H

#include "control/options.h"
#include "gate/quarantine.h"

struct quarantine_selection {
	const char *reason;          /* NULL: any */
	char owner[PRINCIPAL_SIZE];  /* "": any */
	char center[CENTER_ID_SIZE]; /* "": any */
	int64_t before;              /* it came earlier; 0: whenever */
};

/* now: what an age is subtracted from. ERROR_USAGE, ERROR_BAD. */
int quarantine_selection_read(struct quarantine_selection *s,
	const struct arguments *a, int64_t now, struct error *e);
bool quarantine_selected(
	const struct quarantine_selection *s, const struct quarantined *q);

#endif
