/*
 * See keyfetch.h.
 */
#include "authority/keyfetch.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/log.h"
#include "control/handover_authority.h"

static X509 *
read_certificate(const char *pem)
{
	const size_t length = strnlen(pem, KEYFETCH_PEM_MAX + 1);
	X509 *certificate = NULL;
	BIO *bio;

	if (length > KEYFETCH_PEM_MAX)
		return NULL;
	bio = BIO_new_mem_buf(pem, (int)length);
	if (bio != NULL)
		certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return certificate;
}

static int
ask(struct client *daemon, const char *number, X509 *certificate,
	struct buffer *cms_r, struct error *e)
{
	unsigned char *der = NULL;
	const int length = i2d_X509(certificate, &der);
	int rc;

	if (length <= 0)
		return error_memory(e);
	rc = authority_first_key(daemon, number, der, (size_t)length, cms_r, e);
	OPENSSL_free(der);
	return rc;
}

int
keyfetch_answer(struct issuer *issuer, struct client *daemon,
	const char *certificate, struct buffer *cms_r, struct error *e)
{
	char principal[PRINCIPAL_SIZE] = "-";
	char number[CERTIFICATE_NUMBER_SIZE] = "-";
	X509 *shown = read_certificate(certificate);
	int rc;

	if (shown == NULL)
		rc = error_set(e, ERROR_DENIED, "no certificate");
	else {
		rc = issuer_identify(issuer, shown, principal, number, e);
		if (rc == 0)
			rc = ask(daemon, number, shown, cms_r, e);
	}
	X509_free(shown);
	log_info("key %s, for %s, certificate %s%s%s",
		rc == 0 ? "given" : "not given", principal, number,
		rc == 0 ? "" : ": ", rc == 0 ? "" : e->text);
	if (rc == -1 && e->code != ERROR_TROUBLE)
		e->code = ERROR_DENIED;
	return rc;
}
