/*
 * Each line is bounded as a report of its own is.
 */
#include "parser/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "parser/report_json.h"

bool
bundle_begin(
	const struct entity *entity, const struct limits *l, struct bundle *b)
{
	const struct part *part = entity->parts;

	if (entity->part_count != 1 || strcmp(part->type, BUNDLE_TYPE) != 0)
		return false;
	*b = (struct bundle){ .limits = l,
		.rest = { part->data, part->length } };
	return true;
}

/* Takes the next line that is not empty. */
static bool
take_line(struct span *rest, struct span *line_r, size_t *lines)
{
	const unsigned char *end;

	while (rest->length > 0) {
		end = memchr(rest->at, '\n', rest->length);
		line_r->at = rest->at;
		line_r->length =
			end == NULL ? rest->length : (size_t)(end - rest->at);
		rest->length -= line_r->length + (end != NULL);
		rest->at += line_r->length + (end != NULL);
		++*lines;
		*line_r = span_trim(*line_r);
		if (line_r->length > 0)
			return true;
	}
	return false;
}

size_t
bundle_total(const struct bundle *b)
{
	struct span rest = b->rest, line;
	size_t lines = 0, total = 0;

	while (take_line(&rest, &line, &lines))
		total++;
	return total;
}

int
bundle_next(struct bundle *b, struct report **report_r, struct error *e)
{
	struct report *report;

	*report_r = NULL;
	if (!take_line(&b->rest, &b->line, &b->lines))
		return 0;
	if (b->line.length > (size_t)b->limits->report_size)
		return error_set(e, ERROR_LIMIT,
			"line %zu is larger than %lld octets (max_report_size)",
			b->lines, (long long)b->limits->report_size);
	report = calloc(1, sizeof(*report));
	if (report == NULL)
		return error_memory(e);
	report->part = b->part;
	report->line = b->lines;
	if (report_json_whole(
		    b->line.at, b->line.length, b->limits, report, e) == -1) {
		report_free(&report);
		return e->code == ERROR_TROUBLE
			? -1
			: error_prefix(e, "line %zu", b->lines);
	}
	*report_r = report;
	return 1;
}
