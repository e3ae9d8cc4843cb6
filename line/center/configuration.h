/*
 * The configuration: csrc-line.conf(5) read into a snapshot that does not
 * change.
 */
#ifndef LINE_CENTER_CONFIGURATION_H
#define LINE_CENTER_CONFIGURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"
#include "parser/claims.h"

enum { LINE_SECTIONS_MAX = 1024 /* of a kind */ };

/* Texts are "" where nothing is given. */

/* A terminal line with a modem, or without. */
struct line_section {
	char name[SERIAL_SIZE];
	int line; /* where its section begins */
	char *tty;
	int64_t speed;        /* 0: as it is */
	int64_t flow;         /* 1: RTS and CTS */
	char *answer, *dial;  /* commands that speak with the modem */
	int64_t dial_timeout; /* seconds */
};

/* A device that is called: by a command, or on a line. */
struct device_section {
	char name[SERIAL_SIZE];
	int line;
	char *command;
	char *on; /* a line's name, */
	char *number;
};

struct line_configuration {
	char *path;
	char *center; /* that we are, in canonical form */
	char *socket; /* the daemon's control socket */
	char *state_directory;
	int64_t timeout; /* seconds that the daemon may take */
	int64_t handshake_timeout, silence_timeout, progress_timeout;
	int64_t call_timeout;
	int64_t max_message_size;
	int64_t log_level;
	char *log_target;
	struct line_section *lines;
	struct device_section *devices;
	size_t line_count, device_count;
};

/*
 * Reads path (NULL: the built-in default). Errors begin with "FILE:LINE: "
 * where a line is at fault. ERROR_DENIED: others may write to it.
 */
int line_configuration_load(const char *path,
	struct line_configuration **configuration_r, struct error *e);
void line_configuration_free(struct line_configuration **configuration);
/* NULL: there is no such section. */
const struct line_section *
line_configuration_line(const struct line_configuration *c, const char *name);
const struct device_section *line_configuration_device(
	const struct line_configuration *c, const char *serial);

/* The rows, for the test that compares them with the manual. */
enum {
	LINE_GENERAL_OPTIONS = 11,
	LINE_LINE_OPTIONS = 6,
	LINE_DEVICE_OPTIONS = 3
};
extern const struct option line_general_options[LINE_GENERAL_OPTIONS];
extern const struct option line_line_options[LINE_LINE_OPTIONS];
extern const struct option line_device_options[LINE_DEVICE_OPTIONS];

#endif
