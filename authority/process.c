/*
 * The main thread takes the signals and tells the service manager how it is.
 * Peers are served by the responder's threads, and what is due is done by
 * another one.
 */
#include "authority/process.h"

#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "authority/openssl.h"
#include "authority/place.h"
#include "authority/pseudo.h"
#include "authority/responder.h"
#include "authority/tend.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/privileges.h"
#include "base/service.h"
#include "base/signals.h"
#include "base/wipe.h"

struct process {
	struct ca_configuration *configuration;
	struct issuer *issuer;
	struct tend *tend;
	struct responder *responder;
	int signals, place; /* descriptors */
};

static int
open_log(const struct ca_configuration *c, struct error *e)
{
	return log_open(c->log_target, (enum log_level)c->log_level, e);
}

static int
start(struct process *p, const char *config, struct error *e)
{
	umask(027);
	log_program("csrc-ca");
	if (privileges_none(e) == -1 || signals_take(&p->signals, e) == -1 ||
		ca_configuration_load(config, &p->configuration, e) == -1 ||
		open_log(p->configuration, e) == -1 ||
		privileges_harden(e) == -1 ||
		place_enter(p->configuration->directory, &p->place, e) == -1 ||
		issuer_open(p->configuration, &p->issuer, e) == -1 ||
		tend_start(p->configuration, p->issuer, &p->tend, e) == -1)
		return -1;
	return responder_start(p->configuration, p->issuer, &p->responder, e);
}

static void
stop(struct process *p)
{
	if (p->responder != NULL)
		responder_stop(&p->responder);
	tend_stop(&p->tend);
	issuer_close(&p->issuer);
	if (p->place != -1)
		close(p->place);
	if (p->signals != -1)
		close(p->signals);
	ca_configuration_free(&p->configuration);
}

int
process_run(const char *config, struct error *e)
{
	struct process p = { .signals = -1, .place = -1 };
	int rc = start(&p, config, e);

	if (rc == 0) {
		manager_tell("READY=1");
		log_info("started, version %s", PACKAGE_VERSION);
		service_wait(p.signals);
		manager_tell("STOPPING=1");
	}
	stop(&p);
	if (rc == 0)
		log_info("stopped");
	return rc;
}

/* What only a letter wants, or an unknown peer. */
static int
check_rest(const struct ca_configuration *c, struct error *e)
{
	struct buffer chain = { .limit = CA_FILE_MAX };
	struct pseudo pseudo;
	char path[CA_PATH_SIZE];
	int rc = 0;

	if (ca_path(c->directory, CA_PSEUDO_KEY, path, e) == -1 ||
		pseudo_load(path, &pseudo, e) == -1)
		return -1;
	wipe(&pseudo, sizeof(pseudo));
	if (c->chain[0] != '\0')
		rc = openssl_copy_certificates(c->chain, &chain, e);
	buffer_clear(&chain);
	return rc;
}

/* As whom it will run: root may read everything. */
static int
check_files(const struct ca_configuration *c, struct error *e)
{
	struct issuer *issuer;

	if (place_become_owner(c->directory, e) == -1 ||
		issuer_open(c, &issuer, e) == -1)
		return -1;
	issuer_close(&issuer);
	return check_rest(c, e);
}

int
process_check(const char *config, struct error *e)
{
	struct ca_configuration *c;
	int rc = ca_configuration_load(config, &c, e);

	if (rc == 0)
		rc = check_files(c, e);
	ca_configuration_free(&c);
	return rc;
}
