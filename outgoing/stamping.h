/*
 * Puts a stamp (outgoing/outgoing.h) on a mail that is on its way to a device:
 * which fields go, which come, and in which order. How a field or a body is
 * changed is the caller's: this knows neither libmilter nor the gate.
 */
#ifndef OUTGOING_STAMPING_H
#define OUTGOING_STAMPING_H

#include <stddef.h>

#include "base/error.h"
#include "outgoing/outgoing.h"

/* Each returns 0, or -1 if the MTA does not take the change. */
struct editor {
	void *arg;
	/* Deletes the field that is the index-th (from 1) of that name. */
	int (*remove)(void *arg, const char *name, int index);
	/* Adds a field behind the others; value has no space in front. */
	int (*add)(void *arg, const char *name, const char *value);
	int (*body)(void *arg, const unsigned char *octets, size_t length);
};

/*
 * mail is what the stamp was made for, its header as the MTA gave it. -1: at
 * least one change was not made, so that the mail must not leave.
 */
int outgoing_apply(const struct outgoing *mail, const struct stamp *stamp,
	const struct editor *editor, struct error *e);

#endif
