/*
 * The master key, under which the store wraps every device's key: a file of 64
 * hex digits and a newline, readable by its owner alone.
 */
#ifndef CONFIG_MASTERKEY_H
#define CONFIG_MASTERKEY_H

#include <stdbool.h>

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
 * While it is changed there are two: PATH.new beside it is what it becomes.
 * Both, of which the new one counts only if it is a whole key; has_next says
 * so. The caller wipes both.
 */
struct masterkeys {
	unsigned char key[MASTER_KEY_SIZE];
	bool has_next;
	unsigned char next[MASTER_KEY_SIZE];
};
int
masterkeys_read(const char *path, struct masterkeys *keys_r, struct error *e);
void masterkeys_wipe(struct masterkeys *keys);

/* Makes PATH.new, unless it is there, whole. *made_r: it was not. */
int masterkey_begin(const char *path, bool *made_r, struct error *e);
/*
 * PATH.new becomes PATH; what that was stays, named PATH.before-TIME (kept_r),
 * since backups of that time need it.
 */
enum { MASTERKEY_PATH_SIZE = 4096 };
int masterkey_replace(
	const char *path, char kept_r[MASTERKEY_PATH_SIZE], struct error *e);

/*
 * Makes a new random one, mode 0600, synced to disk. ERROR_EXISTS if path is
 * there, whatever it is: a key is never overwritten.
 */
int masterkey_create(const char *path, struct error *e);

#endif
