/*
 * A message under judgement: its pieces, and their reports, one after the
 * other. Each report has its own verdict, and the message the best of them;
 * trouble comes before all, since then the message is to come again.
 */
#ifndef GATE_MESSAGE_H
#define GATE_MESSAGE_H

#include "gate/judgement.h"

/*
 * all: what is known of the message. verdict_r is without its disposal; so is
 * each report's, which the arrival's channel is told of. findings_r, for
 * explain, gets those of the last report; NULL: nobody asks.
 */
void message_judge(const struct judgement *all, struct verdict *verdict_r,
	struct findings *findings_r);

#endif
