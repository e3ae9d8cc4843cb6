/*
 * restore: a backup becomes the store, while no daemon runs. As with init, root
 * reads the master key and makes the directories; the rest is done as the
 * daemon's user.
 */
#include <sys/stat.h>

#include "control/commands/commands.h"
#include "control/output.h"
#include "base/privileges.h"
#include "base/text.h"
#include "config/masterkey.h"
#include "config/rules.h"

static int
become_user(const struct settings *s, const struct store_options *o,
	struct error *e)
{
	struct identity who;
	gid_t group;

	if (identity_find(s->user, &who, e) == -1 ||
		group_find(s->spool_group, who.gid, &group, e) == -1 ||
		store_places(o, who.uid, who.gid, group, e) == -1)
		return -1;
	return privileges_drop(&who, e);
}

/* What is to be typed before the daemon starts; "": nothing. */
static void
next_step(const struct store_restored *found, char step_r[512])
{
	if (found->behind[0] != '\0')
		(void)text_copy(step_r, 512, found->behind);
	else if (!found->spool_knows)
		(void)text_copy(step_r, 512,
			"the spool does not say which number it had last: ask "
			"billing, and type csrcadm sequence --next NUMBER, one "
			"above it");
	else
		step_r[0] = '\0';
}

static enum exit_code
say_restored(struct command_context *c, const struct store_restored *found)
{
	char step[512];
	struct error e;

	next_step(found, step);
	if (c->json) {
		if (output_json(c->out, &e, "{s:I,s:s,s:s}", "next_sequence",
			    (long long)found->next_sequence, "aside",
			    found->aside, "type", step) == -1)
			return command_failed(c, &e);
	} else {
		fprintf(c->out, "restored; the next sequence number is %llu\n",
			(unsigned long long)found->next_sequence);
		if (found->aside[0] != '\0')
			fprintf(c->out, "the store as it was: %s\n",
				found->aside);
		if (step[0] != '\0')
			fprintf(c->out, "before the daemon starts: %s\n", step);
	}
	return step[0] == '\0' ? EXIT_DONE : EXIT_NO;
}

enum exit_code
command_restore(struct command_context *c, const struct arguments *a)
{
	const struct settings *s = c->rules->settings;
	struct masterkeys keys = { .has_next = false };
	struct store_options o = gate_store_options(s, keys.key);
	struct store_restored found;
	struct error e;
	int rc;

	umask(022); /* as init does */
	rc = masterkeys_read(s->master_key_file, &keys, &e);
	o.next_master_key = keys.has_next ? keys.next : NULL;
	if (rc == 0 &&
		(store_unused(&o, &e) == -1 || become_user(s, &o, &e) == -1))
		rc = -1;
	if (rc == 0)
		rc = store_restore(&o, a->operands[0],
			options_given(a, "force"), &found, &e);
	masterkeys_wipe(&keys);
	return rc == 0 ? say_restored(c, &found) : command_failed(c, &e);
}
