/*
 * The store as a whole and the daemon: init, sequence, backup, check, reload.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/commands/commands.h"
#include "control/output.h"
#include "base/clock.h"
#include "base/durable.h"
#include "config/masterkey.h"
#include "base/privileges.h"
#include "base/text.h"
#include "base/wipe.h"
#include "config/rules.h"

static int
say_step(struct command_context *c, const char *what, const char *path,
	const char *state, struct error *e)
{
	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:s}", "what", what,
			"path", path, "state", state);
	fprintf(c->out, "%s %s: %s\n", what, path, state);
	return 0;
}

/* What the unit asks at each start: a store that is missing beside its key is
 * one that is not mounted. */
static bool
first_time(const struct command_context *c)
{
	const struct settings *s = c->rules->settings;
	const struct store_options o = gate_store_options(s, NULL);

	return access(s->master_key_file, F_OK) == -1 && errno == ENOENT &&
		!store_there(&o);
}

/* A new key would open nothing of what is there, and hide that the old one is
 * lost. */
static int
check_key(const struct command_context *c, struct error *e)
{
	const struct settings *s = c->rules->settings;
	const struct store_options o = gate_store_options(s, NULL);

	if (access(s->master_key_file, F_OK) == 0 || errno != ENOENT ||
		!store_there(&o))
		return 0;
	return error_set(e, ERROR_DENIED,
		"no master key %s, and the store in %s has been made with one: "
		"put it back",
		s->master_key_file, s->state_directory);
}

/* The key: made if there is none, else it must be readable. */
static int
init_key(struct command_context *c, unsigned char key[MASTER_KEY_SIZE],
	struct error *e)
{
	const char *path = c->rules->settings->master_key_file;
	bool made;

	if (durable_parents(path, e) == -1)
		return -1;
	made = masterkey_create(path, e) == 0;
	if ((!made && e->code != ERROR_EXISTS) ||
		masterkey_read(path, key, e) == -1)
		return -1;
	return say_step(c, "master key", path, made ? "made" : "was there", e);
}

static int
init_quarantine(
	struct command_context *c, const struct identity *who, struct error *e)
{
	const char *path = c->rules->settings->quarantine_directory;
	int fd, rc;
	bool made;

	if (durable_parents(path, e) == -1)
		return -1;
	made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		return error_errno(e, "make %s", path);
	/* Its directory may be the daemon's: give what was opened. */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(e, ERROR_EXISTS, "%s is no directory", path);
	if (fd == -1)
		return error_errno(e, "%s", path);
	rc = fchown(fd, who->uid, who->gid) == 0
		? 0
		: error_errno(e, "give %s to its owner", path);
	close(fd);
	if (rc == -1 || durable_directory(path, e) == -1 ||
		durable_made(path, made, e) == -1)
		return -1;
	return say_step(c, "quarantine", path, made ? "made" : "was there", e);
}

/* Beside a daemon nothing is touched: its files would change under it. */
static int
check_unused(const struct command_context *c, struct error *e)
{
	const struct store_options o =
		gate_store_options(c->rules->settings, NULL);

	return store_unused(&o, e);
}

/* A new store begins with the time of now: somebody should look at it. */
static int
say_clock(struct command_context *c, struct error *e)
{
	char state[TEXT_TIME_SIZE + 32], now[TEXT_TIME_SIZE];
	struct clock_reading r;

	clock_read(&r);
	text_time((time_t)r.real, now);
	text_format(state, sizeof(state),
		r.real < clock_release() ? "it is %s, not believed"
					 : "it is %s, believed from here on",
		now);
	return say_step(
		c, "clock", c->rules->settings->state_directory, state, e);
}

/* Root makes the directories; what is in them is done as their owner. */
static int
init_store(struct command_context *c, const struct identity *who,
	const unsigned char *key, struct error *e)
{
	const struct settings *s = c->rules->settings;
	const struct store_options o = gate_store_options(s, key);
	const unsigned int as_it_is = (unsigned int)-1;
	const bool made = !store_there(&o);
	gid_t group;

	if (group_find(s->spool_group, who->gid, &group, e) == -1 ||
		store_places(&o, who->uid, who->gid, group, e) == -1 ||
		privileges_drop(who, e) == -1 ||
		store_init(&o, as_it_is, as_it_is, as_it_is, e) == -1)
		return -1;
	if (say_step(c, "store", s->state_directory, "ready", e) == -1 ||
		(made && say_clock(c, e) == -1))
		return -1;
	return say_step(c, "spool", s->spool_directory, "ready", e);
}

enum exit_code
command_init(struct command_context *c, const struct arguments *a)
{
	const struct settings *s = c->rules->settings;
	unsigned char key[MASTER_KEY_SIZE];
	struct identity who;
	struct error e;
	enum exit_code code = EXIT_DONE;

	if (options_given(a, "first") && !first_time(c))
		return EXIT_DONE;
	if (identity_find(s->user, &who, &e) == -1)
		return command_refused(c, e.code,
			"%s (option user; make it with: adduser --system "
			"--group --no-create-home %s)",
			e.text, s->user);
	if (who.name == NULL && who.uid == 0)
		return command_refused(c, ERROR_DENIED,
			"the daemon will not work as root: set the option "
			"user");
	/* Directories for all to pass; what is not for all says so. */
	umask(022);
	if (check_unused(c, &e) == -1 || check_key(c, &e) == -1 ||
		init_key(c, key, &e) == -1 ||
		init_quarantine(c, &who, &e) == -1 ||
		init_store(c, &who, key, &e) == -1)
		code = command_failed(c, &e);
	wipe(key, sizeof(key));
	return code;
}

static int
read_sequence(const char *text, uint64_t *number_r, struct error *e)
{
	char *end;

	errno = 0;
	*number_r = strtoull(text, &end, 10);
	if (errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9')
		return 0;
	return error_set(e, ERROR_USAGE, "--next takes a number, not %s", text);
}

/* What waits is published first: it has its numbers already. */
enum exit_code
command_sequence(struct command_context *c, const struct arguments *a)
{
	const char *text = options_value(a, "next");
	struct store_stats stats;
	uint64_t next;
	struct error e;

	if (text != NULL &&
		(read_sequence(text, &next, &e) == -1 ||
			store_catch_up(c->store, next, &e) == -1 ||
			store_publish(c->store, &e) != 0 ||
			store_set_next_sequence(c->store, next, &e) == -1))
		return command_failed(c, &e);
	if (store_stats(c->store, &stats, &e) == -1)
		return command_failed(c, &e);
	if (!c->json)
		fprintf(c->out, "%llu\n",
			(unsigned long long)stats.next_sequence);
	else if (output_json(c->out, &e, "{s:I}", "next_sequence",
			 (long long)stats.next_sequence) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

enum exit_code
command_backup(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (a->operands[0][0] != '/')
		return command_refused(
			c, ERROR_USAGE, "the directory must be absolute");
	if (store_backup(c->store, a->operands[0], &e) == -1)
		return command_failed(c, &e);
	return command_done(c, "directory", a->operands[0]);
}

/* The faults are lines of text; in JSON each is an object. */
static int
check_json(struct command_context *c, struct error *e)
{
	char *text = NULL, *rest, *line;
	size_t size = 0;
	FILE *lines = open_memstream(&text, &size);
	int rc;

	if (lines == NULL)
		return error_memory(e);
	rc = store_check(c->store, lines, e);
	fclose(lines);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		output_json(c->out, NULL, "{s:s}", "fault", line);
	free(text);
	return rc;
}

enum exit_code
command_check(struct command_context *c, const struct arguments *a)
{
	struct error e;
	int rc;

	(void)a;
	rc = c->json ? check_json(c, &e) : store_check(c->store, c->out, &e);
	if (rc == 0)
		return command_done(c, NULL, NULL);
	command_failed(c, &e);
	return e.code == ERROR_BAD ? EXIT_NO : EXIT_TROUBLE;
}

enum exit_code
command_reload(struct command_context *c, const struct arguments *a)
{
	struct error e;

	(void)a;
	if (c->reload(c->reload_arg, &e) == -1)
		return command_failed(c, &e);
	return command_done(c, NULL, NULL);
}
