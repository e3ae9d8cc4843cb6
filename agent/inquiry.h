/*
 * What one printer is asked, question by question, and what its answers are
 * worth: single objects in one Get, subtrees by GetBulk, and each answer held
 * against what was asked. No sockets, no clock.
 */
#ifndef AGENT_INQUIRY_H
#define AGENT_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/answer.h"
#include "agent/session.h"
#include "base/error.h"

enum inquiry_verdict {
	INQUIRY_GOES_ON,
	INQUIRY_LIED,   /* answers that cannot be */
	INQUIRY_LIMIT,  /* more of them than are taken */
	INQUIRY_TROUBLE /* no memory */
};

struct inquiry {
	struct answers *answers;
	struct query *queries; /* of this round, single objects first */
	size_t count, at;
	bool walks; /* in a subtree, behind the cursor */
	struct oid cursor;
	bool bulk;                  /* v1 has none */
	unsigned int rows, objects; /* of one question, for now */
};

/* All zero before. ERROR_TROUBLE. */
int inquiry_begin(struct inquiry *inquiry, bool bulk, unsigned int rows,
	unsigned int objects, struct error *e);
void inquiry_end(struct inquiry *inquiry);

/* A round. ERROR_TROUBLE. */
int inquiry_round(struct inquiry *inquiry, const struct queries *queries,
	struct error *e);

/* What to ask now; false: the round is over. The same again until something
 * was taken. */
bool
inquiry_question(const struct inquiry *inquiry, struct question *question_r);
/* Ask less at once from now on. False: less is not possible. */
bool inquiry_shrink(struct inquiry *inquiry);

/* An answer to a question of so many objects. */
struct response {
	long status, index;
	bool (*row)(void *arg, struct answer *row_r);
	void *arg;
};
enum inquiry_verdict inquiry_take(struct inquiry *inquiry, size_t asked,
	const struct response *response, struct error *e);

#endif
