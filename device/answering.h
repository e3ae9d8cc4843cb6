/*
 * The answer to a request.
 */
#ifndef DEVICE_ANSWERING_H
#define DEVICE_ANSWERING_H

#include "base/buffer.h"
#include "base/error.h"
#include "device/arguments.h"
#include "device/received.h"

/*
 * The whole mail, sealed with the key that the request was sealed with, or
 * plain as it was. ERROR_BAD, ERROR_LIMIT: what was given is no report.
 */
int answering_make(const struct arguments *a, const struct received *r,
	struct buffer *mail, struct error *e);

#endif
