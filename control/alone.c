/*
 * The order matters: the master key is read as root, everything else is done
 * as the daemon's user, whose files the store's must stay.
 */
#include "control/alone.h"

#include <sys/stat.h>

#include "config/masterkey.h"
#include "config/rules.h"
#include "base/privileges.h"
#include "parser/entity.h"

static int
become_user(const struct settings *s, struct error *e)
{
	struct identity who;

	if (identity_find(s->user, &who, e) == -1)
		return -1;
	return privileges_drop(&who, e);
}

static int
open_store(const struct settings *s, const struct masterkeys *keys,
	struct store **store_r, struct error *e)
{
	struct store_options o = gate_store_options(s, keys->key);

	o.next_master_key = keys->has_next ? keys->next : NULL;
	/* "sequence --next" is to mend it; what admits refuses by itself */
	o.behind = true;
	if (store_open(&o, store_r, e) == 0)
		return 0;
	if (e->code == ERROR_EXISTS)
		return error_set(e, ERROR_TROUBLE,
			"the store is in use, but nobody answers on %s: is the "
			"daemon starting or stopping?",
			s->control_socket);
	if (e->code == ERROR_NOT_FOUND)
		return error_set(e, ERROR_NOT_FOUND,
			"no store in %s: run csrcadm init", s->state_directory);
	return -1;
}

static int
open_all(struct rules *rules, struct store **store_r, struct gate **gate_r,
	struct error *e)
{
	const struct settings *s = rules->settings;
	struct masterkeys keys;
	int rc = -1;

	if (crypto_init(e) == -1 || parser_init(e) == -1)
		return -1;
	if (masterkeys_read(s->master_key_file, &keys, e) == -1) {
		if (e->code == ERROR_NOT_FOUND)
			error_set(e, ERROR_NOT_FOUND,
				"no master key %s: run csrcadm init",
				s->master_key_file);
		return -1;
	}
	/* What cannot go to the log goes to standard error, as before. */
	if (become_user(s, e) == 0 && open_store(s, &keys, store_r, e) == 0) {
		(void)log_open(
			s->log_target, (enum log_level)s->log_level, NULL);
		rc = gate_open(*store_r, rules, gate_r, e);
	}
	masterkeys_wipe(&keys);
	return rc;
}

/* What only looks at how things are says so, as its answer. */
static enum exit_code
no_store(struct command_context *c, struct error *e, int argc, char **argv)
{
	if (!command_urgent(argc, argv))
		return command_failed(c, e);
	error_prefix(e, "no daemon is running");
	c->why = e;
	return command_run(c, argc, argv);
}

enum exit_code
alone_run(struct command_context *c, const char *config, int argc, char **argv)
{
	struct rules *rules = NULL;
	struct store *store = NULL;
	struct gate *gate = NULL;
	enum exit_code code;
	struct error e;

	/* As the daemon does: segments are the group's to read. */
	umask(027);
	if (rules_load(config, &rules, &e) == -1 ||
		open_all(rules, &store, &gate, &e) == -1) {
		code = no_store(c, &e, argc, argv);
	} else {
		c->rules = rules;
		c->store = store;
		c->gate = gate;
		code = command_run(c, argc, argv);
	}
	if (gate != NULL)
		gate_close(&gate);
	if (store != NULL)
		store_close(&store);
	rules_drop(&rules);
	return code;
}
