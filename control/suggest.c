/*
 * A slip is a letter too much, too few or another one, or two that changed
 * places. How many make a word another one depends on its length; a word that
 * was begun and no more is near, too.
 */
#include "control/suggest.h"

#include <string.h>

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Slips between a and b: the last three rows of the table of how far apart
 * their beginnings are. */
static size_t
slips(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_MAX + 1];
	const size_t length = strlen(b);
	size_t i;

	for (size_t k = 0; k <= length; k++)
		rows[0][k] = k;
	for (i = 1; a[i - 1] != '\0'; i++) {
		const size_t *before = rows[(i + 1) % 3];
		const size_t *last = rows[(i - 1) % 3];
		size_t *row = rows[i % 3];

		row[0] = i;
		for (size_t k = 1; k <= length; k++) {
			row[k] = least(least(last[k], row[k - 1]) + 1,
				last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
				a[i - 2] == b[k - 1])
				row[k] = least(row[k], before[k - 2] + 1);
		}
	}
	return rows[(i - 1) % 3][length];
}

static size_t
allowed(size_t length)
{
	return length <= 3 ? 1 : length <= 8 ? 2 : 3;
}

bool
suggest_near(const char *word, const char *candidate, size_t *distance_r)
{
	const size_t length = strlen(word);
	size_t distance;

	if (length == 0 || length > SUGGEST_MAX ||
		strlen(candidate) > SUGGEST_MAX)
		return false;
	distance = slips(word, candidate);
	if (length >= 3 && strncmp(word, candidate, length) == 0)
		distance = least(distance, 1);
	if (distance > allowed(length) || distance >= *distance_r)
		return false;
	*distance_r = distance;
	return true;
}
