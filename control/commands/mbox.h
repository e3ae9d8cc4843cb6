/*
 * A mailbox file (RFC 4155 and its kin), mail by mail, in one pass: a line
 * "From …" at the beginning and after each empty line begins a mail. A ">" that
 * was put before such a line is taken away again.
 */
#ifndef CONTROL_COMMANDS_MBOX_H
#define CONTROL_COMMANDS_MBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

struct mbox {
	FILE *in; /* borrowed */
	char piece[4096];
	size_t length;  /* of piece, a line or a part of one */
	bool begins;    /* it is a line's begin */
	bool ends;      /* and its end */
	bool empty;     /* the line before it was */
	bool held;      /* piece is still to be used */
	int64_t octets; /* read so far */
};

void mbox_begin(struct mbox *m, FILE *in);
/*
 * 1: the next mail is in mail, as far as its limit allows; 0: no more; -1:
 * ERROR_BAD: this is no mbox; ERROR_TROUBLE.
 */
int mbox_next(struct mbox *m, struct buffer *mail, struct error *e);

#endif
