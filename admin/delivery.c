/*
 * The daemon is unprivileged and hardened and must not start programs, so the
 * mails come to the one who asked, who posts them by his own rights.
 */
#include "admin/delivery.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "admin/maker.h"
#include "control/output.h"
#include "base/progress.h"
#include "admin/sendmail.h"

enum {
	PATH_SIZE = 4096,
	NAME_SIZE = 65,
	IDS = 16 /* more do not wait for a device */
};

struct round {
	struct delivery *d;
	bool many;        /* a summary is wanted */
	uint64_t devices; /* of these, 0: not known */
	uint64_t done, waiting, skipped, failed;
	bool garbled; /* a line was none of ours */
	bool stopped; /* before the last line */
	/* Of those that waited and were delivered. */
	char ids[IDS][DELIVERY_ID_SIZE];
	size_t id_count;
	struct progress progress;
};

/* One mail, as the line that brought it has it. */
struct letter {
	const char *email_id, *serial;
	const char *from, *to; /* NULL: it is none by mail */
	const char *mail;
	size_t length;
	char path[PATH_SIZE]; /* of its file, or "" */
};

static bool
is_command(const struct command *row, const char *verb, const char *noun)
{
	return strcmp(row->verb, verb) == 0 && row->noun != NULL &&
		strcmp(row->noun, noun) == 0;
}

bool
delivery_wanted(const struct command *row, const struct arguments *a,
	struct delivery *d)
{
	const char *path = options_value(a, "sendmail");
	const bool send = options_given(a, "send") ||
		is_command(row, "device", "commission");

	d->serial = a->operand_count == 1 ? a->operands[0] : NULL;
	d->waiting = is_command(row, "request", "waiting");

	d->directory = options_value(a, "output");
	d->sendmail = NULL;
	/* both: the command says what is wrong with that, wherever sendmail is
	 */
	if (send && d->directory != NULL)
		return false;
	if (send)
		d->sendmail = path != NULL ? path : SENDMAIL_PATH;
	return d->sendmail != NULL || d->directory != NULL;
}

static enum exit_code
refuse(const struct delivery *d, const struct error *e)
{
	struct command_context c = { .err = d->err, .json = d->json };

	return command_failed(&c, e);
}

static int
check_directory(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return error_set(
			e, ERROR_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode) || access(path, W_OK | X_OK) == -1)
		return error_set(e, ERROR_DENIED,
			"%s is no directory that I can write to", path);
	return 0;
}

/* A serial may have any printable octet in it, a slash too. */
static void
make_safe(const char *name, char out[NAME_SIZE])
{
	size_t length = 0;

	for (; *name != '\0' && length < NAME_SIZE - 1; name++)
		out[length++] = isalnum((unsigned char)*name) ? *name : '_';
	out[length] = '\0';
}

static int
write_file(const struct delivery *d, struct letter *l, struct error *e)
{
	char serial[NAME_SIZE], id[NAME_SIZE];
	FILE *file;
	size_t put;
	int fd;

	make_safe(l->serial, serial);
	make_safe(l->email_id, id);
	if (!text_format(l->path, sizeof(l->path), "%s/%s.%s.eml", d->directory,
		    serial, id))
		return error_set(e, ERROR_BAD, "the path is too long");
	fd = open(l->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	if (fd == -1)
		return error_errno(e, "%s", l->path);
	file = fdopen(fd, "w");
	if (file == NULL) {
		close(fd);
		return error_memory(e);
	}
	put = fwrite(l->mail, 1, l->length, file);
	if (fclose(file) == 0 && put == l->length)
		return 0;
	error_errno(e, "%s", l->path);
	unlink(l->path);
	return -1;
}

static void
say_failure(struct round *r, const char *serial, const char *text)
{
	r->failed++;
	if (r->d->json) {
		output_json(r->d->out, NULL, "{s:s,s:s}", "serial", serial,
			"error", text);
		return;
	}
	if (r->progress.out != NULL)
		fputs("\r\033[K", r->d->err);
	fprintf(r->d->err, "csrcadm: %s: %s\n", serial, text);
}

static void
remember(struct round *r, const char *email_id)
{
	(void)text_copy(r->d->last, sizeof(r->d->last), email_id);
	if (r->d->waiting && r->id_count < IDS)
		memcpy(r->ids[r->id_count++], r->d->last, sizeof(r->d->last));
}

/* Of many only the failures are told, and how many there were. */
static void
say_success(struct round *r, const struct letter *l)
{
	const char *verb = r->d->sendmail != NULL ? "sent" : "written";
	const char *where = r->d->sendmail != NULL ? l->to : l->path;
	char cell[OUTPUT_CELL_SIZE];

	r->done++;
	remember(r, l->email_id);
	if (r->d->json)
		output_json(r->d->out, NULL, "{s:s,s:s,s:s?,s:s*}", "email_id",
			l->email_id, "serial", l->serial, "to", l->to, "file",
			r->d->sendmail != NULL ? NULL : l->path);
	else if (!r->many)
		fprintf(r->d->out, "%s %s to %s\n", l->email_id, verb,
			output_cell(where, cell));
}

/* Its channel's program will fetch it. */
static void
say_waits(struct round *r, const struct letter *l, const char *channel)
{
	r->waiting++;
	remember(r, l->email_id);
	if (r->d->json)
		output_json(r->d->out, NULL, "{s:s,s:s,s:s}", "email_id",
			l->email_id, "serial", l->serial, "waits", channel);
	else if (!r->many)
		fprintf(r->d->out, "%s waits for %s\n", l->email_id, channel);
}

static void
deliver(struct round *r, struct letter *l)
{
	char text[sizeof(((struct error *)0)->text) + 128];
	struct error e;
	int rc;

	if (r->d->sendmail != NULL)
		rc = sendmail_post(
			r->d->sendmail, l->from, l->to, l->mail, l->length, &e);
	else
		rc = write_file(r->d, l, &e);
	if (rc == 0) {
		say_success(r, l);
		return;
	}
	text_format(text, sizeof(text),
		r->d->waiting
			? "%s (its Email-ID %s waits as before)"
			: "%s (its Email-ID %s is recorded, and only expires)",
		e.text, l->email_id);
	say_failure(r, l->serial, text);
}

static bool
take_letter(const json_t *line, struct letter *l)
{
	const json_t *mail = json_object_get(line, "mail");
	const struct {
		const char *name, **text;
	} members[] = { { "email_id", &l->email_id }, { "serial", &l->serial },
		{ "from", &l->from }, { "to", &l->to } };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		*members[i].text = json_string_value(
			json_object_get(line, members[i].name));
	l->mail = json_string_value(mail);
	l->length = json_string_length(mail);
	return l->email_id != NULL && l->serial != NULL;
}

/* Posting one needs whom it is from and to. */
static bool
is_letter(const struct round *r, const struct letter *l)
{
	return l->mail != NULL &&
		(r->d->sendmail == NULL || (l->from != NULL && l->to != NULL));
}

static void
take_line(struct round *r, const json_t *line)
{
	const char *serial = json_string_value(json_object_get(line, "serial"));
	const char *error = json_string_value(json_object_get(line, "error"));
	const json_t *devices = json_object_get(line, "devices");
	const json_t *skipped = json_object_get(line, "skipped");
	const char *waits = json_string_value(json_object_get(line, "waits"));
	struct letter l = { .path = "" };

	if (json_is_integer(devices)) {
		r->many = true;
		r->devices = (uint64_t)json_integer_value(devices);
		progress_start(&r->progress, r->d->err,
			r->d->terminal && !r->d->json, "requests");
	} else if (json_is_integer(skipped)) {
		r->skipped = (uint64_t)json_integer_value(skipped);
	} else if (serial != NULL && error != NULL) {
		say_failure(r, serial, error);
	} else if (take_letter(line, &l) && waits != NULL) {
		say_waits(r, &l, waits);
	} else if (l.email_id != NULL && is_letter(r, &l)) {
		deliver(r, &l);
	} else {
		r->garbled = true;
	}
}

static uint64_t
tried(const struct round *r)
{
	return r->done + r->waiting + r->failed;
}

static void
take_lines(struct round *r, FILE *lines)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while (!r->garbled && !r->stopped &&
		(length = getline(&text, &size, lines)) > 0) {
		json_t *line = json_loadb(text, (size_t)length, 0, NULL);

		take_line(r, line);
		json_decref(line);
		progress_show(&r->progress, (int64_t)tried(r),
			(int64_t)r->devices, tried(r));
		r->stopped = r->d->stopped(r->d->stopped_arg);
	}
	free(text);
}

static void
say_summary(struct round *r)
{
	const char *verb = r->d->sendmail != NULL ? "sent" : "written";
	uint64_t all = tried(r);

	progress_end(&r->progress, (int64_t)all, (int64_t)all, all);
	if (r->d->json) {
		output_json(r->d->out, NULL, "{s:I,s:I,s:I,s:I}", verb,
			(json_int_t)r->done, "waiting", (json_int_t)r->waiting,
			"skipped", (json_int_t)r->skipped, "failed",
			(json_int_t)r->failed);
		return;
	}
	fprintf(r->d->out, "%s %llu, ", verb, (unsigned long long)r->done);
	if (r->waiting > 0)
		fprintf(r->d->out, "waiting %llu, ",
			(unsigned long long)r->waiting);
	fprintf(r->d->out, "skipped %llu, failed %llu\n",
		(unsigned long long)r->skipped, (unsigned long long)r->failed);
}

/* made: how the command that made the mails ended. */
static enum exit_code
result(struct round *r, enum exit_code made)
{
	static const struct error garbled = { ERROR_TROUBLE,
		"what the daemon answered cannot be read" };
	static const struct error stopped = { ERROR_TROUBLE,
		"stopped: Email-IDs of requests not delivered only expire" };

	if (r->many)
		say_summary(r);
	if (r->garbled)
		return refuse(r->d, &garbled);
	if (r->stopped && r->many)
		return refuse(r->d, &stopped);
	if (fflush(r->d->out) == EOF && made == EXIT_DONE)
		return EXIT_TROUBLE;
	if (made != EXIT_DONE || r->failed == 0)
		return made;
	return r->many ? EXIT_NO : EXIT_TROUBLE;
}

/* What was delivered needs not wait any more. */
static enum exit_code
forget(const struct round *r)
{
	static const struct error left = { ERROR_TROUBLE,
		"what was delivered waits still: csrcadm pending" };
	const char *words[1 + IDS + 1] = { "delivered" };
	enum exit_code code;
	FILE *answer;

	for (size_t i = 0; i < r->id_count; i++)
		words[1 + i] = r->ids[i];
	answer = r->d->ask(r->d->ask_arg, words, &code);
	if (answer != NULL)
		fclose(answer);
	return answer != NULL && code == EXIT_DONE ? EXIT_DONE
						   : refuse(r->d, &left);
}

/* Is there one device, and does it get its requests otherwise than by mail? */
static bool
goes_elsewhere(const struct delivery *d)
{
	const char *const words[] = { "device", "show", d->serial, "--json",
		NULL };
	enum exit_code code;
	FILE *answer =
		d->serial != NULL ? d->ask(d->ask_arg, words, &code) : NULL;
	const char *channel;
	json_t *device;
	bool elsewhere;

	if (answer == NULL)
		return false;
	device = json_loadf(answer, JSON_DISABLE_EOF_CHECK, NULL);
	channel = json_string_value(json_object_get(device, "channel"));
	elsewhere = channel != NULL && strcmp(channel, "mail") != 0;
	json_decref(device);
	fclose(answer);
	return elsewhere;
}

/* Before any Email-ID is made: can what comes be delivered? */
static int
check(const struct delivery *d, struct error *e)
{
	if (d->sendmail == NULL)
		return check_directory(d->directory, e);
	if (sendmail_check(d->sendmail, e) == 0 || goes_elsewhere(d))
		return 0;
	return -1;
}

enum exit_code
delivery_run(struct delivery *d, enum exit_code (*make)(void *arg), void *arg)
{
	struct round r = { .d = d };
	enum exit_code code;
	struct maker maker;
	struct error e;

	if (check(d, &e) == -1 || maker_start(&maker, make, arg, &e) == -1)
		return refuse(d, &e);
	take_lines(&r, maker.lines);
	code = result(&r, maker_end(&maker));
	return r.id_count > 0 && forget(&r) != EXIT_DONE ? EXIT_TROUBLE : code;
}
