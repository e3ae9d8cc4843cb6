/*
 * What is to be sealed: a report out of --json, --mail or the options that
 * make one, as a whole MIME entity.
 */
#ifndef DEVICE_ENCLOSED_H
#define DEVICE_ENCLOSED_H

#include "base/buffer.h"
#include "base/error.h"
#include "device/arguments.h"

/*
 * Appends the entity: claims, Date, MIME fields, empty line, body. claims: as
 * a->own, and the Email-ID if it is an answer. It has been read back as the
 * gateway would read it; but for a mail without --formats, which only they
 * can tell to be a report. ERROR_BAD, ERROR_LIMIT: what was given is no report
 * of this device.
 */
int enclosed_make(const struct arguments *a, const struct claims *claims,
	struct buffer *entity, struct error *e);

#endif
