/*
 * What a line is, and what a value may be, is config/'s; here are the rows, and
 * what must fit together. A server's lines follow its "[server NAME]".
 */
#include "webdav/configuration.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wipe.h"
#include "config/lines.h"
#include "parser/principal.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-webdav/csrc-webdav.conf"
#define DAY 86400LL
#define MIB (1LL << 20)

static const char *const paths_names[OPTION_CHOICES] = { [PATHS_NONE] = "none",
	[PATHS_LOGIN] = "login",
	[PATHS_CERTIFICATE] = "certificate" };
static const char *const answer_names[OPTION_CHOICES] = { "no", "yes" };

/* Order is that of the manual. */
const struct option general_options[] = {
	OPTION_TEXT(configuration, socket, KIND_SOCKET_PATH,
		RUNSTATEDIR "/csrc-milter/control.sock"),
	OPTION_NUMBER(configuration, interval, KIND_SECONDS, "1m", 1, DAY),
	OPTION_NUMBER(configuration, timeout, KIND_SECONDS, "1m", 1, 3600),
	OPTION_NUMBER(
		configuration, stop_timeout, KIND_SECONDS, "30s", 1, 3600),
	OPTION_NUMBER(configuration, max_message_size, KIND_OCTETS, "4M",
		1 << 10, 256 * MIB),
	OPTION_CHOICE(configuration, log_level, option_log_levels,
		OPTION_LOG_LEVELS, "info"),
	OPTION_TEXT(configuration, log_target, KIND_LOG, "syslog"),
};

const struct option server_options[] = {
	OPTION_TEXT(server, url, KIND_TEXT, ""),
	OPTION_TEXT(server, center, KIND_TEXT, ""),
	OPTION_TEXT(server, user, KIND_TEXT, ""),
	OPTION_TEXT(server, password_file, KIND_FILE, ""),
	OPTION_TEXT(server, certificate, KIND_FILE, ""),
	OPTION_TEXT(server, key, KIND_FILE, ""),
	OPTION_TEXT(server, ca_file, KIND_FILE, ""),
	OPTION_TEXT(server, proxy, KIND_TEXT, ""),
	OPTION_TEXT(server, proxy_user, KIND_TEXT, ""),
	OPTION_TEXT(server, proxy_password_file, KIND_FILE, ""),
	OPTION_NUMBER(server, interval, KIND_SECONDS, "1m", 1, DAY),
	OPTION_NUMBER(server, connections, KIND_COUNT, "2", 1, CONNECTIONS_MAX),
	OPTION_CHOICE(
		server, paths, paths_names, "none|login|certificate", "none"),
	OPTION_CHOICE(server, allow_http, answer_names, "no|yes", "no"),
	OPTION_TEXT(server, enrol_url, KIND_TEXT, ""),
	OPTION_TEXT(server, enrol_name, KIND_TEXT, ""),
	OPTION_TEXT(server, enrol_ca_file, KIND_FILE, ""),
};

_Static_assert(sizeof(general_options) / sizeof(general_options[0]) ==
			GENERAL_OPTIONS &&
		sizeof(server_options) / sizeof(server_options[0]) ==
			SERVER_OPTIONS,
	"a number is not that of the rows");

/* One reading of one file. */
struct reading {
	struct configuration *configuration;
	struct server *server; /* whose section it is; NULL: before any */
	/* in which line of its part an option was given, by row */
	int lines[SERVER_OPTIONS > GENERAL_OPTIONS ? SERVER_OPTIONS
						   : GENERAL_OPTIONS];
};

static int
read_name(const char *section, char name_r[SERVER_NAME_SIZE], struct error *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *name = section + strlen("server ");
	size_t length;

	if (strncmp(section, "server ", strlen("server ")) != 0)
		return error_set(e, ERROR_BAD, "a section is [server NAME]");
	length = strlen(name);
	if (length == 0 || length >= SERVER_NAME_SIZE ||
		strspn(name, good) != length)
		return error_set(e, ERROR_BAD,
			"a server's name is 1 to %d letters, digits and ._-",
			SERVER_NAME_SIZE - 1);
	memcpy(name_r, name, length + 1);
	return 0;
}

static int
check_name(const struct configuration *c, const char *name, struct error *e)
{
	if (c->server_count == SERVERS_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d servers", SERVERS_MAX);
	for (size_t i = 0; i < c->server_count; i++)
		if (text_equal_nocase(c->servers[i].name, name))
			return error_set(e, ERROR_BAD,
				"a server %s begins in line %d", name,
				c->servers[i].line);
	return 0;
}

static int
take_section(void *arg, const char *section, int line, struct error *e)
{
	struct reading *r = arg;
	struct configuration *c = r->configuration;
	char name[SERVER_NAME_SIZE];

	if (read_name(section, name, e) == -1 || check_name(c, name, e) == -1)
		return -1;
	if (c->servers == NULL)
		c->servers = calloc(SERVERS_MAX, sizeof(*c->servers));
	if (c->servers == NULL)
		return error_memory(e);
	r->server = &c->servers[c->server_count++];
	r->server->line = line;
	memcpy(r->server->name, name, sizeof(name));
	memset(r->lines, 0, sizeof(r->lines));
	if (option_defaults(r->server, server_options, SERVER_OPTIONS, e) == -1)
		return -1;
	r->server->interval = c->interval;
	return 0;
}

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	if (r->server == NULL)
		return option_take(r->configuration, general_options,
			GENERAL_OPTIONS, r->lines, name, value, line,
			" before servers", e);
	return option_take(r->server, server_options, SERVER_OPTIONS, r->lines,
		name, value, line, " of a server", e);
}

static bool
given(const char *text)
{
	return text[0] != '\0';
}

static int
check_enrol(const struct server *s, struct error *e)
{
	char principal[PRINCIPAL_SIZE];

	if (!given(s->enrol_url) &&
		(given(s->enrol_name) || given(s->enrol_ca_file)))
		return error_set(e, ERROR_BAD, "enrol_url is needed");
	if (!given(s->enrol_url))
		return 0;
	if (!given(s->certificate) || !given(s->enrol_name))
		return error_set(e, ERROR_BAD,
			"enrol_url needs certificate, key and enrol_name");
	if (!principal_spell(PRINCIPAL_COLLECTOR, s->enrol_name, principal))
		return error_set(e, ERROR_BAD,
			"enrol_name: %s is no collector's name", s->enrol_name);
	return 0;
}

/* What a server's lines must have, and what not without another. */
static int
check_pairs(const struct server *s, struct error *e)
{
	if (!given(s->url) || !given(s->center))
		return error_set(e, ERROR_BAD, "url and center are needed");
	if (given(s->user) != given(s->password_file))
		return error_set(
			e, ERROR_BAD, "user and password_file go together");
	if (given(s->certificate) != given(s->key))
		return error_set(
			e, ERROR_BAD, "certificate and key go together");
	if (given(s->proxy_user) != given(s->proxy_password_file))
		return error_set(e, ERROR_BAD,
			"proxy_user and proxy_password_file go together");
	if (given(s->proxy_user) && !given(s->proxy))
		return error_set(e, ERROR_BAD, "proxy_user without proxy");
	if (s->paths == PATHS_CERTIFICATE && s->allow_http)
		return error_set(e, ERROR_BAD,
			"paths = certificate without TLS: no device can have "
			"shown one");
	return check_enrol(s, e);
}

static int
take_center(struct server *s, struct error *e)
{
	char center[CENTER_ID_SIZE];

	if (!claims_center(s->center, strlen(s->center), center))
		return error_set(
			e, ERROR_BAD, "center: %s is no center ID", s->center);
	memcpy(s->center, center, strlen(s->center));
	return 0;
}

static int
read_files(struct server *s, struct error *e)
{
	if (given(s->password_file) &&
		secret_read(s->password_file, &s->password, e) == -1)
		return error_prefix(e, "password_file");
	if (given(s->proxy_password_file) &&
		secret_read(s->proxy_password_file, &s->proxy_password, e) ==
			-1)
		return error_prefix(e, "proxy_password_file");
	return 0;
}

static int
finish_servers(struct configuration *c, struct error *e)
{
	struct server *s = c->servers;

	if (c->server_count == 0)
		return error_set(e, ERROR_BAD,
			"%s: no [server NAME]: nothing to do", c->path);
	for (; s < c->servers + c->server_count; s++)
		if (check_pairs(s, e) == -1 || take_center(s, e) == -1 ||
			read_files(s, e) == -1)
			return error_prefix(e, "%s:%d: server %s", c->path,
				s->line, s->name);
	return 0;
}

static int
read_file(struct configuration *c, struct error *e)
{
	static const struct lines_taker taker = { take_section, take_option };
	struct reading r = { .configuration = c };

	return lines_read_path(c->path, &taker, &r, e);
}

int
configuration_load(const char *path, struct configuration **configuration_r,
	struct error *e)
{
	struct configuration *c = calloc(1, sizeof(*c));

	*configuration_r = NULL;
	if (c == NULL)
		return error_memory(e);
	c->path = strdup(path != NULL ? path : DEFAULT_PATH);
	if (c->path == NULL)
		error_memory(e);
	else if (option_defaults(c, general_options, GENERAL_OPTIONS, e) == 0 &&
		read_file(c, e) == 0 && finish_servers(c, e) == 0)
		*configuration_r = c;
	if (*configuration_r != NULL)
		return 0;
	configuration_free(&c);
	return -1;
}

static void
server_clear(struct server *s)
{
	for (size_t i = 0; i < SERVER_OPTIONS; i++)
		option_free(s, &server_options[i]);
	if (s->password != NULL)
		wipe_free(s->password);
	if (s->proxy_password != NULL)
		wipe_free(s->proxy_password);
}

void
configuration_free(struct configuration **configuration)
{
	struct configuration *c = *configuration;

	*configuration = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->server_count; i++)
		server_clear(&c->servers[i]);
	for (size_t i = 0; i < GENERAL_OPTIONS; i++)
		option_free(c, &general_options[i]);
	free(c->servers);
	free(c->path);
	free(c);
}
