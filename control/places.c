/*
 * A list behind one lock, walked where not all of it may be taken.
 */
#include "control/places.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "control/socket.h"
#include "control/serve.h"
#include "control/peers.h"
#include "base/clock.h"

struct places {
	pthread_mutex_t lock; /* for all here, and in each place */
	pthread_cond_t changed;
	struct place *first;
	unsigned int clients, working;
	bool stopping;
};

struct places *
places_new(void)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	return p;
}

void
places_free(struct places **pp)
{
	struct places *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Does a go before b? Who asks for nothing before who only does not read. */
static bool
goes_before(const struct place *a, const struct place *b)
{
	if (b == NULL || a->state != b->state)
		return b == NULL || a->state == PLACE_IDLE;
	return a->since < b->since;
}

/* With the lock held. Its command then finds that its client hung up. */
static bool
send_one_away(struct places *p)
{
	struct place *goes = NULL;

	for (struct place *i = p->first; i != NULL; i = i->next)
		if ((i->state == PLACE_STALLED || i->state == PLACE_IDLE) &&
			!i->sent_away && goes_before(i, goes))
			goes = i;
	if (goes == NULL)
		return false;
	goes->sent_away = true;
	/* an idle one would take it for the answer to its next request */
	if (goes->state == PLACE_STALLED)
		control_answer(goes->connection, EXIT_TROUBLE,
			"others wait, and nobody reads what this command "
			"writes");
	shutdown(goes->connection, SHUT_RDWR);
	return true;
}

bool
places_wait(struct places *p)
{
	bool asked = false, stopping;

	pthread_mutex_lock(&p->lock);
	while (p->clients >= CONTROL_CLIENTS_MAX && !p->stopping) {
		asked = asked || send_one_away(p);
		pthread_cond_wait(&p->changed, &p->lock);
	}
	stopping = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return !stopping;
}

/* With the lock held: how many of those that are no operators', of one user or
 * (NULL) of all, are there, or at work. */
static unsigned int
count(const struct places *p, const uid_t *uid, bool at_work)
{
	unsigned int n = 0;

	for (const struct place *i = p->first; i != NULL; i = i->next) {
		if (i->privileged || (uid != NULL && i->uid != *uid))
			continue;
		if (!at_work || (i->state == PLACE_WORKING && !i->urgent))
			n++;
	}
	return n;
}

static void
put_first(struct places *p, struct place *me)
{
	me->next = p->first;
	if (me->next != NULL)
		me->next->previous = me;
	p->first = me;
	p->clients++;
}

bool
places_enter(struct places *p, struct place *me, int connection,
	const struct peer *peer)
{
	bool welcome;

	*me = (struct place){ .places = p,
		.connection = connection,
		.uid = peer->uid,
		.privileged = peer->role == ROLE_OPERATOR };
	pthread_mutex_lock(&p->lock);
	welcome = me->privileged ||
		(count(p, &me->uid, false) < CONTROL_USER_MAX &&
			count(p, NULL, false) < CONTROL_OTHERS_MAX);
	if (welcome)
		put_first(p, me);
	pthread_mutex_unlock(&p->lock);
	return welcome;
}

/* With the lock held. */
static void
give_back(struct place *me)
{
	if (me->state == PLACE_WORKING && !me->urgent)
		me->places->working--;
	pthread_cond_broadcast(&me->places->changed);
}

void
places_leave(struct place *me)
{
	struct places *p = me->places;

	pthread_mutex_lock(&p->lock);
	give_back(me);
	if (me->next != NULL)
		me->next->previous = me->previous;
	*(me->previous != NULL ? &me->previous->next : &p->first) = me->next;
	p->clients--;
	pthread_mutex_unlock(&p->lock);
}

/* With the lock held. */
static bool
must_wait(const struct places *p, const struct place *me)
{
	if (p->working >= CONTROL_REQUESTS_MAX)
		return true;
	return !me->privileged &&
		(count(p, NULL, true) >= CONTROL_OTHERS_WORKING ||
			count(p, &me->uid, true) >= CONTROL_USER_WORKING);
}

/* With the lock held: as soon as there is a place. */
static void
take(struct place *me)
{
	struct places *p = me->places;

	if (!me->urgent) {
		while (must_wait(p, me) && !p->stopping)
			pthread_cond_wait(&p->changed, &p->lock);
		p->working++;
	}
	me->state = PLACE_WORKING;
}

/* Some connections are kept for what is urgent. */
bool
places_work(struct place *me, bool urgent)
{
	struct places *p = me->places;
	bool welcome;

	pthread_mutex_lock(&p->lock);
	me->urgent = urgent;
	welcome = urgent ||
		p->clients <= CONTROL_CLIENTS_MAX - CONTROL_RESERVED ||
		send_one_away(p);
	welcome = welcome && !me->sent_away;
	if (welcome)
		take(me);
	welcome = welcome && !p->stopping;
	pthread_mutex_unlock(&p->lock);
	return welcome;
}

void
places_stall(struct place *me)
{
	pthread_mutex_lock(&me->places->lock);
	give_back(me);
	me->state = PLACE_STALLED;
	me->since = clock_milliseconds();
	pthread_mutex_unlock(&me->places->lock);
}

void
places_rest(struct place *me)
{
	pthread_mutex_lock(&me->places->lock);
	give_back(me);
	me->state = PLACE_IDLE;
	me->since = clock_milliseconds();
	pthread_mutex_unlock(&me->places->lock);
}

void
places_go_on(struct place *me)
{
	pthread_mutex_lock(&me->places->lock);
	take(me);
	pthread_mutex_unlock(&me->places->lock);
}

void
places_stop(struct places *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

void
places_drain(struct places *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->clients > 0)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
