/*
 * Each table's row, as the struct that its callers use and as octets. The key
 * of a row is not repeated in it: unpacking takes it from the caller.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/agent.h"
#include "store/certificate.h"
#include "store/ledger.h"
#include "store/licence.h"
#include "store/pack.h"
#include "store/pending.h"
#include "store/registry.h"

struct center_row {
	int64_t created;
	uint64_t devices; /* that belong to it */
};

struct key_row {
	char principal[PRINCIPAL_SIZE];
	bool live;
	int64_t created, used;
	size_t wrapped_length;
	unsigned char wrapped[WRAPPED_KEY_MAX];
};

struct licence_row {
	struct licence licence;
	size_t wrapped_length;
	unsigned char wrapped[WRAPPED_KEY_MAX]; /* the code's letters */
};

struct seen_row {
	enum domain domain;
	int64_t expires;
	/* When the report says it was made; 0: it does not, or that was ahead
	 * of the clock. What was made before the latest that is forgotten is
	 * stale, whatever the window is by then. */
	int64_t latest;
	uint64_t sequence;
};

enum expiry_kind {
	EXPIRY_REQUEST = 1,
	EXPIRY_SEEN,
	EXPIRY_PENDING,
	EXPIRY_LICENCE, /* if it is unused by then */
	EXPIRY_CERTIFICATE,
	EXPIRY_SIGNING,
	EXPIRY_READING,
	EXPIRY_KINDS
};

struct expiry {
	int64_t when;
	enum expiry_kind kind;
	size_t length;
	unsigned char key[EMAIL_ID_SIZE]; /* of the row that expires */
};

/* Each unpack returns false for a row that is damaged. */
struct packer rows_pack_center(const struct center_row *c);
bool rows_unpack_center(struct octets row, struct center_row *c);
struct packer rows_pack_device(const struct device *d);
bool rows_unpack_device(struct octets row, struct device *d);
struct packer rows_pack_activity(const struct activity *a);
bool rows_unpack_activity(struct octets row, struct activity *a);
struct packer rows_pack_key(const struct key_row *k);
bool rows_unpack_key(struct octets row, struct key_row *k);
struct packer rows_pack_request(const struct request *r);
bool rows_unpack_request(struct octets row, struct request *r);
struct packer rows_pack_seen(const struct seen_row *seen);
bool rows_unpack_seen(struct octets row, struct seen_row *seen);
/* The key and the row of what waits: SERIAL NUL EMAIL-ID. */
struct packer rows_pack_pending_key(const char *serial, const char *email_id);
bool rows_unpack_pending_key(struct octets key, struct pending *w);
struct packer rows_pack_pending(const struct pending *w);
bool rows_unpack_pending(struct octets row, struct pending *w);
struct packer rows_pack_agent(const struct agent *a);
bool rows_unpack_agent(struct octets row, struct agent *a);
/* The key of what leads from an agent to a device: ID NUL SERIAL. */
struct packer rows_pack_agent_key(const char *id, const char *serial);
bool rows_unpack_agent_key(
	struct octets key, char id[AGENT_ID_SIZE], char serial[SERIAL_SIZE]);
struct packer rows_pack_unassigned(const struct unassigned *u);
bool rows_unpack_unassigned(struct octets row, struct unassigned *u);
struct packer rows_pack_server(const struct server *v);
bool rows_unpack_server(struct octets row, struct server *v);
struct packer rows_pack_licence(const struct licence_row *l);
bool rows_unpack_licence(struct octets row, struct licence_row *l);
struct packer rows_pack_certificate(const struct certificate *c);
bool rows_unpack_certificate(struct octets row, struct certificate *c);
struct packer rows_pack_signing(const struct signing *g);
bool rows_unpack_signing(struct octets row, struct signing *g);
/* This one is a key; its row is empty. */
struct packer rows_pack_expiry(const struct expiry *x);
bool rows_unpack_expiry(struct octets key, struct expiry *x);
struct packer rows_pack_sequence(uint64_t sequence);
bool rows_unpack_sequence(struct octets key, uint64_t *sequence_r);

/* Fetches a row with its unpacker: 1, 0 (not there) or -1. */
int rows_center(struct db_txn *t, const char *id, struct center_row *c,
	struct error *e);
int rows_device(struct db_txn *t, const char *serial, struct device *d,
	struct error *e);
int rows_activity(struct db_txn *t, const char *serial, struct activity *a,
	struct error *e);
int rows_key(struct db_txn *t, const struct octets *id, struct key_row *k,
	struct error *e);
int rows_request(struct db_txn *t, const char *id, struct request *row_r,
	struct error *e);
int rows_pending(struct db_txn *t, const char *serial, const char *email_id,
	struct pending *row_r, struct error *e);
int rows_agent(
	struct db_txn *t, const char *id, struct agent *row_r, struct error *e);
int rows_unassigned(struct db_txn *t, const char *id, const char *serial,
	struct unassigned *row_r, struct error *e);
int rows_server(struct db_txn *t, const char *name, struct server *row_r,
	struct error *e);
int rows_licence(struct db_txn *t, const char *id, struct licence_row *row_r,
	struct error *e);
int rows_certificate(struct db_txn *t, const char *number,
	struct certificate *row_r, struct error *e);
int rows_signing(struct db_txn *t, const char *licence, struct signing *row_r,
	struct error *e);
int rows_seen(struct db_txn *t, const unsigned char *digest,
	struct seen_row *seen, struct error *e);

/* Writes a packed row under a key that is a text. */
int rows_put(struct db_txn *t, enum table table, const char *key,
	const struct packer *row, struct error *e);
int rows_damaged(enum table table, struct error *e);

#endif
