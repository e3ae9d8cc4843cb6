/*
 * The quarantine: a directory of mails that were not admitted. A file is a
 * prologue of "Name: value" lines that say why and from where, an empty line,
 * and the mail as it came. Names begin with the time, so they sort by age.
 */
#ifndef GATE_QUARANTINE_H
#define GATE_QUARANTINE_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "gate/gate.h"
#include "store/registry.h"

enum {
	QUARANTINE_NAME_SIZE = 64,
	QUARANTINE_PROLOGUE_MAX = 4096, /* octets */
	QUARANTINE_CENTERS_MAX = 16     /* recipients' centers that are noted */
};
#define QUARANTINE_SUFFIX ".eml"

/* How full the quarantine is, measured now and then. */
struct quarantine_usage {
	pthread_mutex_t lock;
	int64_t octets;
	int64_t measured; /* seconds since 1970; 0: never */
};

/*
 * Keeps a copy of mail, synced to disk when it returns 0; cap is the most
 * octets that all files together may take. ERROR_LIMIT: the quarantine is full.
 */
int quarantine_put(struct quarantine_usage *usage, const char *directory,
	int64_t cap, const struct mail *mail, const struct verdict *verdict,
	struct error *e);

struct quarantined {
	char name[QUARANTINE_NAME_SIZE]; /* file name, the handle */
	int64_t received;                /* seconds since 1970 */
	int64_t size;                    /* octets of the file */
	bool too_large;                  /* the mail was cut at message_size */
	char verdict[16], reason[32];
	char queue_id[64], sender[ADDRESS_SIZE], client[64];
	char centers[256]; /* recipients' center IDs, one space between */
};
/* Walks in order of name, which is in order of time. */
int quarantine_each(const char *directory,
	int (*each)(const struct quarantined *q, void *arg), void *arg,
	struct error *e);

/*
 * Judges a quarantined mail again, as of the time it came; when it is now
 * genuine or a duplicate the file is removed.
 */
int quarantine_release(struct gate *gate, const char *directory,
	const char *name, struct verdict *verdict_r, struct error *e);
/* Copies the file to out. */
int quarantine_show(
	const char *directory, const char *name, FILE *out, struct error *e);
int quarantine_remove(const char *directory, const char *name, struct error *e);

#endif
