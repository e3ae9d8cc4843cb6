/*
 * What the judgement of a report, or of a piece that could not be read, comes
 * to: a verdict, and whose it is.
 */
#ifndef GATE_OUTCOME_H
#define GATE_OUTCOME_H

#include "gate/judgement.h"

/* rc: how the last check came out. Without a disposal. */
void outcome_fill(struct verdict *v, struct judgement *j, int rc);
/* Names what was sealed in what must be kept, be it nothing; trouble if it
 * cannot. It costs a look at all that was sealed: once for a message. */
void outcome_name(struct verdict *v, struct judgement *j);

#endif
