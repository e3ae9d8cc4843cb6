/*
 * Principals: who owns a key or a licence, and who was proved to have sent
 * something. Each has one spelling, "device:SERIAL", "agent:ID",
 * "collector:NAME" or "server:NAME", with what is behind the colon in the
 * canonical form of such a name. It is written, read and compared here and
 * nowhere else.
 */
#ifndef PARSER_PRINCIPAL_H
#define PARSER_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/claims.h"

enum principal_kind {
	PRINCIPAL_NONE,
	PRINCIPAL_DEVICE,
	PRINCIPAL_AGENT,
	PRINCIPAL_COLLECTOR,
	PRINCIPAL_SERVER,
	PRINCIPAL_KINDS
};

enum {
	AGENT_ID_SIZE = 16 + 1, /* 1–16 of A-Z 0-9 -, kept in upper case */
	MACHINE_NAME_SIZE = 32 + 1, /* 1–32 of A-Z 0-9 -, kept in upper case: a
				       collector's or a server's */
	PRINCIPAL_SIZE = 10 + SERIAL_SIZE
};

/* Writes the spelling; false leaves out "": that is no name of this kind. */
bool principal_spell(
	enum principal_kind kind, const char *name, char out[PRINCIPAL_SIZE]);

/* Reads one and writes its spelling, as principal_spell does. */
bool principal_parse(const char *text, size_t length, char out[PRINCIPAL_SIZE]);

/* For what the two above have written: the serial, ID or name; NULL if it is of
 * another kind. */
const char *principal_name(const char *principal, enum principal_kind kind);
/* The same one? Nobody ("") is not the same as nobody. */
bool principal_same(const char *a, const char *b);

#endif
