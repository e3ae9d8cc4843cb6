/*
 * The process: its start, its signals, its end.
 */
#include "line/center/process.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/privileges.h"
#include "base/signals.h"
#include "line/center/calls.h"
#include "parser/entity.h"

enum { LATER = 5 * 1000 /* milliseconds, until it is tried again */ };

/* Who has the line gives it back, and a gateway comes; what is said of it is
 * told once. How long to wait; -1: it will never do. */
static int
put_off(const char *name, const struct error *why, struct error *told)
{
	if (why->code == ERROR_NOT_FOUND)
		return 0;
	if (why->code != ERROR_EXISTS && why->code != ERROR_DENIED)
		return -1;
	if (strcmp(told->text, why->text) != 0)
		log_warn("line %s: no calls for now: %s", name, why->text);
	*told = *why;
	return LATER;
}

static int
serve_line(const struct line_configuration *c, const struct line_section *line,
	int stop, enum line_state *state_r, struct error *e)
{
	struct pollfd stopped = { stop, POLLIN, 0 };
	struct error told = { .text = "" };
	int wait;

	do {
		wait = 0;
		if (calls_line(c, line, stop, state_r, e) == 0)
			told.text[0] = '\0';
		else
			wait = put_off(line->name, e, &told);
		if (wait == -1)
			return -1;
	} while (poll(&stopped, 1, wait) == 0);
	e->text[0] = '\0';
	*state_r = LINE_DONE;
	return 0;
}

/* As long as calls come. */
static int
serve(const struct line_configuration *c, const char *name, int stop,
	enum line_state *state_r, struct error *e)
{
	const struct line_section *line = line_configuration_line(c, name);

	if (line == NULL)
		return error_set(e, ERROR_NOT_FOUND, "%s has no [line %s]",
			c->path, name);
	manager_tell("READY=1");
	return serve_line(c, line, stop, state_r, e);
}

static int
dial(const struct line_configuration *c, const char *name, int stop,
	enum line_state *state_r, struct error *e)
{
	char serial[SERIAL_SIZE];
	const struct device_section *device = NULL;

	if (claims_serial(name, strlen(name), serial))
		device = line_configuration_device(c, serial);
	return device != NULL ? calls_device(c, device, stop, state_r, e)
			      : error_set(e, ERROR_NOT_FOUND,
					"%s has no [device %s]", c->path, name);
}

static int
call(const struct process_options *a, const struct line_configuration *c,
	int stop, enum line_state *state_r, struct error *e)
{
	if (a->line != NULL)
		return serve(c, a->line, stop, state_r, e);
	return a->dial != NULL ? dial(c, a->dial, stop, state_r, e)
			       : calls_here(c, stop, state_r, e);
}

static enum exit_code
code_of(enum line_state state)
{
	return state == LINE_DONE       ? EXIT_DONE
		: state == LINE_TROUBLE ? EXIT_TROUBLE
					: EXIT_NO;
}

static int
run(const struct process_options *a, const struct line_configuration *c,
	enum line_state *state_r, struct error *e)
{
	int stop, rc = -1;

	umask(077);
	if (privileges_none(e) == -1 || signals_take(&stop, e) == -1)
		return -1;
	if (log_open(c->log_target, (enum log_level)c->log_level, e) == 0 &&
		privileges_harden(e) == 0 && crypto_init(e) == 0 &&
		parser_init(e) == 0)
		rc = call(a, c, stop, state_r, e);
	if (rc == -1)
		log_error("no call: %s", e->text);
	close(stop);
	return rc;
}

enum exit_code
line_process_run(const struct process_options *o, struct error *e)
{
	struct line_configuration *c;
	enum line_state state = LINE_TROUBLE;
	enum exit_code code = EXIT_DONE;

	if (line_configuration_load(o->config, &c, e) == -1)
		return EXIT_REFUSED;
	if (!o->check && run(o, c, &state, e) == -1)
		code = e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
	else if (!o->check)
		code = code_of(state);
	line_configuration_free(&c);
	return code;
}
