/*
 * What may have been meant by a word that there is not.
 */
#ifndef CONTROL_SUGGEST_H
#define CONTROL_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SUGGEST_MAX = 40, /* characters; what is longer is like nothing */
	SUGGEST_FAR = SUGGEST_MAX
};

/*
 * Is the candidate near enough for a slip of the hand, and nearer than the best
 * one so far? *distance_r is its distance then; SUGGEST_FAR before the first.
 */
bool suggest_near(const char *word, const char *candidate, size_t *distance_r);

#endif
