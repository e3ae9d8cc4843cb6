/*
 * What the web server says becomes a desk's request, and the desk's reply is
 * what it hears.
 */
#include "authority/responder.h"

#include <pthread.h>
#include <stdlib.h>

#include "authority/cmp.h"
#include "authority/desk.h"
#include "authority/pseudo.h"
#include "authority/transactions.h"
#include "base/wipe.h"
#include "fcgi/fcgi.h"

enum { RETRY = 10 /* seconds, after trouble of ours */ };

_Static_assert((int)THREADS_MAX <= (int)FCGI_DESKS_MAX, "each has a desk");

struct responder {
	const struct ca_configuration *configuration;
	struct pseudo pseudo;
	struct cmp_begun begun;
	struct cmp cmp;
	struct desk desks[THREADS_MAX]; /* as many as threads says */
	struct fcgi *fcgi;
};

static void
answer(void *arg, size_t desk, const struct fcgi_request *asked,
	struct fcgi_reply *reply)
{
	struct responder *r = arg;
	const struct desk_request request = {
		.method = fcgi_value(asked, "REQUEST_METHOD"),
		.path = fcgi_value(asked, "REQUEST_URI"),
		.type = fcgi_value(asked, "CONTENT_TYPE"),
		.verified = fcgi_value(asked, "SSL_CLIENT_VERIFY"),
		.certificate = fcgi_value(asked, "SSL_CLIENT_CERT"),
		.body = asked->body,
		.length = asked->length,
	};
	struct desk_reply said;

	desk_answer(&r->desks[desk], &request, &said);
	reply->status = said.status;
	reply->type = said.type;
	reply->body = said.body;
	reply->retry = said.status == 503 ? RETRY : 0;
}

static int
prepare(struct responder *r, struct error *e)
{
	const struct ca_configuration *c = r->configuration;
	char path[CA_PATH_SIZE];

	if (ca_path(c->directory, CA_PSEUDO_KEY, path, e) == -1 ||
		pseudo_load(path, &r->pseudo, e) == -1)
		return -1;
	r->cmp.pseudo = &r->pseudo;
	r->cmp.transactions = transactions_new(
		(size_t)c->transactions, c->transaction_timeout);
	return r->cmp.transactions != NULL ? 0 : error_memory(e);
}

static int
start(struct responder *r, struct error *e)
{
	const struct fcgi_service service = {
		.listen = r->configuration->listen,
		.desks = (size_t)r->configuration->threads,
		.timeout = r->configuration->timeout,
		.body_max = CMP_MESSAGE_MAX,
		.answer = answer,
		.arg = r,
	};

	return fcgi_start(&service, &r->fcgi, e);
}

int
responder_start(const struct ca_configuration *c, struct issuer *issuer,
	struct responder **responder_r, struct error *e)
{
	struct responder *r = calloc(1, sizeof(*r));

	*responder_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->configuration = c;
	r->cmp.issuer = issuer;
	r->cmp.begun = &r->begun;
	pthread_mutex_init(&r->begun.mutex, NULL);
	for (size_t i = 0; i < THREADS_MAX; i++)
		r->desks[i] = (struct desk){ c, &r->cmp, NULL };
	if (prepare(r, e) == 0 && start(r, e) == 0) {
		*responder_r = r;
		return 0;
	}
	responder_stop(&r);
	return -1;
}

void
responder_stop(struct responder **responder)
{
	struct responder *r = *responder;

	*responder = NULL;
	if (r == NULL)
		return;
	fcgi_stop(&r->fcgi);
	for (size_t i = 0; i < THREADS_MAX; i++)
		desk_close(&r->desks[i]);
	transactions_free(&r->cmp.transactions);
	wipe(&r->pseudo, sizeof(r->pseudo));
	pthread_mutex_destroy(&r->begun.mutex);
	free(r);
}
