/*
 * What becomes of a mail that is all there.
 */
#ifndef MILTER_FINISH_H
#define MILTER_FINISH_H

#include <stddef.h>

#include "gate/gate.h"
#include "milter/connection.h"

struct smfi_str; /* libmilter's SMFICTX */

/*
 * Asks the gate, and changes the mail as it says. text_r: what a refusal is to
 * say in SMTP, or "". ctx is libmilter's.
 */
enum disposal finish(struct smfi_str *ctx, const struct session *s,
	char *text_r, size_t size);

#endif
