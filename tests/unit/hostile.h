/*
 * A hostile HTTP server on a loopback port, a thread: says what it is told to,
 * whatever it is asked, in one of several manners.
 */
#ifndef TESTS_UNIT_HOSTILE_H
#define TESTS_UNIT_HOSTILE_H

#include <pthread.h>
#include <stddef.h>

enum { HOSTILE_REQUEST = 4096 };

enum manner {
	SAYS,   /* and closes */
	WAITS,  /* says it, and keeps the connection */
	DRIPS,  /* says it, and then an octet of the filler now and then */
	TIRES,  /* says it, and answers the next request as DRIPS does */
	FLOODS, /* says it, and then the filler as fast as it goes */
	DEAF,   /* reads nothing, says nothing */
	TALKS   /* as DRIPS, at once, whatever it hears */
};

struct scene {
	enum manner manner;
	const char *says; /* NULL: nothing */
	size_t length;    /* 0: it is a text */
	const char *filler;
};

struct hostile {
	struct scene scene;
	int listener, port;
	pthread_t thread;
	/* under lock until it is stopped: the last one's header */
	pthread_mutex_t lock;
	char request[HOSTILE_REQUEST];
	int requests, connections;
};

/* Aborts if it cannot. */
void hostile_start(struct hostile *h, const struct scene *scene);
void hostile_stop(struct hostile *h);
/* The last request that was answered: its header. */
void hostile_last(struct hostile *h, char request[HOSTILE_REQUEST]);

#endif
