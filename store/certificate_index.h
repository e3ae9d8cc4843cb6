/*
 * The table certificate-index: what leads to certificates and licences beside
 * their names. Its rows are empty; a key begins with the octet of its kind.
 */
#ifndef STORE_CERTIFICATE_INDEX_H
#define STORE_CERTIFICATE_INDEX_H

#include "store/certificate.h"
#include "store/pack.h"

enum index_kind {
	INDEX_OWNER = 1, /* PRINCIPAL NUL NUMBER */
	/* not_after NUMBER, of those that are not revoked: not replaced, and
	 * replaced */
	INDEX_END,
	INDEX_REPLACED,
	INDEX_REVOKED,    /* NUMBER */
	INDEX_MAIL,       /* NUMBER, of those that are to be mailed */
	INDEX_UNCONFIRMED /* LICENCE, used, neither confirmed nor revoked */
};

/* With "" for a name: what the keys begin with. */
struct packer index_owner(const char *principal, const char *number);
struct packer
index_end(enum index_kind kind, int64_t not_after, const char *number);
struct packer index_name(enum index_kind kind, const char *name);

/* What a key ends in. False: it is damaged. */
bool index_read_number(
	const struct octets *key, char number_r[CERTIFICATE_NUMBER_SIZE]);
bool index_read_end(const struct octets *key, int64_t *not_after_r);
bool
index_read_licence(const struct octets *key, char licence_r[LICENCE_ID_SIZE]);

int index_set(struct db_txn *t, const struct packer *key, bool there,
	struct error *e);
/* The rows of a certificate that was so, and is to be so; NULL: not there. */
int index_certificate(struct db_txn *t, const struct certificate *before,
	const struct certificate *after, struct error *e);
int
index_licence(struct db_txn *t, const struct licence *licence, struct error *e);
/* Has it all of its rows, and no other? 1, 0, -1. */
int
index_complete(struct db_txn *t, const struct certificate *c, struct error *e);
/* Is there what a row leads to, and is it so? 1, 0, -1. */
int index_leads(struct db_txn *t, const struct octets *key, struct error *e);

#endif
