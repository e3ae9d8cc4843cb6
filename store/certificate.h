/*
 * Certificates: each is here, with its octets, before it leaves the authority
 * that made it. The first of a licence is the licence's; each further one is
 * the renewal of one before it. Which of them a public key gets is decided in
 * one transaction, with the licence.
 *
 * Any now is the believed time (store_clock), in seconds since 1970. All that
 * is said of store/licence.h's ids and transactions holds here, too.
 */
#ifndef STORE_CERTIFICATE_H
#define STORE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "parser/certificate.h"
#include "store/db.h"
#include "store/licence.h"
#include "store/registry.h"

enum {
	CERTIFICATES_OF_LICENCE = 64,        /* that are not forgotten yet */
	CERTIFICATE_ENDING = 30 * 24 * 3600, /* seconds: so near is told */
	SIGNING_WHY_SIZE = 200 + 1
};

/* RFC 5280, 5.3.1, those that there are here. */
enum revocation {
	REVOKED_UNSPECIFIED = 0,
	REVOKED_KEY_COMPROMISE = 1,
	REVOKED_AFFILIATION_CHANGED = 3,
	REVOKED_SUPERSEDED = 4,
	REVOKED_CESSATION = 5,
	REVOKED_PRIVILEGE_WITHDRAWN = 9,
	REVOCATIONS
};
/* As the RFC spells it, "keyCompromise". */
const char *revocation_name(enum revocation reason);
bool revocation_read(const char *name, enum revocation *reason_r);

struct certificate {
	char number[CERTIFICATE_NUMBER_SIZE];
	char principal[PRINCIPAL_SIZE];
	char licence[LICENCE_ID_SIZE];
	uint64_t resets; /* of the licence, when it was issued */
	/* SHA-256 of the public key (SubjectPublicKeyInfo), and of it all. */
	unsigned char key[SHA256_SIZE], digest[SHA256_SIZE];
	int64_t not_before, not_after;
	/* When that was; 0: it was not. */
	int64_t issued, confirmed, revoked, mailed;
	enum revocation reason; /* where it is revoked */
	bool mail_due;
	char renews[CERTIFICATE_NUMBER_SIZE];  /* the one before; "": none */
	char renewed[CERTIFICATE_NUMBER_SIZE]; /* the last one after; "" */
	bool replaced;                         /* and that one was confirmed */
};

enum certificate_state {
	CERTIFICATE_VALID,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_REVOKED,
	/* Its licence was revoked or reset, or whom it is for is gone,
	 * disabled, or registered anew. */
	CERTIFICATE_VOID
};
/* As its row alone says it. */
enum certificate_state
certificate_state(const struct certificate *c, int64_t now);
const char *certificate_state_name(enum certificate_state state);

/*
 * licence_use with the key of a certificate that was just made, and that
 * certificate, in one transaction; or, where that key has a valid one by this
 * licence, that one again: *again_r. certificate_r and der_r (empty before) are
 * what is to be given out. ERROR_BAD: it is no certificate, not for whom the
 * licence is for, or not valid now; ERROR_DENIED: what the key had by this
 * licence is revoked; ERROR_LIMIT: too many are known of this licence; and as
 * licence_use.
 */
int certificate_record(struct store *s, const char *licence,
	const char *transaction, const struct octets *der, int64_t now,
	struct certificate *certificate_r, struct buffer *der_r, bool *again_r,
	struct error *e);

/*
 * The same for a renewal of the certificate number. Its key is a new one. Asked
 * again with the same new key, it gets the same; with another, a renewal that
 * was never confirmed is revoked for it. ERROR_NOT_FOUND; ERROR_DENIED: number
 * is not valid, a renewal of it was confirmed, or the key is an old one.
 */
int
certificate_renew(struct store *s, const char *number, const struct octets *der,
	int64_t now, struct certificate *certificate_r, struct buffer *der_r,
	bool *again_r, struct error *e);

/* Who has the key has it, and with the first one the licence is confirmed.
 * Twice is no error. ERROR_NOT_FOUND; ERROR_DENIED: it is revoked. */
int certificate_confirm(
	struct store *s, const char *number, int64_t now, struct error *e);
/* Twice is no error, and the first reason stays. ERROR_NOT_FOUND. */
int certificate_revoke(struct store *s, const char *number,
	enum revocation reason, int64_t now, struct error *e);

/* As things are now; der_r (may be NULL) empty before. ERROR_NOT_FOUND. */
int certificate_get(struct store *s, const char *number, int64_t now,
	struct certificate *certificate_r, enum certificate_state *state_r,
	struct buffer *der_r, struct error *e);

/* A server's is to be mailed (again): ERROR_DENIED: it is nobody's with an
 * address, or not valid. And it was: of one that was not due, no error.
 * ERROR_NOT_FOUND. */
int certificate_mail(
	struct store *s, const char *number, int64_t now, struct error *e);
int certificate_mailed(
	struct store *s, const char *number, int64_t now, struct error *e);

/*
 * The first key of the device that a certificate was made for, by this very
 * certificate: digest is that of what it has shown. Minted where there is none;
 * as long as it has not proved to have it, it is given again. The caller wipes.
 * ERROR_DENIED: it gets none, for any reason; ERROR_NOT_FOUND.
 */
int certificate_first_key(struct store *s, const char *number,
	const unsigned char digest[SHA256_SIZE], int64_t now, struct key *key_r,
	struct error *e);

/*
 * Walks as those of store/registry.h: all in order of number; a principal's;
 * those that are neither revoked nor replaced and end before until, in order of
 * their end; those that are revoked, from behind a number on (""); and those to
 * be mailed. One that is forgotten meanwhile is passed over.
 */
typedef int certificate_each(const struct certificate *c, void *arg);
int certificate_walk(
	struct store *s, certificate_each *each, void *arg, struct error *e);
int certificate_walk_of(struct store *s, const char *principal,
	certificate_each *each, void *arg, struct error *e);
int certificate_walk_ending(struct store *s, int64_t until,
	certificate_each *each, void *arg, struct error *e);
int certificate_walk_revoked(struct store *s, const char *after,
	certificate_each *each, void *arg, struct error *e);
int certificate_walk_mail(
	struct store *s, certificate_each *each, void *arg, struct error *e);

struct certificate_counts {
	uint64_t valid, revoked;
	/* Of the valid ones: within CERTIFICATE_ENDING, and not replaced. */
	uint64_t ending;
	uint64_t unconfirmed; /* licences, used LICENCE_UNCONFIRMED ago */
};
/* The work grows with those that end soon, not with all. */
int certificate_count(struct store *s, int64_t now,
	struct certificate_counts *counts_r, struct error *e);

/* A signing request that the operator gave, and what came of it. */
struct signing {
	char licence[LICENCE_ID_SIZE];
	char transaction[LICENCE_TRANSACTION_SIZE]; /* that is to have it */
	int64_t created;
	char number[CERTIFICATE_NUMBER_SIZE]; /* what it got; "": nothing */
	char why[SIGNING_WHY_SIZE]; /* it was refused; "": it was not */
};
bool signing_waits(const struct signing *g);

/* In place of one that there is for that licence. ERROR_NOT_FOUND: no such
 * licence; ERROR_DENIED: it is not good, as licence_reserve says. */
int signing_put(struct store *s, const char *licence, const struct octets *der,
	int64_t now, struct error *e);
/* der_r (may be NULL), empty before: while it waits. ERROR_NOT_FOUND. */
int signing_get(struct store *s, const char *licence, struct signing *signing_r,
	struct buffer *der_r, struct error *e);
/* ERROR_NOT_FOUND: none waits. */
int signing_refuse(
	struct store *s, const char *licence, const char *why, struct error *e);
int
signing_walk(struct store *s, int (*each)(const struct signing *g, void *arg),
	void *arg, struct error *e);

/* The CRL that was published last, by the authority's word; next_update 0:
 * none. */
struct crl {
	uint64_t revision, number;
	int64_t this_update, next_update;
};
/* der: the authority's own certificate, kept beside; no octets: as it was. */
int certificate_crl_set(struct store *s, const struct crl *crl,
	const struct octets *der, struct error *e);
int certificate_crl(struct store *s, struct crl *crl_r, struct error *e);
/* Grows with each revocation. */
int
certificate_revision(struct store *s, uint64_t *revision_r, struct error *e);
/* ERROR_NOT_FOUND: not known. der_r empty before. */
int
certificate_authority(struct store *s, struct buffer *der_r, struct error *e);

/* The authority has asked what is due; and when that was last, in this life of
 * the daemon, in clock_seconds; 0: not yet. */
void certificate_heard(struct store *s);
int64_t certificate_heard_at(const struct store *s);

#endif
