#include "control/peers.h"

#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

/* What the kernel has by default, and where /proc does not say. */
enum { OVERFLOW_UID = 65534 };

struct list {
	int count;
	struct peer rows[ROLE_USERS_MAX];
};

struct peers {
	pthread_mutex_t lock; /* for list */
	uid_t daemon, overflow;
	struct list list;
};

static uid_t
overflow_uid(void)
{
	FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
	unsigned int uid = OVERFLOW_UID;

	if (file == NULL)
		return uid;
	if (fscanf(file, "%u", &uid) != 1)
		uid = OVERFLOW_UID;
	fclose(file);
	return uid;
}

int
peers_new(uid_t daemon, struct peers **peers_r, struct error *e)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return error_memory(e);
	pthread_mutex_init(&p->lock, NULL);
	p->daemon = daemon;
	p->overflow = overflow_uid();
	*peers_r = p;
	return 0;
}

void
peers_free(struct peers **peers)
{
	struct peers *p = *peers;

	*peers = NULL;
	if (p == NULL)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static const struct peer *
find(const struct list *list, uid_t uid)
{
	for (int i = 0; i < list->count; i++) {
		if (list->rows[i].uid == uid)
			return &list->rows[i];
	}
	return NULL;
}

/* Two names may be one user. */
static int
add(const struct peers *p, struct list *list, const struct role_user *u,
	uid_t uid, struct error *e)
{
	if (uid == 0 || uid == p->daemon)
		return error_set(e, ERROR_BAD,
			"channel_users: %s is an operator by itself", u->user);
	if (find(list, uid) != NULL)
		return error_set(e, ERROR_BAD,
			"channel_users: %s is the user of another role, too",
			u->user);
	if (uid == p->overflow)
		log_warn("channel_users: %s may be anybody and has no role",
			u->user);
	else
		list->rows[list->count++] = (struct peer){ uid, u->role,
			u->channel != NULL ? u->channel : "" };
	return 0;
}

/* 1, or 0: there is no such user. The database may be away for a while. */
static int
look_up(const char *name, uid_t *uid_r)
{
	char space[4096];
	struct passwd user, *found = NULL;

	if (getpwnam_r(name, &user, space, sizeof(space), &found) != 0 ||
		found == NULL)
		return 0;
	*uid_r = user.pw_uid;
	return 1;
}

int
peers_set(struct peers *p, const char *text, struct error *e)
{
	struct role_user users[ROLE_USERS_MAX];
	int count = roles_read(text, users, e);
	struct list list = { 0 };
	uid_t uid;

	if (count == -1)
		return error_prefix(e, "channel_users");
	for (int i = 0; i < count; i++) {
		if (look_up(users[i].user, &uid) == 0)
			log_warn("channel_users: no user %s yet: looked up "
				 "again at reload",
				users[i].user);
		else if (add(p, &list, &users[i], uid, e) == -1)
			return -1;
	}
	pthread_mutex_lock(&p->lock);
	p->list = list;
	pthread_mutex_unlock(&p->lock);
	return 0;
}

struct peer
peers_who(struct peers *p, uid_t uid)
{
	struct peer who = { uid, ROLE_NONE, "" };
	const struct peer *row;

	if (uid == 0 || uid == (p != NULL ? p->daemon : geteuid())) {
		who.role = ROLE_OPERATOR;
	} else if (p != NULL && uid != p->overflow) {
		pthread_mutex_lock(&p->lock);
		row = find(&p->list, uid);
		if (row != NULL)
			who = *row;
		pthread_mutex_unlock(&p->lock);
	}
	return who;
}
