/*
 * What a line of the file is, and what a value may be, is config/'s; here are
 * the rows. Options behind a "[line NAME]" or "[device SERIAL]" are of that.
 */
#include "line/center/configuration.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/lines.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-line/csrc-line.conf"
#define HOUR 3600LL
#define MIB (1LL << 20)

static const char *const answers[OPTION_CHOICES] = { "no", "yes" };

/* Order is that of the manual. */
const struct option line_general_options[] = {
	OPTION_TEXT(line_configuration, center, KIND_TEXT, ""),
	OPTION_TEXT(line_configuration, socket, KIND_SOCKET_PATH,
		RUNSTATEDIR "/csrc-milter/control.sock"),
	OPTION_TEXT(line_configuration, state_directory, KIND_PATH,
		LOCALSTATEDIR "/lib/csrc-line"),
	OPTION_NUMBER(line_configuration, timeout, KIND_SECONDS, "1m", 1, HOUR),
	OPTION_NUMBER(line_configuration, handshake_timeout, KIND_SECONDS, "1m",
		2, 60),
	OPTION_NUMBER(line_configuration, silence_timeout, KIND_SECONDS, "90s",
		20, HOUR),
	OPTION_NUMBER(line_configuration, progress_timeout, KIND_SECONDS, "3m",
		20, HOUR),
	OPTION_NUMBER(line_configuration, call_timeout, KIND_SECONDS, "1h", 5,
		24 * HOUR),
	OPTION_NUMBER(line_configuration, max_message_size, KIND_OCTETS, "4M",
		1 << 10, 256 * MIB),
	OPTION_CHOICE(line_configuration, log_level, option_log_levels,
		OPTION_LOG_LEVELS, "info"),
	OPTION_TEXT(line_configuration, log_target, KIND_LOG, "syslog"),
};

const struct option line_line_options[] = {
	OPTION_TEXT(line_section, tty, KIND_FILE, ""),
	OPTION_NUMBER(line_section, speed, KIND_COUNT, "0", 0, 230400),
	OPTION_CHOICE(line_section, flow, answers, "no|yes", "yes"),
	OPTION_TEXT(line_section, answer, KIND_TEXT, ""),
	OPTION_TEXT(line_section, dial, KIND_TEXT, ""),
	OPTION_NUMBER(line_section, dial_timeout, KIND_SECONDS, "90s", 1, 600),
};

const struct option line_device_options[] = {
	OPTION_TEXT(device_section, command, KIND_TEXT, ""),
	OPTION_TEXT(device_section, on, KIND_TEXT, ""),
	OPTION_TEXT(device_section, number, KIND_TEXT, ""),
};

_Static_assert(sizeof(line_general_options) / sizeof(line_general_options[0]) ==
			LINE_GENERAL_OPTIONS &&
		sizeof(line_line_options) / sizeof(line_line_options[0]) ==
			LINE_LINE_OPTIONS &&
		sizeof(line_device_options) / sizeof(line_device_options[0]) ==
			LINE_DEVICE_OPTIONS,
	"a number is not that of the rows");

/* One reading of one file. */
struct reading {
	struct line_configuration *configuration;
	/* whose options come now */
	void *of;
	const struct option *rows;
	size_t count;
	const char *whose;
	int lines[LINE_GENERAL_OPTIONS]; /* in which one it was given */
};

const struct line_section *
line_configuration_line(const struct line_configuration *c, const char *name)
{
	for (size_t i = 0; i < c->line_count; i++)
		if (strcmp(c->lines[i].name, name) == 0)
			return &c->lines[i];
	return NULL;
}

const struct device_section *
line_configuration_device(
	const struct line_configuration *c, const char *serial)
{
	for (size_t i = 0; i < c->device_count; i++)
		if (strcmp(c->devices[i].name, serial) == 0)
			return &c->devices[i];
	return NULL;
}

static int
begin_line(struct reading *r, const char *name, int line, struct error *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	struct line_configuration *c = r->configuration;
	struct line_section *s;

	if (name[0] == '\0' || name[strspn(name, good)] != '\0' ||
		strlen(name) >= sizeof(s->name))
		return error_set(e, ERROR_BAD,
			"a line's name is 1 to %d letters, digits and ._-",
			SERIAL_SIZE - 1);
	if (c->line_count == LINE_SECTIONS_MAX ||
		line_configuration_line(c, name) != NULL)
		return error_set(e, ERROR_BAD,
			"line %s is there, or too many are", name);
	if (c->lines == NULL)
		c->lines = calloc(LINE_SECTIONS_MAX, sizeof(*c->lines));
	if (c->lines == NULL)
		return error_memory(e);
	s = &c->lines[c->line_count++];
	(void)text_copy(s->name, sizeof(s->name), name);
	s->line = line;
	r->of = s;
	r->rows = line_line_options;
	r->count = LINE_LINE_OPTIONS;
	r->whose = " of a line";
	return 0;
}

static int
begin_device(struct reading *r, const char *name, int line, struct error *e)
{
	struct line_configuration *c = r->configuration;
	struct device_section *s;
	char serial[SERIAL_SIZE];

	if (!claims_serial(name, strlen(name), serial))
		return error_set(e, ERROR_BAD, "%s is no serial", name);
	if (c->device_count == LINE_SECTIONS_MAX ||
		line_configuration_device(c, serial) != NULL)
		return error_set(e, ERROR_BAD,
			"device %s is there, or too many are", serial);
	if (c->devices == NULL)
		c->devices = calloc(LINE_SECTIONS_MAX, sizeof(*c->devices));
	if (c->devices == NULL)
		return error_memory(e);
	s = &c->devices[c->device_count++];
	memcpy(s->name, serial, sizeof(s->name));
	s->line = line;
	r->of = s;
	r->rows = line_device_options;
	r->count = LINE_DEVICE_OPTIONS;
	r->whose = " of a device";
	return 0;
}

static int
take_section(void *arg, const char *section, int line, struct error *e)
{
	struct reading *r = arg;
	int rc;

	if (strncmp(section, "line ", 5) == 0)
		rc = begin_line(r, section + 5, line, e);
	else if (strncmp(section, "device ", 7) == 0)
		rc = begin_device(r, section + 7, line, e);
	else
		rc = error_set(e, ERROR_BAD,
			"a section is [line NAME] or [device SERIAL]");
	memset(r->lines, 0, sizeof(r->lines));
	return rc == 0 ? option_defaults(r->of, r->rows, r->count, e) : -1;
}

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	return option_take(r->of, r->rows, r->count, r->lines, name, value,
		line, r->whose, e);
}

static bool
given(const char *text)
{
	return text[0] != '\0';
}

static int
check_device(const struct line_configuration *c, const struct device_section *s,
	struct error *e)
{
	const struct line_section *on = line_configuration_line(c, s->on);

	if (given(s->command) == given(s->on))
		return error_set(
			e, ERROR_BAD, "one of command and on is needed");
	if (given(s->on) && on == NULL)
		return error_set(e, ERROR_BAD, "there is no [line %s]", s->on);
	if (given(s->number) && (on == NULL || !given(on->dial)))
		return error_set(
			e, ERROR_BAD, "number without a line that dials");
	return 0;
}

static int
check(struct line_configuration *c, struct error *e)
{
	char center[CENTER_ID_SIZE];

	if (!claims_center(c->center, strlen(c->center), center))
		return error_set(e, ERROR_BAD, "%s: center: %s", c->path,
			given(c->center) ? "no center ID" : "is needed");
	memcpy(c->center, center, strlen(c->center));
	for (size_t i = 0; i < c->line_count; i++)
		if (!given(c->lines[i].tty))
			return error_set(e, ERROR_BAD,
				"%s:%d: line %s: tty is needed", c->path,
				c->lines[i].line, c->lines[i].name);
	for (size_t i = 0; i < c->device_count; i++)
		if (check_device(c, &c->devices[i], e) == -1)
			return error_prefix(e, "%s:%d: device %s", c->path,
				c->devices[i].line, c->devices[i].name);
	return 0;
}

static int
read_file(struct line_configuration *c, struct error *e)
{
	static const struct lines_taker taker = { take_section, take_option };
	struct reading r = { .configuration = c,
		.of = c,
		.rows = line_general_options,
		.count = LINE_GENERAL_OPTIONS,
		.whose = " before sections" };

	return lines_read_path(c->path, &taker, &r, e);
}

int
line_configuration_load(const char *path,
	struct line_configuration **configuration_r, struct error *e)
{
	struct line_configuration *c = calloc(1, sizeof(*c));

	*configuration_r = NULL;
	if (c == NULL)
		return error_memory(e);
	c->path = strdup(path != NULL ? path : DEFAULT_PATH);
	if (c->path == NULL)
		error_memory(e);
	else if (option_defaults(c, line_general_options, LINE_GENERAL_OPTIONS,
			 e) == 0 &&
		read_file(c, e) == 0 && check(c, e) == 0)
		*configuration_r = c;
	if (*configuration_r != NULL)
		return 0;
	line_configuration_free(&c);
	return -1;
}

static void
free_options(void *of, const struct option *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		option_free(of, &rows[i]);
}

void
line_configuration_free(struct line_configuration **configuration)
{
	struct line_configuration *c = *configuration;

	*configuration = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->line_count; i++)
		free_options(
			&c->lines[i], line_line_options, LINE_LINE_OPTIONS);
	for (size_t i = 0; i < c->device_count; i++)
		free_options(&c->devices[i], line_device_options,
			LINE_DEVICE_OPTIONS);
	free_options(c, line_general_options, LINE_GENERAL_OPTIONS);
	free(c->lines);
	free(c->devices);
	free(c->path);
	free(c);
}
