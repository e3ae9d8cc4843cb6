/*
 * The same steps as those of the reading, with somebody watching.
 */
#include "parser/formats/survey.h"

#include <string.h>

#include "base/wipe.h"
#include "parser/formats/choice.h"
#include "parser/formats/document.h"

/* One text under survey. */
struct watching {
	const struct survey *survey;
	const struct choice *choice; /* NULL: it is being made */
};

static const char *
meaning(const struct label_rule *rule)
{
	static const char *const names[] = {
		[LABEL_SERIAL] = "serial",
		[LABEL_MODEL] = "model",
		[LABEL_DATE] = "date",
		[LABEL_TIME] = "time",
		[LABEL_COUNTER] = "counter",
		[LABEL_ALARM] = "alarm",
		[LABEL_OTHER] = "other",
		[LABEL_IGNORED] = "ignored",
	};

	if (rule == NULL)
		return NULL;
	return rule->use == LABEL_COUNTER ? rule->name : names[rule->use];
}

static const char *
kind_meaning(const struct format *f, const struct pair *p)
{
	switch (p->kind) {
	case PAIR_DATE:
		return "date";
	case PAIR_ON:
		return "alarm, on";
	case PAIR_OFF:
		return "alarm, off";
	case PAIR_SINCE:
		return "since";
	case PAIR_SERIAL:
		return "serial";
	case PAIR_MODEL:
		return "model";
	case PAIR_TIME:
		return "time";
	case PAIR_LABEL:
		break;
	}
	return meaning(format_rule(f, p->name));
}

/* outside: only those that are from outside of the text. */
static void
tell_labels(const struct survey *s, const struct format *f,
	const struct pairs *pairs, bool outside)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];
		const struct survey_label label = { .line = p->line,
			.label = p->name,
			.value = p->value,
			.meaning = kind_meaning(f, p) };

		if (!outside || p->line == 0)
			s->label(&label, s->arg);
	}
}

static void
note(const struct attempt *a, void *arg)
{
	const struct watching *w = arg;
	const struct survey_attempt told = { .format = a->format->name,
		.matched = a->matched,
		.recognised = a->likeness.recognised,
		.labels = a->likeness.labels,
		.points = a->points,
		.chosen = w->choice != NULL && a->points > 0 &&
			a->points == w->choice->points };

	if (a->likeness.labels > 0)
		w->survey->attempt(&told, w->survey->arg);
}

static int
look_at(const struct reading_source *source, const struct survey *survey,
	const struct document *d, const char *header, struct error *e)
{
	struct choice choice, again;
	struct watching w = { .survey = survey };
	struct pairs pairs = { 0 };
	struct error ignored;
	int rc;

	if (choice_make(d, source->formats, header, &choice, NULL, NULL, e))
		return -1;
	w.choice = &choice;
	rc = choice_make(d, source->formats, header, &again, note, &w, e);
	if (rc == 0 && choice.records != NULL) {
		tell_labels(survey, choice.format,
			records_common(choice.records), true);
		if (records_next(choice.records, &pairs, &ignored) == 1)
			tell_labels(survey, choice.format, &pairs, false);
		pairs_clear(&pairs);
	}
	records_close(&choice.records);
	records_close(&again.records);
	return rc;
}

static int
look_at_part(const struct reading_source *s, const struct survey *survey,
	size_t part, const char *header, struct error *e)
{
	const struct part *p = &s->entity->parts[part];
	struct documents documents = { 0 };
	struct charsets charsets;
	struct error why = { 0 };
	struct survey_part told = { .part = part,
		.type = p->type,
		.name = p->name,
		.kind = document_kind_name(document_kind(p)) };
	int rc = 0;

	charsets_of(s->formats, &charsets);
	if (documents_add(&documents, s->entity, part, &charsets, s->limits,
		    &why) == -1)
		told.why = why.text;
	survey->part(&told, survey->arg);
	for (size_t i = 0; rc == 0 && i < documents.count; i++)
		rc = look_at(s, survey, &documents.rows[i], header, e);
	documents_clear(&documents);
	return rc;
}

int
survey_run(const struct reading_source *source, const struct survey *survey,
	struct error *e)
{
	char *header;
	int rc;

	if (choice_header(source->entity, &header, e))
		return -1;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < source->entity->part_count; i++)
		rc = look_at_part(source, survey, i, header, e);
	wipe_free(header);
	return rc;
}

void
survey_formats(const struct formats *formats,
	void (*tell)(const struct survey_format *format, void *arg), void *arg)
{
	static const char *const layouts[] = { [LAYOUT_LINES] = "lines",
		[LAYOUT_TABLE] = "table",
		[LAYOUT_XML] = "xml",
		[LAYOUT_JSON] = "json" };

	for (size_t i = 0; i < formats_count(formats); i++) {
		const struct format *f = formats_get(formats, i);
		const struct survey_format told = { .name = f->name,
			.source = f->source,
			.certainty = f->certainty,
			.layout = layouts[f->layout],
			.labels = f->rule_count };

		tell(&told, arg);
	}
}
