/*
 * File names on the WebDAV server, csrc-message(5): what a device writes into
 * the inbox, and what it finds in its outbox. Names of the outbox come from
 * outside; whatever is not spelled as we would spell it is none of ours.
 */
#ifndef DEVICE_NAMES_H
#define DEVICE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/spelling.h"

enum {
	NAMES_ID_SIZE = 64 + 1, /* of a report: 16-64 of A-Z a-z 0-9 - */
	NAMES_INBOX_SIZE = SPELLED_SIZE + 1 + NAMES_ID_SIZE + 3
};

/* A new "SPELLED.ID.p7m" (or .eml). ERROR_TROUBLE: no random octets. */
int names_make(const char *spelled, bool plain, char out[NAMES_INBOX_SIZE],
	struct error *e);

/*
 * Is it a name like that? *length_r is that of "SPELLED.ID", *spelled_r that of
 * "SPELLED".
 */
bool names_inbox(
	const char *name, size_t *spelled_r, size_t *length_r, bool *plain_r);

enum names_kind {
	NAMES_NONE,
	NAMES_RECEIPT, /* of the report with this ID */
	NAMES_REQUEST  /* with this Email-ID, sealed or plain */
};

/* What an entry of the outbox is; id_r is "" if it is none. */
enum names_kind names_outbox(const char *name, char id_r[NAMES_ID_SIZE]);

#endif
