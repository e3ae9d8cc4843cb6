/*
 * Mails for tests, sealed by the stock openssl command: the same tool that the
 * manual gives to those who build the device's side.
 */
#ifndef TESTS_UNIT_SEALING_H
#define TESTS_UNIT_SEALING_H

#include <stdbool.h>
#include <stddef.h>

struct sealing {
	const char *key;    /* hex: 32 or 64 digits */
	const char *key_id; /* hex */
	const char *outer;  /* header fields of the mail, each with CRLF */
	const char
		*inner; /* the MIME entity to seal: header, empty line, body */
};

/*
 * Runs openssl cms -encrypt with AES-GCM; the whole mail, NUL-terminated, to be
 * freed by the caller. Fails the running test if openssl fails.
 */
char *seal_mail(const struct sealing *s, size_t *length_r);

#endif
