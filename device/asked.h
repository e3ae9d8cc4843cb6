/*
 * What a request asks, as a line of JSON, csrc-device(1): for a person who
 * looks, and for the program that is to answer.
 */
#ifndef DEVICE_ASKED_H
#define DEVICE_ASKED_H

#include "base/buffer.h"
#include "base/error.h"
#include "parser/request_text.h"

/* Appends the line, with its end. ERROR_TROUBLE (memory). */
int asked_describe(
	const struct request_text *r, struct buffer *line, struct error *e);

/*
 * Runs the program, no shell between, with that line for its standard input;
 * its answer is what it prints, a csrc-report(5) document. ERROR_TROUBLE: there
 * is no such program, it failed, took too long or printed too much.
 */
int asked_run(const char *program, const struct request_text *r,
	struct buffer *json, struct error *e);

#endif
