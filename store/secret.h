/*
 * The secrets of keys and the codes of licences, as they are kept: wrapped with
 * the master key.
 */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include "store/registry.h"
#include "store/rows.h"

/* Into the row, which has its principal already. Only with a master key. */
int secret_wrap(const struct store *s, const struct octets *id,
	const unsigned char *secret, size_t length, struct key_row *row,
	struct error *e);

/* The caller wipes. Every failure is ERROR_TROUBLE: there is no master key, or
 * the row is damaged. */
int secret_unwrap(const struct store *s, const struct octets *id,
	struct key_row *row, unsigned char secret[KEY_SIZE_MAX],
	size_t *length_r, struct error *e);

/* From s->master to s->next. 1: done; 0: it is under s->next already; -1. */
int secret_rewrap(const struct store *s, const struct octets *id,
	struct key_row *row, struct error *e);

/* The same three for the code of a licence, whose row has all but that. */
int secret_wrap_code(const struct store *s, const char code[LICENCE_CODE_SIZE],
	struct licence_row *row, struct error *e);
int secret_unwrap_code(const struct store *s, struct licence_row *row,
	char code_r[LICENCE_CODE_SIZE], struct error *e);
int secret_rewrap_code(
	const struct store *s, struct licence_row *row, struct error *e);

/* Makes the decoy, with a master key; then, in place of a key that is not
 * there, the same work is done. */
int secret_decoy(struct store *s, struct error *e);
void secret_spend(const struct store *s);

#endif
