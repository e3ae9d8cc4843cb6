/*
 * What a line is, and what a value may be, is config/'s; here are the rows.
 */
#include "authority/configuration.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/lines.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-ca/csrc-ca.conf"
#define DAY 86400LL
#define YEARS (10 * 366 * DAY)

#define TEXT(name, kind, fallback) \
	OPTION_TEXT(ca_configuration, name, kind, fallback)
#define NUMBER(name, kind, fallback, min, max) \
	OPTION_NUMBER(ca_configuration, name, kind, fallback, min, max)

/* Order is that of the manual. */
const struct option ca_options[] = {
	TEXT(socket, KIND_SOCKET_PATH, RUNSTATEDIR "/csrc-milter/control.sock"),
	TEXT(listen, KIND_FILE, ""),
	TEXT(directory, KIND_PATH, LOCALSTATEDIR "/lib/csrc-ca"),
	TEXT(public_directory, KIND_PATH, LOCALSTATEDIR "/lib/csrc-ca/public"),
	TEXT(chain, KIND_FILE, ""),
	NUMBER(client_validity, KIND_SECONDS, "365d", 60, YEARS),
	NUMBER(server_validity, KIND_SECONDS, "365d", 60, YEARS),
	NUMBER(crl_validity, KIND_SECONDS, "30d", 60, 365 * DAY),
	NUMBER(crl_interval, KIND_SECONDS, "1d", 1, 30 * DAY),
	NUMBER(interval, KIND_SECONDS, "5s", 1, 3600),
	NUMBER(timeout, KIND_SECONDS, "30s", 1, 3600),
	NUMBER(transactions, KIND_COUNT, "64", 1, TRANSACTIONS_MAX),
	NUMBER(transaction_timeout, KIND_SECONDS, "10m", 1, 3600),
	NUMBER(threads, KIND_COUNT, "4", 1, THREADS_MAX),
	TEXT(sendmail, KIND_PATH, "/usr/sbin/sendmail"),
	TEXT(mail_from, KIND_TEXT, ""),
	OPTION_CHOICE(ca_configuration, log_level, option_log_levels,
		OPTION_LOG_LEVELS, "info"),
	TEXT(log_target, KIND_LOG, "syslog"),
};

_Static_assert(sizeof(ca_options) / sizeof(ca_options[0]) == CA_OPTIONS,
	"a number is not that of the rows");

/* One reading of one file. */
struct reading {
	struct ca_configuration *configuration;
	int lines[CA_OPTIONS]; /* in which an option was given, by row */
};

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	return option_take(r->configuration, ca_options, CA_OPTIONS, r->lines,
		name, value, line, "", e);
}

static int
read_file(struct ca_configuration *c, struct error *e)
{
	static const struct lines_taker taker = { .option = take_option };
	struct reading r = { .configuration = c };

	return lines_read_path(c->path, &taker, &r, e);
}

/* mail_from becomes a word of sendmail's and stands in a header. */
static int
check(const struct ca_configuration *c, struct error *e)
{
	if (c->crl_interval >= c->crl_validity)
		return error_set(e, ERROR_BAD,
			"%s: crl_interval is not less than crl_validity",
			c->path);
	if (c->mail_from[0] == '-' ||
		c->mail_from[strcspn(c->mail_from, " \t<>(),;:\"\\")] != '\0')
		return error_set(e, ERROR_BAD,
			"%s: mail_from is no plain address", c->path);
	return 0;
}

int
ca_configuration_load(const char *path,
	struct ca_configuration **configuration_r, struct error *e)
{
	struct ca_configuration *c = calloc(1, sizeof(*c));

	*configuration_r = NULL;
	if (c == NULL)
		return error_memory(e);
	c->path = strdup(path != NULL ? path : DEFAULT_PATH);
	if (c->path == NULL)
		error_memory(e);
	else if (option_defaults(c, ca_options, CA_OPTIONS, e) == 0 &&
		read_file(c, e) == 0 && check(c, e) == 0)
		*configuration_r = c;
	if (*configuration_r != NULL)
		return 0;
	ca_configuration_free(&c);
	return -1;
}

void
ca_configuration_free(struct ca_configuration **configuration)
{
	struct ca_configuration *c = *configuration;

	*configuration = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < CA_OPTIONS; i++)
		option_free(c, &ca_options[i]);
	free(c->path);
	free(c);
}

int
ca_path(const char *directory, const char *name, char out[CA_PATH_SIZE],
	struct error *e)
{
	if (text_format(out, CA_PATH_SIZE, "%s/%s", directory, name))
		return 0;
	return error_set(e, ERROR_BAD, "%s: too long", directory);
}
