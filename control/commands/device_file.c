/*
 * Every fault of a file is told, not only the first: who mends a file of a
 * thousand lines wants to do so once.
 */
#include "control/commands/device_file.h"

#include <string.h>

#include "base/text.h"
#include "control/commands/device_fields.h"
#include "control/suggest.h"

enum { REQUIRED_FIELDS = 2 /* serial, center */ };

int
device_file_open(struct device_file *f, FILE *in, struct error *e)
{
	if (csv_open(in, &f->csv, e) == -1)
		return -1;
	csv_guess_separator(f->csv);
	return 0;
}

void
device_file_close(struct device_file *f)
{
	csv_close(&f->csv);
	seen_clear(&f->serials);
	seen_clear(&f->addresses);
	seen_clear(&f->aliases);
}

static int
tell(const struct device_file *f, const struct error *e)
{
	f->fault(f->arg, csv_line(f->csv), e);
	return LINE_FAULTY;
}

/* What cannot be read is told, and the next line begins afresh. */
static int
next_record(const struct device_file *f, struct error *e)
{
	int more = csv_next(f->csv, e);

	if (more != -1)
		return more == 1 ? LINE_DEVICE : LINE_END;
	if (e->code == ERROR_TROUBLE)
		return -1;
	tell(f, e);
	csv_skip(f->csv);
	return LINE_FAULTY;
}

/* A header's word, without blanks around it. */
static void
trim(const char *text, char out[CSV_RECORD_MAX])
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
		length--;
	(void)text_format(out, CSV_RECORD_MAX, "%.*s", (int)length, text);
	text_lower(out);
}

static int
refuse_column(const struct device_file *f, const char *name)
{
	size_t distance = SUGGEST_FAR;
	const char *near = NULL;
	struct error e;

	for (size_t i = 0; i < DEVICE_FIELDS; i++) {
		if (suggest_near(name, device_field_name(i), &distance))
			near = device_field_name(i);
	}
	if (near != NULL)
		error_set(&e, ERROR_BAD,
			"unknown column \"%.60s\": did you mean %s?", name,
			near);
	else
		error_set(&e, ERROR_BAD,
			"unknown column \"%.60s\": there are serial, center, "
			"protection, from, network, address, enabled, "
			"channel, model, alias, date-order, forwarded, "
			"counts, fax, caller",
			name);
	return tell(f, &e);
}

/* One without a name must have no values. */
static int
take_column(struct device_file *f, const char *text, bool seen[DEVICE_FIELDS])
{
	char name[CSV_RECORD_MAX];
	struct error e;
	int field;

	trim(text, name);
	field = device_field_find(name);
	f->columns[f->column_count++] = field;
	if (name[0] == '\0')
		return LINE_DEVICE;
	if (field == -1)
		return refuse_column(f, name);
	if (seen[field]) {
		error_set(&e, ERROR_BAD, "column %s is there twice", name);
		return tell(f, &e);
	}
	seen[field] = true;
	return LINE_DEVICE;
}

int
device_file_header(struct device_file *f, struct error *e)
{
	bool seen[DEVICE_FIELDS] = { false };
	int rc = next_record(f, e);

	if (rc == -1 || rc == LINE_FAULTY)
		return rc;
	rc = LINE_DEVICE;
	f->column_count = 0;
	for (size_t i = 0; i < csv_count(f->csv); i++) {
		if (take_column(f, csv_field(f->csv, i), seen) == LINE_FAULTY)
			rc = LINE_FAULTY;
	}
	for (size_t i = 0; i < REQUIRED_FIELDS; i++) {
		if (seen[i])
			continue;
		error_set(e, ERROR_BAD, "no column %s", device_field_name(i));
		rc = tell(f, e);
	}
	return rc;
}

/* Spreadsheets write separators for empty lines, too. */
static bool
is_empty(const struct csv *csv)
{
	for (size_t i = 0; i < csv_count(csv); i++) {
		if (csv_field(csv, i)[0] != '\0')
			return false;
	}
	return true;
}

static int
read_fields(const struct device_file *f, struct device *d, struct error *e)
{
	if (csv_count(f->csv) != f->column_count)
		return error_set(e, ERROR_BAD, "%zu fields, but %zu columns",
			csv_count(f->csv), f->column_count);
	for (size_t i = 0; i < f->column_count; i++) {
		const char *value = csv_field(f->csv, i);

		if (f->columns[i] == -1 && value[0] != '\0')
			return error_set(e, ERROR_BAD,
				"a value in column %zu, which has no name",
				i + 1);
		if (f->columns[i] != -1 &&
			device_field_set(d, (size_t)f->columns[i], value, e) ==
				-1)
			return -1;
	}
	return 0;
}

/* Was the word there before? */
static int
check_once(struct device_file *f, struct seen *seen, const char *what,
	const char *word, struct error *e)
{
	long line;

	if (f->trusted || word[0] == '\0')
		return 0;
	line = seen_before(seen, word, csv_line(f->csv), e);
	if (line <= 0)
		return (int)line;
	return error_set(e, ERROR_EXISTS, "%s %s is there twice: see line %ld",
		what, word, line);
}

/* Another center may have the same. */
static int
check_alias(struct device_file *f, const struct device *d, struct error *e)
{
	char name[SERIAL_SIZE + CENTER_ID_SIZE + 8];

	if (d->alias[0] == '\0')
		return 0;
	text_format(name, sizeof(name), "%s of %s", d->alias, d->center);
	return check_once(f, &f->aliases, "alias", name, e);
}

static bool
fatal(const struct error *e)
{
	return e->code == ERROR_TROUBLE || e->code == ERROR_LIMIT;
}

int
device_file_next(
	struct device_file *f, struct device *device_r, struct error *e)
{
	int rc;

	do
		rc = next_record(f, e);
	while (rc == LINE_DEVICE && is_empty(f->csv));
	if (rc != LINE_DEVICE)
		return rc;
	memset(device_r, 0, sizeof(*device_r));
	device_r->enabled = true;
	if (read_fields(f, device_r, e) == -1)
		return tell(f, e);
	if (check_once(f, &f->serials, "device", device_r->serial, e) == -1 ||
		check_once(f, &f->addresses, "address", device_r->address, e) ==
			-1 ||
		check_alias(f, device_r, e) == -1)
		return fatal(e) ? -1 : tell(f, e);
	return LINE_DEVICE;
}
