/*
 * See connected.h.
 */
#include "device/connected.h"

#include <string.h>
#include <unistd.h>

#include "line/terminal.h"

enum { DIAL_SECONDS = 90 };

static int
on_tty(const struct arguments *a, int stop, struct connected *c,
	struct error *e)
{
	c->options = (struct modem_options){ .device = a->tty,
		.speed = (unsigned int)a->speed,
		.flow = !a->no_flow,
		.connect = a->connect,
		.number = a->number,
		.seconds = a->called ? 0 : DIAL_SECONDS };
	if (modem_open(&c->options, &c->modem, e) ||
		modem_connect(c->modem, stop, e))
		return -1;
	c->in = c->out = modem_fd(c->modem);
	return 0;
}

/* A login, or a pair of pipes. What we have to say goes where errors go. */
static int
here(struct connected *c, struct error *e)
{
	if (isatty(STDIN_FILENO) == 1 &&
		terminal_raw(STDIN_FILENO, 0, true, e) == -1)
		return -1;
	c->own = c->out = dup(STDOUT_FILENO);
	if (c->out == -1 || dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
		return error_errno(e, "standard output");
	return 0;
}

int
connected_open(const struct arguments *a, int stop, struct connected *c,
	struct error *e)
{
	memset(c, 0, sizeof(*c));
	c->dial.fd = -1;
	c->in = STDIN_FILENO;
	c->own = -1;
	if (a->tty != NULL)
		return on_tty(a, stop, c, e);
	if (a->command != NULL) {
		if (dial_command(a->command, &c->dial, e))
			return -1;
		c->in = c->out = c->dial.fd;
		return 0;
	}
	return here(c, e);
}

void
connected_close(struct connected *c)
{
	if (c->modem != NULL)
		modem_close(&c->modem);
	dial_close(&c->dial);
	if (c->own != -1)
		close(c->own);
}
