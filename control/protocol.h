/*
 * What both ends of the control socket agree on.
 *
 * A connection (SOCK_SEQPACKET) carries any number of requests, one after the
 * other. A request is one message: the arguments, each ended by NUL, at most
 * CONTROL_REQUEST_MAX octets in all, and behind them one octet, the protocol's
 * version; with the client's standard output, standard error and, where the
 * command takes one, its input file attached (SCM_RIGHTS).
 *
 * The answer is one message: one octet, the exit code; why, if the request was
 * not run at all; NUL; and one octet, the version. Programs of before versions
 * take a request with one for malformed, and print the why of such an answer:
 * each end of another version is told in words.
 */
#ifndef CONTROL_PROTOCOL_H
#define CONTROL_PROTOCOL_H

enum {
	CONTROL_VERSION = 2,
	CONTROL_REQUEST_MAX = 32768, /* octets, without the version */
	CONTROL_WHY_MAX = 255,
	CONTROL_STATE_WAIT = 10 /* seconds, for how things are */
};

/* How a command ended, as csrcadm(8) lists it. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,      /* done, and the answer is no */
	EXIT_USAGE = 2,   /* the command line is wrong */
	EXIT_REFUSED = 3, /* bad input, unknown or existing name, not allowed */
	EXIT_TROUBLE = 4  /* our own failure: try again */
};

#endif
