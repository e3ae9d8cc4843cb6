/*
 * The form of a file in the quarantine: its name, and the prologue of "Name:
 * value" lines before the message. Each has its writer and its reader here. The
 * name alone says what the index has to know, so that a start reads no file.
 *
 *     TIME-SHARE-WHOSE-CONTENT.eml
 *
 * TIME is when it came, in UTC, with a count within the second behind the
 * point, so that names sort by age. Files of version 0.1 and files named by
 * hand have other names and are read all the same: their prologue tells. One
 * that names no channel came by mail, when there was no other.
 */
#ifndef GATE_QUARANTINE_FILE_H
#define GATE_QUARANTINE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "gate/gate.h"
#include "store/registry.h"

enum {
	QUARANTINE_NAME_SIZE = 96,
	QUARANTINE_PROLOGUE_MAX = 16384, /* octets */
	QUARANTINE_CENTERS_MAX = 64,     /* recipients' centers, noted */
	QUARANTINE_SENDER_SIZE = 1024    /* a longer one is cut */
};
#define QUARANTINE_SUFFIX ".eml"
#define QUARANTINE_ASIDE ".tmp-" /* before the name of what is written */

struct quarantine_name {
	int64_t came;     /* microseconds since 1970 */
	enum share share; /* that it is counted in */
	uint64_t whose;   /* the owner's digest; a stranger's network */
	uint64_t content; /* digest */
};

struct quarantined {
	char name[QUARANTINE_NAME_SIZE]; /* file name, the handle */
	int64_t received;                /* seconds since 1970 */
	int64_t size;                    /* octets of the file */
	bool too_large;                  /* it was cut at message_size */
	bool envelope;                   /* it has a sender, be it "" */
	enum share share;
	char owner[OWNER_SIZE]; /* "": a stranger's */
	char verdict[16], reason[32];
	char channel[CHANNEL_SIZE];
	char trace[64], sender[QUARANTINE_SENDER_SIZE], client[64];
	/* of the channel's evidence; "": none */
	char login[PRINCIPAL_SIZE], certificate[PRINCIPAL_SIZE], caller[64],
		station[64];
	char account[FORWARDER_VALUE_SIZE];
	/* recipients' center IDs, one space between */
	char centers[QUARANTINE_CENTERS_MAX * CENTER_ID_SIZE];
	char lacking[LACKING_SIZE]; /* as in struct verdict; "": all of it */
};

/* "proved", "registered", "stranger". */
const char *share_name(enum share share);

/* What the name of an arrival's copy will say; came is left to the caller. */
int
quarantine_name_of(const struct arrival *arrival, const struct verdict *verdict,
	struct quarantine_name *name_r, struct error *e);
void quarantine_name_write(
	const struct quarantine_name *name, char out[QUARANTINE_NAME_SIZE]);
/* False: it has another form. */
bool quarantine_name_read(const char *text, struct quarantine_name *name_r);
/* A name without a way out of the directory, with our suffix. */
bool quarantine_name_valid(const char *text);

/* now: when it came, in seconds since 1970. */
int quarantine_prologue_write(const struct arrival *arrival,
	const struct verdict *verdict, int64_t now, struct buffer *out,
	struct error *e);
/*
 * Opens name and reads its prologue; the message begins at *offset_r. The
 * descriptor, or -1. Nothing but a regular file is opened, and none by way of
 * a link.
 */
int quarantine_file_open(const char *directory, const char *name,
	struct quarantined *q_r, off_t *offset_r, struct error *e);

#endif
