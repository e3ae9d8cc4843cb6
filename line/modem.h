/*
 * A modem on a terminal line. The line is locked as mgetty, ppp and UUCP lock
 * it; the dialogue with the modem is a program's, as a rule chat(8); it is hung
 * up by DTR.
 */
#ifndef LINE_MODEM_H
#define LINE_MODEM_H

#include <stdbool.h>

#include "base/error.h"

struct modem_options {
	const char *device; /* /dev/ttyS0 */
	unsigned int speed; /* bit/s to the modem; 0: as it is */
	bool flow;          /* RTS and CTS */
	/* The words of a command, with blanks between. The line is its standard
	 * input and output; it ends with 0 when there is a connection, and must
	 * not read further. NULL: a line without a modem. */
	const char *connect;
	/* What a word of it that is %n becomes: digits, letters and +*#,- of a
	 * telephone number; NULL: there is none. */
	const char *number;
	int seconds; /* that it may take; 0: it waits to be called */
};

struct modem;

/* Borrows the options. ERROR_EXISTS: somebody else has the line; ERROR_BAD,
 * ERROR_TROUBLE. */
int modem_open(
	const struct modem_options *o, struct modem **modem_r, struct error *e);

/*
 * Until there is a connection. ERROR_NOT_FOUND: there will be none, since the
 * command says so, or its time is up, or stop (a descriptor; -1: nothing) can
 * be read.
 */
int modem_connect(struct modem *m, int stop, struct error *e);

int modem_fd(const struct modem *m);

/* Hangs up, closes, unlocks. */
void modem_close(struct modem **modem);

#endif
