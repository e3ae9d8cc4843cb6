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

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "authority/issuer.h"
#include "authority/pseudo.h"
#include "authority/transactions.h"
#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

/* Has the daemon been told that we have begun? For all threads. */
struct cmp_begun {
	pthread_mutex_t mutex;
	bool done;
};

/* What all messages share; the members outlive it. */
struct cmp {
	struct issuer *issuer;
	const struct pseudo *pseudo;
	struct transactions *transactions;
	struct cmp_begun *begun;
};

/*
 * Before anything else, once: what a killed one of us had in hand is held for
 * nobody any more. Asked again until it has succeeded, it does nothing after.
 * ERROR_TROUBLE.
 */
int cmp_begin(const struct cmp *cmp, struct client *daemon, struct error *e);

/*
 * Puts the answer behind what answer_r holds; a refusal is one as well.
 * ERROR_BAD, ERROR_LIMIT: what came is no message that could be answered.
 * ERROR_TROUBLE: the daemon could not be asked, too many are open, or there is
 * no memory: the same message may come again.
 */
int cmp_answer(const struct cmp *cmp, struct client *daemon, const void *octets,
	size_t length, struct buffer *answer_r, struct error *e);

#endif
