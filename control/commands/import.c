/*
 * device import: a file of devices, a thousand to a transaction. The file is
 * read twice, first to find all that is wrong with it, since one transaction
 * over a million devices would need more locks than there are. So it is all or
 * nothing but for what changes or breaks in between.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/device_fields.h"
#include "control/commands/device_file.h"
#include "control/commands/key_make.h"
#include "control/output.h"
#include "base/progress.h"

enum { BATCH = 1000 };

struct import {
	struct command_context *c;
	struct device_file file;
	bool update, partial, dry_run, keys;
	bool checks, writes; /* in this pass */
	struct device batch[BATCH];
	unsigned long lines[BATCH];
	struct error found[BATCH]; /* against those that wait */
	size_t waiting;
	/* What the file itself has against other lines, told in their order. */
	struct {
		unsigned long line;
		struct error e;
	} held[BATCH];
	size_t held_count;
	uint64_t lines_read, faults;
	uint64_t added, updated, unchanged;
	struct progress progress;
};

/* "line 4: why" */
static void
tell_fault(struct import *m, unsigned long line, const struct error *e)
{
	struct error told = *e;

	m->faults++;
	progress_clear(&m->progress);
	error_prefix(&told, "line %lu", line);
	if (!m->c->json ||
		output_json(m->c->err, NULL, "{s:s,s:i,s:I}", "error",
			told.text, "exit_code", (int)EXIT_REFUSED, "line",
			(json_int_t)line) == -1)
		(void)command_failed(m->c, &told);
}

static void
hold_fault(void *arg, unsigned long line, const struct error *e)
{
	struct import *m = arg;

	/* A line has one; a header, one a column and a few more. */
	if (m->held_count == BATCH)
		return;
	m->held[m->held_count].line = line;
	m->held[m->held_count++].e = *e;
}

/* Those of lines up to this one. */
static void
tell_held(struct import *m, unsigned long line)
{
	size_t i = 0;

	for (; i < m->held_count && m->held[i].line <= line; i++)
		tell_fault(m, m->held[i].line, &m->held[i].e);
	m->held_count -= i;
	memmove(m->held, m->held + i, m->held_count * sizeof(m->held[0]));
}

/* Takes out of the batch what is marked. */
static void
drop_found(struct import *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->waiting; i++) {
		if (m->found[i].code != ERROR_NONE)
			continue;
		m->batch[kept] = m->batch[i];
		m->lines[kept++] = m->lines[i];
	}
	m->waiting = kept;
}

/* Tells what the file and the store have against these lines, and goes on with
 * the others. */
static int
check_batch(struct import *m, struct error *e)
{
	if (m->checks && m->waiting > 0 &&
		registry_device_check(m->c->store, m->batch, m->waiting,
			m->update, m->found, e) == -1)
		return -1;
	for (size_t i = 0; m->checks && i < m->waiting; i++) {
		if (m->found[i].code == ERROR_NONE)
			continue;
		tell_held(m, m->lines[i]);
		tell_fault(m, m->lines[i], &m->found[i]);
	}
	tell_held(m, ULONG_MAX);
	if (m->checks)
		drop_found(m);
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
	const struct device_file *f = &l->import->file;
	const struct device old = *d;

	l->there = true;
	for (size_t i = 0; i < f->column_count; i++) {
		if (f->columns[i] == -1)
			continue;
		if (device_field_set(d, (size_t)f->columns[i],
			    device_field_get(l->device, (size_t)f->columns[i]),
			    e) == -1)
			return -1;
	}
	return device_same(&old, d) ? 1 : 0;
}

/* As an update would do; it is not known to the store. */
static int
try_update(struct import *m, struct line *line, struct error *e)
{
	struct device d;

	if (registry_device_get(m->c->store, line->device->serial, &d, e) == -1)
		return -1;
	return take_columns(&d, line, e);
}

/* With --update: 1 if the device was there and is now as the line says. */
static int
update(struct import *m, const struct device *d, struct error *e)
{
	struct line line = { m, d, false };
	int rc = m->writes ? registry_device_update(m->c->store, d->serial,
				     take_columns, &line, e)
			   : try_update(m, &line, e);

	if (rc == -1)
		return !line.there && e->code == ERROR_NOT_FOUND ? 0 : -1;
	*(rc == 1 ? &m->unchanged : &m->updated) += 1;
	return 1;
}

/* Somebody changed the store since it was looked at. -1 unless partial. */
static int
fault_meanwhile(struct import *m, size_t i, struct error *e)
{
	if (e->code != ERROR_TROUBLE && m->partial) {
		tell_fault(m, m->lines[i], e);
		m->found[i].code = e->code;
		return 0;
	}
	error_prefix(e, "line %lu", m->lines[i]);
	return -1;
}

/* Those that are there leave the batch. */
static int
update_batch(struct import *m, struct error *e)
{
	for (size_t i = 0; i < m->waiting; i++) {
		int there = update(m, &m->batch[i], e);

		m->found[i].code = there == 1 ? ERROR_EXISTS : ERROR_NONE;
		if (there == -1 && fault_meanwhile(m, i, e) == -1)
			return -1;
	}
	drop_found(m);
	return 0;
}

static int
add_batch(struct import *m, struct error *e)
{
	size_t bad;

	while (m->waiting > 0 && m->writes &&
		registry_device_add(
			m->c->store, m->batch, m->waiting, &bad, e) == -1) {
		for (size_t i = 0; i < m->waiting; i++)
			m->found[i].code = ERROR_NONE;
		if (fault_meanwhile(m, bad < m->waiting ? bad : 0, e) == -1)
			return -1;
		drop_found(m);
	}
	m->added += m->waiting;
	if (!m->keys || !m->writes || m->waiting == 0)
		return 0;
	if (key_make(m->c, m->batch, m->waiting, KEY_SIZE_MAX, true, e) == 0)
		return 0;
	return error_prefix(
		e, "keys of devices up to line %lu", m->lines[m->waiting - 1]);
}

/* Reads up to a batch; 1: there is more, 0: the end. */
static int
read_batch(struct import *m, struct error *e)
{
	int rc = LINE_DEVICE;

	m->waiting = 0;
	for (int i = 0; i < BATCH && rc != LINE_END; i++) {
		struct device *d = &m->batch[m->waiting];

		rc = device_file_next(&m->file, d, e);
		if (rc == -1)
			return error_prefix(
				e, "line %lu", csv_line(m->file.csv));
		d->created = store_time(m->c->store);
		if (rc == LINE_DEVICE)
			m->lines[m->waiting++] = csv_line(m->file.csv);
	}
	return rc != LINE_END;
}

static int
work_on_batch(struct import *m, struct error *e)
{
	if (check_batch(m, e) == -1)
		return -1;
	m->lines_read += m->waiting;
	if (!m->writes && !m->dry_run)
		return 0;
	if (m->update && update_batch(m, e) == -1)
		return -1;
	return add_batch(m, e);
}

static int
read_lines(struct import *m, struct error *e)
{
	int more;

	m->lines_read = 0;
	do {
		more = read_batch(m, e);
		if (more == -1 || work_on_batch(m, e) == -1)
			return -1;
		progress_show(&m->progress, csv_offset(m->file.csv),
			m->c->in_size, m->lines_read);
		if (more == 1 && command_over(m->c))
			return error_set(e, ERROR_TROUBLE,
				"stopped behind line %lu",
				csv_line(m->file.csv));
	} while (more == 1);
	return 0;
}

/* From the header to the end. what: for the progress bar. */
static int
pass(struct import *m, const char *what, struct error *e)
{
	int rc;

	progress_start(&m->progress, m->c->err, m->c->terminal, what);
	rc = device_file_open(&m->file, m->c->in, e);
	if (rc == 0)
		rc = device_file_header(&m->file, e);
	if (rc == LINE_END) {
		error_set(e, ERROR_BAD, "the file is empty: no column serial");
		hold_fault(m, 1, e);
	}
	tell_held(m, ULONG_MAX);
	rc = rc == LINE_DEVICE ? read_lines(m, e) : rc == -1 ? -1 : 0;
	if (rc == 0)
		progress_end(&m->progress, m->c->in_size, m->c->in_size,
			m->lines_read);
	device_file_close(&m->file);
	return rc;
}

/* With --partial one pass does both. */
static int
import_all(struct import *m, struct error *e)
{
	const off_t start = ftello(m->c->in);

	m->checks = true;
	m->writes = m->partial && !m->dry_run;
	if (pass(m, m->writes ? "devices" : "devices checked", e) == -1)
		return -1;
	if (m->dry_run || m->partial || m->faults > 0)
		return 0;
	if (start == -1 || fseeko(m->c->in, start, SEEK_SET) == -1)
		return error_set(e, ERROR_USAGE,
			"the file cannot be read twice: give one that can be, "
			"or --partial");
	m->checks = false;
	m->writes = true;
	m->file.trusted = true;
	return pass(m, "devices", e);
}

static int
say_result(const struct import *m, struct error *e)
{
	if (m->c->json)
		return output_json(m->c->out, e, "{s:I,s:I,s:I,s:I,s:b}",
			"added", (json_int_t)m->added, "updated",
			(json_int_t)m->updated, "unchanged",
			(json_int_t)m->unchanged, "faults",
			(json_int_t)m->faults, "dry_run", m->dry_run);
	fprintf(m->c->out, "%sadded %llu, updated %llu, unchanged %llu",
		m->dry_run ? "would have " : "", (unsigned long long)m->added,
		(unsigned long long)m->updated,
		(unsigned long long)m->unchanged);
	if (m->faults > 0)
		fprintf(m->c->out, ", faults %llu",
			(unsigned long long)m->faults);
	putc('\n', m->c->out);
	return 0;
}

enum exit_code
command_device_import(struct command_context *c, const struct arguments *a)
{
	struct import *m = calloc(1, sizeof(*m));
	enum exit_code code = EXIT_DONE;
	struct error e = { ERROR_NONE, "" };

	if (m == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	m->c = c;
	m->update = options_given(a, "update");
	m->partial = options_given(a, "partial");
	m->dry_run = options_given(a, "dry-run");
	m->keys = options_given(a, "generate-keys");
	m->file.fault = hold_fault;
	m->file.arg = m;
	if (import_all(m, &e) == -1)
		code = command_failed(c, &e);
	else if (m->faults > 0)
		code = EXIT_REFUSED;
	if (say_result(m, &e) == -1)
		code = command_failed(c, &e);
	free(m);
	return code;
}
