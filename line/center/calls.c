/*
 * See calls.h.
 */
#include "line/center/calls.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line/center/answer.h"
#include "line/dial.h"
#include "line/modem.h"
#include "line/terminal.h"

/* --- here --- */

/* The peer's address; "" if the line has none. */
static void
find_client(int fd, char out[NI_MAXHOST])
{
	struct sockaddr_storage peer = { 0 };
	socklen_t length = sizeof(peer);

	out[0] = '\0';
	if (getpeername(fd, (struct sockaddr *)&peer, &length) == -1 ||
		(peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
		return;
	if (getnameinfo((struct sockaddr *)&peer, length, out, NI_MAXHOST, NULL,
		    0, NI_NUMERICHOST) != 0)
		out[0] = '\0';
}

/* What a log may call the other end: its address, else its number as mgetty
 * has it, else the terminal. */
static const char *
find_from(int fd, const char *client)
{
	const char *caller = getenv("CALLER_ID"), *tty = ttyname(fd);

	if (client[0] != '\0')
		return client;
	if (caller != NULL && caller[0] != '\0')
		return caller;
	return tty != NULL ? tty : "local";
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
calls_here(const struct line_configuration *c, int stop,
	enum line_state *state_r, struct error *e)
{
	const bool tty = isatty(STDIN_FILENO) == 1;
	const bool one = tty || is_socket(STDIN_FILENO);
	char client[NI_MAXHOST];
	struct answer_call call = { .in = STDIN_FILENO,
		.out = one ? STDIN_FILENO : STDOUT_FILENO,
		.stop = stop };

	find_client(STDIN_FILENO, client);
	call.client = client[0] != '\0' ? client : NULL;
	call.from = find_from(STDIN_FILENO, client);
	/* as a login it comes with echo, and lines that can be edited */
	if (tty && terminal_raw(STDIN_FILENO, 0, true, e) == -1)
		return -1;
	if (tty)
		terminal_heed_carrier(STDIN_FILENO);
	return answer_run(c, &call, state_r, e);
}

/* --- on a terminal line --- */

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static int
on_modem(const struct line_configuration *c, const struct modem_options *o,
	struct answer_call *call, enum line_state *state_r, struct error *e)
{
	struct modem *m;
	int rc;

	if (modem_open(o, &m, e) == -1)
		return -1;
	rc = modem_connect(m, call->stop, e);
	if (rc == 0) {
		call->in = call->out = modem_fd(m);
		rc = answer_run(c, call, state_r, e);
	}
	modem_close(&m);
	return rc;
}

static struct modem_options
options_of(const struct line_section *line)
{
	return (struct modem_options){ .device = line->tty,
		.speed = (unsigned int)line->speed,
		.flow = line->flow != 0 };
}

int
calls_line(const struct line_configuration *c, const struct line_section *line,
	int stop, enum line_state *state_r, struct error *e)
{
	struct modem_options o = options_of(line);
	struct answer_call call = { .stop = stop, .from = line->name };

	o.connect = or_null(line->answer);
	/* before a modem can answer: a caller would pay for nothing */
	if (answer_ready(c, e) == -1)
		return -1;
	return on_modem(c, &o, &call, state_r, e);
}

/* --- to a device --- */

int
calls_device(const struct line_configuration *c,
	const struct device_section *device, int stop, enum line_state *state_r,
	struct error *e)
{
	const struct line_section *on = line_configuration_line(c, device->on);
	struct answer_call call = {
		.stop = stop, .from = device->name, .expected = device->name
	};
	struct modem_options o;
	struct dial d;
	int rc;

	if (on != NULL) {
		o = options_of(on);
		o.connect = or_null(on->dial);
		o.number = or_null(device->number);
		o.seconds = (int)on->dial_timeout;
		return on_modem(c, &o, &call, state_r, e);
	}
	if (dial_command(device->command, &d, e) == -1)
		return -1;
	call.in = call.out = d.fd;
	rc = answer_run(c, &call, state_r, e);
	dial_close(&d);
	return rc;
}
