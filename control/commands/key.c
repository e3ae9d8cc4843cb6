/*
 * The keys of a device or an agent. A secret is shown once, when it is made,
 * and read from a file, never from the command line, which others on the
 * machine can see.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/commands/device_select.h"
#include "control/commands/key_make.h"
#include "control/commands/key_show.h"
#include "control/output.h"
#include "base/wipe.h"
#include "store/agent.h"
#include "store/registry.h"

enum {
	/* "key-id: ID", "key: KEY", and some room for gaps */
	FILE_SIZE = 2 * KEY_ID_MAX + 2 * KEY_SIZE_MAX + 64
};

static enum exit_code
done(struct command_context *c, const struct key *k)
{
	char id[2 * KEY_ID_MAX + 1];

	text_hex(k->id, k->id_length, id);
	return command_done(c, "key_id", id);
}

static enum exit_code
generate(struct command_context *c, const struct arguments *a, struct key *k)
{
	struct error e;
	size_t length;

	if (key_length(a, &length, &e) == -1 ||
		key_make_for(c, k->principal, length,
			c->json || options_given(a, "output"), &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

/* The next word, behind its label if it has one. */
static const char *
next_word(char *text, const char *label, char **rest)
{
	static const char gaps[] = " \t\r\n";
	const char *word = strtok_r(text, gaps, rest);

	if (word != NULL && strcmp(word, label) == 0)
		word = strtok_r(NULL, gaps, rest);
	return word;
}

/* The two lines that --generate prints, or "HEXID HEXKEY"; nothing else. */
static int
parse_key(char *text, struct key *k, struct error *e)
{
	char *rest = NULL;
	const char *id = next_word(text, "key-id:", &rest);
	const char *secret = id != NULL ? next_word(NULL, "key:", &rest) : NULL;
	int id_length, length;

	if (secret == NULL || next_word(NULL, "", &rest) != NULL)
		return error_set(e, ERROR_BAD,
			"the file must hold \"key-id: HEX\" and \"key: HEX\"");
	id_length = text_unhex(id, k->id, sizeof(k->id));
	length = text_unhex(secret, k->secret, sizeof(k->secret));
	if (id_length < 1)
		return error_set(e, ERROR_BAD,
			"the key id is not 1 to %d octets in hex", KEY_ID_MAX);
	if (length != 16 && length != 32)
		return error_set(
			e, ERROR_BAD, "the key is not 16 or 32 octets in hex");
	k->id_length = (size_t)id_length;
	k->length = (size_t)length;
	return 0;
}

static enum exit_code
import(struct command_context *c, const struct arguments *a, struct key *k)
{
	char text[FILE_SIZE + 1];
	size_t length = fread(text, 1, sizeof(text) - 1, c->in);
	enum exit_code code;
	struct error e;

	(void)a;
	text[length] = '\0';
	if (ferror(c->in))
		code = command_refused(
			c, ERROR_TROUBLE, "the file cannot be read");
	else if (parse_key(text, k, &e) == -1 ||
		registry_key_add(c->store, k, &e) == -1)
		code = command_failed(c, &e);
	else
		code = done(c, k);
	wipe(text, sizeof(text));
	return code;
}

struct listing {
	struct command_context *c;
	struct error *e;
	struct columns columns;
};

static int
list_key(const struct key *k, void *arg)
{
	struct listing *l = arg;

	if (l->c->json)
		return output_json(l->c->out, l->e, "o", key_object(k));
	key_row(&l->columns, k);
	return 0;
}

static enum exit_code
list(struct command_context *c, const struct arguments *a, struct key *k)
{
	static const char *const names[] = { "KEY-ID", "BITS", "STATE",
		"CREATED", "USED" };
	struct error e;
	struct listing l = { .c = c, .e = &e };
	int rc;

	(void)a;
	columns_begin(&l.columns, c->out, names, 5);
	rc = registry_keys(c->store, k->principal, list_key, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static enum exit_code
retire(struct command_context *c, const struct arguments *a, struct key *k)
{
	const char *id = options_value(a, "retire");
	int length = text_unhex(id, k->id, sizeof(k->id));
	struct error e;

	if (length < 1)
		return command_refused(
			c, ERROR_BAD, "%s is no key id in hex", id);
	if (registry_key_retire(
		    c->store, k->principal, k->id, (size_t)length, &e) == -1)
		return command_failed(c, &e);
	k->id_length = (size_t)length;
	return done(c, k);
}

static const struct {
	const char *option;
	enum exit_code (*run)(struct command_context *c,
		const struct arguments *a, struct key *k);
} actions[] = {
	{ "generate", generate },
	{ "import", import },
	{ "list", list },
	{ "retire", retire },
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* The one action that the options name. */
static size_t
find_action(const struct arguments *a)
{
	size_t i = 0;

	while (i + 1 < ACTIONS && !options_given(a, actions[i].option))
		i++;
	return i;
}

/* Devices without a live key, a batch at a time. */
struct making {
	struct command_context *c;
	struct error *e;
	struct device_selection selection;
	size_t length, count;
	struct device batch[KEY_MAKE_MAX];
};

static int
make_keys(struct making *m)
{
	const size_t count = m->count;

	m->count = 0;
	return key_make(m->c, m->batch, count, m->length, true, m->e);
}

static int
make_missing(const struct device *d, void *arg)
{
	struct making *m = arg;
	int meant;

	if (command_over(m->c))
		return error_set(m->e, ERROR_TROUBLE, "stopped");
	if (!device_selection_center(&m->selection, d))
		return 0;
	meant = device_selection_key(&m->selection, m->c->store, d, m->e);
	if (meant != 1)
		return meant;
	m->batch[m->count++] = *d;
	return m->count == KEY_MAKE_MAX ? make_keys(m) : 0;
}

/* A slip must not look like a center whose devices all have keys. */
static int
check_center(const struct making *m, struct error *e)
{
	struct center known;

	return m->selection.center[0] == '\0'
		? 0
		: registry_center_get(
			  m->c->store, m->selection.center, &known, e);
}

static enum exit_code
generate_missing(struct command_context *c, const struct arguments *a)
{
	struct making *m = calloc(1, sizeof(*m));
	enum exit_code code = EXIT_DONE;
	struct error e;

	if (m == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	m->c = c;
	m->e = &e;
	if (device_selection_read(&m->selection, a, c->store, &e) == -1 ||
		key_length(a, &m->length, &e) == -1 ||
		check_center(m, &e) == -1) {
		code = command_failed(c, &e);
	} else {
		m->selection.without_key = true;
		if (registry_devices(c->store, make_missing, m, &e) != 0 ||
			make_keys(m) == -1)
			code = command_failed(c, &e);
	}
	free(m);
	return code;
}

/* Of one that is registered. */
static enum exit_code
run_action(struct command_context *c, const struct arguments *a,
	enum principal_kind kind, const char *name)
{
	struct key k = { .live = true };
	enum exit_code code;

	(void)principal_spell(kind, name, k.principal);
	code = actions[find_action(a)].run(c, a, &k);
	wipe(&k, sizeof(k));
	return code;
}

enum exit_code
command_agent_key(struct command_context *c, const struct arguments *a)
{
	struct agent agent;
	struct error e;

	if (registry_agent_get(c->store, a->operands[0], &agent, &e) == -1)
		return command_failed(c, &e);
	return run_action(c, a, PRINCIPAL_AGENT, agent.id);
}

enum exit_code
command_device_key(struct command_context *c, const struct arguments *a)
{
	struct device d;
	struct error e;

	if (a->operand_count == 0 && !options_given(a, "generate"))
		return command_refused(
			c, ERROR_USAGE, "--missing goes with --generate");
	if (a->operand_count == 0 && !c->json && !options_given(a, "output"))
		return command_refused(
			c, ERROR_USAGE, "for many devices: --output or --json");
	if (a->operand_count == 0)
		return generate_missing(c, a);
	if (registry_device_get(c->store, a->operands[0], &d, &e) == -1)
		return command_failed(c, &e);
	return run_action(c, a, PRINCIPAL_DEVICE, d.serial);
}
