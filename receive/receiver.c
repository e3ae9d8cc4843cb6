/*
 * The main thread takes the signals and tells the service manager how it is.
 * Agents are served by fcgi's threads, and the registry is another one's.
 */
#include "receive/receiver.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/privileges.h"
#include "base/service.h"
#include "base/signals.h"
#include "receive/visit.h"

/* Octets a second: the slowest line that a message is waited for on. */
enum { RATE = 4000 };

struct receiver {
	struct receive_configuration *configuration;
	struct roll *roll;
	struct registry *registry;
	struct visit_desk desks[FCGI_DESKS_MAX];
	struct fcgi *fcgi;
	int signals; /* a descriptor */
};

static bool
admit(void *arg, size_t desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	struct receiver *r = arg;

	return visit_admit(&r->desks[desk], request, reply);
}

static void
answer(void *arg, size_t desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	struct receiver *r = arg;

	visit_answer(&r->desks[desk], request, reply);
}

static void
over(void *arg, const struct fcgi_request *request)
{
	const struct receiver *r = arg;

	visit_over(r->roll, request);
}

static int
begin_to_serve(struct receiver *r, struct error *e)
{
	const struct receive_configuration *c = r->configuration;
	const struct fcgi_service service = {
		.listen = c->listen,
		.desks = (size_t)c->threads,
		.timeout = c->timeout,
		.rate = RATE,
		.body_max = (size_t)c->max_message_size,
		.admit = admit,
		.answer = answer,
		.over = over,
		.arg = r,
	};

	r->roll = roll_new();
	if (r->roll == NULL)
		return error_memory(e);
	if (registry_start(c, r->roll, &r->registry, e) == -1)
		return -1;
	for (size_t i = 0; i < FCGI_DESKS_MAX; i++)
		r->desks[i] =
			(struct visit_desk){ c, r->roll, r->registry, NULL };
	return fcgi_start(&service, &r->fcgi, e);
}

/* Apache must be able to look there, and nobody else to write. */
static int
check_directory(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		error_errno(e, "%s", path);
		if (errno == ENOENT)
			e->code = ERROR_NOT_FOUND;
		return -1;
	}
	if (!S_ISDIR(st.st_mode) || (st.st_mode & 022) != 0)
		return error_set(e, ERROR_DENIED,
			"%s must be a directory in which only the user of "
			"csrc-receive may write",
			path);
	return 0;
}

static int
start(struct receiver *r, const char *config, struct error *e)
{
	const struct receive_configuration *c;

	umask(022);
	log_program("csrc-receive");
	if (privileges_none(e) == -1 || signals_take(&r->signals, e) == -1 ||
		receive_configuration_load(config, &r->configuration, e) == -1)
		return -1;
	c = r->configuration;
	if (log_open(c->log_target, (enum log_level)c->log_level, e) == -1 ||
		privileges_harden(e) == -1 || crypto_init(e) == -1 ||
		check_directory(c->registry, e) == -1)
		return -1;
	return begin_to_serve(r, e);
}

static void
stop(struct receiver *r)
{
	fcgi_stop(&r->fcgi);
	for (size_t i = 0; i < FCGI_DESKS_MAX; i++)
		visit_close(&r->desks[i]);
	registry_stop(&r->registry);
	roll_free(&r->roll);
	if (r->signals != -1)
		close(r->signals);
	receive_configuration_free(&r->configuration);
}

int
receiver_run(const char *config, struct error *e)
{
	struct receiver r = { .signals = -1 };
	int rc = start(&r, config, e);

	if (rc == 0) {
		manager_tell("READY=1");
		log_info("started, version %s", PACKAGE_VERSION);
		service_wait(r.signals);
		manager_tell("STOPPING=1");
	}
	stop(&r);
	if (rc == 0)
		log_info("stopped");
	return rc;
}

int
receiver_check(const char *config, struct error *e)
{
	struct receive_configuration *c;
	int rc = receive_configuration_load(config, &c, e);

	if (rc == 0)
		rc = check_directory(c->registry, e);
	receive_configuration_free(&c);
	return rc;
}
