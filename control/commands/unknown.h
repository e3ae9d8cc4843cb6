/*
 * Serials in the quarantine that no device has, read from its files when asked:
 * no state is made of what nothing has proved.
 */
#ifndef CONTROL_COMMANDS_UNKNOWN_H
#define CONTROL_COMMANDS_UNKNOWN_H

#include <stdbool.h>

#include "control/command.h"
#include "gate/quarantine.h"
#include "store/registry.h"

enum {
	UNKNOWN_FILES = 2000, /* the newest, that are read */
	UNKNOWN_SERIALS = 1000
};

struct unknown {
	char serial[SERIAL_SIZE];
	char format[64];             /* file that read it; "": it was JSON */
	char model[MODEL_SIZE];      /* "": not said */
	char center[CENTER_ID_SIZE]; /* the first that it was addressed to */
	uint64_t mails;
	int64_t last; /* when the last of them came; of that one: */
	char sender[ADDRESS_SIZE], client[64];
};

struct unknown_list {
	const char *center; /* only mails to that one; NULL: all */
	const char *serial; /* only that one; NULL: all */
	size_t count;
	struct unknown *rows; /* in order of serial */
	/* With serial: the files that name it. */
	size_t file_count;
	char (*files)[QUARANTINE_NAME_SIZE];
	bool cut; /* there was more than is read */
};

/* unknown_clear in any case. */
int unknown_find(
	struct command_context *c, struct unknown_list *list, struct error *e);
void unknown_clear(struct unknown_list *list);

#endif
