/*
 * See cmp_peer.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "tests/unit/cmp_peer.h"
#include "tests/unit/fastcgi.h"

void
peer_new(struct peer *p, struct desk *desk, X509 *authority)
{
	*p = (struct peer){ .desk = desk,
		.authority = authority,
		.key = EVP_EC_gen("P-256"),
		.subject = "peer",
		.popo = OSSL_CRMF_POPO_SIGNATURE,
		.reason = -1 };
}

static void
forget(struct peer *p)
{
	for (int i = 0; i < p->steps; i++) {
		buffer_clear(&p->sent[i]);
		buffer_clear(&p->got[i]);
	}
	X509_free(p->certificate);
	X509_free(p->root);
	p->certificate = p->root = NULL;
	p->steps = 0;
	p->text[0] = '\0';
	p->revoked = false;
}

void
peer_free(struct peer *p)
{
	forget(p);
	EVP_PKEY_free(p->key);
	p->key = NULL;
}

static const struct desk_request *
request_of(struct desk_request *r, const void *octets, size_t length)
{
	*r = (struct desk_request){
		.method = "POST",
		.path = "/.well-known/cmp",
		.type = "application/pkixcmp",
		.body = octets,
		.length = length,
	};
	return r;
}

int
peer_sends(struct desk *desk, const void *octets, size_t length,
	struct buffer *answer_r)
{
	struct desk_request request;
	struct desk_reply reply;

	desk_answer(desk, request_of(&request, octets, length), &reply);
	if (answer_r != NULL)
		*answer_r = reply.body;
	else
		buffer_clear(&reply.body);
	return reply.status;
}

static OSSL_CMP_MSG *
read_message(const struct buffer *octets)
{
	BIO *bio = BIO_new_mem_buf(octets->data, (int)octets->length);
	OSSL_CMP_MSG *m = d2i_OSSL_CMP_MSG_bio(bio, NULL);

	BIO_free(bio);
	return m;
}

int
peer_body(const struct buffer *message)
{
	OSSL_CMP_MSG *m = read_message(message);
	const int body = m != NULL ? OSSL_CMP_MSG_get_bodytype(m) : -1;

	OSSL_CMP_MSG_free(m);
	return body;
}

static OSSL_CMP_MSG *
transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *message)
{
	struct peer *p = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	const int step = p->steps;
	struct desk_request request;
	BIO *bio = BIO_new(BIO_s_mem());
	char *octets;
	long length;

	if (step == PEER_STEPS)
		return NULL;
	i2d_OSSL_CMP_MSG_bio(bio, message);
	length = BIO_get_mem_data(bio, &octets);
	buffer_append(&p->sent[step], octets, (size_t)length);
	BIO_free(bio);
	if (p->meddle != NULL)
		p->meddle(&p->sent[step], p->arg);
	p->steps++;
	p->status[step] = p->socket != NULL
		? fastcgi_ask(p->socket,
			  request_of(&request, p->sent[step].data,
				  p->sent[step].length),
			  &p->got[step])
		: peer_sends(p->desk, p->sent[step].data, p->sent[step].length,
			  &p->got[step]);
	return p->status[step] == 200 ? read_message(&p->got[step]) : NULL;
}

static int
silent(const char *function, const char *file, int line,
	OSSL_CMP_severity level, const char *text)
{
	(void)function;
	(void)file;
	(void)line;
	(void)level;
	(void)text;
	return 1;
}

static int
reject(OSSL_CMP_CTX *ctx, X509 *certificate, int failure, const char **text)
{
	(void)ctx;
	(void)certificate;
	(void)failure;
	*text = "not what was asked for";
	return 1 << OSSL_CMP_PKIFAILUREINFO_incorrectData;
}

static void
identify(struct peer *p, OSSL_CMP_CTX *ctx)
{
	X509_STORE *store = X509_STORE_new();

	X509_STORE_add_cert(store, p->authority);
	OSSL_CMP_CTX_set0_trustedStore(ctx, store);
	if (p->old != NULL) {
		OSSL_CMP_CTX_set1_cert(ctx, p->old);
		OSSL_CMP_CTX_set1_pkey(ctx, p->old_key);
		OSSL_CMP_CTX_set1_oldCert(
			ctx, p->names != NULL ? p->names : p->old);
		return;
	}
	OSSL_CMP_CTX_set1_secretValue(
		ctx, (const unsigned char *)p->secret, (int)strlen(p->secret));
	OSSL_CMP_CTX_set1_referenceValue(ctx,
		(const unsigned char *)p->reference, (int)strlen(p->reference));
}

static OSSL_CMP_CTX *
new_context(struct peer *p)
{
	OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
	X509_NAME *name = X509_NAME_new();

	forget(p);
	OSSL_CMP_CTX_set_log_cb(ctx, silent);
	OSSL_CMP_CTX_set_transfer_cb(ctx, transfer);
	OSSL_CMP_CTX_set_transfer_cb_arg(ctx, p);
	identify(p, ctx);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)p->subject, -1, -1, 0);
	OSSL_CMP_CTX_set1_subjectName(ctx, name);
	X509_NAME_free(name);
	EVP_PKEY_up_ref(p->key);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, p->key);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_POPO_METHOD, p->popo);
	OSSL_CMP_CTX_set_option(
		ctx, OSSL_CMP_OPT_DISABLE_CONFIRM, p->unconfirmed);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_UNPROTECTED_ERRORS, 1);
	if (p->rejects)
		OSSL_CMP_CTX_set_certConf_cb(ctx, reject);
	return ctx;
}

/* A request without an extension. */
static void
add_request(struct peer *p, OSSL_CMP_CTX *ctx)
{
	X509_REQ *request = X509_REQ_new();

	X509_REQ_set_version(request, 0);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN",
		MBSTRING_ASC, (const unsigned char *)p->subject, -1, -1, 0);
	X509_REQ_set_pubkey(request, p->key);
	X509_REQ_sign(request, p->key, EVP_sha256());
	OSSL_CMP_CTX_set1_p10CSR(ctx, request);
	X509_REQ_free(request);
}

static void
note(struct peer *p, OSSL_CMP_CTX *ctx)
{
	OSSL_CMP_PKIFREETEXT *texts = OSSL_CMP_CTX_get0_statusString(ctx);
	STACK_OF(X509) *roots = OSSL_CMP_CTX_get1_caPubs(ctx);
	unsigned long code = ERR_peek_last_error();

	p->pki_status = OSSL_CMP_CTX_get_status(ctx);
	if (sk_ASN1_UTF8STRING_num(texts) > 0)
		text_copy(p->text, sizeof(p->text),
			(const char *)ASN1_STRING_get0_data(
				sk_ASN1_UTF8STRING_value(texts, 0)));
	else if (code != 0)
		ERR_error_string_n(code, p->text, sizeof(p->text));
	p->root = roots != NULL ? sk_X509_shift(roots) : NULL;
	sk_X509_pop_free(roots, X509_free);
	ERR_clear_error();
}

bool
peer_asks(struct peer *p, int type)
{
	OSSL_CMP_CTX *ctx = new_context(p);

	if (type == OSSL_CMP_P10CR)
		add_request(p, ctx);
	p->certificate = OSSL_CMP_exec_certreq(ctx, type, NULL);
	if (p->certificate != NULL)
		X509_up_ref(p->certificate);
	note(p, ctx);
	OSSL_CMP_CTX_free(ctx);
	return p->certificate != NULL;
}

bool
peer_revokes(struct peer *p)
{
	OSSL_CMP_CTX *ctx = new_context(p);

	if (p->reason != -1)
		OSSL_CMP_CTX_set_option(
			ctx, OSSL_CMP_OPT_REVOCATION_REASON, p->reason);
	p->revoked = OSSL_CMP_exec_RR_ses(ctx) == 1;
	note(p, ctx);
	OSSL_CMP_CTX_free(ctx);
	return p->revoked;
}

void
peer_number(X509 *certificate, char out[CERTIFICATE_NUMBER_SIZE])
{
	BIGNUM *n =
		ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	unsigned char octets[16];

	assert_int_equal(BN_bn2binpad(n, octets, sizeof(octets)), 16);
	text_hex(octets, sizeof(octets), out);
	BN_free(n);
}
