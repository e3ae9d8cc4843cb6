/*
 * Certificates and keys in PEM, which is what people have, for neon, which
 * wants one certificate at a time and keys as PKCS#12. Bounded files; a key
 * that is encrypted is refused, since nobody is there to be asked.
 */
#ifndef DAV_TLS_H
#define DAV_TLS_H

#include "base/error.h"

struct ne_session_s;

/* Trusts each certificate of the file; of NULL, what the system trusts. */
int tls_trust(struct ne_session_s *session, const char *file, struct error *e);

/* Shows that certificate to a server that asks for one. Only the first of the
 * file is shown: neon cannot show a chain. key_file NULL: it is in file. */
int tls_identify(struct ne_session_s *session, const char *file,
	const char *key_file, struct error *e);

#endif
