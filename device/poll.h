/*
 * What the steps of csrc-device poll share.
 */
#ifndef DEVICE_POLL_H
#define DEVICE_POLL_H

#include "dav/dav.h"
#include "device/arguments.h"
#include "device/keyfile.h"
#include "device/queue.h"
#include "device/send.h"

enum {
	POLL_RECEIPTS_MAX = 1000, /* looked at in one poll */
	POLL_REQUESTS_MAX = 100,
	POLL_NAME_SIZE = SPELLED_SIZE + NAMES_ID_SIZE + sizeof(".request")
};

/* An entry of the outbox that is one of ours. */
struct poll_name {
	enum names_kind kind;
	char id[NAMES_ID_SIZE]; /* "": its name does not say */
	char name[POLL_NAME_SIZE];
};

struct poll;

/* How a request is got, and what becomes of its answer: by WebDAV, or over a
 * line. */
struct poll_ways {
	/* False: there is none, or it is not to be had, which is told.
	 * ERROR_LIMIT in *e: it is too large for any request. */
	bool (*get)(struct poll *p, const struct poll_name *n,
		struct buffer *mail, struct error *e);
	/* It is done with; that it could not be is told, and counted. */
	void (*drop)(struct poll *p, const struct poll_name *n);
	/* Has one that is refused waited long enough for another key? NULL: who
	 * sent it takes it away. */
	bool (*is_old)(const struct poll *p, const struct poll_name *n);
	/* Its answer is in the queue. */
	enum send_result (*send)(
		struct poll *p, struct queue_entry *entry, struct error *e);
};

struct poll {
	const struct arguments *a;
	const struct poll_ways *ways;
	const struct keyring *ring;
	char spelled[SPELLED_SIZE];
	char state[4096]; /* the state file's path */
	struct queue *queue;
	struct dav *dav;
	unsigned int refused; /* of ours by the center, or of others by us */
	unsigned int left;    /* things to be done that could not be */
};

/* A line on standard output of what was done, on standard error of what was
 * not. */
void poll_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void poll_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "outbox/SERIAL/NAME" */
enum { POLL_PATH_SIZE = SPELLED_SIZE + 128 };
void
poll_path(const struct poll *p, const char *name, char out[POLL_PATH_SIZE]);
/* Deletes it there; that it could not be is warned of and counted. */
void poll_delete(struct poll *p, const char *name);
/* Where what was answered is remembered; false: the path is too long. */
bool poll_find_state(struct poll *p);

/*
 * Each returns -1 for trouble of our own, which ends the poll. What a server
 * or a stranger is to blame for is told, and counted.
 */

/* What the queue answers counts as answered. Before any receipt. */
int poll_settle(struct poll *p, struct error *e);
int poll_receipt(struct poll *p, const struct poll_name *n, struct error *e);
/*
 * What a receipt says of the message of that name in the queue: if it is one
 * for it, the message is forgotten, or refused. *good_r false: it is none,
 * which is counted, and e says why.
 */
int poll_take_receipt(struct poll *p, const char *name,
	const struct buffer *text, bool *good_r, struct error *e);
/* Confirmed, answered, sent, deleted. */
int poll_request(struct poll *p, const struct poll_name *n, struct error *e);

#endif
