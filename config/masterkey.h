/*
 * The master key, under which the store wraps every device's key: a file of 64
 * hex digits and a newline, readable by its owner alone.
 */
#ifndef CONFIG_MASTERKEY_H
#define CONFIG_MASTERKEY_H

#include "base/crypto.h"
#include "base/error.h"

/*
 * Reads it; the caller wipes key. The file must be a regular one of mode
 * 0600 or 0400, owned by root or by the user running this: ERROR_DENIED if not,
 * ERROR_BAD if its content is no key, ERROR_NOT_FOUND if there is none,
 * ERROR_TROUBLE if it cannot be read.
 */
int masterkey_read(
	const char *path, unsigned char key[MASTER_KEY_SIZE], struct error *e);

/*
 * Makes a new random one, mode 0600, synced to disk. ERROR_EXISTS if path is
 * there, whatever it is: a key is never overwritten.
 */
int masterkey_create(const char *path, struct error *e);

#endif
