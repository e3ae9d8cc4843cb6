/*
 * The mail round an entity, sealed or not; printed.
 */
#ifndef DEVICE_MAIL_H
#define DEVICE_MAIL_H

#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "device/keyfile.h"
#include "parser/claims.h"

/* NULL: no such field. */
struct outer {
	const char *from, *to, *subject, *reply_to_id;
	const struct claims *claims; /* repeated outside as a hint */
	time_t date;
};

/* Seals entity with key and makes the mail. NULL: it is left plain. */
int mail_make(const struct outer *o, const struct buffer *entity,
	const struct device_key *key, struct buffer *mail, struct error *e);

/* To standard output, all of it. ERROR_TROUBLE. */
int mail_print(const struct buffer *mail, struct error *e);

#endif
