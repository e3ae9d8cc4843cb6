/*
 * The names of files on a WebDAV server, as csrc-webdav(8) has them: what they
 * say, and where what belongs to them goes. Names from a server are hostile.
 */
#ifndef WEBDAV_FILENAME_H
#define WEBDAV_FILENAME_H

#include <stdbool.h>

#include "parser/claims.h"
#include "parser/spelling.h"

/* The directories under a server's base URL. */
#define INBOX "inbox/"
#define WORK "work/"
#define OUTBOX "outbox/"

enum {
	MESSAGE_ID_MIN = 16,
	MESSAGE_ID_MAX = 64,
	/* SERIAL.ID.p7m */
	FILENAME_SIZE = SPELLED_SIZE + 1 + MESSAGE_ID_MAX + 4,
	/* with any of the directories, and outbox/SERIAL/ before it */
	PATH_SIZE = 7 + SPELLED_SIZE + 1 + FILENAME_SIZE
};

struct filename {
	char serial[SERIAL_SIZE];
	char id[MESSAGE_ID_MAX + 1];
};

/* A message's name in inbox/ or work/: SERIAL.ID.p7m or SERIAL.ID.eml, in the
 * one spelling that it has. False: it is none of ours. */
bool filename_read(const char *name, struct filename *f);

/* outbox/SERIAL/, outbox/SERIAL/NAME */
void filename_outbox(const char *serial, char out[PATH_SIZE]);
void filename_receipt(const struct filename *f, char out[PATH_SIZE]);
void filename_request(const char *serial, const char *email_id, bool sealed,
	char out[PATH_SIZE]);

#endif
