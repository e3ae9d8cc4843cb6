/*
 * The authority's desks behind the web server, by FastCGI.
 */
#ifndef AUTHORITY_RESPONDER_H
#define AUTHORITY_RESPONDER_H

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "base/error.h"

struct responder;

/*
 * Reads pseudo.key, and begins to serve as fcgi_start has it, at as many desks
 * as threads are configured. c and issuer outlive it.
 */
int responder_start(const struct ca_configuration *c, struct issuer *issuer,
	struct responder **responder_r, struct error *e);
/* As fcgi_stop. */
void responder_stop(struct responder **responder);

#endif
