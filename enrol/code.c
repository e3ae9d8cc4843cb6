/*
 * The terminal shows nothing and makes no signals while a code is typed, so
 * that nothing can end us with its echo still off but who kills us.
 */
#include "enrol/code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wipe.h"

enum { FILE_MAX = 1024, TYPED_SIZE = 256, ATTEMPTS = 3, INTERRUPT = 3 };

/* --- from a file --- */

static int
take_licence(const char *text, struct enrol_code *c, struct error *e)
{
	char id[LICENCE_ID_SIZE];

	text += strspn(text, " \t");
	if (licence_id_read(text, strlen(text), id, e) == -1)
		return error_prefix(e, "the licence");
	if (c->licence[0] != '\0' && strcmp(c->licence, id) != 0)
		return error_set(e, ERROR_BAD,
			"it is the code of %s, not of %s", id, c->licence);
	memcpy(c->licence, id, sizeof(id));
	return 0;
}

static int
take_line(char *line, struct enrol_code *c, struct error *e)
{
	static const char licence[] = "licence:", code[] = "code:";

	line[strcspn(line, "\r")] = '\0';
	if (strncmp(line, licence, strlen(licence)) == 0)
		return take_licence(line + strlen(licence), c, e);
	if (strncmp(line, code, strlen(code)) == 0)
		line += strlen(code);
	if (line[0] == '\0')
		return 0;
	if (c->code[0] != '\0')
		return error_set(e, ERROR_BAD, "there is more than one code");
	return licence_code_read(line, strlen(line), c->code, e);
}

static int
take_lines(char *text, struct enrol_code *c, struct error *e)
{
	char *line, *rest = text;

	c->code[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (take_line(line, c, e) == -1)
			return -1;
	return c->code[0] != '\0' ? 0 : error_set(e, ERROR_BAD, "no code");
}

static int
read_file(const char *path, struct buffer *text, struct error *e)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return file_read(path, text, e);
	fd = secret_open(path, SECRET_GROUP, e);
	if (fd == -1)
		return -1;
	rc = file_read_fd(fd, text, e);
	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}

int
code_read(const char *path, struct enrol_code *c, struct error *e)
{
	struct buffer text = { .limit = FILE_MAX };
	int rc = read_file(path, &text, e);

	if (rc == 0 && text.length == 0)
		rc = error_set(e, ERROR_BAD, "%s: no code", path);
	else if (rc == 0 && take_lines((char *)text.data, c, e) == -1)
		rc = error_prefix(e, "%s", path);
	buffer_clear(&text);
	return rc;
}

/* --- at the terminal --- */

/* What was typed up to the end of the line; -1: the terminal is gone. */
static ssize_t
read_typed(int terminal, char out[TYPED_SIZE])
{
	size_t length = 0;
	ssize_t got;

	out[TYPED_SIZE - 1] = '\0';
	while (length < TYPED_SIZE - 1) {
		got = read(terminal, out + length, 1);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		if (out[length] == '\n' || out[length] == INTERRUPT)
			break;
		length++;
	}
	if (out[length] == INTERRUPT)
		return -1;
	out[length] = '\0';
	return (ssize_t)length;
}

static int
ask_once(FILE *terminal, struct enrol_code *c, struct error *e)
{
	char typed[TYPED_SIZE];
	ssize_t length;
	int rc;

	fputs(c->licence[0] != '\0' ? "Code of " : "Code", terminal);
	fprintf(terminal, "%s: ", c->licence);
	fflush(terminal);
	length = read_typed(fileno(terminal), typed);
	fputs("\n", terminal);
	if (length <= 0)
		rc = error_set(e, ERROR_USAGE, "no code was typed");
	else
		rc = licence_code_read(typed, (size_t)length, c->code, e);
	wipe(typed, sizeof(typed));
	return rc;
}

static int
ask(FILE *terminal, struct enrol_code *c, struct error *e)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (ask_once(terminal, c, e) == 0)
			return 0;
		if (e->code != ERROR_BAD)
			break;
		fprintf(terminal, "%s\n", e->text);
	}
	return -1;
}

int
code_ask(struct enrol_code *c, struct error *e)
{
	FILE *terminal = fopen("/dev/tty", "r+e");
	struct termios before, quiet;
	int rc;

	if (terminal == NULL || tcgetattr(fileno(terminal), &before) == -1) {
		if (terminal != NULL)
			fclose(terminal);
		return error_set(e, ERROR_USAGE,
			"no terminal to type the code at: name a file that "
			"has it");
	}
	quiet = before;
	quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ISIG);
	quiet.c_lflag |= ICANON;
	quiet.c_cc[VEOL] = INTERRUPT;
	tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
	rc = ask(terminal, c, e);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fclose(terminal);
	return rc;
}
