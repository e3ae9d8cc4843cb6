/*
 * A transaction's end of OpenSSL's CMP: what is known of the peer goes in, and
 * messages come out. What is to be decided meanwhile is asked of asked.h.
 */
#ifndef AUTHORITY_CONTEXT_H
#define AUTHORITY_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "authority/exchange.h"

struct ossl_cmp_srv_ctx_st;

/* A message from its octets. ERROR_BAD. To be freed by context_drop. */
int context_read(const void *octets, size_t length,
	struct ossl_cmp_msg_st **message_r, struct error *e);
void context_drop(struct ossl_cmp_msg_st **message);

/*
 * For x's transaction, which gets it: whose messages are proved by that secret,
 * or by the key of x's signer.
 */
int context_for_secret(struct exchange *x, const char *secret, struct error *e);
int context_for_signer(struct exchange *x, struct error *e);

/* Is x's message from the peer of its transaction? */
bool context_proves(const struct exchange *x);

/*
 * Has x's message answered in its transaction, and puts that behind what
 * answer_r holds; body_r is which one it is. ERROR_TROUBLE.
 */
int context_answer(struct exchange *x, struct buffer *answer_r, int *body_r,
	struct error *e);
/* An answer that nothing protects: it could not be taken, and why. */
int context_refuse(const struct exchange *x, const char *why,
	struct buffer *answer_r, struct error *e);

#endif
