/*
 * The authority's end of CMP (RFC 9810): a message in, its answer out. Who asks
 * under a licence proves its code by a MAC and gets a certificate; who has a
 * certificate renews or revokes it by its key's signature. For any thread, with
 * a client of its own.
 *
 * A line in the log for each decision.
 */
#ifndef AUTHORITY_CMP_H
#define AUTHORITY_CMP_H

#include <stddef.h>

#include "authority/issuer.h"
#include "authority/pseudo.h"
#include "authority/transactions.h"
#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

/* What all messages share; the members outlive it. */
struct cmp {
	struct issuer *issuer;
	const struct pseudo *pseudo;
	struct transactions *transactions;
};

/*
 * Puts the answer behind what answer_r holds; a refusal is one as well.
 * ERROR_BAD, ERROR_LIMIT: what came is no message that could be answered.
 * ERROR_TROUBLE: the daemon could not be asked, too many are open, or there is
 * no memory: the same message may come again.
 */
int cmp_answer(const struct cmp *cmp, struct client *daemon, const void *octets,
	size_t length, struct buffer *answer_r, struct error *e);

#endif
