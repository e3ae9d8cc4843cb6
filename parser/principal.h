/*
 * Principals: who owns a key, and who was proved to have sent something. Each
 * has one spelling, "device:SERIAL" or "agent:ID", with what is behind the
 * colon in the canonical form of such a name. It is written, read and compared
 * here and nowhere else.
 */
#ifndef PARSER_PRINCIPAL_H
#define PARSER_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/claims.h"

enum principal_kind { PRINCIPAL_NONE, PRINCIPAL_DEVICE, PRINCIPAL_AGENT };

enum {
	AGENT_ID_SIZE = 16 + 1, /* 1–16 of A-Z 0-9 -, kept in upper case */
	PRINCIPAL_SIZE = 7 + SERIAL_SIZE
};

/* Writes the spelling; false leaves out "": that is no name of this kind. */
bool principal_spell(
	enum principal_kind kind, const char *name, char out[PRINCIPAL_SIZE]);

/* Reads one and writes its spelling, as principal_spell does. */
bool principal_parse(const char *text, size_t length, char out[PRINCIPAL_SIZE]);

/* For what the two above have written: the serial, or the agent's ID; NULL if
 * it is of another kind. */
const char *principal_name(const char *principal, enum principal_kind kind);
/* The same one? Nobody ("") is not the same as nobody. */
bool principal_same(const char *a, const char *b);

#endif
