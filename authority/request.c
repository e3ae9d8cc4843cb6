/*
 * The licence is held for the request's own transaction, so that the same
 * request, done again after it was cut off, gets the same certificate.
 */
#include "authority/request.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "authority/openssl.h"
#include "authority/profile.h"
#include "base/log.h"
#include "base/wipe.h"

/* Its key is looked at before anything is reckoned with it. */
static int
read_request(const struct buffer *der, X509_REQ **request_r, struct error *e)
{
	const unsigned char *at = der->data;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der->length);
	EVP_PKEY *key = request != NULL ? X509_REQ_get0_pubkey(request) : NULL;
	int rc;

	*request_r = NULL;
	if (key == NULL || at != der->data + der->length)
		rc = error_set(e, ERROR_BAD, "it is no PKCS#10 request");
	else if ((rc = profile_check_key(key, e)) == 0 &&
		X509_REQ_verify(request, key) != 1)
		rc = error_set(
			e, ERROR_DENIED, "it is not signed with its own key");
	ERR_clear_error();
	if (rc == 0)
		*request_r = request;
	else
		X509_REQ_free(request);
	return rc;
}

/* The code is for those who prove by it who they are. */
static int
reserve(struct client *client, const struct authority_sign *sign,
	struct authority_licence *licence_r, struct error *e)
{
	int rc = authority_reserve(
		client, sign->licence, sign->transaction, licence_r, e);

	wipe(licence_r->code, sizeof(licence_r->code));
	/* somebody has it for some minutes; the request waits */
	if (rc == -1 && e->code == ERROR_EXISTS)
		e->code = ERROR_TROUBLE;
	return rc;
}

static int
record(struct client *client, const struct authority_sign *sign,
	X509 *certificate, struct error *e)
{
	struct buffer der = { .limit = CERTIFICATE_MAX };
	struct buffer given = { .limit = CERTIFICATE_MAX };
	char number[AUTHORITY_NUMBER_SIZE];
	bool again;
	int rc = openssl_der(certificate, &der, e);

	if (rc == 0)
		rc = authority_record(client, sign->licence, sign->transaction,
			der.data, der.length, &given, number, &again, e);
	if (rc == 0)
		rc = authority_confirm(client, number, e);
	if (rc == 0)
		log_info("request licence=%s principal=%s number=%s: signed%s",
			sign->licence, sign->principal, number,
			again ? " before" : "");
	buffer_clear(&der);
	buffer_clear(&given);
	return rc;
}

static int
issue(struct issuer *issuer, struct client *client,
	const struct authority_sign *sign, X509_REQ *request, int64_t now,
	struct error *e)
{
	struct authority_licence licence = { 0 };
	const struct issuer_subject subject = { licence.principal,
		licence.url };
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error ignored;
	X509 *certificate;
	int rc;

	if (reserve(client, sign, &licence, e) == -1)
		return -1;
	rc = issuer_make(issuer, &subject, X509_REQ_get0_pubkey(request), now,
		&certificate, number, e);
	if (rc == 0)
		rc = record(client, sign, certificate, e);
	X509_free(certificate);
	if (rc == -1 && e->code != ERROR_TROUBLE)
		(void)authority_release(
			client, sign->licence, sign->transaction, &ignored);
	return rc;
}

int
request_sign(struct issuer *issuer, struct client *client,
	const struct authority_sign *sign, int64_t now, struct error *e)
{
	char why[AUTHORITY_WHY_SIZE];
	X509_REQ *request;
	int rc = read_request(&sign->request, &request, e);

	if (rc == 0)
		rc = issue(issuer, client, sign, request, now, e);
	X509_REQ_free(request);
	if (rc == 0 || e->code == ERROR_TROUBLE)
		return rc;
	log_warn("request licence=%s principal=%s: not signed: %s",
		sign->licence, sign->principal, e->text);
	snprintf(why, sizeof(why), "%.*s", AUTHORITY_WHY_SIZE - 1, e->text);
	rc = authority_unsigned(client, sign->licence, why, e);
	return rc == -1 && e->code == ERROR_NOT_FOUND ? 0 : rc;
}
