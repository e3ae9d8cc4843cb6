/*
 * Who is served on the control socket, and who has to wait. A command has a
 * place while it works, of which there are few; while it waits for its own
 * client (a pager that stands, a pipe that nobody reads) it gives the place to
 * others. Commands that only look at how things are need none. When all
 * connections are taken, the client that has been idle longest is sent away, or
 * else the one that has let its command wait longest.
 */
#ifndef CONTROL_PLACES_H
#define CONTROL_PLACES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct places;
struct peer;

struct place {
	struct places *places;
	int connection; /* shut down when it is sent away */
	uid_t uid;
	bool privileged; /* an operator */
	bool urgent;     /* it works without a place */
	enum {
		PLACE_READING,
		PLACE_WORKING,
		PLACE_STALLED, /* its client does not read */
		PLACE_IDLE     /* between two requests */
	} state;
	int64_t since; /* it is stalled, or idle */
	bool sent_away;
	struct place *next, *previous;
};

struct places *places_new(void);
void places_free(struct places **p);

/* Waits until one more connection may come; false: we stop. */
bool places_wait(struct places *p);
/* False: too many of that user, or that are no operators, are there. */
bool places_enter(struct places *p, struct place *me, int connection,
	const struct peer *peer);
void places_leave(struct place *me);

/* Waits for a place to work on. False: too many are there, or we stop. */
bool places_work(struct place *me, bool urgent);
/* Its request is answered; another one may come. */
void places_rest(struct place *me);
/* The client is waited for, and then not any more. */
void places_stall(struct place *me);
void places_go_on(struct place *me);

/* Nobody waits any more; and: nobody is there any more. */
void places_stop(struct places *p);
void places_drain(struct places *p);

#endif
