/*
 * Rows as octets: numbers big-endian, texts and octets with their length
 * before them, one octet of version first. Both sides are checked against
 * their bounds and fail once for all: pack, then look at failed.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

enum { ROW_SIZE = 1024 }; /* no row but the outbox's is larger */

struct packer {
	unsigned char data[ROW_SIZE];
	size_t length;
	bool failed;
};

void pack_number(struct packer *p, uint64_t value, unsigned int octets);
void pack_octets(struct packer *p, const void *octets, size_t length);
void pack_text(struct packer *p, const char *text);
/* Without a length before it; for composite keys. */
void pack_raw(struct packer *p, const void *octets, size_t length);
struct octets pack_row(const struct packer *p);

struct unpacker {
	const unsigned char *at;
	size_t left;
	bool failed;
};

struct unpacker unpack_row(const void *row, size_t length);
uint64_t unpack_number(struct unpacker *u, unsigned int octets);
/* A time: never negative. */
int64_t unpack_time(struct unpacker *u);
/* Returns how many; at most size. */
size_t unpack_octets(struct unpacker *u, void *out, size_t size);
/* With its NUL in size; a text with a NUL inside fails. */
void unpack_text(struct unpacker *u, char *out, size_t size);
/* All of it was read, and nothing failed. */
bool unpack_done(const struct unpacker *u);

/* A text as a key. */
struct octets text_octets_of(const char *text);

#endif
