/*
 * The key's file is as the daemon's master key's: made once, read at the start.
 */
#include "authority/pseudo.h"

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "base/wipe.h"
#include "config/masterkey.h"

_Static_assert((int)PSEUDO_KEY_SIZE == (int)MASTER_KEY_SIZE, "one file format");
_Static_assert(LICENCE_CODE_SIZE - 1 <= 2 * SHA256_SIZE, "a digest is enough");

int
pseudo_make(const char *path, struct error *e)
{
	return masterkey_create(path, e);
}

int
pseudo_load(const char *path, struct pseudo *pseudo_r, struct error *e)
{
	return masterkey_read(path, pseudo_r->key, e);
}

int
pseudo_code(const struct pseudo *p, const void *reference, size_t length,
	char code_r[LICENCE_CODE_SIZE], struct error *e)
{
	const struct crypto_span key = { p->key, sizeof(p->key) };
	const struct crypto_span span = { reference, length };
	unsigned char mac[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	int rc = crypto_hmac(&key, &span, 1, mac, e);

	if (rc == 0) {
		text_hex(mac, sizeof(mac), hex);
		memcpy(code_r, hex, LICENCE_CODE_SIZE - 1);
		code_r[LICENCE_CODE_SIZE - 1] = '\0';
	}
	wipe(mac, sizeof(mac));
	wipe(hex, sizeof(hex));
	return rc;
}
