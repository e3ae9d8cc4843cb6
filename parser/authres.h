/*
 * What our own MTA has found out about a mail's origin: the results of DKIM
 * (RFC 6376) and SPF (RFC 7208) in the Authentication-Results field (RFC 8601)
 * that it put on top of the mail.
 *
 * Touches no disk, keeps no state; any thread.
 */
#ifndef PARSER_AUTHRES_H
#define PARSER_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/limits.h"

struct authres {
	bool dkim; /* a valid signature of the sender's own domain */
	bool spf;  /* the client may send for the sender's domain */
};

/*
 * authserv_id: by which our MTA signs its results; sender: an address, whose
 * domain must be the one that was found valid. Believed is only the topmost
 * field with that id, and only if nothing but what MTAs put on top of a mail is
 * above it: whatever the sender wrote is further down (RFC 8601, 5). What is
 * not there, or cannot be read, vouches for nothing.
 */
void authres_read(const void *octets, size_t length, const struct limits *l,
	const char *authserv_id, const char *sender, struct authres *found_r);

#endif
