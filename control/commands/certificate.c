/*
 * Certificates, and signing requests that are in a file: for operators.
 */
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "control/columns.h"
#include "control/commands/certificate_text.h"
#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "store/certificate.h"

static const char *
time_of(int64_t when, char text[TEXT_TIME_SIZE])
{
	return when != 0 ? output_time(when, text) : NULL;
}

static int
say_json(FILE *out, const struct certificate *c, enum certificate_state state,
	struct error *e)
{
	char from[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];
	char issued[TEXT_TIME_SIZE], confirmed[TEXT_TIME_SIZE];
	char revoked[TEXT_TIME_SIZE], mailed[TEXT_TIME_SIZE];
	char key[2 * SHA256_SIZE + 1], digest[2 * SHA256_SIZE + 1];

	text_hex(c->key, sizeof(c->key), key);
	text_hex(c->digest, sizeof(c->digest), digest);
	return output_json(out, e,
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:b,s:s?,s:s?,"
		"s:s?,s:s,s:s}",
		"number", c->number, "principal", c->principal, "licence",
		c->licence, "state", certificate_state_name(state),
		"not_before", output_time(c->not_before, from), "not_after",
		output_time(c->not_after, until), "issued",
		output_time(c->issued, issued), "confirmed",
		time_of(c->confirmed, confirmed), "revoked",
		time_of(c->revoked, revoked), "reason",
		c->revoked != 0 ? revocation_name(c->reason) : NULL, "mail_due",
		c->mail_due, "mailed", time_of(c->mailed, mailed), "renews",
		output_or_null(c->renews), "renewed",
		output_or_null(c->renewed), "key", key, "digest", digest);
}

struct listing {
	struct command_context *c;
	int64_t now;
	int64_t until;                  /* only those that end before; 0: any */
	bool revoked;                   /* only those that are */
	char principal[PRINCIPAL_SIZE]; /* only its; "": any */
	struct columns columns;
	struct error *e;
};

static int
read_listing(const struct arguments *a, struct listing *l, struct error *e)
{
	const char *expiring = options_value(a, "expiring");
	const char *principal = options_value(a, "principal");
	int64_t soon;

	l->revoked = options_given(a, "revoked");
	if (principal != NULL &&
		!principal_parse(principal, strlen(principal), l->principal))
		return error_set(e, ERROR_BAD,
			"--principal: device:SERIAL, agent:ID, collector:NAME "
			"or server:NAME");
	if (expiring == NULL)
		return 0;
	if (text_duration(expiring, &soon) == -1 || soon <= 0 ||
		soon > INT64_MAX - l->now)
		return error_set(e, ERROR_USAGE,
			"--expiring takes a time such as 36h or 30d, not %s",
			expiring);
	l->until = l->now + soon;
	return 0;
}

static bool
is_meant(const struct listing *l, const struct certificate *c)
{
	return (l->until == 0 ||
		       (c->revoked == 0 && c->not_after > l->now &&
			       c->not_after < l->until)) &&
		(!l->revoked || c->revoked != 0) &&
		(l->principal[0] == '\0' ||
			strcmp(l->principal, c->principal) == 0);
}

static int
list_certificate(const struct certificate *c, void *arg)
{
	struct listing *l = arg;
	const enum certificate_state state = certificate_state(c, l->now);
	char until[TEXT_TIME_SIZE], confirmed[TEXT_TIME_SIZE];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (!is_meant(l, c))
		return 0;
	if (l->c->json)
		return say_json(l->c->out, c, state, l->e);
	columns_row(&l->columns,
		(const char *const[]){ c->number, c->principal,
			certificate_state_name(state),
			output_time(c->not_after, until),
			output_time(c->confirmed, confirmed) });
	return 0;
}

/* By what leads to the fewest. */
static int
walk(struct listing *l)
{
	struct store *s = l->c->store;

	if (l->principal[0] != '\0')
		return certificate_walk_of(
			s, l->principal, list_certificate, l, l->e);
	if (l->revoked)
		return certificate_walk_revoked(
			s, "", list_certificate, l, l->e);
	if (l->until != 0)
		return certificate_walk_ending(
			s, l->until, list_certificate, l, l->e);
	return certificate_walk(s, list_certificate, l, l->e);
}

enum exit_code
command_certificate_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "NUMBER", "FOR", "STATE",
		"EXPIRES", "CONFIRMED" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .now = store_time(c->store), .e = &e };
	int rc;

	if (read_listing(a, &l, &e) == -1)
		return command_failed(c, &e);
	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = walk(&l);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static void
say_text(FILE *out, const struct certificate *c, enum certificate_state state)
{
	const struct {
		const char *name;
		int64_t when;
	} times[] = {
		{ "begins", c->not_before },
		{ "expires", c->not_after },
		{ "issued", c->issued },
		{ "confirmed", c->confirmed },
		{ "revoked", c->revoked },
		{ "mailed", c->mailed },
	};
	char text[TEXT_TIME_SIZE], hex[2 * SHA256_SIZE + 1];

	fprintf(out, "certificate %s\nfor %s\nlicence %s\nstate %s\n",
		c->number, c->principal, c->licence,
		certificate_state_name(state));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		fprintf(out, "%s %s\n", times[i].name,
			output_time(times[i].when, text));
	text_hex(c->key, sizeof(c->key), hex);
	fprintf(out, "reason %s\nmail %s\nrenews %s\nrenewed by %s\nkey %s\n",
		c->revoked != 0 ? revocation_name(c->reason) : "-",
		c->mail_due ? "due" : "-",
		c->renews[0] != '\0' ? c->renews : "-",
		c->renewed[0] != '\0' ? c->renewed : "-", hex);
	text_hex(c->digest, sizeof(c->digest), hex);
	fprintf(out, "digest %s\n", hex);
}

/* And behind it the authority's own, where that is known. */
static int
say_pem(struct command_context *c, const struct buffer *der, struct error *e)
{
	struct buffer authority = { 0 };
	int rc = certificate_pem(c->out, der, e);

	if (rc == 0 && certificate_authority(c->store, &authority, e) == -1)
		rc = e->code == ERROR_NOT_FOUND ? 0 : -1;
	else if (rc == 0)
		rc = certificate_pem(c->out, &authority, e);
	buffer_clear(&authority);
	return rc;
}

enum exit_code
command_certificate_show(struct command_context *c, const struct arguments *a)
{
	const bool pem = options_given(a, "pem");
	enum certificate_state state;
	struct certificate found;
	struct buffer der = { 0 };
	struct error e;
	int rc = certificate_get(c->store, a->operands[0], store_time(c->store),
		&found, &state, &der, &e);

	if (rc == 0 && pem)
		rc = say_pem(c, &der, &e);
	else if (rc == 0 && c->json)
		rc = say_json(c->out, &found, state, &e);
	else if (rc == 0)
		say_text(c->out, &found, state);
	buffer_clear(&der);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

static enum exit_code
done(struct command_context *c, const char *number)
{
	char canonical[CERTIFICATE_NUMBER_SIZE];
	struct error e;

	return command_done(c, "number",
		certificate_number_read(number, canonical, &e) == 0 ? canonical
								    : number);
}

enum exit_code
command_certificate_revoke(struct command_context *c, const struct arguments *a)
{
	const char *word = options_value(a, "reason");
	enum revocation reason = REVOKED_UNSPECIFIED;
	enum exit_code code = EXIT_DONE;
	struct error e;
	int64_t now;

	if (word != NULL && !revocation_read(word, &reason))
		return command_refused(c, ERROR_USAGE,
			"--reason: unspecified, keyCompromise, "
			"affiliationChanged, superseded, cessationOfOperation "
			"or privilegeWithdrawn, not %s",
			word);
	if (store_clock(c->store, &now, &e) == -1)
		return command_failed(c, &e);
	for (size_t i = 0; code == EXIT_DONE && i < a->operand_count; i++)
		code = certificate_revoke(
			       c->store, a->operands[i], reason, now, &e) == 0
			? done(c, a->operands[i])
			: command_failed(c, &e);
	return code;
}

struct newest {
	int64_t now;
	struct certificate found; /* number "": none */
};

static int
take_newest(const struct certificate *c, void *arg)
{
	struct newest *n = arg;

	if (certificate_state(c, n->now) == CERTIFICATE_VALID &&
		c->issued >= n->found.issued)
		n->found = *c;
	return 0;
}

/* The number that is given, or of the server's newest. */
static int
find_mail(struct command_context *c, const struct arguments *a, int64_t now,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e)
{
	const char *server = options_value(a, "server");
	struct newest n = { .now = now };
	char principal[PRINCIPAL_SIZE];

	if (server == NULL)
		return certificate_number_read(a->operands[0], number_r, e);
	if (!principal_spell(PRINCIPAL_SERVER, server, principal))
		return error_set(
			e, ERROR_BAD, "--server takes a server's name");
	if (certificate_walk_of(c->store, principal, take_newest, &n, e) == -1)
		return -1;
	if (n.found.number[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"%s has no valid certificate", principal);
	memcpy(number_r, n.found.number, CERTIFICATE_NUMBER_SIZE);
	return 0;
}

enum exit_code
command_certificate_mail(struct command_context *c, const struct arguments *a)
{
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error e;
	int64_t now;

	if (store_clock(c->store, &now, &e) == -1 ||
		find_mail(c, a, now, number, &e) == -1 ||
		certificate_mail(c->store, number, now, &e) == -1)
		return command_failed(c, &e);
	return done(c, number);
}

static int
put_request(struct command_context *c, const char *licence, struct error *e)
{
	struct buffer file = { 0 }, der = { 0 };
	int64_t now;
	int rc = -1;

	if (store_clock(c->store, &now, e) == 0 &&
		message_file(c, &file, SIGNING_REQUEST_MAX, e) == 0 &&
		certificate_request_read(file.data, file.length, &der, e) == 0)
		rc = signing_put(c->store, licence,
			&(struct octets){ der.data, der.length }, now, e);
	buffer_clear(&file);
	buffer_clear(&der);
	return rc;
}

/* csrcadm waits for what comes of it. */
enum exit_code
command_certificate_sign(struct command_context *c, const struct arguments *a)
{
	const char *licence = options_value(a, "licence");
	char canonical[LICENCE_ID_SIZE];
	struct error e;

	if (licence_id_read(licence, strlen(licence), canonical, &e) == -1 ||
		put_request(c, canonical, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}

static int
say_signing(struct command_context *c, const struct signing *g, struct error *e)
{
	const char *state = g->number[0] != '\0' ? "signed"
		: g->why[0] != '\0'              ? "refused"
						 : "waiting";
	char created[TEXT_TIME_SIZE], why[OUTPUT_CELL_SIZE];

	output_time(g->created, created);
	if (c->json)
		return output_json(c->out, e, "{s:s,s:s,s:s,s:s?,s:s?}",
			"licence", g->licence, "state", state, "created",
			created, "number", output_or_null(g->number), "why",
			output_or_null(g->why));
	fprintf(c->out, "licence %s\nstate %s\ncreated %s\nnumber %s\nwhy %s\n",
		g->licence, state, created,
		g->number[0] != '\0' ? g->number : "-",
		g->why[0] != '\0' ? output_cell(g->why, why) : "-");
	return 0;
}

enum exit_code
command_certificate_signing(
	struct command_context *c, const struct arguments *a)
{
	struct signing g;
	struct error e;

	if (signing_get(c->store, a->operands[0], &g, NULL, &e) == -1 ||
		say_signing(c, &g, &e) == -1)
		return command_failed(c, &e);
	return EXIT_DONE;
}
