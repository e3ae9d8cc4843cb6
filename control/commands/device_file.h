/*
 * A CSV file of devices, as people and spreadsheets write it: separated by
 * commas, semicolons or tabs, with a header line that names the columns in any
 * case and order. A line without any value is skipped.
 */
#ifndef CONTROL_COMMANDS_DEVICE_FILE_H
#define CONTROL_COMMANDS_DEVICE_FILE_H

#include <stdbool.h>

#include "control/commands/csv.h"
#include "control/commands/seen.h"
#include "store/registry.h"

struct device_file {
	struct csv *csv;
	int columns[CSV_FIELDS_MAX]; /* the field in each; -1: it has no name */
	size_t column_count;
	bool trusted; /* it was read before: not looked at for what is twice */
	struct seen serials, addresses, aliases;
	/* Told of each fault, with its line. */
	void (*fault)(void *arg, unsigned long line, const struct error *e);
	void *arg;
};

enum device_line { LINE_END, LINE_DEVICE, LINE_FAULTY };

/* From where in stands; borrows it. To be closed also after a failure. */
int device_file_open(struct device_file *f, FILE *in, struct error *e);
void device_file_close(struct device_file *f);

/* The header line. LINE_DEVICE: it is good; or -1: trouble. */
int device_file_header(struct device_file *f, struct error *e);
/* The next device, from the fields that the file has; or -1: trouble. */
int device_file_next(
	struct device_file *f, struct device *device_r, struct error *e);

#endif
