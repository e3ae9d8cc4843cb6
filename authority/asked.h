/*
 * What OpenSSL's CMP asks for each message whose protection it has found right:
 * which certificate, whether revoked, whether confirmed. Each notes in the
 * exchange what came of it.
 */
#ifndef AUTHORITY_ASKED_H
#define AUTHORITY_ASKED_H

#include <stdbool.h>

struct ossl_cmp_srv_ctx_st;
struct transaction;

/* Has ctx ask, about that transaction. */
bool
asked_about(struct ossl_cmp_srv_ctx_st *ctx, struct transaction *transaction);

#endif
