/*
 * Faxes that came: a directory with two others in it,
 *
 *     incoming/     those without a verdict
 *     quarantine/   those that people have to look at; the oldest go
 *
 * A file is the TIFF as the fax program gave it, and its name says the rest:
 *
 *     CENTER.STATION.CALLER.ID.tif
 *
 * the names spelled as parser/spelling.h has it, and CENTER the one whose
 * number was called; STATION what the other machine calls itself, empty where
 * it said nothing, and "tiff" where the file says it; CALLER may be empty.
 */
#ifndef FAX_TRAY_H
#define FAX_TRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/telephone.h"
#include "parser/claims.h"

enum {
	TRAY_NAME_SIZE = 256,
	TRAY_ID_SIZE = 40 + 1,
	TRAY_INCOMING_MAX = 1000,
	TRAY_QUARANTINE_MAX = 1000
};

/* Who sent a fax to whom. */
struct tray_fax {
	char center[CENTER_ID_SIZE];
	bool in_file; /* station stands in the file */
	char station[TELEPHONE_SIZE], caller[TELEPHONE_SIZE];
	char id[TRAY_ID_SIZE]; /* letters, digits and - */
};

struct tray;
int tray_open(const char *path, struct tray **tray_r, struct error *e);
void tray_close(struct tray **tray);

/* For who is to be alone with what is in it, until tray_close. 1: we are; 0:
 * somebody else is; -1: ERROR_TROUBLE. */
int tray_claim(struct tray *t, struct error *e);

/* A fax gets an ID, which fax has afterwards, and is on the disk when this
 * returns. ERROR_LIMIT: there are too many; ERROR_TROUBLE. */
int tray_put(struct tray *t, struct tray_fax *fax, const struct buffer *tiff,
	struct error *e);

/* What was half written when somebody was killed goes after an hour. */
void tray_tidy(struct tray *t);

/* Calls each for those in incoming/, oldest first, until one does not return 0,
 * and returns that. What has no name like theirs is told in the log, and left.
 */
int tray_each(struct tray *t,
	int (*each)(const char *name, const struct tray_fax *fax, void *arg,
		struct error *e),
	void *arg, struct error *e);
/* Behind what out holds. ERROR_NOT_FOUND; ERROR_BAD: it is no file, or larger
 * than out may be; ERROR_TROUBLE. */
int tray_read(
	struct tray *t, const char *name, struct buffer *out, struct error *e);
/* It is there no more. */
int tray_remove(struct tray *t, const char *name, struct error *e);
/* It goes to quarantine/. */
int tray_keep(struct tray *t, const char *name, struct error *e);

#endif
