/*
 * Commands that look at what an agent has, and what keeps it from working.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands.h"
#include "agent/configuration.h"
#include "agent/host.h"
#include "agent/site.h"
#include "agent/turn.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/privileges.h"
#include "base/text.h"
#include "control/protocol.h"
#include "enrol/enrol.h"
#include "parser/principal.h"

/* --- status --- */

int
dca_status(const struct commands_call *call, struct error *e)
{
	struct site site;
	bool well = false;
	int rc = site_open(&site, &call->place, SITE_READ, e);

	if (rc == 0)
		rc = turn_print(&site, call->json, stdout, &well, e);
	if (rc == 0) {
		if (!call->json)
			printf("\n");
		rc = park_print(&site.park, call->json, stdout, e);
	}
	site_close(&site);
	if (rc == 0)
		return well ? EXIT_DONE : EXIT_NO;
	return e->code == ERROR_NOT_FOUND ? EXIT_NO : commands_code(e);
}

/* --- check --- */

int
dca_read(const struct commands_call *call, struct error *e)
{
	struct dca_configuration *c;
	struct park park = { 0 };
	int rc = dca_configuration_load(&call->place, &c, e);

	if (rc == 0)
		rc = park_match(&park, c, 0, e);
	park_clear(&park);
	dca_configuration_free(&c);
	return rc == 0 ? EXIT_DONE : commands_code(e);
}

static void
find(const struct commands_call *call, const char *what, bool good,
	const char *text)
{
	char escaped[1024];

	if (!call->json) {
		printf("%-7s %-12s %s\n", good ? "ok" : "problem", what, text);
		return;
	}
	if (text_json(text, escaped, sizeof(escaped)) == -1)
		escaped[0] = '\0';
	printf("{\"what\":\"%s\",\"ok\":%s,\"text\":\"%s\"}\n", what,
		good ? "true" : "false", escaped);
}

static bool
check_credentials(const struct commands_call *call, const struct site *s)
{
	const struct dca_configuration *c = s->configuration;
	const char *why;
	bool good = true;

	for (size_t i = 0; i < c->credential_count; i++) {
		why = credentials_weakness(&c->credentials[i].ready);
		if (why == NULL)
			continue;
		find(call, "credentials", false, why);
		good = false;
	}
	if (good)
		find(call, "credentials", true, "all are SNMPv3 with privacy");
	return good;
}

static bool
check_profiles(const struct commands_call *call, const struct site *s)
{
	const char *fault;
	char text[64];
	bool good = true;

	for (size_t i = 0; (fault = profiles_fault(s->profiles, i)) != NULL;
		i++, good = false)
		find(call, "profiles", false, fault);
	text_format(
		text, sizeof(text), "%zu files", profiles_count(s->profiles));
	if (good)
		find(call, "profiles", profiles_count(s->profiles) > 0, text);
	return good && profiles_count(s->profiles) > 0;
}

static bool
check_clock(const struct commands_call *call, const struct site *s)
{
	char text[128];
	int64_t apart = s->dating.difference;
	bool good = !s->dating.compared ||
		(apart <= DATING_DIFFERS && apart >= -DATING_DIFFERS);

	text_format(text, sizeof(text),
		s->dating.compared ? "%s, %lld s off the center's" : "%s",
		s->dating.source == DATING_OWN ? "synchronised"
					       : "not synchronised",
		(long long)apart);
	find(call, "clock", good, text);
	return good;
}

static bool
check_center(const struct commands_call *call, struct site *s)
{
	struct error e = { 0 };
	char text[256];
	bool good = contact_greet(&s->contact, &e) == CONTACT_CONFIRMED;

	if (good)
		text_format(text, sizeof(text),
			"%s takes us for %s: %lld printers are assigned to us, "
			"%lld requests wait",
			s->contact.greeting.center, s->contact.greeting.agent,
			(long long)s->contact.greeting.printers,
			(long long)s->contact.greeting.requests);
	find(call, "center", good, good ? text : e.text);
	return good;
}

int
dca_check(const struct commands_call *call, struct error *e)
{
	struct site site;
	bool good = false;

	if (site_open(&site, &call->place, SITE_LOOK, e) == 0) {
		find(call, "files", true, site.configuration->path);
		good = check_credentials(call, &site);
		good &= check_profiles(call, &site);
		good &= check_center(call, &site);
		good &= check_clock(call, &site);
		site_close(&site);
		return good ? EXIT_DONE : EXIT_NO;
	}
	site_close(&site);
	return commands_code(e);
}

/* --- accept --- */

/* Left for who works here, at the next round, or with the next "poll". */
static int
leave_note(const struct site *s, const char *address, struct error *e)
{
	char path[SITE_PATH_SIZE], line[HOST_TEXT_SIZE + 2];
	int fd, rc = 0;
	size_t length;

	if (site_path(s, "accepted", path, e) == -1)
		return -1;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		0600);
	if (fd == -1)
		return error_errno(e, "%s", path);
	text_format(line, sizeof(line), "%s\n", address);
	length = strlen(line);
	if (write(fd, line, length) != (ssize_t)length || fsync(fd) == -1)
		rc = error_errno(e, "%s", path);
	close(fd);
	return rc;
}

int
dca_accept(const struct commands_call *call, struct error *e)
{
	struct sockaddr_storage address;
	char text[HOST_TEXT_SIZE];
	struct engine engine;
	struct site site;
	int rc;

	if (!host_read(call->operands[0], HOST_PORT, &address)) {
		error_set(e, ERROR_USAGE, "%s: no address", call->operands[0]);
		return EXIT_USAGE;
	}
	host_write(&address, text);
	rc = site_open(&site, &call->place, SITE_LOOK, e);
	if (rc == 0 &&
		(!engines_find(site.engines, &address, &engine) ||
			engine.other.length == 0))
		rc = error_set(e, ERROR_NOT_FOUND,
			"%s: no other engine was met there", text);
	if (rc == 0)
		rc = leave_note(&site, text, e);
	site_close(&site);
	if (rc == 0)
		printf("%s: its new engine is accepted at the next round\n",
			text);
	return rc == 0 ? EXIT_DONE : commands_code(e);
}

/* --- enrol --- */

static int
enrol(const struct commands_call *call, const struct dca_configuration *c,
	struct enrol_outcome *outcome, struct error *e)
{
	char principal[PRINCIPAL_SIZE];
	const struct dav_options authority = { .url = c->enrol_url,
		.ca_file =
			c->enrol_ca_file[0] != '\0' ? c->enrol_ca_file : NULL,
		.proxy = c->proxy[0] != '\0' ? c->proxy : NULL,
		.proxy_user = c->proxy_user[0] != '\0' ? c->proxy_user : NULL,
		.proxy_password = c->proxy_password,
		.timeout = (int)c->timeout,
		.agent = "csrc-dca/" PACKAGE_VERSION };
	const struct enrol o = { .authority = &authority,
		.certificate = c->certificate,
		.key = c->certificate_key,
		.ca_file = call->ca_out,
		.principal = principal,
		.licence = call->licence,
		.code_file = call->code_file,
		.before = call->before };

	principal_spell(PRINCIPAL_AGENT, c->id, principal);
	return call->renew ? enrol_renew(&o, outcome, e)
			   : enrol_begin(&o, outcome, e);
}

/* Certificate and key must be the service's, which root would not make. */
int
dca_enrol(const struct commands_call *call, struct error *e)
{
	struct dca_configuration *c = NULL;
	struct enrol_outcome outcome;
	struct dca_place place = call->place;
	int rc = -1;

	place.public = true;
	if (geteuid() == 0 && place.directory == NULL)
		error_set(e, ERROR_DENIED,
			"must not run as root, whose files csrc-dca could not "
			"read: runuser -u csrc-dca -- csrc-dca enrol ...");
	else if (privileges_harden(e) == 0 && crypto_init(e) == 0 &&
		dca_configuration_load(&place, &c, e) == 0) {
		if (c->enrol_url[0] == '\0' || c->certificate[0] == '\0')
			error_set(e, ERROR_BAD,
				"%s: enrol_url, certificate and "
				"certificate_key are needed",
				c->path);
		else
			rc = enrol(call, c, &outcome, e);
	}
	dca_configuration_free(&c);
	if (rc == 0)
		printf("%s %s until %s\n", outcome.made ? "certified" : "kept",
			outcome.principal, outcome.until);
	return rc == 0 ? EXIT_DONE : commands_code(e);
}
