/*
 * The FastCGI responder: threads that serve what a web server hands on over a
 * local socket. The one file that knows libfcgi.
 */
#ifndef AUTHORITY_RESPONDER_H
#define AUTHORITY_RESPONDER_H

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "base/error.h"

struct responder;

/*
 * Reads pseudo.key, takes the configured socket, or descriptor 0, and starts 64
 * threads, of which as many as are configured answer at once. They have the
 * caller's signal mask: block what is to be waited for first. libfcgi takes
 * SIGTERM and SIGUSR1 where they have their default; blocked ones do not care.
 * c and issuer outlive it. ERROR_EXISTS: somebody listens there.
 */
int responder_start(const struct ca_configuration *c, struct issuer *issuer,
	struct responder **responder_r, struct error *e);
/* Takes nothing more, and returns when what was taken is answered. The socket's
 * file is removed, if it is ours. */
void responder_stop(struct responder **responder);

#endif
