/*
 * Terminal lines (termios): eight bits as they are, a speed, hanging up.
 */
#ifndef LINE_TERMINAL_H
#define LINE_TERMINAL_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Raw, whatever it was before, and closing it hangs up. speed: bit/s to the
 * modem, one that termios knows; 0: as it is. flow: RTS and CTS hold back who
 * is too fast. ERROR_BAD: no such speed; ERROR_TROUBLE.
 */
int terminal_raw(int fd, unsigned int speed, bool flow, struct error *e);

/* From now on the end of the carrier is the end of what can be read; where the
 * line shows a carrier at all. */
void terminal_heed_carrier(int fd);

/* Waits until what was written has left, or will not, and drops DTR for as
 * long as a modem needs to see it. No other terminal is touched. */
void terminal_hang_up(int fd);

#endif
