/*
 * The verbs by which the certificate authority asks who may have what. Each
 * answer is a line of JSON, and so is a refusal, whose kind its program has to
 * know; the log tells who got what, and why not.
 */
#include "control/commands/authority.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "control/commands/certificate_text.h"
#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "parser/envelope.h"
#include "store/certificate.h"

enum exit_code
authority_refuse(struct command_context *c, const struct error *e)
{
	static const char *const kinds[] = {
		[ERROR_BAD] = "bad",
		[ERROR_LIMIT] = "limit",
		[ERROR_NOT_FOUND] = "not-found",
		[ERROR_EXISTS] = "exists",
		[ERROR_DENIED] = "denied",
		[ERROR_TROUBLE] = NULL,
	};
	struct error ignored;

	if (kinds[e->code] != NULL)
		(void)output_json(c->out, &ignored, "{s:s,s:s}", "refused",
			kinds[e->code], "why", e->text);
	return command_failed(c, e);
}

enum exit_code
command_authority_begin(struct command_context *c, const struct arguments *a)
{
	struct error e;

	(void)a;
	if (licence_release_all(c->store, &e) == -1)
		return authority_refuse(c, &e);
	return command_done(c, NULL, NULL);
}

/* The URL of a server; "": of whom else, or of one that is gone. */
static int
find_url(struct store *s, const char *principal, char url_r[URL_SIZE],
	struct error *e)
{
	const char *name = principal_name(principal, PRINCIPAL_SERVER);
	struct server server;

	url_r[0] = '\0';
	if (name == NULL)
		return 0;
	if (registry_server_get(s, name, &server, e) == -1)
		return e->code == ERROR_NOT_FOUND ? 0 : -1;
	(void)text_copy(url_r, URL_SIZE, server.url);
	return 0;
}

static int
reserve(struct command_context *c, const struct arguments *a,
	char code[LICENCE_CODE_SIZE], struct error *e)
{
	char url[URL_SIZE];
	struct licence l;
	int64_t now;

	if (store_clock(c->store, &now, e) == -1 ||
		licence_reserve(c->store, a->operands[0], a->operands[1], now,
			&l, code, e) == -1 ||
		find_url(c->store, l.principal, url, e) == -1)
		return -1;
	return output_json(c->out, e, "{s:s,s:s,s:s,s:I,s:s?}", "licence", l.id,
		"principal", l.principal, "code", code, "resets",
		(json_int_t)l.resets, "url", output_or_null(url));
}

enum exit_code
command_authority_reserve(struct command_context *c, const struct arguments *a)
{
	char code[LICENCE_CODE_SIZE];
	struct error e;
	int rc = reserve(c, a, code, &e);

	wipe(code, sizeof(code));
	if (rc == 0)
		return EXIT_DONE;
	log_info("authority: transaction %s gets no licence: %s",
		a->operands[1], e.text);
	return authority_refuse(c, &e);
}

enum exit_code
command_authority_release(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (licence_release(c->store, a->operands[0], a->operands[1], &e) == -1)
		return authority_refuse(c, &e);
	return command_done(c, NULL, NULL);
}

/* What record and renew give. */
struct issuing {
	struct buffer made, given;
	struct certificate certificate;
	bool again;
	int64_t now;
};

static int
say_issued(struct command_context *c, const struct issuing *i, struct error *e)
{
	char *text = certificate_base64(&i->given, e);
	int rc;

	if (text == NULL)
		return -1;
	rc = output_json(c->out, e, "{s:b,s:s,s:s}", "again", i->again,
		"number", i->certificate.number, "certificate", text);
	free(text);
	return rc;
}

static enum exit_code
issue(struct command_context *c, const struct arguments *a,
	int (*put)(struct command_context *c, const struct arguments *a,
		struct issuing *i, struct error *e))
{
	struct issuing i = { .again = false };
	struct error e;
	int rc = -1;

	if (store_clock(c->store, &i.now, &e) == 0 &&
		message_file(c, &i.made, CERTIFICATE_MAX, &e) == 0 &&
		put(c, a, &i, &e) == 0)
		rc = say_issued(c, &i, &e);
	else
		log_info("authority: no certificate by %s: %s", a->operands[0],
			e.text);
	buffer_clear(&i.made);
	buffer_clear(&i.given);
	return rc == 0 ? EXIT_DONE : authority_refuse(c, &e);
}

static int
record(struct command_context *c, const struct arguments *a, struct issuing *i,
	struct error *e)
{
	const struct octets der = { i->made.data, i->made.length };

	if (certificate_record(c->store, a->operands[0], a->operands[1], &der,
		    i->now, &i->certificate, &i->given, &i->again, e) == -1)
		return -1;
	log_info("authority: certificate %s for %s, licence %s, transaction "
		 "%s%s",
		i->certificate.number, i->certificate.principal,
		i->certificate.licence, a->operands[1],
		i->again ? ", again" : "");
	return 0;
}

enum exit_code
command_authority_record(struct command_context *c, const struct arguments *a)
{
	return issue(c, a, record);
}

static int
renew(struct command_context *c, const struct arguments *a, struct issuing *i,
	struct error *e)
{
	const struct octets der = { i->made.data, i->made.length };

	if (certificate_renew(c->store, a->operands[0], &der, i->now,
		    &i->certificate, &i->given, &i->again, e) == -1)
		return -1;
	log_info("authority: certificate %s for %s, in place of %s%s",
		i->certificate.number, i->certificate.principal, a->operands[0],
		i->again ? ", again" : "");
	return 0;
}

enum exit_code
command_authority_renew(struct command_context *c, const struct arguments *a)
{
	return issue(c, a, renew);
}

enum exit_code
command_authority_confirm(struct command_context *c, const struct arguments *a)
{
	struct error e;
	int64_t now;

	if (store_clock(c->store, &now, &e) == -1 ||
		certificate_confirm(c->store, a->operands[0], now, &e) == -1)
		return authority_refuse(c, &e);
	log_info("authority: certificate %s is confirmed", a->operands[0]);
	return command_done(c, NULL, NULL);
}

enum exit_code
command_authority_revoke(struct command_context *c, const struct arguments *a)
{
	const char *word = options_value(a, "reason");
	enum revocation reason;
	struct error e;
	int64_t now;

	if (!revocation_read(word, &reason))
		error_set(&e, ERROR_BAD, "%.40s is no reason", word);
	else if (store_clock(c->store, &now, &e) == 0 &&
		certificate_revoke(c->store, a->operands[0], reason, now, &e) ==
			0) {
		log_info("authority: certificate %s is revoked: %s",
			a->operands[0], word);
		return command_done(c, NULL, NULL);
	}
	return authority_refuse(c, &e);
}

static int
say_certificate(struct command_context *c, const struct certificate *found,
	enum certificate_state state, const struct buffer *der, struct error *e)
{
	char url[URL_SIZE], *text;
	int rc;

	if (find_url(c->store, found->principal, url, e) == -1 ||
		(text = certificate_base64(der, e)) == NULL)
		return -1;
	rc = output_json(c->out, e, "{s:s,s:s,s:s,s:s,s:s?,s:s}", "number",
		found->number, "principal", found->principal, "licence",
		found->licence, "state", certificate_state_name(state), "url",
		output_or_null(url), "certificate", text);
	free(text);
	return rc;
}

enum exit_code
command_authority_certificate(
	struct command_context *c, const struct arguments *a)
{
	enum certificate_state state;
	struct certificate found;
	struct buffer der = { 0 };
	struct error e;
	int64_t now;
	int rc = -1;

	if (store_clock(c->store, &now, &e) == 0 &&
		certificate_get(c->store, a->operands[0], now, &found, &state,
			&der, &e) == 0)
		rc = say_certificate(c, &found, state, &der, &e);
	buffer_clear(&der);
	return rc == 0 ? EXIT_DONE : authority_refuse(c, &e);
}

/* The device's key file, to be opened with the key of that certificate. */
static int
say_key(struct command_context *c, const struct key *key,
	const struct buffer *shown, struct error *e)
{
	char id[2 * KEY_ID_MAX + 1], secret[2 * KEY_SIZE_MAX + 1];
	const struct crypto_span certificate = { shown->data, shown->length };
	struct buffer file = { 0 }, cms = { 0 };
	char *text = NULL;
	int rc = -1;

	text_hex(key->id, key->id_length, id);
	text_hex(key->secret, key->length, secret);
	if (buffer_format(&file, "key-id: %s\nkey: %s\n", id, secret) !=
		BUFFER_OK)
		error_memory(e);
	else if (envelope_make(&certificate,
			 &(struct crypto_span){ file.data, file.length }, &cms,
			 e) == 0 &&
		(text = certificate_base64(&cms, e)) != NULL)
		rc = output_json(c->out, e, "{s:s}", "key", text);
	wipe(secret, sizeof(secret));
	free(text);
	buffer_clear(&file);
	buffer_clear(&cms);
	return rc;
}

static int
first_key(struct command_context *c, const char *number,
	const struct buffer *shown, struct error *e)
{
	unsigned char digest[SHA256_SIZE];
	const struct crypto_span span = { shown->data, shown->length };
	struct key key;
	int64_t now;
	int rc = -1;

	if (store_clock(c->store, &now, e) == -1 ||
		crypto_sha256(&span, 1, digest, e) == -1 ||
		certificate_first_key(c->store, number, digest, now, &key, e) ==
			-1)
		return -1;
	rc = say_key(c, &key, shown, e);
	if (rc == 0)
		log_info("authority: the first key of %s is told, for "
			 "certificate %s",
			key.principal, number);
	wipe(&key, sizeof(key));
	return rc;
}

/* Who asks hears of one reason only. */
enum exit_code
command_authority_first_key(
	struct command_context *c, const struct arguments *a)
{
	struct buffer shown = { 0 };
	struct error e;
	int rc = -1;

	if (message_file(c, &shown, CERTIFICATE_MAX, &e) == 0)
		rc = first_key(c, a->operands[0], &shown, &e);
	buffer_clear(&shown);
	if (rc == 0)
		return EXIT_DONE;
	log_info("authority: no first key for certificate %s: %s",
		a->operands[0], e.text);
	if (e.code != ERROR_TROUBLE)
		error_set(&e, ERROR_DENIED, "no key for that certificate");
	return authority_refuse(c, &e);
}
