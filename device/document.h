/*
 * A csrc-report(5) document, out of a file or of options.
 */
#ifndef DEVICE_DOCUMENT_H
#define DEVICE_DOCUMENT_H

#include "base/buffer.h"
#include "base/error.h"
#include "device/arguments.h"

/*
 * Appends the JSON text. Members that the file at a->json has stay as they are,
 * but for an answer's kind; version, kind, date and the claims are filled in
 * where they are missing. ERROR_BAD, ERROR_LIMIT; if it is a report is the
 * caller's to check.
 */
int document_make(const struct arguments *a, const struct claims *claims,
	struct buffer *json, struct error *e);

#endif
