/*
 * Secrets for references that there are none for: whoever asks under an unknown
 * licence is answered as if the code had been wrong, with the same work. They
 * are the same each time, and follow from a key that nothing else is made with.
 */
#ifndef AUTHORITY_PSEUDO_H
#define AUTHORITY_PSEUDO_H

#include <stddef.h>

#include "base/error.h"
#include "parser/licence_code.h"

enum { PSEUDO_KEY_SIZE = 32 };

struct pseudo {
	unsigned char key[PSEUDO_KEY_SIZE];
};

/* A new one, of mode 0600, synced to disk. ERROR_EXISTS: path is there. */
int pseudo_make(const char *path, struct error *e);
/* As masterkey_read (config/masterkey.h). The caller wipes. */
int pseudo_load(const char *path, struct pseudo *pseudo_r, struct error *e);

/* As long as a code is, so that it costs as much. The caller wipes. */
int pseudo_code(const struct pseudo *p, const void *reference, size_t length,
	char code_r[LICENCE_CODE_SIZE], struct error *e);

#endif
