/*
 * One certificate's row, its octets, and what is counted of it.
 */
#include <string.h>

#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/meta.h"

static const char *const revocations[REVOCATIONS] = {
	[REVOKED_UNSPECIFIED] = "unspecified",
	[REVOKED_KEY_COMPROMISE] = "keyCompromise",
	[REVOKED_AFFILIATION_CHANGED] = "affiliationChanged",
	[REVOKED_SUPERSEDED] = "superseded",
	[REVOKED_CESSATION] = "cessationOfOperation",
	[REVOKED_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
};

const char *
revocation_name(enum revocation reason)
{
	return reason < REVOCATIONS ? revocations[reason] : NULL;
}

bool
revocation_read(const char *name, enum revocation *reason_r)
{
	for (int i = 0; i < REVOCATIONS; i++) {
		if (revocations[i] == NULL || strcmp(revocations[i], name) != 0)
			continue;
		*reason_r = (enum revocation)i;
		return true;
	}
	return false;
}

enum certificate_state
certificate_state(const struct certificate *c, int64_t now)
{
	if (c->revoked != 0)
		return CERTIFICATE_REVOKED;
	return now < c->not_after ? CERTIFICATE_VALID : CERTIFICATE_EXPIRED;
}

const char *
certificate_state_name(enum certificate_state state)
{
	static const char *const names[] = {
		[CERTIFICATE_VALID] = "valid",
		[CERTIFICATE_EXPIRED] = "expired",
		[CERTIFICATE_REVOKED] = "revoked",
		[CERTIFICATE_VOID] = "void",
	};

	return names[state];
}

int64_t
certificate_kept(const struct certificate *c)
{
	return c->not_after > INT64_MAX - RETENTION ? INT64_MAX
						    : c->not_after + RETENTION;
}

int
certificate_find(struct db_txn *t, const char *number,
	struct certificate *certificate_r, struct error *e)
{
	int found = rows_certificate(t, number, certificate_r, e);

	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"there is no certificate %s", number);
	return found == 1 ? 0 : -1;
}

int
certificate_look(struct db_txn *t, const struct certificate *c, int64_t now,
	struct licence *licence_r, enum certificate_state *state_r,
	struct error *e)
{
	struct licence_row row;
	int found = rows_licence(t, c->licence, &row, e);

	if (found < 0)
		return -1;
	*state_r = certificate_state(c, now);
	*licence_r = row.licence;
	if (*state_r != CERTIFICATE_VALID)
		return 0;
	if (found == 0 || row.licence.revoked != 0 ||
		row.licence.resets != c->resets)
		*state_r = CERTIFICATE_VOID;
	else if (licence_owner(t, &row.licence, e) == -1) {
		if (e->code != ERROR_DENIED)
			return -1;
		*state_r = CERTIFICATE_VOID;
	}
	return 0;
}

/* -1, 0 or 1 more that are revoked. */
static int
revoked_change(
	const struct certificate *before, const struct certificate *after)
{
	return (after != NULL && after->revoked != 0) -
		(before != NULL && before->revoked != 0);
}

static int
count(struct db_txn *t, const struct certificate *before,
	const struct certificate *after, struct error *e)
{
	const int change = (after != NULL) - (before != NULL);
	const int revoked = revoked_change(before, after);

	if (change != 0 && meta_add(t, META_CERTIFICATES, change, e) == -1)
		return -1;
	if (revoked != 0 && meta_add(t, META_REVOKED, revoked, e) == -1)
		return -1;
	return revoked > 0 ? meta_add(t, META_REVISION, 1, e) : 0;
}

int
certificate_put(struct db_txn *t, const struct certificate *before,
	const struct certificate *after, struct error *e)
{
	struct octets key;
	struct packer p;

	if (index_certificate(t, before, after, e) == -1 ||
		count(t, before, after, e) == -1)
		return -1;
	if (after == NULL) {
		key = text_octets_of(before->number);
		return db_delete(t, TABLE_CERTIFICATES, &key, e) < 0 ? -1 : 0;
	}
	p = rows_pack_certificate(after);
	return rows_put(t, TABLE_CERTIFICATES, after->number, &p, e);
}

int
certificate_forget(struct db_txn *t, const char *number, struct error *e)
{
	struct certificate c;
	int found = rows_certificate(t, number, &c, e);

	if (found != 1)
		return found;
	return certificate_put(t, &c, NULL, e) == 0
		? document_drop(t, number, e)
		: -1;
}

int
document_get(
	struct db_txn *t, const char *name, struct buffer *out, struct error *e)
{
	unsigned char octets[SIGNING_REQUEST_MAX];
	const struct octets key = text_octets_of(name);
	size_t length;
	int found = db_get(
		t, TABLE_DOCUMENTS, &key, octets, sizeof(octets), &length, e);

	if (found == 1 && buffer_append(out, octets, length) != BUFFER_OK)
		return error_memory(e);
	return found;
}

int
document_there(struct db_txn *t, const char *name, struct error *e)
{
	struct buffer octets = { 0 };
	int found = document_get(t, name, &octets, e);

	buffer_clear(&octets);
	return found;
}

/* A transaction may run more than once. */
int
certificate_octets(struct db_txn *t, const char *number, struct buffer *out,
	struct error *e)
{
	int found;

	buffer_clear(out);
	found = document_get(t, number, out, e);
	if (found == 0)
		return rows_damaged(TABLE_DOCUMENTS, e);
	return found == 1 ? 0 : -1;
}

int
document_put(struct db_txn *t, const char *name, const struct octets *octets,
	struct error *e)
{
	const struct octets key = text_octets_of(name);

	if (octets->length > SIGNING_REQUEST_MAX)
		return error_set(e, ERROR_LIMIT, "more than %d octets",
			SIGNING_REQUEST_MAX);
	return db_put(t, TABLE_DOCUMENTS, &key, octets, e);
}

int
document_drop(struct db_txn *t, const char *name, struct error *e)
{
	const struct octets key = text_octets_of(name);

	return db_delete(t, TABLE_DOCUMENTS, &key, e) < 0 ? -1 : 0;
}
