/*
 * device import: a file of devices, a thousand to a transaction. It stops at
 * the first bad line, and what stands before that line is in.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/commands/device_fields.h"
#include "control/output.h"
#include "base/progress.h"

enum { BATCH = 1000, REQUIRED_FIELDS = 2 /* serial, center */ };

struct import {
	struct command_context *c;
	struct csv *csv;
	bool update;
	size_t columns[CSV_FIELDS_MAX]; /* the field in each column */
	size_t column_count;
	struct device batch[BATCH];
	unsigned long lines[BATCH];
	size_t waiting;
	unsigned long line; /* of the error */
	uint64_t added, updated, unchanged;
	struct progress progress;
};

static int
read_header(struct import *m, struct error *e)
{
	bool seen[DEVICE_FIELDS] = { false };
	int more = csv_next(m->csv, e);

	m->line = csv_line(m->csv);
	if (more == -1)
		return -1;
	for (size_t i = 0; i < csv_count(m->csv); i++) {
		int field = device_field_find(csv_field(m->csv, i));

		if (field == -1)
			return error_set(e, ERROR_BAD, "unknown column \"%s\"",
				csv_field(m->csv, i));
		if (seen[field])
			return error_set(e, ERROR_BAD,
				"column %s is there twice",
				device_field_name((size_t)field));
		seen[field] = true;
		m->columns[m->column_count++] = (size_t)field;
	}
	for (size_t i = 0; i < REQUIRED_FIELDS; i++) {
		if (!seen[i])
			return error_set(e, ERROR_BAD, "no column %s",
				device_field_name(i));
	}
	return 0;
}

/* Adds what waits. What stands before a bad device is added, too; somebody may
 * make a bad one of those meanwhile, and then that one is the first. */
static int
flush(struct import *m, struct error *e)
{
	size_t count = m->waiting, bad = 0;
	int rc = 0;

	m->waiting = 0;
	while (count > 0 &&
		registry_device_add(m->c->store, m->batch, count, &bad, e) ==
			-1) {
		rc = -1;
		count = e->code != ERROR_TROUBLE && bad < count ? bad : 0;
		m->line = m->lines[count];
	}
	m->added += count;
	return rc;
}

static int
read_device(struct import *m, struct device *d, struct error *e)
{
	memset(d, 0, sizeof(*d));
	d->enabled = true;
	d->created = store_time(m->c->store);
	if (csv_count(m->csv) != m->column_count)
		return error_set(e, ERROR_BAD, "%zu fields, but %zu columns",
			csv_count(m->csv), m->column_count);
	for (size_t i = 0; i < m->column_count; i++) {
		if (device_field_set(
			    d, m->columns[i], csv_field(m->csv, i), e) == -1)
			return -1;
	}
	return 0;
}

/* One line, and the columns that it has. */
struct line {
	const struct import *import;
	const struct device *device;
	bool there; /* the device was registered before */
};

/* 1: the device is already as the line says. */
static int
take_columns(struct device *d, void *arg, struct error *e)
{
	struct line *l = arg;
	const struct import *m = l->import;
	const struct device old = *d;

	l->there = true;
	for (size_t i = 0; i < m->column_count; i++)
		if (device_field_set(d, m->columns[i],
			    device_field_get(l->device, m->columns[i]),
			    e) == -1)
			return -1;
	return device_same(&old, d) ? 1 : 0;
}

/* With --update: 1 if the device was there and is now as the line says. */
static int
update(struct import *m, const struct device *d, struct error *e)
{
	struct line line = { m, d, false };
	int rc = registry_device_update(
		m->c->store, d->serial, take_columns, &line, e);

	if (rc == -1)
		return !line.there && e->code == ERROR_NOT_FOUND ? 0 : -1;
	*(rc == 1 ? &m->unchanged : &m->updated) += 1;
	return 1;
}

/* The same serial twice in one batch would not be seen by update. */
static bool
waits_already(const struct import *m, const struct device *d)
{
	for (size_t i = 0; i < m->waiting; i++) {
		if (strcmp(m->batch[i].serial, d->serial) == 0)
			return true;
	}
	return false;
}

static int
take_line(struct import *m, struct error *e)
{
	struct device *d = &m->batch[m->waiting];
	int there = 0;

	if (read_device(m, d, e) == -1)
		return -1;
	if (m->update && waits_already(m, d))
		return error_set(
			e, ERROR_EXISTS, "%s is there twice", d->serial);
	if (m->update)
		there = update(m, d, e);
	if (there != 0)
		return there == 1 ? 0 : -1;
	m->lines[m->waiting++] = csv_line(m->csv);
	return 0;
}

/* Reads up to a batch; 1: there is more, 0: the end. */
static int
read_batch(struct import *m, struct error *e)
{
	struct error other;

	for (int i = 0; i < BATCH; i++) {
		int more = csv_next(m->csv, e);

		if (more == 0)
			return flush(m, e) == -1 ? -1 : 0;
		if (more == -1 || take_line(m, e) == -1) {
			/* A bad device before this line comes first. */
			m->line = csv_line(m->csv);
			if (flush(m, &other) == -1)
				*e = other;
			return -1;
		}
	}
	return flush(m, e) == -1 ? -1 : 1;
}

static int
import_all(struct import *m, struct error *e)
{
	int more;

	if (read_header(m, e) == -1)
		return -1;
	do {
		more = read_batch(m, e);
		progress_show(&m->progress, csv_offset(m->csv), m->c->in_size,
			m->added + m->updated + m->unchanged);
		if (more == 1 && command_over(m->c)) {
			m->line = csv_line(m->csv);
			return error_set(
				e, ERROR_TROUBLE, "stopped behind this line");
		}
	} while (more == 1);
	return more;
}

static int
say_result(struct import *m, struct error *e)
{
	if (m->c->json)
		return output_json(m->c->out, e, "{s:I,s:I,s:I}", "added",
			(json_int_t)m->added, "updated", (json_int_t)m->updated,
			"unchanged", (json_int_t)m->unchanged);
	fprintf(m->c->out, "added %llu, updated %llu, unchanged %llu\n",
		(unsigned long long)m->added, (unsigned long long)m->updated,
		(unsigned long long)m->unchanged);
	return 0;
}

enum exit_code
command_device_import(struct command_context *c, const struct arguments *a)
{
	struct import *m = calloc(1, sizeof(*m));
	enum exit_code code = EXIT_DONE;
	struct error e = { ERROR_NONE, "" };
	int rc;

	if (m == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	m->c = c;
	m->update = options_given(a, "update");
	if (csv_open(c->in, &m->csv, &e) == -1) {
		code = command_failed(c, &e);
		goto out;
	}
	progress_start(&m->progress, c->err, c->terminal, "devices");
	rc = import_all(m, &e);
	progress_end(&m->progress, csv_offset(m->csv), c->in_size,
		m->added + m->updated + m->unchanged);
	if (rc == -1) {
		error_prefix(&e, "line %lu", m->line);
		code = command_failed(c, &e);
	}
	if (say_result(m, &e) == -1)
		code = command_failed(c, &e);
	csv_close(&m->csv);
out:
	free(m);
	return code;
}
