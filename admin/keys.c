/*
 * The daemon can write no files of its client's, so the keys come as lines of
 * JSON. A key is in the store by then: one that cannot be written down is told
 * by its id, to be retired.
 */
#include "admin/keys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "admin/maker.h"
#include "base/text.h"
#include "base/wipe.h"
#include "control/output.h"

enum { PATH_SIZE = 4096, NAME_SIZE = 3 * 32 + 1 };

struct round {
	const struct keys *k;
	FILE *file; /* for all, or NULL */
	uint64_t written, failed;
};

struct made {
	const char *kind;  /* "serial" or "agent" */
	const char *owner; /* which one */
	const char *id, *secret;
};

/* For a WebDAV server: the device's half, and the server's. */
struct login {
	const char *serial, *user, *password, *line;
};

struct licence {
	const char *id, *principal, *expires, *code;
};

bool
keys_wanted(
	const struct command *row, const struct arguments *a, struct keys *k)
{
	const bool other = strcmp(row->verb, "webdav") == 0 ||
		strcmp(row->verb, "licence") == 0;

	*k = (struct keys){ .json = options_given(a, "json") };
	if (!other && strcmp(row->verb, "device") != 0 &&
		strcmp(row->verb, "agent") != 0)
		return false;
	k->file = options_value(a, "generate-keys");
	if (other || strcmp(row->noun, "key") == 0)
		k->directory = options_value(a, "output");
	return k->file != NULL || k->directory != NULL;
}

static FILE *
open_new(const char *path, struct error *e)
{
	int fd = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *file = fd != -1 ? fdopen(fd, "w") : NULL;

	if (fd == -1)
		error_set(e, errno == EEXIST ? ERROR_EXISTS : ERROR_DENIED,
			"%s: %s", path, strerror(errno));
	else if (file == NULL) {
		error_memory(e);
		close(fd);
	}
	return file;
}

/* On the disk: the secret is nowhere else in the clear. */
static int
close_new(FILE *file, const char *path, struct error *e)
{
	const bool bad = ferror(file) || fflush(file) == EOF ||
		fsync(fileno(file)) == -1;

	if (bad)
		error_errno(e, "%s", path);
	return fclose(file) == EOF || bad ? -1 : 0;
}

/* No two serials are one name, and none leads out of the directory. */
static void
make_name(const char *serial, char out[NAME_SIZE])
{
	size_t at = 0;

	for (; *serial != '\0' && at + 4 <= NAME_SIZE; serial++) {
		const unsigned char c = (unsigned char)*serial;
		const bool plain = isalnum(c) || c == '-' || c == '_';

		(void)text_format(
			out + at, NAME_SIZE - at, plain ? "%c" : "%%%02X", c);
		at += plain ? 1 : 3;
	}
	out[at] = '\0';
}

/* Opens SERIAL.WHAT in the directory. */
static FILE *
open_own(const struct round *r, const char *serial, const char *what,
	char path[PATH_SIZE], struct error *e)
{
	char name[NAME_SIZE];

	make_name(serial, name);
	if (text_format(
		    path, PATH_SIZE, "%s/%s.%s", r->k->directory, name, what))
		return open_new(path, e);
	error_set(e, ERROR_BAD, "the path is too long");
	return NULL;
}

static int
write_own(const struct round *r, const struct made *m, struct error *e)
{
	char path[PATH_SIZE];
	FILE *file = open_own(r, m->owner, "key", path, e);

	if (file == NULL)
		return -1;
	fprintf(file, "key-id: %s\nkey: %s\n", m->id, m->secret);
	if (close_new(file, path, e) == -1)
		return -1;
	if (r->k->json)
		return output_json(stdout, e, "{s:s,s:s,s:s}", m->kind,
			m->owner, "key_id", m->id, "file", path);
	printf("%s %s\n", m->owner, path);
	return 0;
}

/* The line is for the server's file: as it is, and nothing else. */
static int
write_login(const struct round *r, const struct login *l, struct error *e)
{
	char path[PATH_SIZE];
	FILE *file = open_own(r, l->serial, "password", path, e);

	if (file == NULL)
		return -1;
	fprintf(file, "%s\n", l->password);
	if (close_new(file, path, e) == -1)
		return -1;
	if (r->k->json)
		return output_json(stdout, e, "{s:s,s:s,s:s,s:s}", "serial",
			l->serial, "user", l->user, "line", l->line, "file",
			path);
	printf("%s\n", l->line);
	return 0;
}

static void
take_login(struct round *r, const struct login *l)
{
	struct command_context c = { .err = stderr, .json = r->k->json };
	struct error e;

	if (write_login(r, l, &e) == 0) {
		r->written++;
		return;
	}
	r->failed++;
	(void)command_failed(&c, &e);
}

static int
write_licence(const struct round *r, const struct licence *l, struct error *e)
{
	char path[PATH_SIZE];
	FILE *file = open_own(r, l->id, "licence", path, e);

	if (file == NULL)
		return -1;
	fprintf(file, "licence: %s\ncode: %s\n", l->id, l->code);
	if (close_new(file, path, e) == -1)
		return -1;
	if (r->k->json)
		return output_json(stdout, e, "{s:s,s:s,s:s,s:s}", "licence",
			l->id, "principal", l->principal, "expires", l->expires,
			"file", path);
	printf("%s %s\n", l->id, path);
	return 0;
}

static void
take_licence(struct round *r, const struct licence *l)
{
	struct command_context c = { .err = stderr, .json = r->k->json };
	struct error e;

	if (write_licence(r, l, &e) == 0) {
		r->written++;
		return;
	}
	r->failed++;
	error_prefix(&e, "the code of %s is lost, revoke it", l->id);
	(void)command_failed(&c, &e);
}

/* A serial may have a quote in it. */
static int
write_row(FILE *file, const struct made *m, struct error *e)
{
	putc('"', file);
	for (const char *c = m->owner; *c != '\0'; c++)
		fprintf(file, *c == '"' ? "\"\"" : "%c", *c);
	fprintf(file, "\",%s,%s\n", m->id, m->secret);
	return ferror(file) ? error_errno(e, "the file of keys") : 0;
}

static void
take_key(struct round *r, const struct made *m)
{
	struct command_context c = { .err = stderr, .json = r->k->json };
	struct error e;
	int rc = r->file != NULL ? write_row(r->file, m, &e)
				 : write_own(r, m, &e);

	if (rc == 0) {
		r->written++;
		return;
	}
	r->failed++;
	error_prefix(&e, "%s: its key %s is lost, retire it", m->owner, m->id);
	(void)command_failed(&c, &e);
}

static const char *
member(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

/* What is no key is the answer. */
static void
take_line(struct round *r, const char *text, size_t length)
{
	json_t *line = json_loadb(text, length, 0, NULL);
	const char *serial = member(line, "serial");
	const struct made m = { serial != NULL ? "serial" : "agent",
		serial != NULL ? serial : member(line, "agent"),
		member(line, "key_id"), member(line, "key") };
	const struct login l = { serial, member(line, "user"),
		member(line, "password"), member(line, "line") };
	const struct licence licence = { member(line, "licence"),
		member(line, "principal"), member(line, "expires"),
		member(line, "code") };

	if (l.serial != NULL && l.user != NULL && l.password != NULL &&
		l.line != NULL)
		take_login(r, &l);
	else if (licence.id != NULL && licence.principal != NULL &&
		licence.expires != NULL && licence.code != NULL)
		take_licence(r, &licence);
	else if (m.owner != NULL && m.id != NULL && m.secret != NULL)
		take_key(r, &m);
	else
		fwrite(text, 1, length, stdout);
	json_decref(line);
}

static void
take_lines(struct round *r, FILE *lines)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&text, &size, lines)) > 0)
		take_line(r, text, (size_t)length);
	if (text != NULL)
		wipe(text, size);
	free(text);
}

/* One without a key is not left. */
static int
end_file(const struct round *r, struct error *e)
{
	if (r->file == NULL)
		return 0;
	if (close_new(r->file, r->k->file, e) == -1)
		return -1;
	if (r->written == 0)
		unlink(r->k->file);
	return 0;
}

enum exit_code
keys_run(const struct keys *k, enum exit_code (*make)(void *arg), void *arg)
{
	struct command_context c = { .err = stderr, .json = k->json };
	struct round r = { .k = k };
	enum exit_code code;
	struct maker maker;
	struct error e;

	if (k->file != NULL && (r.file = open_new(k->file, &e)) == NULL)
		return command_failed(&c, &e);
	if (k->directory != NULL && access(k->directory, W_OK | X_OK) == -1)
		return command_refused(&c, ERROR_DENIED, "%s: %s", k->directory,
			strerror(errno));
	if (r.file != NULL)
		fputs("serial,key_id,key\n", r.file);
	if (maker_start(&maker, make, arg, &e) == -1)
		return command_failed(&c, &e);
	take_lines(&r, maker.lines);
	code = maker_end(&maker);
	if (end_file(&r, &e) == -1)
		return command_failed(&c, &e);
	return code == EXIT_DONE && r.failed > 0 ? EXIT_TROUBLE : code;
}
