/*
 * A message in parts, each of which fits in a symbol on a page:
 *
 *     3 octets    "CSF"
 *     1 octet     1, the form's version
 *     16 octets   the first of the SHA-256 of the whole message
 *     1 octet     this part's number, from 1
 *     1 octet     how many parts there are
 *     up to 255   octets of the message; all parts but the last are full
 *
 * Parts may come in any order, and more than once, and those of several
 * messages together. What they say is as foreign as the message itself.
 */
#ifndef FAX_PART_H
#define FAX_PART_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
	PART_HEADER = 22,
	PART_CONTENT = 255,
	PART_SIZE = PART_HEADER + PART_CONTENT,
	PARTS_MAX = 255,
	PARTS_MESSAGE_MAX = PARTS_MAX * PART_CONTENT /* octets */
};

/* Calls each for the parts of message, in order, until one does not return 0,
 * and returns that. ERROR_LIMIT: it is longer than PARTS_MESSAGE_MAX. */
int parts_make(const struct buffer *message,
	int (*each)(
		const void *octets, size_t length, void *arg, struct error *e),
	void *arg, struct error *e);

/* The messages whose parts one transmission has brought. */
enum { ASSEMBLY_MESSAGES_MAX = 64 };
struct assembly;

int assembly_open(struct assembly **assembly_r, struct error *e);
void assembly_close(struct assembly **assembly);

/* ERROR_BAD: it is no part, or no more of this message; ERROR_LIMIT: one
 * message too many; ERROR_TROUBLE. */
int assembly_take(
	struct assembly *a, const void *octets, size_t length, struct error *e);

/* How many there are, whole or not. */
size_t assembly_count(const struct assembly *a);
/* Parts that are not there, of the messages of which there are some. */
size_t assembly_missing(const struct assembly *a);
/* A message behind what out holds; 1: it is whole, and is what its parts say;
 * 0: it is not; -1: ERROR_TROUBLE. */
int assembly_message(const struct assembly *a, size_t index, struct buffer *out,
	struct error *e);

#endif
