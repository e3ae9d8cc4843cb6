/*
 * What a profile makes of a printer's answers, for people who write profiles.
 */
#ifndef AGENT_PROFILE_TRIAL_H
#define AGENT_PROFILE_TRIAL_H

#include <stdbool.h>

#include "agent/answer.h"
#include "agent/profile.h"
#include "base/buffer.h"
#include "base/error.h"

/*
 * Appends a table, or lines of JSON: each object that was answered or asked,
 * its answer, what it is called, by which file, and whether it counts. Whatever
 * the printer wrote is printable ASCII. ERROR_TROUBLE, ERROR_LIMIT of out.
 */
int profile_trial(const struct profile *profile, const struct answers *answers,
	bool json, struct buffer *out, struct error *e);

#endif
