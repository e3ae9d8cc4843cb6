/*
 * What a broken call has left of a message, in a file, until the next one.
 */
#ifndef LINE_PART_H
#define LINE_PART_H

#include "base/buffer.h"
#include "base/error.h"
#include "line/transfer.h"

/* 1: there is nothing that could be read; -1: ERROR_TROUBLE. */
int part_load(int directory, const char *name,
	unsigned char digest_r[TRANSFER_DIGEST_SIZE], struct buffer *octets,
	struct error *e);
/* octets empty: the file goes. */
int part_keep(int directory, const char *name,
	const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e);

#endif
