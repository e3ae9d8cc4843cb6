/*
 * Whose files they are is who runs this: so not root, since the collector could
 * not read them then.
 */
#include "webdav/certificates.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/privileges.h"
#include "enrol/enrol.h"
#include "webdav/configuration.h"
#include "webdav/link.h"

static int
run_server(const struct certificates_options *o, const struct configuration *c,
	const struct server *s, struct enrol_outcome *outcome_r,
	struct error *e)
{
	char principal[PRINCIPAL_SIZE];
	struct dav_options authority;
	const struct enrol call = { .authority = &authority,
		.certificate = s->certificate,
		.key = s->key,
		.ca_file = o->ca_out,
		.principal = principal,
		.licence = o->licence,
		.code_file = o->code_file,
		.before = o->before };

	link_authority(c, s, &authority);
	principal_spell(PRINCIPAL_COLLECTOR, s->enrol_name, principal);
	return o->renew ? enrol_renew(&call, outcome_r, e)
			: enrol_begin(&call, outcome_r, e);
}

static enum exit_code
tell(const struct server *s, int rc, const struct enrol_outcome *outcome,
	const struct error *e)
{
	if (rc == 0)
		printf("%s: %s %s until %s\n", s->name,
			outcome->made ? "certified" : "kept",
			outcome->principal, outcome->until);
	else
		fprintf(stderr, "csrc-webdav: %s: %s\n", s->name, e->text);
	if (rc == 0)
		return EXIT_DONE;
	return e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
}

/* Is it among those that were named? */
static bool
is_meant(const struct certificates_options *o, const struct server *s)
{
	if (o->count == 0)
		return s->enrol_url[0] != '\0';
	for (int i = 0; i < o->count; i++)
		if (strcmp(o->servers[i], s->name) == 0)
			return true;
	return false;
}

/* Each of those named is there, and says where its authority is. */
static int
check_names(const struct certificates_options *o, const struct configuration *c,
	struct error *e)
{
	const struct server *found;

	for (int i = 0; i < o->count; i++) {
		found = NULL;
		for (size_t j = 0; j < c->server_count; j++)
			if (strcmp(o->servers[i], c->servers[j].name) == 0)
				found = &c->servers[j];
		if (found == NULL)
			return error_set(e, ERROR_NOT_FOUND,
				"%s: there is no server %s", c->path,
				o->servers[i]);
		if (found->enrol_url[0] == '\0')
			return error_set(e, ERROR_BAD,
				"%s:%d: server %s: no enrol_url", c->path,
				found->line, found->name);
	}
	return 0;
}

static enum exit_code
run_all(const struct certificates_options *o, const struct configuration *c)
{
	struct enrol_outcome outcome;
	enum exit_code code = EXIT_DONE, one;
	struct error e;
	int rc;

	for (size_t i = 0; i < c->server_count; i++) {
		if (!is_meant(o, &c->servers[i]))
			continue;
		rc = run_server(o, c, &c->servers[i], &outcome, &e);
		one = tell(&c->servers[i], rc, &outcome, &e);
		if (one > code)
			code = one;
	}
	return code;
}

enum exit_code
certificates_run(const struct certificates_options *o, struct error *e)
{
	struct configuration *c = NULL;
	enum exit_code code = EXIT_REFUSED;

	if (geteuid() == 0)
		error_set(e, ERROR_DENIED,
			"must not run as root, whose files csrc-webdav could "
			"not read: runuser -u csrc-webdav -- csrc-webdav "
			"enrol ...");
	else if (privileges_harden(e) == -1 || crypto_init(e) == -1 ||
		configuration_load(o->config, &c, e) == -1 ||
		check_names(o, c, e) == -1)
		code = e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
	else
		code = run_all(o, c);
	configuration_free(&c);
	return code;
}
