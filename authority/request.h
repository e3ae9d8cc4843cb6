/*
 * Signing requests (PKCS#10, RFC 2986) that csrcadm has handed to the daemon.
 */
#ifndef AUTHORITY_REQUEST_H
#define AUTHORITY_REQUEST_H

#include <stdint.h>

#include "authority/issuer.h"
#include "base/error.h"
#include "control/handover_authority.h"

/*
 * Signs it, if whoever made it has its key: a certificate by the profile, with
 * nothing of the request but the key. Who waits is told what it got, or why
 * nothing. ERROR_TROUBLE: ask again.
 */
int request_sign(struct issuer *issuer, struct client *client,
	const struct authority_sign *sign, int64_t now, struct error *e);

#endif
