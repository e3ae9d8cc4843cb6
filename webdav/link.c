/*
 * See link.h.
 */
#include "webdav/link.h"

#include <pthread.h>
#include <stddef.h>

#include "base/secret.h"
#include "webdav/filename.h"

/* The daemon has 16 places for a user, of which one that was left is free a
 * moment later, and works for 4 at once. */
enum { CLIENTS_MAX = 8 };

/* Of the whole process: a configuration may have many more links. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t left;
	unsigned int links, clients;
} all = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	.left = PTHREAD_COND_INITIALIZER };

static void
count_link(int change)
{
	pthread_mutex_lock(&all.mutex);
	all.links += (unsigned int)change;
	pthread_mutex_unlock(&all.mutex);
}

/* Who has one asks the daemon and gives it back. */
static void
take_place(void)
{
	pthread_mutex_lock(&all.mutex);
	while (all.clients >= CLIENTS_MAX)
		pthread_cond_wait(&all.left, &all.mutex);
	all.clients++;
	pthread_mutex_unlock(&all.mutex);
}

static void
leave_place(void)
{
	pthread_mutex_lock(&all.mutex);
	all.clients--;
	pthread_cond_signal(&all.left);
	pthread_mutex_unlock(&all.mutex);
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* What is the same whatever is asked by way of that proxy. */
static struct dav_options
options_of(const struct configuration *c, const struct server *s)
{
	return (struct dav_options){
		.proxy = or_null(s->proxy),
		.proxy_user = or_null(s->proxy_user),
		.proxy_password = s->proxy_password,
		.timeout = (int)c->timeout,
		.agent = "csrc-webdav/" PACKAGE_VERSION,
	};
}

void
link_authority(const struct configuration *c, const struct server *s,
	struct dav_options *options_r)
{
	*options_r = options_of(c, s);
	options_r->url = s->enrol_url;
	options_r->ca_file = or_null(s->enrol_ca_file);
}

static int
open_server(struct dav **dav_r, const struct configuration *c,
	const struct server *s, struct error *e)
{
	struct dav_options options = options_of(c, s);

	options.url = s->url;
	options.allow_http = s->allow_http != 0;
	options.user = or_null(s->user);
	options.password = s->password;
	options.ca_file = or_null(s->ca_file);
	options.certificate = or_null(s->certificate);
	options.certificate_key = or_null(s->key);
	/* not when the file is read: an enrolment is still to make it */
	if (options.certificate_key != NULL &&
		secret_check(options.certificate_key, e) == -1)
		return error_prefix(e, "key");
	return dav_open(&options, dav_r, e);
}

int
link_open(struct link *l, const struct configuration *c, const struct server *s,
	struct error *e)
{
	l->configuration = c;
	l->server = s;
	count_link(1);
	if (open_server(&l->dav, c, s, e) == -1)
		return error_prefix(e, "server %s", s->name);
	return 0;
}

void
link_close(struct link *l)
{
	if (l->dav != NULL)
		dav_close(&l->dav);
	link_hang_up(l);
	if (l->server != NULL)
		count_link(-1);
}

int
link_daemon(struct link *l, struct error *e)
{
	if (l->client != NULL)
		return 0;
	take_place();
	if (client_open(l->configuration->socket,
		    (int)l->configuration->timeout, &l->client, e) == 0)
		return 0;
	leave_place();
	/* that is no word of what it would have been asked */
	if (e->code == ERROR_NOT_FOUND)
		e->code = ERROR_TROUBLE;
	return -1;
}

void
link_rest(struct link *l)
{
	bool many;

	pthread_mutex_lock(&all.mutex);
	many = all.links > CLIENTS_MAX;
	pthread_mutex_unlock(&all.mutex);
	if (many)
		link_hang_up(l);
}

void
link_hang_up(struct link *l)
{
	if (l->client == NULL)
		return;
	client_close(&l->client);
	leave_place();
}

int
link_put(struct link *l, const char *serial, const char *path,
	const void *octets, size_t length, bool create_only, struct error *e)
{
	char outbox[PATH_SIZE];

	if (dav_put(l->dav, path, octets, length, create_only, e) == 0)
		return 0;
	/* 409 is what RFC 4918 wants; some servers say 404 */
	if (e->code != ERROR_BAD && e->code != ERROR_NOT_FOUND)
		return -1;
	filename_outbox(serial, outbox);
	if (dav_mkcol(l->dav, outbox, e) == -1)
		return -1;
	return dav_put(l->dav, path, octets, length, create_only, e);
}
