/*
 * From the parts of an opened entity (or of a plain mail) to its reports,
 * whatever the device wrote: JSON, or a maker's text or table by way of a
 * format file. Reports are read one by one: a table of ten thousand rows is
 * never in memory as ten thousand reports.
 *
 * Touches no disk, keeps no state; any thread.
 */
#ifndef PARSER_FORMATS_READING_H
#define PARSER_FORMATS_READING_H

#include <stdint.h>

#include "base/error.h"
#include "parser/date.h"
#include "parser/entity.h"
#include "parser/formats/formats.h"
#include "parser/limits.h"
#include "parser/report.h"

/* What is known about the device that a report names. */
struct device_hint {
	char serial[SERIAL_SIZE]; /* as it is registered, behind any alias */
	enum date_order order;
	bool all_labels; /* keep = all: labels that no format file knows, too */
};

struct reports; /* those of one entity */

/* Everything here must outlive what reports_open makes. */
struct reading_source {
	const struct entity *entity;
	const struct formats *formats;
	const struct limits *limits;
	/* It is from an opened seal, or its origin is registered or vouched
	 * for: then HTML, XML, RTF and ZIP are read too, and else left alone.
	 */
	bool vouched;
	/* keep = all: of a maker's text the attachments' octets, too. */
	bool keep_all;
	int64_t mail_date; /* the piece's own Date, 0: none */
	/* A date that may be several is the one that lies within window seconds
	 * of mail_date, or if that is 0, of now; if none does, the one that is
	 * much nearer than the others. window 0: nobody knows, and it
	 * is what the first pattern of the format file makes of it. */
	int64_t now, window;
	/*
	 * Asked with a serial as the text has it, and if unknown as the format
	 * file shortens it. NULL: nobody knows. 0: known, *hint_r is filled; 1:
	 * unknown; -1: trouble, e.
	 */
	int (*about)(const char *serial, void *arg, struct device_hint *hint_r,
		struct error *e);
	void *arg;
};

/*
 * ERROR_BAD: nothing there is a report; where a format recognised one that
 * cannot be read, e names format, label and line. ERROR_LIMIT: larger or deeper
 * than limits allow.
 */
int reports_open(const struct reading_source *source,
	struct reports **reports_r, struct error *e);

/*
 * 1: a report, the caller's to report_free. 0: no more. -1: ERROR_BAD,
 * ERROR_LIMIT: this one cannot be read, and the next may be; others: give up.
 */
int reports_next(
	struct reports *reports, struct report **report_r, struct error *e);

/* How many there are, readable or not. */
size_t reports_total(const struct reports *reports);

void reports_close(struct reports **reports);

/*
 * The one report of an entity of which nothing else is known. ERROR_BAD also if
 * there are several.
 */
int report_read(const struct entity *entity, const struct formats *formats,
	const struct limits *l, struct report **report_r, struct error *e);

#endif
