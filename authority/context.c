/*
 * See context.h.
 */
#include "authority/context.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "authority/asked.h"
#include "authority/openssl.h"
#include "base/log.h"
#include "base/text.h"

int
context_read(const void *octets, size_t length,
	struct ossl_cmp_msg_st **message_r, struct error *e)
{
	BIO *bio = BIO_new_mem_buf(octets, (int)length);

	*message_r = bio != NULL ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	return *message_r != NULL
		? 0
		: error_set(
			  e, ERROR_BAD, "not a CMP message: it cannot be read");
}

void
context_drop(struct ossl_cmp_msg_st **message)
{
	OSSL_CMP_MSG_free(*message);
	*message = NULL;
}

/* It says again what the log is told in our own words. */
static int
tell(const char *function, const char *file, int line, OSSL_CMP_severity level,
	const char *text)
{
	(void)function;
	(void)file;
	(void)line;
	if (level <= OSSL_CMP_LOG_WARNING)
		log_debug("cmp: %.*s", (int)strcspn(text, "\n"), text);
	return 1;
}

/* One that can prove nothing yet. Answers bear the issuer's name. */
static OSSL_CMP_SRV_CTX *
new_context(const struct exchange *x)
{
	OSSL_CMP_SRV_CTX *srv = OSSL_CMP_SRV_CTX_new(NULL, NULL);
	OSSL_CMP_CTX *ctx;

	if (srv == NULL)
		return NULL;
	ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(srv);
	if (OSSL_CMP_CTX_set_log_cb(ctx, tell) &&
		OSSL_CMP_CTX_set1_subjectName(ctx,
			X509_get_subject_name(
				issuer_certificate(x->cmp->issuer))))
		return srv;
	OSSL_CMP_SRV_CTX_free(srv);
	return NULL;
}

static OSSL_CMP_CTX *
begin(struct exchange *x)
{
	struct transaction *t = x->transaction;

	t->context = new_context(x);
	if (t->context == NULL || !asked_about(t->context, t))
		return NULL;
	return OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->context);
}

int
context_for_secret(struct exchange *x, const char *secret, struct error *e)
{
	OSSL_CMP_CTX *ctx = begin(x);

	if (ctx == NULL ||
		!OSSL_CMP_CTX_set1_referenceValue(ctx, x->header.reference,
			(int)x->header.reference_length) ||
		!OSSL_CMP_CTX_set1_secretValue(ctx,
			(const unsigned char *)secret, (int)strlen(secret)) ||
		!OSSL_CMP_CTX_set_option(
			ctx, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256))
		return openssl_failed(e, "a CMP transaction");
	return 0;
}

int
context_for_signer(struct exchange *x, struct error *e)
{
	OSSL_CMP_CTX *ctx = begin(x);
	struct issuer *issuer = x->cmp->issuer;

	if (ctx == NULL || !OSSL_CMP_CTX_set1_srvCert(ctx, x->signer) ||
		!OSSL_CMP_CTX_set1_cert(ctx, issuer_certificate(issuer)) ||
		!OSSL_CMP_CTX_set1_pkey(ctx, issuer_key(issuer)))
		return openssl_failed(e, "a CMP transaction");
	return 0;
}

bool
context_proves(const struct exchange *x)
{
	OSSL_CMP_CTX *ctx =
		OSSL_CMP_SRV_CTX_get0_cmp_ctx(x->transaction->context);
	const bool proved = OSSL_CMP_validate_msg(ctx, x->message) == 1;

	ERR_clear_error();
	return proved;
}

static int
take_answer(OSSL_CMP_MSG *answer, struct buffer *answer_r, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL || !i2d_OSSL_CMP_MSG_bio(bio, answer))
		openssl_failed(e, "a CMP answer");
	else
		rc = openssl_take(bio, answer_r, e);
	BIO_free(bio);
	return rc;
}

int
context_answer(struct exchange *x, struct buffer *answer_r, int *body_r,
	struct error *e)
{
	OSSL_CMP_MSG *answer = OSSL_CMP_SRV_process_request(
		x->transaction->context, x->message);
	int rc;

	if (answer == NULL)
		return openssl_failed(e, "a CMP answer");
	*body_r = OSSL_CMP_MSG_get_bodytype(answer);
	rc = take_answer(answer, answer_r, e);
	OSSL_CMP_MSG_free(answer);
	ERR_clear_error();
	return rc;
}

/* The first error that OpenSSL knows of is what it tells the peer. */
int
context_refuse(const struct exchange *x, const char *why,
	struct buffer *answer_r, struct error *e)
{
	OSSL_CMP_SRV_CTX *srv = new_context(x);
	OSSL_CMP_MSG *answer = NULL;
	int rc;

	ERR_clear_error();
	ERR_raise_data(ERR_LIB_CMP, CMP_R_REQUEST_NOT_ACCEPTED, "%s", why);
	if (srv != NULL && OSSL_CMP_SRV_CTX_set_send_unprotected_errors(srv, 1))
		answer = OSSL_CMP_SRV_process_request(srv, x->message);
	rc = answer != NULL ? take_answer(answer, answer_r, e)
			    : openssl_failed(e, "a CMP refusal");
	OSSL_CMP_MSG_free(answer);
	OSSL_CMP_SRV_CTX_free(srv);
	ERR_clear_error();
	return rc;
}
