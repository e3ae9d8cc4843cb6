/*
 * What is to be done without being asked by a peer: a thread that asks the
 * daemon what is due (a new list of revoked certificates, letters, signing
 * requests) and does it.
 */
#ifndef AUTHORITY_TEND_H
#define AUTHORITY_TEND_H

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "base/error.h"

struct tend;

/* Both outlive it. */
int tend_start(const struct ca_configuration *c, struct issuer *issuer,
	struct tend **tend_r, struct error *e);
/* After what is under way. */
void tend_stop(struct tend **tend);

#endif
