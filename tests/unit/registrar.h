/*
 * What the daemon would answer csrc-ca, from memory and in this process, in the
 * place of control/client.h and control/handover_authority.h: for tests that
 * have it fail where they say, and for fuzzers. For any thread.
 */
#ifndef TESTS_UNIT_REGISTRAR_H
#define TESTS_UNIT_REGISTRAR_H

#include <stdbool.h>
#include <stddef.h>

struct client;

/* What its verbs are called with, and what client_open gives; nobody looks into
 * it. */
struct client *registrar_client(void);

/* Nothing is known, nothing fails. */
void registrar_reset(void);

enum licence_is { LICENCE_IS_GOOD, LICENCE_IS_HELD, LICENCE_IS_GONE };
void registrar_licence(const char *id, const char *code, const char *principal,
	enum licence_is is);
/* One that was issued for it, in DER. */
void registrar_certificate(const char *licence, const char *principal,
	const void *der, size_t length);
/* Is it held for any transaction? */
bool registrar_holds(const char *id);

/* The next call of that verb, a literal, is trouble: before it did anything, or
 * after, so that only its answer is lost. "open": the next connection. */
void registrar_fail(const char *verb, bool after);

/* The verbs since this was asked last, with blanks between. */
void registrar_calls(char *out, size_t size);

/* Of the certificate with that number; "", if there is none: "valid",
 * "confirmed", "revoked REASON". */
void registrar_state(const char *number, char *out, size_t size);
void registrar_revoke(const char *number);
size_t registrar_count(void); /* certificates */

#endif
