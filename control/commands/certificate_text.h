/*
 * Certificates as text: DER as base64 for JSON, and as PEM (RFC 7468).
 */
#ifndef CONTROL_COMMANDS_CERTIFICATE_TEXT_H
#define CONTROL_COMMANDS_CERTIFICATE_TEXT_H

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

/* The caller frees; NULL: ERROR_TROUBLE. */
char *certificate_base64(const struct buffer *der, struct error *e);
/* What cannot be written out's error flag knows. */
int certificate_pem(FILE *out, const struct buffer *der, struct error *e);

#endif
