/*
 * masterkey rotate: a new master key, and every device keeps its own. Root
 * makes the new file and puts it in the old one's place; what is between, in
 * the store, is done by a process that is the daemon's user for good.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "control/commands/commands.h"
#include "control/output.h"
#include "base/log.h"
#include "base/privileges.h"
#include "base/program.h"
#include "config/masterkey.h"
#include "config/rules.h"

static int
wrap_anew(const struct settings *s, const struct store_options *o,
	struct error *e)
{
	struct identity who;

	if (identity_find(s->user, &who, e) == -1 ||
		privileges_drop(&who, e) == -1)
		return -1;
	(void)log_open(s->log_target, (enum log_level)s->log_level, NULL);
	return store_rotate(o, e);
}

/* How the process ended; it has said why itself. */
static enum exit_code
wait_for(pid_t pid)
{
	int status;

	return program_wait(pid, &status) == 0 && WIFEXITED(status)
		? (enum exit_code)WEXITSTATUS(status)
		: EXIT_TROUBLE;
}

static enum exit_code
change_store(struct command_context *c, const struct store_options *o)
{
	enum exit_code code = EXIT_DONE;
	struct error e;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == -1) {
		error_errno(&e, "fork");
		return command_failed(c, &e);
	}
	if (pid > 0)
		return wait_for(pid);
	if (wrap_anew(c->rules->settings, o, &e) == -1)
		code = command_failed(c, &e);
	fflush(NULL);
	_exit(code);
}

static enum exit_code
say_kept(struct command_context *c, const char *path, const char *kept,
	bool made)
{
	struct error e;

	if (c->json)
		return output_json(c->out, &e, "{s:s,s:s}", "path", path,
			       "kept", kept) == 0
			? EXIT_DONE
			: command_failed(c, &e);
	fprintf(c->out, "%s: %s\n", path,
		made ? "is a new one" : "the change that was cut off is done");
	fprintf(c->out,
		"%s: the one before; backups of before need it. Remove it "
		"when they have gone\n",
		kept);
	return EXIT_DONE;
}

enum exit_code
command_masterkey_rotate(struct command_context *c, const struct arguments *a)
{
	const struct settings *s = c->rules->settings;
	struct masterkeys keys = { .has_next = false };
	struct store_options o = gate_store_options(s, keys.key);
	char kept[MASTERKEY_PATH_SIZE];
	enum exit_code code;
	struct error e;
	bool made;

	(void)a;
	o.next_master_key = keys.next;
	if (store_unused(&o, &e) == -1 ||
		masterkeys_read(s->master_key_file, &keys, &e) == -1 ||
		masterkey_begin(s->master_key_file, &made, &e) == -1 ||
		masterkeys_read(s->master_key_file, &keys, &e) == -1)
		code = command_failed(c, &e);
	else
		code = change_store(c, &o);
	masterkeys_wipe(&keys);
	if (code != EXIT_DONE)
		return code;
	if (masterkey_replace(s->master_key_file, kept, &e) == -1)
		return command_failed(c, &e);
	return say_kept(c, s->master_key_file, kept, made);
}
