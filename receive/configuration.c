/*
 * What a line is, and what a value may be, is config/'s; here are the rows.
 */
#include "receive/configuration.h"

#include <stdlib.h>
#include <string.h>

#include "config/lines.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-receive/csrc-receive.conf"
#define MIB (1LL << 20)

static const char *const proof_names[OPTION_CHOICES] = {
	[PROOF_CERTIFICATE] = "certificate", [PROOF_LOGIN] = "login"
};

#define TEXT(name, kind, fallback) \
	OPTION_TEXT(receive_configuration, name, kind, fallback)
#define NUMBER(name, kind, fallback, min, max) \
	OPTION_NUMBER(receive_configuration, name, kind, fallback, min, max)

/* Order is that of the manual. */
const struct option receive_options[] = {
	TEXT(socket, KIND_SOCKET_PATH, RUNSTATEDIR "/csrc-milter/control.sock"),
	TEXT(listen, KIND_FILE, ""),
	TEXT(registry, KIND_PATH, LOCALSTATEDIR "/lib/csrc-receive/agents"),
	OPTION_CHOICE(receive_configuration, proof, proof_names,
		"certificate|login", "certificate"),
	NUMBER(interval, KIND_SECONDS, "5s", 1, 3600),
	NUMBER(timeout, KIND_SECONDS, "30s", 1, 3600),
	NUMBER(threads, KIND_COUNT, "4", 1, FCGI_DESKS_MAX),
	NUMBER(max_message_size, KIND_OCTETS, "4M", 1 << 10, 256 * MIB),
	OPTION_CHOICE(receive_configuration, log_level, option_log_levels,
		OPTION_LOG_LEVELS, "info"),
	TEXT(log_target, KIND_LOG, "syslog"),
};

_Static_assert(
	sizeof(receive_options) / sizeof(receive_options[0]) == RECEIVE_OPTIONS,
	"a number is not that of the rows");

/* One reading of one file. */
struct reading {
	struct receive_configuration *configuration;
	int lines[RECEIVE_OPTIONS]; /* in which an option was given, by row */
};

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	return option_take(r->configuration, receive_options, RECEIVE_OPTIONS,
		r->lines, name, value, line, "", e);
}

static int
read_file(struct receive_configuration *c, struct error *e)
{
	static const struct lines_taker taker = { .option = take_option };
	struct reading r = { .configuration = c };

	return lines_read_path(c->path, &taker, &r, e);
}

int
receive_configuration_load(const char *path,
	struct receive_configuration **configuration_r, struct error *e)
{
	struct receive_configuration *c = calloc(1, sizeof(*c));

	*configuration_r = NULL;
	if (c == NULL)
		return error_memory(e);
	c->path = strdup(path != NULL ? path : DEFAULT_PATH);
	if (c->path == NULL)
		error_memory(e);
	else if (option_defaults(c, receive_options, RECEIVE_OPTIONS, e) == 0 &&
		read_file(c, e) == 0)
		*configuration_r = c;
	if (*configuration_r != NULL)
		return 0;
	receive_configuration_free(&c);
	return -1;
}

void
receive_configuration_free(struct receive_configuration **configuration)
{
	struct receive_configuration *c = *configuration;

	*configuration = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < RECEIVE_OPTIONS; i++)
		option_free(c, &receive_options[i]);
	free(c->path);
	free(c);
}
