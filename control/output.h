/*
 * How commands say things: JSON objects, one a line, and the few cells of text
 * that several commands share.
 */
#ifndef CONTROL_OUTPUT_H
#define CONTROL_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Writes one object in one line. The format and its values are those of
 * Jansson's json_pack. ERROR_TROUBLE if it cannot be built or written.
 */
int output_json(FILE *out, struct error *e, const char *format, ...);

/* The text in quotes, or null as output_or_null has it. */
void output_text(FILE *out, const char *text);

/* For "s?": JSON has one word for what there is not, and text has two. */
const char *output_or_null(const char *text);

/* A value that somebody else wrote, for a terminal; cuts. Returns out. */
enum { OUTPUT_CELL_SIZE = 2048 };
const char *output_cell(const char *text, char out[OUTPUT_CELL_SIZE]);

/* Seconds since 1970 as RFC 3339; "-" for 0: never. Returns out. */
const char *output_time(int64_t when, char out[TEXT_TIME_SIZE]);

#endif
