/*
 * What the authority has to do: a CRL to publish, certificates to mail, signing
 * requests. It asks every few seconds, by which it is known to be there.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/text.h"
#include "control/commands/authority.h"
#include "control/commands/certificate_text.h"
#include "control/commands/commands.h"
#include "control/commands/message.h"
#include "control/output.h"
#include "store/certificate.h"

/* In one answer; the rest with the next. */
enum { MAILS = 50, SIGNINGS = 20, REVOKED = 1000 };

struct listing {
	struct command_context *c;
	int64_t now;
	unsigned int left;
	struct error *e;
};

static int
say_mail(struct listing *l, const struct certificate *found,
	const struct server *server)
{
	enum certificate_state state;
	struct certificate now;
	struct buffer der = { 0 };
	char *text = NULL;
	int rc = -1;

	if (certificate_get(l->c->store, found->number, l->now, &now, &state,
		    &der, l->e) == 0 &&
		(text = certificate_base64(&der, l->e)) != NULL)
		rc = output_json(l->c->out, l->e, "{s:s,s:s,s:s,s:s,s:s,s:s}",
			"due", "mail", "number", found->number, "server",
			server->name, "url", server->url, "address",
			server->address, "certificate", text);
	free(text);
	buffer_clear(&der);
	return rc;
}

/* Of a server that is gone nobody would get it. */
static int
list_mail(const struct certificate *found, void *arg)
{
	const char *name = principal_name(found->principal, PRINCIPAL_SERVER);
	struct listing *l = arg;
	struct server server;

	if (name == NULL || found->not_after <= l->now)
		return 0;
	if (registry_server_get(l->c->store, name, &server, l->e) == -1)
		return l->e->code == ERROR_NOT_FOUND ? 0 : -1;
	if (say_mail(l, found, &server) == -1)
		return -1;
	return --l->left == 0 ? 1 : 0;
}

static int
say_signing(struct listing *l, const struct signing *g, const char *principal)
{
	struct signing now;
	struct buffer der = { 0 };
	char *text = NULL;
	int rc = signing_get(l->c->store, g->licence, &now, &der, l->e);

	if (rc == 0 && der.length > 0) {
		text = certificate_base64(&der, l->e);
		rc = text == NULL
			? -1
			: output_json(l->c->out, l->e, "{s:s,s:s,s:s,s:s,s:s}",
				  "due", "sign", "licence", g->licence,
				  "principal", principal, "transaction",
				  now.transaction, "request", text);
	}
	free(text);
	buffer_clear(&der);
	return rc;
}

static int
list_signing(const struct signing *g, void *arg)
{
	struct listing *l = arg;
	struct licence licence;

	if (!signing_waits(g))
		return 0;
	if (licence_get(l->c->store, g->licence, &licence, l->e) == -1)
		return l->e->code == ERROR_NOT_FOUND ? 0 : -1;
	if (say_signing(l, g, licence.principal) == -1)
		return -1;
	return --l->left == 0 ? 1 : 0;
}

static int
say_due(struct listing *l)
{
	uint64_t revision;

	if (certificate_revision(l->c->store, &revision, l->e) == -1 ||
		output_json(l->c->out, l->e, "{s:s,s:I}", "due", "crl",
			"revision", (json_int_t)revision) == -1)
		return -1;
	l->left = MAILS;
	if (certificate_walk_mail(l->c->store, list_mail, l, l->e) == -1)
		return -1;
	l->left = SIGNINGS;
	return signing_walk(l->c->store, list_signing, l, l->e) == -1 ? -1 : 0;
}

enum exit_code
command_authority_due(struct command_context *c, const struct arguments *a)
{
	struct error e;
	struct listing l = { .c = c, .e = &e };

	(void)a;
	certificate_heard(c->store);
	if (store_clock(c->store, &l.now, &e) == -1)
		return authority_refuse(c, &e);
	return say_due(&l) == 0 ? EXIT_DONE : authority_refuse(c, &e);
}

enum exit_code
command_authority_mailed(struct command_context *c, const struct arguments *a)
{
	struct error e;
	int64_t now;

	if (store_clock(c->store, &now, &e) == -1 ||
		certificate_mailed(c->store, a->operands[0], now, &e) == -1)
		return authority_refuse(c, &e);
	log_info("authority: certificate %s was mailed", a->operands[0]);
	return command_done(c, NULL, NULL);
}

enum exit_code
command_authority_unsigned(struct command_context *c, const struct arguments *a)
{
	const char *why = options_value(a, "why");
	struct error e;

	if (signing_refuse(c->store, a->operands[0], why, &e) == -1)
		return authority_refuse(c, &e);
	log_info("authority: the signing request for licence %s gets nothing: "
		 "%s",
		a->operands[0], why);
	return command_done(c, NULL, NULL);
}

static int
list_revoked(const struct certificate *found, void *arg)
{
	struct listing *l = arg;
	char when[TEXT_TIME_SIZE];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (found->revoked == 0 || found->not_after <= l->now)
		return 0;
	if (output_json(l->c->out, l->e, "{s:s,s:s,s:s}", "number",
		    found->number, "revoked", output_time(found->revoked, when),
		    "reason", revocation_name(found->reason)) == -1)
		return -1;
	return --l->left == 0 ? 1 : 0;
}

enum exit_code
command_authority_revoked(struct command_context *c, const struct arguments *a)
{
	const char *text = options_value(a, "after");
	char after[CERTIFICATE_NUMBER_SIZE] = "";
	struct error e;
	struct listing l = { .c = c, .left = REVOKED, .e = &e };

	if (store_clock(c->store, &l.now, &e) == -1 ||
		(text != NULL &&
			certificate_number_read(text, after, &e) == -1) ||
		certificate_walk_revoked(
			c->store, after, list_revoked, &l, &e) == -1)
		return authority_refuse(c, &e);
	return EXIT_DONE;
}

static int
read_number(const struct arguments *a, const char *name, uint64_t *number_r,
	struct error *e)
{
	const char *text = options_value(a, name);
	char *end;

	*number_r = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
			*number_r <= INT64_MAX
		? 0
		: error_set(e, ERROR_BAD, "--%s takes a number", name);
}

static int
read_time(const struct arguments *a, const char *name, int64_t *time_r,
	struct error *e)
{
	time_t when;

	if (text_time_parse(options_value(a, name), &when) == -1)
		return error_set(e, ERROR_BAD,
			"--%s takes a time as 2026-11-30T12:00:00Z", name);
	*time_r = when;
	return 0;
}

static int
read_crl(const struct arguments *a, struct crl *crl, struct error *e)
{
	if (read_number(a, "revision", &crl->revision, e) == -1 ||
		read_number(a, "number", &crl->number, e) == -1 ||
		read_time(a, "this", &crl->this_update, e) == -1 ||
		read_time(a, "next", &crl->next_update, e) == -1)
		return -1;
	return crl->this_update < crl->next_update
		? 0
		: error_set(e, ERROR_BAD, "the CRL ends before it begins");
}

enum exit_code
command_authority_published(
	struct command_context *c, const struct arguments *a)
{
	struct buffer der = { 0 };
	struct crl crl;
	struct error e;
	int rc = -1;

	if (read_crl(a, &crl, &e) == 0 &&
		message_file(c, &der, CERTIFICATE_MAX, &e) == 0)
		rc = certificate_crl_set(c->store, &crl,
			&(struct octets){ der.data, der.length }, &e);
	buffer_clear(&der);
	if (rc == -1)
		return authority_refuse(c, &e);
	log_info("authority: CRL %llu is published, revision %llu",
		(unsigned long long)crl.number,
		(unsigned long long)crl.revision);
	return command_done(c, NULL, NULL);
}
