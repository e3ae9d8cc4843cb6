/*
 * While the daemon is away everything stays as it was: it is the daemon that
 * decides, and what Apache believes only saves it the asking.
 */
#include "receive/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/worker.h"
#include "control/handover.h"

enum { AGENTS_MAX = 100000 };

struct registry {
	const struct receive_configuration *configuration;
	struct roll *roll;
	struct worker worker;
	bool changed; /* under its mutex */
	struct client *daemon;
	bool failing; /* it was said */
};

/* A reading of it. */
struct list {
	struct roll_agent *agents;
	bool *there; /* as a file */
	size_t count, capacity;
	struct error *e;
};

static int
grow(struct list *l)
{
	const size_t capacity = l->capacity == 0 ? 64 : 2 * l->capacity;
	struct roll_agent *agents;

	if (l->count == AGENTS_MAX)
		return error_set(
			l->e, ERROR_LIMIT, "more than %d agents", AGENTS_MAX);
	agents = reallocarray(l->agents, capacity, sizeof(*agents));
	if (agents == NULL)
		return error_memory(l->e);
	l->agents = agents;
	l->capacity = capacity;
	return 0;
}

/* It becomes a file's name. */
static bool
is_id(const char *text)
{
	char principal[PRINCIPAL_SIZE];

	return principal_spell(PRINCIPAL_AGENT, text, principal) &&
		strcmp(principal_name(principal, PRINCIPAL_AGENT), text) == 0;
}

static int
take_agent(const struct handover_agent *agent, void *arg)
{
	struct list *l = arg;
	struct roll_agent *row;

	if (l->count == l->capacity && grow(l) == -1)
		return -1;
	row = &l->agents[l->count];
	if (!is_id(agent->id) ||
		!text_copy(row->center, sizeof(row->center), agent->center))
		return error_set(l->e, ERROR_TROUBLE,
			"the daemon's registry makes no sense");
	strcpy(row->id, agent->id);
	l->count++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct roll_agent *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static const struct roll_agent *
find(const struct list *l, const char *id)
{
	struct roll_agent key;

	if (l->count == 0 || !text_copy(key.id, sizeof(key.id), id))
		return NULL;
	return bsearch(&key, l->agents, l->count, sizeof(key), compare);
}

/* Only what could be a file of ours is: nothing else is touched. */
static int
remove_others(int directory, DIR *files, struct list *l, struct error *e)
{
	const struct roll_agent *agent;
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(files)) != NULL) {
		if (!is_id(entry->d_name))
			continue;
		agent = find(l, entry->d_name);
		if (agent != NULL)
			l->there[agent - l->agents] = true;
		else if (unlinkat(directory, entry->d_name, 0) == -1 &&
			errno != ENOENT)
			return error_errno(e, "%s", entry->d_name);
	}
	return errno == 0 ? 0 : error_errno(e, "the registry's directory");
}

static int
add_lacking(int directory, const struct list *l, struct error *e)
{
	int fd;

	for (size_t i = 0; i < l->count; i++) {
		if (l->there[i])
			continue;
		fd = openat(directory, l->agents[i].id,
			O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd == -1)
			return error_errno(e, "%s", l->agents[i].id);
		close(fd);
	}
	return 0;
}

/* Nothing need be durable: it is put right at each start. */
static int
write_files(const char *path, struct list *l, struct error *e)
{
	DIR *files = opendir(path);
	int rc;

	if (files == NULL)
		return error_errno(e, "%s", path);
	l->there = calloc(l->count + 1, sizeof(*l->there));
	rc = l->there == NULL ? error_memory(e)
			      : remove_others(dirfd(files), files, l, e);
	if (rc == 0)
		rc = add_lacking(dirfd(files), l, e);
	closedir(files);
	return rc;
}

static int
ask(struct registry *r, struct list *l, struct error *e)
{
	const struct receive_configuration *c = r->configuration;

	if (r->daemon == NULL &&
		client_open(c->socket, (int)c->timeout, &r->daemon, e) == -1)
		return -1;
	return handover_registry(r->daemon, take_agent, l, e);
}

static int
read_once(struct registry *r, struct error *e)
{
	struct list l = { .e = e };
	int rc = ask(r, &l, e);

	if (rc == 0 && l.count > 0)
		qsort(l.agents, l.count, sizeof(*l.agents), compare);
	if (rc == 0 && !roll_set(r->roll, l.agents, l.count))
		rc = error_memory(e);
	if (rc == 0)
		rc = write_files(r->configuration->registry, &l, e);
	free(l.agents);
	free(l.there);
	return rc;
}

/* What lasts is said once. */
static void
note(struct registry *r, int rc, const struct error *e)
{
	if (rc == -1 && !r->failing)
		log_error("the registry stays as it was: %s", e->text);
	else if (rc == 0 && r->failing)
		log_info("the registry is read again");
	r->failing = rc == -1;
}

/* False: it is to stop. */
static bool
rest(struct registry *r)
{
	const struct timespec until = worker_in(r->configuration->interval);
	bool more;

	pthread_mutex_lock(&r->worker.mutex);
	while (!r->changed && !r->worker.stopping &&
		!worker_wait(&r->worker, &until))
		continue;
	r->changed = false;
	more = !r->worker.stopping;
	pthread_mutex_unlock(&r->worker.mutex);
	return more;
}

static void *
run(void *arg)
{
	struct registry *r = arg;
	struct error e;

	do
		note(r, read_once(r, &e), &e);
	while (rest(r));
	return NULL;
}

int
registry_start(const struct receive_configuration *c, struct roll *roll,
	struct registry **registry_r, struct error *e)
{
	struct registry *r = calloc(1, sizeof(*r));

	*registry_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->configuration = c;
	r->roll = roll;
	worker_init(&r->worker);
	if (worker_start(&r->worker, "the registry's thread", run, r, e) == 0) {
		*registry_r = r;
		return 0;
	}
	registry_stop(&r);
	return -1;
}

void
registry_stop(struct registry **registry)
{
	struct registry *r = *registry;

	*registry = NULL;
	if (r == NULL)
		return;
	worker_stop(&r->worker);
	worker_clear(&r->worker);
	if (r->daemon != NULL)
		client_close(&r->daemon);
	free(r);
}

void
registry_changed(struct registry *r)
{
	pthread_mutex_lock(&r->worker.mutex);
	r->changed = true;
	worker_wake(&r->worker);
	pthread_mutex_unlock(&r->worker.mutex);
}
