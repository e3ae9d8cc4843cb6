/*
 * Whose address is it? An address may have an extension, as MTAs know it:
 * behind the first of the characters in delimiters, "joe+x@b" is "joe@b".
 */
#ifndef GATE_OWNER_H
#define GATE_OWNER_H

#include <stddef.h>

#include "base/error.h"
#include "parser/claims.h"
#include "store/registry.h"
#include "store/store.h"

/* A center's? 1, center_r is it; 0; -1 trouble. */
int owner_center(struct store *store, const char *address,
	const char *delimiters, char center_r[CENTER_ID_SIZE], struct error *e);

/* A device's? As above. */
int owner_device(struct store *store, const char *address,
	const char *delimiters, char serial_r[SERIAL_SIZE], struct error *e);

/*
 * A center's first address that any mail system takes: one without a local part
 * in another alphabet. "" if it has none.
 */
int owner_first(struct store *store, const char *center,
	char address_r[ADDRESS_SIZE], struct error *e);

/*
 * Does this text (the values of address fields, RFC 5322 3.4 and 4.4, or what
 * means to be that) hold an address of any center? 1, 0 or -1. Rather one that
 * is none than one overlooked: what is in quotes and comments is looked at too,
 * "+" is a delimiter besides, and too many addresses are as good as one.
 */
int owner_named(struct store *store, const char *text, size_t length,
	const char *delimiters, struct error *e);

#endif
