/*
 * The machine's clocks, read in one place, so that what is judged by them can
 * be tested with others.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { BOOT_ID_SIZE = 36 + 1 };

struct clock_reading {
	int64_t real; /* CLOCK_REALTIME, seconds since 1970; may be wrong */
	int64_t boot; /* CLOCK_BOOTTIME, seconds; goes on during suspend */
	char boot_id[BOOT_ID_SIZE]; /* of this boot; "": cannot be read */
	bool synchronised;          /* the kernel says so (adjtimex) */
};

/* Never fails: what cannot be read is 0, "" or false. */
typedef void clock_source(struct clock_reading *r);
void clock_read(struct clock_reading *r);

/* For how long something takes: monotonic, not counting suspend. */
int64_t clock_seconds(void);
int64_t clock_milliseconds(void);
int64_t clock_microseconds(void);

/* When this program was released, seconds since 1970: no right clock is
 * before it. */
int64_t clock_release(void);

#endif
