/*
 * Licences. A code is told once, after it is in the store; what is shown later
 * has none.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/wipe.h"
#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "parser/spelling.h"
#include "store/licence.h"

enum {
	VALID = 30 * 24 * 3600, /* seconds, unless --valid says so */
	COMMON_NAME_MAX = 64    /* octets, of a certificate (RFC 5280) */
};

static const struct {
	const char *option;
	enum principal_kind kind;
} owners[] = {
	{ "serial", PRINCIPAL_DEVICE },
	{ "agent", PRINCIPAL_AGENT },
	{ "collector", PRINCIPAL_COLLECTOR },
	{ "server", PRINCIPAL_SERVER },
};

/* Whom the one option names that is given. */
static int
read_owner(const struct arguments *a, char principal_r[PRINCIPAL_SIZE],
	struct error *e)
{
	char spelled[SPELLED_SIZE];
	const char *name;
	size_t i = 0;

	while (!options_given(a, owners[i].option))
		i++;
	name = options_value(a, owners[i].option);
	if (!principal_spell(owners[i].kind, name, principal_r))
		return error_set(e, ERROR_BAD, "\"%.100s\" is no name for --%s",
			name, owners[i].option);
	if (!spelling_make(
		    principal_name(principal_r, owners[i].kind), spelled) ||
		strlen(spelled) > COMMON_NAME_MAX)
		return error_set(e, ERROR_LIMIT,
			"%s is too long for a certificate, as it is spelled "
			"there",
			principal_r);
	return 0;
}

static int
read_count(const struct arguments *a, size_t *count_r, struct error *e)
{
	const char *text = options_value(a, "count");
	unsigned long count = 1;
	char *end;

	if (text != NULL) {
		count = strtoul(text, &end, 10);
		if (text[0] < '0' || text[0] > '9' || *end != '\0')
			count = 0;
	}
	if (count < 1 || count > LICENCES_AT_ONCE)
		return error_set(e, ERROR_USAGE, "--count is 1 to %d, not %s",
			LICENCES_AT_ONCE, text);
	*count_r = count;
	return 0;
}

/* Now, and when it is to expire. */
static int
read_times(struct command_context *c, const struct arguments *a, int64_t *now_r,
	int64_t *expires_r, struct error *e)
{
	const char *text = options_value(a, "valid");
	int64_t valid = VALID;

	if (text != NULL && (text_duration(text, &valid) == -1 || valid <= 0))
		return error_set(e, ERROR_USAGE,
			"--valid takes a time such as 36h or 30d, not %s",
			text);
	if (store_clock(c->store, now_r, e) == -1)
		return -1;
	if (valid > INT64_MAX - *now_r)
		return error_set(e, ERROR_USAGE, "--valid is too long");
	*expires_r = *now_r + valid;
	return 0;
}

static int
tell(struct command_context *c, const struct licence_made *m,
	const char *principal, int64_t expires, bool object, struct error *e)
{
	char when[TEXT_TIME_SIZE];

	if (object)
		return output_json(c->out, e, "{s:s,s:s,s:s,s:s}", "licence",
			m->id, "principal", principal, "expires",
			output_time(expires, when), "code", m->code);
	fprintf(c->out, "licence: %s\ncode: %s\n", m->id, m->code);
	return 0;
}

static int
make(struct command_context *c, const struct arguments *a,
	struct licence_made *made, size_t count, struct error *e)
{
	const bool objects = c->json || options_given(a, "output");
	char principal[PRINCIPAL_SIZE];
	int64_t now, expires;

	if (read_owner(a, principal, e) == -1 ||
		read_times(c, a, &now, &expires, e) == -1 ||
		licence_new(c->store, principal, count, expires, now, made,
			e) == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (tell(c, &made[i], principal, expires, objects, e) == -1)
			return -1;
	return 0;
}

enum exit_code
command_licence_new(struct command_context *c, const struct arguments *a)
{
	struct licence_made *made;
	enum exit_code code = EXIT_DONE;
	struct error e;
	size_t count;

	if (read_count(a, &count, &e) == -1)
		return command_failed(c, &e);
	made = calloc(count, sizeof(*made));
	if (made == NULL)
		return command_refused(c, ERROR_TROUBLE, "out of memory");
	if (make(c, a, made, count, &e) == -1)
		code = command_failed(c, &e);
	wipe(made, count * sizeof(*made));
	free(made);
	return code;
}

static const char *
key_of(const struct licence *l, char hex[2 * SHA256_SIZE + 1])
{
	if (l->used == 0)
		return NULL;
	text_hex(l->key, sizeof(l->key), hex);
	return hex;
}

/* NULL: JSON's null. */
static const char *
time_of(int64_t when, char text[TEXT_TIME_SIZE])
{
	return when != 0 ? output_time(when, text) : NULL;
}

static int
say_json(FILE *out, const struct licence *l, int64_t now, struct error *e)
{
	char created[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];
	char used[TEXT_TIME_SIZE], confirmed[TEXT_TIME_SIZE];
	char revoked[TEXT_TIME_SIZE], held[TEXT_TIME_SIZE];
	char key[2 * SHA256_SIZE + 1];

	return output_json(out, e,
		"{s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:s?,s:s?,s:s?,s:I}",
		"licence", l->id, "principal", l->principal, "state",
		licence_state_name(licence_state(l, now)), "created",
		output_time(l->created, created), "expires",
		output_time(l->expires, expires), "used",
		time_of(l->used, used), "confirmed",
		time_of(l->confirmed, confirmed), "revoked",
		time_of(l->revoked, revoked), "key", key_of(l, key),
		"transaction", output_or_null(l->transaction), "held",
		time_of(l->held > now ? l->held : 0, held), "resets",
		(json_int_t)l->resets);
}

/* One whose certificate never came is no more than used. */
static const char *
state_of(const struct licence *l, int64_t now)
{
	return licence_unconfirmed(l, now)
		? "unconfirmed"
		: licence_state_name(licence_state(l, now));
}

struct listing {
	struct command_context *c;
	const struct arguments *a;
	struct error *e;
	int64_t now;
	struct columns columns;
};

static bool
is_meant(const struct listing *w, const struct licence *l)
{
	const enum licence_state state = licence_state(l, w->now);

	if (options_given(w->a, "unused"))
		return state == LICENCE_UNUSED;
	if (options_given(w->a, "used"))
		return state == LICENCE_USED || state == LICENCE_CONFIRMED;
	if (options_given(w->a, "unconfirmed"))
		return licence_unconfirmed(l, w->now);
	return true;
}

static int
list_licence(const struct licence *l, void *arg)
{
	struct listing *w = arg;
	char expires[TEXT_TIME_SIZE], used[TEXT_TIME_SIZE];

	if (command_over(w->c))
		return error_set(w->e, ERROR_TROUBLE, "stopped");
	if (!is_meant(w, l))
		return 0;
	if (w->c->json)
		return say_json(w->c->out, l, w->now, w->e);
	columns_row(&w->columns,
		(const char *const[]){ l->id, l->principal, state_of(l, w->now),
			output_time(l->expires, expires),
			output_time(l->used, used) });
	return 0;
}

enum exit_code
command_licence_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "LICENCE", "FOR", "STATE",
		"EXPIRES", "USED" };
	struct error e = { ERROR_NONE, "" };
	struct listing w = { .c = c, .a = a, .e = &e };
	int rc;

	w.now = store_time(c->store);
	columns_begin(
		&w.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = licence_walk(c->store, list_licence, &w, &e);
	columns_end(&w.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static void
say_text(FILE *out, const struct licence *l, int64_t now)
{
	const struct {
		const char *name;
		int64_t when;
	} times[] = {
		{ "created", l->created },
		{ "expires", l->expires },
		{ "used", l->used },
		{ "confirmed", l->confirmed },
		{ "revoked", l->revoked },
		{ "held", l->held > now ? l->held : 0 },
	};
	char text[TEXT_TIME_SIZE], hex[2 * SHA256_SIZE + 1];
	const char *key = key_of(l, hex);

	fprintf(out, "licence %s\nfor %s\nstate %s\n", l->id, l->principal,
		licence_state_name(licence_state(l, now)));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		fprintf(out, "%s %s\n", times[i].name,
			output_time(times[i].when, text));
	fprintf(out, "key %s\ntransaction %s\nresets %llu\n",
		key != NULL ? key : "-",
		l->transaction[0] != '\0' ? l->transaction : "-",
		(unsigned long long)l->resets);
}

enum exit_code
command_licence_show(struct command_context *c, const struct arguments *a)
{
	const int64_t now = store_time(c->store);
	struct licence l;
	struct error e;

	if (licence_get(c->store, a->operands[0], &l, &e) == -1 ||
		(c->json && say_json(c->out, &l, now, &e) == -1))
		return command_failed(c, &e);
	if (!c->json)
		say_text(c->out, &l, now);
	return EXIT_DONE;
}

static enum exit_code
done(struct command_context *c, const char *id)
{
	char canonical[LICENCE_ID_SIZE];
	struct error e;

	return command_done(c, "licence",
		licence_id_read(id, strlen(id), canonical, &e) == 0 ? canonical
								    : id);
}

enum exit_code
command_licence_revoke(struct command_context *c, const struct arguments *a)
{
	enum exit_code code = EXIT_DONE;
	struct error e;
	int64_t now;

	if (store_clock(c->store, &now, &e) == -1)
		return command_failed(c, &e);
	for (size_t i = 0; code == EXIT_DONE && i < a->operand_count; i++)
		code = licence_revoke(c->store, a->operands[i], now, &e) == 0
			? done(c, a->operands[i])
			: command_failed(c, &e);
	return code;
}

enum exit_code
command_licence_reset(struct command_context *c, const struct arguments *a)
{
	int64_t now, expires;
	struct error e;

	if (read_times(c, a, &now, &expires, &e) == -1 ||
		licence_reset(c->store, a->operands[0], expires, now, &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}
