/*
 * A certificate and its key as files in PEM, and what a new one needs until it
 * is theirs. The certificate's file has those behind it that lead to its
 * authority. Both may be one file, which is then replaced in one step.
 *
 * A new key is written before anything is asked for, under a name of its own,
 * and is the same until a certificate for it has come; the new certificate is
 * whole before it gets its name. Whoever is killed or loses power in between
 * leaves the old pair, the new one, or what pair_open makes it of.
 */
#ifndef ENROL_PAIR_H
#define ENROL_PAIR_H

#include "base/error.h"

struct evp_pkey_st;
struct x509_st;
struct stack_st_X509;

enum { PAIR_PATH_SIZE = 4096 };

struct pair {
	char certificate[PAIR_PATH_SIZE], key[PAIR_PATH_SIZE];
	/* those to come: CERTIFICATE.new, KEY.new; CERTIFICATE.key where both
	 * are one file */
	char new_certificate[PAIR_PATH_SIZE], new_key[PAIR_PATH_SIZE];
	int lock; /* a descriptor of the directory; -1 */
};

/* What stands in a pair's files. */
struct pair_content {
	struct x509_st *certificate;
	struct stack_st_X509 *chain; /* behind it; NULL: nothing */
	struct evp_pkey_st *key;
};

/*
 * key may be NULL, or the same as certificate. Waits for nobody: ERROR_EXISTS,
 * another process is about a pair in this directory. Then it ends what another
 * run has begun. ERROR_BAD: a path is too long; ERROR_TROUBLE.
 */
int pair_open(struct pair *p, const char *certificate, const char *key,
	struct error *e);
void pair_close(struct pair *p);

/* ERROR_NOT_FOUND: there is neither; ERROR_EXISTS: there is one of the two;
 * ERROR_BAD: they are none, or not of one another; ERROR_DENIED: others can
 * read the key. */
int pair_read(
	const struct pair *p, struct pair_content *content_r, struct error *e);
void pair_content_clear(struct pair_content *content);

/* The key for the certificate to come: one that was made before, or a new one
 * (P-256), on the disk. ERROR_BAD, ERROR_DENIED: what is there is none, or
 * others can read it. */
int
pair_new_key(const struct pair *p, struct evp_pkey_st **key_r, struct error *e);

/* Makes it the pair, with the key of pair_new_key. ERROR_TROUBLE. */
int pair_install(const struct pair *p, const struct pair_content *content,
	struct error *e);

#endif
