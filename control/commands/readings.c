/*
 * What a device has reported, from the readings that the store keeps: as a
 * list, as JSON lines, or as CSV with a line a counter, which spreadsheets
 * turn as they like.
 */
#include <string.h>

#include <jansson.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/csv.h"
#include "control/commands/moment.h"
#include "control/output.h"
#include "store/reading.h"
#include "store/registry.h"

struct listing {
	struct command_context *c;
	struct error *e;
	bool csv;
	struct columns columns;
	uint64_t count;
};

/* A date before 1970 or of no report: what the row has. */
static const char *
time_cell(int64_t when, char out[TEXT_TIME_SIZE])
{
	text_time((time_t)when, out);
	return out;
}

static json_t *
flags_json(const struct reading *r)
{
	json_t *flags = json_array();

	for (unsigned int i = 0; i < FLAGS_COUNT; i++)
		if ((r->flags & 1U << i) != 0)
			json_array_append_new(flags, json_string(flag_word(i)));
	return flags;
}

static json_t *
counters_json(const struct reading *r)
{
	json_t *counters = json_object();

	for (size_t i = 0; i < r->counter_count; i++)
		json_object_set_new(counters, r->counters[i].name,
			json_integer(r->counters[i].value));
	return counters;
}

static int
say_json(struct listing *l, const struct reading *r)
{
	char earliest[TEXT_TIME_SIZE], latest[TEXT_TIME_SIZE];
	char received[TEXT_TIME_SIZE];

	return output_json(l->c->out, l->e,
		"{s:s,s:I,s:s,s:s,s:b,s:s,s:s,s:b,s:o,s:o,s:o}", "serial",
		r->serial, "sequence", (json_int_t)r->sequence, "earliest",
		time_cell(r->earliest, earliest), "latest",
		time_cell(r->latest, latest), "timed", r->timed, "received",
		time_cell(r->received, received), "assurance", r->assurance,
		"counts", r->counts, "flags", flags_json(r), "same_as",
		r->same_as != 0 ? json_integer((json_int_t)r->same_as)
				: json_null(),
		"counters", counters_json(r));
}

static int
say_csv(struct listing *l, const struct reading *r)
{
	char earliest[TEXT_TIME_SIZE], latest[TEXT_TIME_SIZE], same[24] = "";
	char received[TEXT_TIME_SIZE], sequence[24], value[24];
	char flags[FLAGS_SIZE];

	flags_text(r->flags, " ", flags);
	text_format(sequence, sizeof(sequence), "%llu",
		(unsigned long long)r->sequence);
	if (r->same_as != 0)
		text_format(same, sizeof(same), "%llu",
			(unsigned long long)r->same_as);
	for (size_t i = 0; i < r->counter_count; i++) {
		text_format(value, sizeof(value), "%lld",
			(long long)r->counters[i].value);
		csv_write(l->c->out,
			(const char *const[]){ r->serial, sequence,
				time_cell(r->earliest, earliest),
				time_cell(r->latest, latest),
				time_cell(r->received, received), r->assurance,
				r->counts ? "yes" : "no", flags, same,
				r->counters[i].name, value },
			11);
	}
	return 0;
}

static int
say_text(struct listing *l, const struct reading *r)
{
	char date[TEXT_TIME_SIZE], sequence[24], same[32] = "";
	char flags[FLAGS_SIZE];
	struct buffer counters = { 0 };
	int bad = 0;

	reading_date(r, date);
	flags_text(r->flags, ",", flags);
	text_format(sequence, sizeof(sequence), "%llu",
		(unsigned long long)r->sequence);
	if (r->same_as != 0)
		text_format(same, sizeof(same), "same as %llu",
			(unsigned long long)r->same_as);
	for (size_t i = 0; i < r->counter_count; i++)
		bad |= buffer_format(&counters, "%s%s=%lld", i > 0 ? " " : "",
			r->counters[i].name, (long long)r->counters[i].value);
	if (bad == 0)
		columns_row(&l->columns,
			(const char *const[]){ sequence, date, r->assurance,
				r->counts ? "yes" : "no",
				same[0] != '\0' ? same : flags,
				counters.length > 0
					? (const char *)counters.data
					: "" });
	buffer_clear(&counters);
	return bad == 0 ? 0 : error_memory(l->e);
}

static int
say(const struct reading *r, void *arg)
{
	struct listing *l = arg;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	l->count++;
	return l->csv        ? say_csv(l, r)
		: l->c->json ? say_json(l, r)
			     : say_text(l, r);
}

static void
begin(struct listing *l)
{
	static const char *const names[] = { "SEQUENCE", "DATE", "ASSURANCE",
		"COUNTS", "FLAGS", "COUNTERS" };
	static const char *const header[] = { "serial", "sequence", "earliest",
		"latest", "received", "assurance", "counts", "flags", "same_as",
		"counter", "value" };

	columns_begin(&l->columns, l->c->out, names, 6);
	if (l->csv)
		csv_write(l->c->out, header, 11);
}

/* Of a device that is gone what is left is shown, too. */
static int
known(struct command_context *c, const struct listing *l, const char *serial,
	struct error *e)
{
	struct device d;

	return l->count > 0 ? 0 : registry_device_get(c->store, serial, &d, e);
}

enum exit_code
command_device_readings(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e, .csv = options_given(a, "csv") };
	int64_t from = 0, to = INT64_MAX;
	const int64_t now = store_time(c->store);
	int rc;

	if (l.csv && c->json)
		return command_refused(
			c, ERROR_USAGE, "--csv or --json, not both");
	if (moment_read(a, "from", now, &from, &e) == -1 ||
		moment_read(a, "to", now, &to, &e) == -1)
		return command_failed(c, &e);
	begin(&l);
	rc = readings_each(c->store, a->operands[0], from, to, say, &l, &e);
	columns_end(&l.columns);
	if (rc == 0)
		rc = known(c, &l, a->operands[0], &e);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}
