/*
 * The device's key, in the form in which csrcadm(8) prints it:
 *
 *     key-id: HEX
 *     key: HEX
 */
#ifndef DEVICE_KEYFILE_H
#define DEVICE_KEYFILE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"

struct device_key {
	unsigned char id[KEY_ID_MAX];
	size_t id_length;
	unsigned char key[32];
	size_t length; /* 16 or 32 */
};

/* The one to seal with, and one that was before it and may still be in use. */
struct keyring {
	struct device_key keys[2];
	size_t count;
};

/*
 * Reads it from fd or, if that is -1, from the file at path. A regular file
 * must be closed to others than its owner. ERROR_BAD if it is not, if there is
 * none, or not such a text in it. The caller cleanses key_r in any case.
 */
int keyfile_read(
	const char *path, int fd, struct device_key *key_r, struct error *e);

/* The same from memory. */
int keyfile_parse(
	const struct buffer *text, struct device_key *key_r, struct error *e);

#endif
