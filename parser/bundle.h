/*
 * A sealed bundle, csrc-message(5): a report of csrc-report(5) in JSON a line.
 * Lines are read one by one, and one that cannot be read is one report.
 */
#ifndef PARSER_BUNDLE_H
#define PARSER_BUNDLE_H

#include "base/error.h"
#include "parser/entity.h"
#include "parser/limits.h"
#include "parser/report.h"
#include "parser/walk.h"

#define BUNDLE_TYPE "application/vnd.csrc.reports+jsonl"

struct bundle {
	const struct limits *limits;
	size_t part;      /* of the entity */
	struct span rest; /* lines not yet read */
	struct span line; /* the last one, without its end */
	size_t lines;     /* read so far */
};

/* Is the entity a bundle, and nothing else? It must outlive the bundle. */
bool bundle_begin(const struct entity *entity, const struct limits *l,
	struct bundle *bundle_r);

/* Lines that are not empty. */
size_t bundle_total(const struct bundle *b);

/*
 * 1: a report, the caller's to report_free; 0: no more; -1: ERROR_BAD,
 * ERROR_LIMIT: this line cannot be read; ERROR_TROUBLE: give up.
 */
int bundle_next(struct bundle *b, struct report **report_r, struct error *e);

#endif
