/*
 * When something was read, on a machine whose clock may be wrong or come later:
 * everything is timed by CLOCK_BOOTTIME, and dated when it is known what that
 * is: by our own clock if the kernel says that it is synchronised, else by the
 * center's, which comes with its first answer.
 */
#ifndef AGENT_DATING_H
#define AGENT_DATING_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"

enum { DATING_DIFFERS = 300 /* seconds, which are worth a warning */ };

enum dating_source { DATING_NONE, DATING_OWN, DATING_CENTER };

struct dating {
	clock_source *clock;
	enum dating_source source;
	char boot_id[BOOT_ID_SIZE];
	int64_t began;      /* seconds since 1970 at CLOCK_BOOTTIME 0 */
	int64_t difference; /* of our clock from the center's, when heard */
	bool compared;
};

/* clock NULL: the machine's. */
void dating_init(struct dating *d, clock_source *clock);
/* Looks at our clock; returns CLOCK_BOOTTIME now. */
int64_t dating_look(struct dating *d);
/* The center says what time it is. */
void dating_hear(struct dating *d, time_t center);
bool dating_known(const struct dating *d);
time_t dating_of(const struct dating *d, int64_t boot);
/* One word: "none", "own", "center". */
const char *dating_name(enum dating_source source);

#endif
