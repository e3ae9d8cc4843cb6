/*
 * format list, check, test, draft: for those who write format files. Nothing is
 * asked of the daemon; a mail is read as the gateway would, by the files that
 * are there now.
 */
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "config/rules.h"
#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "parser/date.h"
#include "parser/formats/draft.h"
#include "parser/formats/reading.h"
#include "parser/formats/survey.h"

enum { DIRECTORIES_MAX = 16 };

/* The directories of --formats, or else those of the configuration. */
static int
load(struct command_context *c, const struct arguments *a,
	struct formats **formats_r, struct error *e)
{
	const struct settings *s = c->rules->settings;
	const char *directories[ARGUMENTS_MAX];
	size_t count = options_values(a, "formats", directories);

	if (count == 0) {
		directories[count++] = s->format_directory;
		directories[count++] = s->local_format_directory;
	}
	return formats_load_sound(directories, count, formats_r, e);
}

/* Files that are wrong are told of, wherever they may be missed. */
static size_t
say_faults(struct command_context *c, const struct formats *formats)
{
	const char *fault;
	size_t i;

	for (i = 0; (fault = formats_fault(formats, i)) != NULL; i++)
		if (c->json)
			output_json(c->out, NULL, "{s:s}", "fault", fault);
		else
			fprintf(c->out, "fault: %s\n", fault);
	return i;
}

static void
say_format(const struct survey_format *f, void *arg)
{
	const struct command_context *c = arg;
	char cell[OUTPUT_CELL_SIZE];

	if (c->json)
		output_json(c->out, NULL, "{s:s,s:s,s:s?,s:I,s:s?}", "format",
			f->name, "layout", f->layout, "certainty", f->certainty,
			"labels", (json_int_t)f->labels, "source", f->source);
	else
		fprintf(c->out, "%-20s %-6s %-8s %s\n", f->name, f->layout,
			f->certainty == NULL ? "-" : f->certainty,
			f->source == NULL ? "-" : output_cell(f->source, cell));
}

enum exit_code
command_format_list(struct command_context *c, const struct arguments *a)
{
	struct formats *formats;
	struct error e;

	if (load(c, a, &formats, &e) == -1)
		return command_failed(c, &e);
	survey_formats(formats, say_format, c);
	(void)say_faults(c, formats);
	formats_free(&formats);
	return EXIT_DONE;
}

static void
say_tie(const char *one, const char *other, void *arg)
{
	const struct command_context *c = arg;

	if (c->json)
		output_json(c->out, NULL, "{s:[s,s]}", "tie", one, other);
	else
		fprintf(c->out, "tie: %s and %s fit every text alike\n", one,
			other);
}

enum exit_code
command_format_check(struct command_context *c, const struct arguments *a)
{
	struct formats *formats;
	size_t wrong, count;
	struct error e;

	if (load(c, a, &formats, &e) == -1)
		return command_failed(c, &e);
	wrong = say_faults(c, formats);
	wrong += formats_ties(formats, say_tie, c);
	count = formats_count(formats);
	formats_free(&formats);
	if (!c->json)
		fprintf(c->out, "%zu format files, %zu faults\n", count, wrong);
	else
		output_json(c->out, NULL, "{s:I,s:I}", "formats",
			(json_int_t)count, "faults", (json_int_t)wrong);
	return wrong == 0 ? EXIT_DONE : EXIT_NO;
}

/* The mail in the command's input. */
static int
read_mail(struct command_context *c, struct entity **entity_r, struct error *e)
{
	struct buffer octets = { 0 };
	int rc = parser_init(e);

	*entity_r = NULL;
	if (rc == 0)
		rc = message_read(c, &octets, e);
	if (rc == 0)
		rc = entity_parse(octets.data, octets.length,
			&c->rules->settings->limits, entity_r, e);
	buffer_clear(&octets);
	return rc;
}

/* Text of a mail as it is written, but what a terminal would obey. */
static const char *
shown(const char *text, char out[OUTPUT_CELL_SIZE])
{
	size_t length = 0;

	for (; *text != '\0' && length + 5 < OUTPUT_CELL_SIZE; text++) {
		const unsigned char *at = (const unsigned char *)text;
		const bool control = at[0] < ' ' || at[0] == 0x7f ||
			(at[0] == 0xc2 && at[1] < 0xa0) ||
			(at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 &&
				at[2] <= 0xae) ||
			(at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 &&
				at[2] <= 0xa9);

		out[length++] = control ? '?' : *text;
		if (control && at[0] > 0x7f)
			text += at[0] == 0xc2 ? 1 : 2;
	}
	out[length] = '\0';
	return out;
}

static void
say_part(const struct survey_part *p, void *arg)
{
	const struct command_context *c = arg;
	char type[OUTPUT_CELL_SIZE], name[OUTPUT_CELL_SIZE];

	if (c->json) {
		output_json(c->out, NULL, "{s:I,s:s,s:s?,s:s,s:s?}", "part",
			(json_int_t)p->part + 1, "type", p->type, "name",
			p->name, "kind", p->kind, "why", p->why);
		return;
	}
	fprintf(c->out, "part %zu: %s%s%s, %s\n", p->part + 1,
		output_cell(p->type, type), p->name != NULL ? ", " : "",
		p->name != NULL ? shown(p->name, name) : "", p->kind);
	if (p->why != NULL)
		fprintf(c->out, "  not all of it can be read: %s\n", p->why);
}

static void
say_attempt(const struct survey_attempt *t, void *arg)
{
	const struct command_context *c = arg;

	if (c->json)
		output_json(c->out, NULL, "{s:s,s:b,s:I,s:I,s:b}", "format",
			t->format, "fits", t->recognised, "labels",
			(json_int_t)t->labels, "points", (json_int_t)t->points,
			"chosen", t->chosen);
	else
		fprintf(c->out, "  %-20s %3zu labels, %s%s\n", t->format,
			t->labels,
			t->recognised ? "fits"
				      : "has not both a serial and a counter",
			t->chosen ? ", chosen" : "");
}

static void
say_label(const struct survey_label *l, void *arg)
{
	const struct command_context *c = arg;
	char label[OUTPUT_CELL_SIZE], value[OUTPUT_CELL_SIZE];

	if (c->json)
		output_json(c->out, NULL, "{s:I,s:s,s:s?,s:s}", "line",
			(json_int_t)l->line, "label", l->label, "meaning",
			l->meaning, "value", l->value);
	else
		fprintf(c->out, "  line %-4zu %-18s %s: %s\n", l->line,
			l->meaning == NULL ? "(not known)" : l->meaning,
			shown(l->label, label), shown(l->value, value));
}

static void
say_report(struct command_context *c, const struct report *report)
{
	if (c->json)
		output_json(c->out, NULL, "{s:o}", "report",
			json_loadb(report->json, report->json_length, 0, NULL));
	else
		fprintf(c->out, "report: %s\n", report->json);
}

static void
say_unreadable(struct command_context *c, const char *why)
{
	if (c->json)
		output_json(c->out, NULL, "{s:s}", "unreadable", why);
	else
		fprintf(c->out, "unreadable: %s\n", why);
}

/* EXIT_NO: there is none, or one of them cannot be read. */
static enum exit_code
say_reports(struct command_context *c, const struct reading_source *source)
{
	enum exit_code code = EXIT_DONE;
	struct reports *reports;
	struct report *report;
	struct error e;
	int rc;

	if (reports_open(source, &reports, &e) == -1) {
		if (e.code == ERROR_TROUBLE)
			return command_failed(c, &e);
		say_unreadable(c, e.text);
		return EXIT_NO;
	}
	while ((rc = reports_next(reports, &report, &e)) != 0 &&
		!command_over(c)) {
		if (rc == 1) {
			say_report(c, report);
			report_free(&report);
			continue;
		}
		if (e.code == ERROR_TROUBLE)
			break;
		say_unreadable(c, e.text);
		code = EXIT_NO;
	}
	reports_close(&reports);
	return rc == -1 && e.code == ERROR_TROUBLE ? command_failed(c, &e)
						   : code;
}

static enum exit_code
test(struct command_context *c, const struct formats *formats,
	const struct entity *entity)
{
	const struct settings *s = c->rules->settings;
	const struct survey survey = { .part = say_part,
		.attempt = say_attempt,
		.label = say_label,
		.arg = c };
	struct reading_source source = { .entity = entity,
		.formats = formats,
		.limits = &s->limits,
		.vouched = true,
		.window = s->report_window };
	struct date date;
	struct error e;

	if (entity->date != NULL && date_read_mail(entity->date, &date))
		source.mail_date = date.latest;
	if (survey_run(&source, &survey, &e) == -1)
		return command_failed(c, &e);
	return say_reports(c, &source);
}

enum exit_code
command_format_test(struct command_context *c, const struct arguments *a)
{
	struct formats *formats = NULL;
	struct entity *entity = NULL;
	enum exit_code code;
	struct error e;

	if (load(c, a, &formats, &e) == -1 || read_mail(c, &entity, &e) == -1)
		code = command_failed(c, &e);
	else
		code = test(c, formats, entity);
	if (formats != NULL) {
		(void)say_faults(c, formats);
		formats_free(&formats);
	}
	entity_free(&entity);
	return code;
}

enum exit_code
command_format_draft(struct command_context *c, const struct arguments *a)
{
	struct entity *entity = NULL;
	struct buffer draft = { 0 };
	enum exit_code code = EXIT_DONE;
	struct error e;

	(void)a;
	if (read_mail(c, &entity, &e) == -1 ||
		draft_write(entity, &c->rules->settings->limits, &draft, &e) ==
			-1)
		code = command_failed(c, &e);
	else if (c->json)
		output_json(c->out, NULL, "{s:s%}", "draft",
			(const char *)draft.data, draft.length);
	else
		fwrite(draft.data, 1, draft.length, c->out);
	buffer_clear(&draft);
	entity_free(&entity);
	return code;
}
