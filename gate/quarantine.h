/*
 * The quarantine: a directory of mails that were not admitted, each as it
 * came, behind a few header fields that say why and from where. Capped in size.
 */
#ifndef GATE_QUARANTINE_H
#define GATE_QUARANTINE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "gate/gate.h"

enum { QUARANTINE_NAME_SIZE = 64 };

/*
 * Keeps a copy of mail, synced to disk when it returns 0; cap is the most
 * octets that all files together may take. ERROR_LIMIT: the quarantine is full.
 */
int quarantine_put(const char *directory, int64_t cap, const struct mail *mail,
	const struct verdict *verdict, struct error *e);

struct quarantined {
	char name[QUARANTINE_NAME_SIZE]; /* file name, the handle */
	int64_t when;
	int64_t size;
	char verdict[16], reason[32];
	char queue_id[64], sender[321], client[64];
	char center[CENTER_ID_SIZE]; /* the (first) recipient center */
};
/* Walks in order of name, which is in order of time. */
int quarantine_each(const char *directory,
	int (*each)(const struct quarantined *q, void *arg), void *arg,
	struct error *e);

/*
 * Judges a quarantined mail again; when it is now genuine or a duplicate the
 * file is removed.
 */
int quarantine_release(struct gate *gate, const char *directory,
	const char *name, struct verdict *verdict_r, struct error *e);
/* Copies the file to out. */
int quarantine_show(
	const char *directory, const char *name, FILE *out, struct error *e);
int quarantine_remove(const char *directory, const char *name, struct error *e);

#endif
