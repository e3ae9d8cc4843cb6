/*
 * Keeping a copy. Its place is taken in the index first, then the file is
 * written aside, synced and renamed, so that a crash leaves a whole copy or
 * none.
 */
#include "gate/quarantine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum {
	LOOKED_AT = 64, /* files of a full share, before it is said full */
	ASIDES = 100,   /* that are written at once, or were left */
	ASIDE_NAME_SIZE = QUARANTINE_NAME_SIZE + sizeof(QUARANTINE_ASIDE) + 3
};

static int
write_all(int fd, const void *octets, size_t length)
{
	const char *p = octets;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/* A new one: whoever else keeps the same has one of his own, and what a crash
 * left is in nobody's way until it is swept. */
static int
open_aside(int dir, const char *name, char tmp[ASIDE_NAME_SIZE])
{
	int fd = -1;

	for (int n = 0; n < ASIDES && fd == -1; n++) {
		(void)text_format(tmp, ASIDE_NAME_SIZE,
			QUARANTINE_ASIDE "%d-%s", n, name);
		fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	return fd;
}

/* tmp, write, sync, rename, sync the directory. again: instead of the one that
 * is there. */
static int
write_file(const char *directory, const char *name, bool again,
	const struct buffer *head, const struct arrival *m, struct error *e)
{
	char tmp[ASIDE_NAME_SIZE];
	int dir = -1, fd = -1, rc = -1;
	bool made = false;

	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		goto out;
	fd = open_aside(dir, name, tmp);
	if (fd == -1)
		goto out;
	made = true;
	if (write_all(fd, head->data, head->length) == -1 ||
		write_all(fd, m->octets, m->length) == -1 || fsync(fd) == -1)
		goto out;
	if (close(fd) == -1) {
		fd = -1;
		goto out;
	}
	fd = -1;
	if (renameat(dir, tmp, dir, name) == -1)
		goto out;
	made = false;
	rc = fsync(dir);
	/* Whether the name is on disk is not known: it is not kept. */
	if (rc == -1 && !again)
		unlinkat(dir, name, 0);
out:
	if (rc == -1)
		error_errno(e, "quarantine %s", directory);
	if (made)
		unlinkat(dir, tmp, 0);
	if (fd != -1)
		close(fd);
	if (dir != -1)
		close(dir);
	return rc;
}

/* A copy that is to be kept. */
struct putting {
	const struct settings *settings;
	const char *owner; /* for people */
	struct quarantine_name name;
	int64_t octets;
	int64_t now;
};

/*
 * The copy of this content that is kept already. What was kept before owners
 * were counted is nobody's; it is enough too.
 */
static struct kept *
find_copy(struct quarantine *q, const struct quarantine_name *name)
{
	struct quarantine_name nobodys = *name;
	struct kept *k = index_content(q->index, name);

	nobodys.whose = 0;
	return k != NULL ? k : index_content(q->index, &nobodys);
}

/* Is this content here? One that is being written is waited for, since it may
 * fail yet; by then there may be another index. 1, 0 or -1. */
static int
is_kept(struct quarantine *q, const struct putting *p, struct error *e)
{
	struct kept *k;

	for (;;) {
		if (quarantine_ready(q, p->settings, e) == -1)
			return -1;
		k = find_copy(q, &p->name);
		if (k == NULL || !k->writing)
			break;
		pthread_cond_wait(&q->written, &q->lock);
	}
	return k == NULL ? 0 : quarantine_present(q, k, e);
}

static bool
no_room(struct quarantine *q, const struct putting *p, enum share share,
	int64_t octets)
{
	return index_count(q->index, share).files >= QUARANTINE_FILES_MAX ||
		p->octets > quarantine_limit(p->settings, share) - octets;
}

/* What is proved has one room, whoever proved it. */
static bool
share_full(struct quarantine *q, const struct putting *p)
{
	const enum share share =
		p->name.share == SHARE_AGENT ? SHARE_PROVED : p->name.share;
	int64_t octets = index_count(q->index, share).octets;

	if (share == SHARE_PROVED)
		octets += index_count(q->index, SHARE_AGENT).octets;
	return no_room(q, p, share, octets);
}

/* There is always room for one: a part may be smaller than a mail. */
static bool
part_full(struct quarantine *q, const struct putting *p)
{
	int64_t part = quarantine_limit(p->settings, p->name.share) /
		QUARANTINE_OWNER_PART;
	const struct party *o =
		index_party(q->index, p->name.share, p->name.whose);

	return o != NULL &&
		(o->files >= QUARANTINE_OWNER_FILES ||
			p->octets > part - o->octets);
}

/* Forgets of an owner's files those that are gone: 100 at most. */
static int
look_at_part(struct quarantine *q, const struct putting *p, struct error *e)
{
	struct party *o = index_party(q->index, p->name.share, p->name.whose);
	struct kept *k = o == NULL ? NULL : TAILQ_FIRST(&o->all);
	struct kept *next;

	for (; k != NULL; k = next) {
		next = TAILQ_NEXT(k, by_party);
		if (quarantine_present(q, k, e) == -1)
			return -1;
	}
	return 0;
}

/* Forgets of a share's oldest files those that are gone, a few at a time: who
 * tries again finds the others looked at as well. */
static int
look_at_share(struct quarantine *q, const struct putting *p, struct error *e)
{
	struct kept *k = index_oldest(q->index, p->name.share);
	struct kept *next;

	for (int i = 0; i < LOOKED_AT && k != NULL; i++, k = next) {
		next = TAILQ_NEXT(k, by_age);
		if (quarantine_present(q, k, e) == -1)
			return -1;
	}
	return 0;
}

/* Of all agents' the oldest go, as far as that helps. */
static int
drop_agents(struct quarantine *q, const struct putting *p, struct error *e)
{
	struct kept *oldest;

	while (p->name.share >= SHARE_AGENT && share_full(q, p) &&
		(oldest = index_oldest(q->index, SHARE_AGENT)) != NULL &&
		!oldest->writing)
		if (quarantine_discard(q, oldest, e) == -1)
			return -1;
	return 0;
}

static int
room_for_owner(struct quarantine *q, const struct putting *p, struct error *e)
{
	if (part_full(q, p) && look_at_part(q, p, e) == -1)
		return -1;
	if (part_full(q, p))
		return error_set(e, ERROR_LIMIT,
			"quarantine: the part of %s is full, see csrcadm "
			"quarantine list",
			p->owner);
	if (share_full(q, p) &&
		(drop_agents(q, p, e) == -1 || look_at_share(q, p, e) == -1))
		return -1;
	if (share_full(q, p))
		return error_set(e, ERROR_LIMIT,
			"quarantine: the share of %s messages is full "
			"(quarantine_size), and %s has one more",
			share_name(p->name.share), p->owner);
	return 0;
}

/* What goes to make room for a message of an agent's: of its own where its part
 * is full, else of all agents'. NULL: nothing has to. */
static struct kept *
find_leaving(struct quarantine *q, const struct putting *p)
{
	const int64_t octets = index_count(q->index, SHARE_AGENT).octets;
	const struct party *own =
		index_party(q->index, SHARE_AGENT, p->name.whose);

	if (part_full(q, p))
		return TAILQ_FIRST(&own->all);
	return no_room(q, p, SHARE_AGENT, octets)
		? index_oldest(q->index, SHARE_AGENT)
		: NULL;
}

static int
room_for_agent(struct quarantine *q, const struct putting *p, struct error *e)
{
	struct kept *k;

	while ((k = find_leaving(q, p)) != NULL && !k->writing) {
		log_warn("quarantine: an old message goes unreleased for a new "
			 "one of %s",
			p->owner);
		if (quarantine_discard(q, k, e) == -1)
			return -1;
	}
	return share_full(q, p) ? room_for_owner(q, p, e) : 0;
}

/* The oldest go. */
static int
room_for_stranger(
	struct quarantine *q, const struct putting *p, struct error *e)
{
	const struct party *n =
		index_party(q->index, SHARE_STRANGER, p->name.whose);
	struct kept *oldest;

	if (n != NULL && n->day == p->now / 86400 &&
		n->today >= QUARANTINE_NETWORK_DAY)
		return error_set(e, ERROR_LIMIT,
			"%d mails of this client's network were kept today",
			QUARANTINE_NETWORK_DAY);
	if (p->octets > quarantine_limit(p->settings, SHARE_STRANGER))
		return error_set(e, ERROR_LIMIT,
			"larger than the strangers' share of the quarantine");
	while (share_full(q, p)) {
		oldest = index_oldest(q->index, SHARE_STRANGER);
		if (oldest == NULL || oldest->writing)
			return error_set(e, ERROR_LIMIT,
				"the strangers' share of the quarantine is "
				"being filled");
		if (quarantine_discard(q, oldest, e) == -1)
			return -1;
	}
	return 0;
}

/* The moment of now, and within one second a count, so that names are unique
 * and sort by age. */
static void
set_moment(struct quarantine *q, struct putting *p)
{
	enum { SECOND = 1000000 };

	p->name.came = p->now * SECOND;
	if (q->last / SECOND == p->now)
		p->name.came = q->last + 1;
	q->last = p->name.came;
}

/* Takes the place; 1: it is kept already. */
static int
reserve(struct quarantine *q, struct putting *p, struct kept **kept_r,
	struct error *e)
{
	int rc = is_kept(q, p, e);

	if (rc != 0)
		return rc;
	rc = p->name.share == SHARE_STRANGER   ? room_for_stranger(q, p, e)
		: p->name.share == SHARE_AGENT ? room_for_agent(q, p, e)
					       : room_for_owner(q, p, e);
	if (rc == -1)
		return -1;
	set_moment(q, p);
	if (index_add(q->index, &p->name, p->octets, NULL, kept_r, e) == -1)
		return -1;
	(*kept_r)->writing = true;
	q->writing++;
	quarantine_alarm(q, p->settings);
	return 0;
}

static int
put(struct quarantine *q, struct putting *p, const struct buffer *head,
	const struct arrival *arrival, struct error *e)
{
	char name[QUARANTINE_NAME_SIZE];
	struct kept *k;
	int rc;

	pthread_mutex_lock(&q->lock);
	rc = reserve(q, p, &k, e);
	pthread_mutex_unlock(&q->lock);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	quarantine_name_write(&p->name, name);
	rc = write_file(p->settings->quarantine_directory, name, false, head,
		arrival, e);
	pthread_mutex_lock(&q->lock);
	k->writing = false;
	q->writing--;
	if (rc == -1)
		index_drop(q->index, k);
	pthread_cond_broadcast(&q->written);
	pthread_mutex_unlock(&q->lock);
	return rc;
}

int
quarantine_put(struct quarantine *q, const struct settings *s,
	const struct arrival *arrival, const struct verdict *verdict,
	int64_t now, struct error *e)
{
	struct putting p = {
		.settings = s, .owner = verdict->owner, .now = now
	};
	struct buffer head = { .limit = QUARANTINE_PROLOGUE_MAX };
	int rc = -1;

	if (quarantine_healthy(q, e) == 0 &&
		quarantine_name_of(arrival, verdict, &p.name, e) == 0 &&
		quarantine_prologue_write(arrival, verdict, now, &head, e) ==
			0) {
		p.octets = (int64_t)(head.length + arrival->length);
		if (p.octets < QUARANTINE_FILE_LEAST)
			p.octets = QUARANTINE_FILE_LEAST;
		rc = put(q, &p, &head, arrival, e);
	}
	buffer_clear(&head);
	return rc;
}

int
quarantine_put_again(const struct settings *s, const struct quarantined *q,
	const struct arrival *arrival, const struct verdict *verdict,
	struct error *e)
{
	struct buffer head = { .limit = QUARANTINE_PROLOGUE_MAX };
	struct verdict kept = *verdict;
	int rc = -1;

	/* Whose it is stays as it was; its name says so. */
	kept.share = q->share;
	memcpy(kept.owner, q->owner, sizeof(kept.owner));
	if (quarantine_prologue_write(arrival, &kept, q->received, &head, e) ==
		0)
		rc = write_file(s->quarantine_directory, q->name, true, &head,
			arrival, e);
	buffer_clear(&head);
	return rc;
}
