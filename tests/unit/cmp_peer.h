/*
 * A peer of the authority: OpenSSL's CMP client, as the openssl command has it,
 * in this process, with what lies between it and a desk in the test's hands.
 */
#ifndef TESTS_UNIT_CMP_PEER_H
#define TESTS_UNIT_CMP_PEER_H

#include <openssl/cmp.h>

#include "authority/desk.h"

enum { PEER_STEPS = 8 };

struct peer {
	struct desk *desk;
	const char *socket; /* of FastCGI, in desk's place; NULL: none */
	const char *reference, *secret; /* or: */
	X509 *old;                      /* and its key */
	X509 *names; /* to be renewed or revoked; NULL: old */
	EVP_PKEY *old_key;
	X509 *authority; /* whom to trust */
	EVP_PKEY *key;   /* for the new certificate */
	const char *subject;
	int popo;         /* OSSL_CRMF_POPO_… */
	bool unconfirmed; /* goes away before it confirms */
	bool rejects;     /* says that the certificate is no good */
	int reason;       /* of a revocation; -1: none */
	/* Each message before it is sent: may be changed. */
	void (*meddle)(struct buffer *message, void *arg);
	void *arg;

	/* What became of it. */
	struct buffer sent[PEER_STEPS], got[PEER_STEPS];
	int steps, status[PEER_STEPS]; /* of HTTP */
	X509 *certificate;             /* NULL: none */
	X509 *root;                    /* in caPubs; NULL: none */
	int pki_status;
	char text[512]; /* what was said with it, or why it failed */
	bool revoked;
};

/* A new one with a key of its own on P-256; the rest is for the test. */
void peer_new(struct peer *p, struct desk *desk, X509 *authority);
void peer_free(struct peer *p);

/* OSSL_CMP_IR, _CR, _P10CR or _KUR. True: it has a certificate, confirmed if it
 * was to be. What became of an earlier one is forgotten. */
bool peer_asks(struct peer *p, int type);
bool peer_revokes(struct peer *p);

/* These octets to the desk; the status. */
int peer_sends(struct desk *desk, const void *octets, size_t length,
	struct buffer *answer_r);

/* "ip" and the like: PKIBody's number; -1: no message. */
int peer_body(const struct buffer *message);

/* "lower-case hex", 32 digits. */
void peer_number(X509 *certificate, char out[CERTIFICATE_NUMBER_SIZE]);

#endif
