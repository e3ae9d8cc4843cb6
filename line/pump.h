/*
 * A call over descriptors: a terminal line, a socket, a pair of pipes.
 */
#ifndef LINE_PUMP_H
#define LINE_PUMP_H

#include "line/line.h"

/*
 * Carries octets between the line and in and out, which may be the same, until
 * the call is over or stop (-1: nothing) can be read, which breaks it off.
 * Neither descriptor is closed. What came of it is line_state's.
 */
void pump_run(struct line *l, int in, int out, int stop);

#endif
