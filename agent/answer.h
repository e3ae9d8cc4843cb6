/*
 * What a printer has answered: object identifiers (RFC 2578) and their values,
 * as rows sorted by identifier, bounded. Octets from the network: an identifier
 * is at most OID_MAX numbers, a text may hold anything.
 */
#ifndef AGENT_ANSWER_H
#define AGENT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	OID_MAX = 64,
	OID_TEXT_SIZE = OID_MAX * 11 + 1, /* any of them, with its NUL */
	ANSWERS_MAX = 4096,               /* rows of a printer */
	ANSWERS_OCTETS = 256 * 1024,      /* and what they take together */
	QUERIES_MAX = 256
};

struct oid {
	uint32_t ids[OID_MAX];
	size_t count;
};

/* "1.3.6.1.2.1.1.1.0", also with a dot before. False: it is none. */
bool oid_read(const char *text, struct oid *oid_r);
void oid_write(const struct oid *oid, char out[OID_TEXT_SIZE]);
/* As strcmp, in the order of a walk. */
int oid_compare(const struct oid *a, const struct oid *b);
/* Is it root, or below it? */
bool oid_begins(const struct oid *oid, const struct oid *root);

enum answer_kind {
	ANSWER_INTEGER,   /* integer */
	ANSWER_COUNTER32, /* number, of this and the next three */
	ANSWER_COUNTER64,
	ANSWER_GAUGE,
	ANSWER_TICKS,   /* hundredths of a second */
	ANSWER_TEXT,    /* text: an OCTET STRING, which may be no text at all */
	ANSWER_OID,     /* value */
	ANSWER_ADDRESS, /* text: four octets */
	ANSWER_ABSENT,  /* asked for, and the printer has no such object */
	ANSWER_FAILED,  /* asked for, an object or a subtree, and the answer was
			   an error: it may be there */
	ANSWER_OTHER    /* a type that no printer should have; no value */
};

struct answer {
	struct oid oid;
	enum answer_kind kind;
	int64_t integer;
	uint64_t number;
	struct oid value;
	const unsigned char *text; /* not a string; lives as long as the rows */
	size_t length;
};

struct answers;

/* NULL: no memory. */
struct answers *answers_make(void);
void answers_free(struct answers **answers);

/*
 * A copy, at its place. Of two with the same identifier the last one stays.
 * Texts that answers_at has given before are gone. ERROR_LIMIT: there are too
 * many; ERROR_TROUBLE.
 */
int
answers_add(struct answers *answers, const struct answer *one, struct error *e);

size_t answers_count(const struct answers *answers);
/* The row at a place, in order; false if there are not so many. */
bool
answers_at(const struct answers *answers, size_t place, struct answer *one_r);
/* Does it say that there is an object? */
bool answer_there(const struct answer *one);
/* The row with that identifier, also one of no object. */
bool answers_find(const struct answers *answers, const struct oid *oid,
	struct answer *one_r);
/* The first behind that identifier, which may be in another table. */
bool answers_next(const struct answers *answers, const struct oid *oid,
	struct answer *one_r);

/* What is to be asked: an object, or all that is below an identifier. */
struct query {
	struct oid oid;
	bool subtree;
};

struct queries {
	struct query rows[QUERIES_MAX];
	size_t count;
};

/* One more; false if there is no room. */
bool queries_add(struct queries *queries, const struct oid *oid, bool subtree);

#endif
