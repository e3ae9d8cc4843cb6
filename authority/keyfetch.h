/*
 * The first shared key, fetched with a certificate: who has shown it to Apache
 * by TLS gets the key file of its principal, sealed to it by the daemon. What
 * passes through here cannot be opened here.
 */
#ifndef AUTHORITY_KEYFETCH_H
#define AUTHORITY_KEYFETCH_H

#include "authority/issuer.h"
#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

enum { KEYFETCH_PEM_MAX = 16 * 1024 };

/*
 * certificate: in PEM, as Apache has verified it. Puts CMS (DER) behind what
 * cms_r holds. ERROR_DENIED: it gets none, whatever the reason is, which the
 * log has; ERROR_TROUBLE: ask again.
 */
int keyfetch_answer(struct issuer *issuer, struct client *daemon,
	const char *certificate, struct buffer *cms_r, struct error *e);

#endif
