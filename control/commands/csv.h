/*
 * Comma-separated values (RFC 4180), strict: a quote only where a field begins
 * and ends, no bare CR, no NUL. Lines end in LF or CRLF; empty lines are
 * skipped; a UTF-8 byte order mark at the start is too.
 */
#ifndef CONTROL_COMMANDS_CSV_H
#define CONTROL_COMMANDS_CSV_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum {
	CSV_RECORD_MAX = 8192, /* octets of one record, decoded */
	CSV_FIELDS_MAX = 32
};

struct csv;

/* Borrows in. */
int csv_open(FILE *in, struct csv **csv_r, struct error *e);
void csv_close(struct csv **csv);

/* The first comma, semicolon or tab outside quotes is what separates fields;
 * before the first record. Else it is the comma. */
void csv_guess_separator(struct csv *c);
/* After a failure: goes on behind the end of the line that it stopped in. */
void csv_skip(struct csv *c);

/*
 * Reads the next record: 1, or 0 at the end. -1: ERROR_BAD, ERROR_LIMIT, or
 * ERROR_TROUBLE if the file cannot be read; csv_line tells where.
 */
int csv_next(struct csv *c, struct error *e);
/* Of the record read last. The fields last until the next csv_next. */
size_t csv_count(const struct csv *c);
const char *csv_field(const struct csv *c, size_t i);
/* The line where it begins, from 1. */
unsigned long csv_line(const struct csv *c);
/* Octets read so far. */
int64_t csv_offset(const struct csv *c);

/* Writes a record; a field is quoted where it must be. */
void csv_write(FILE *out, const char *const *fields, size_t count);

#endif
