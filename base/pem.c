/*
 * OpenSSL reads PEM from a BIO only; one over memory that is there already
 * copies nothing, and one that grows wipes what it gives back.
 */
#include "base/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
open_text(const struct buffer *text, BIO **bio_r, struct error *e)
{
	/* of an empty one there is no memory */
	*bio_r = BIO_new_mem_buf(text->data != NULL ? (void *)text->data : "",
		(int)text->length);
	return *bio_r != NULL ? 0 : error_memory(e);
}

int
pem_read_key(const struct buffer *text, EVP_PKEY **key_r, struct error *e)
{
	BIO *bio;

	*key_r = NULL;
	if (open_text(text, &bio, e) == -1)
		return -1;
	*key_r = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*key_r == NULL)
		return error_set(
			e, ERROR_BAD, "no key in PEM, or an encrypted one");
	return 0;
}

int
pem_read_certificate(
	const struct buffer *text, X509 **certificate_r, struct error *e)
{
	BIO *bio;

	*certificate_r = NULL;
	if (open_text(text, &bio, e) == -1)
		return -1;
	*certificate_r = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*certificate_r == NULL)
		return error_set(e, ERROR_BAD, "no certificate in PEM");
	return 0;
}

int
pem_read_request(
	const struct buffer *text, X509_REQ **request_r, struct error *e)
{
	BIO *bio;

	*request_r = NULL;
	if (open_text(text, &bio, e) == -1)
		return -1;
	*request_r = PEM_read_bio_X509_REQ(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*request_r == NULL)
		return error_set(e, ERROR_BAD, "no signing request in PEM");
	return 0;
}

int
pem_read_certificates(const struct buffer *text,
	STACK_OF(X509) * *certificates_r, struct error *e)
{
	X509 *next;
	BIO *bio;
	int rc = 0;

	*certificates_r = sk_X509_new_null();
	if (*certificates_r == NULL)
		return error_memory(e);
	if (open_text(text, &bio, e) == -1)
		return -1;
	while (rc == 0 &&
		(next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) !=
			NULL)
		if (sk_X509_push(*certificates_r, next) == 0) {
			X509_free(next);
			rc = error_memory(e);
		}
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

/* bio, which may be NULL, is freed. */
static int
take(BIO *bio, int written, struct buffer *text, struct error *e)
{
	enum buffer_result result = BUFFER_NOMEM;
	long length;
	char *octets;

	if (written == 1) {
		length = BIO_get_mem_data(bio, &octets);
		result = buffer_append(text, octets, (size_t)length);
	}
	BIO_free(bio);
	ERR_clear_error();
	return result == BUFFER_OK ? 0 : error_memory(e);
}

int
pem_add_key(struct buffer *text, EVP_PKEY *key, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int written = bio == NULL ? 0
				  : PEM_write_bio_PrivateKey(bio, key, NULL,
					    NULL, 0, no_passphrase, NULL);

	return take(bio, written, text, e);
}

int
pem_add_certificate(struct buffer *text, X509 *certificate, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int written = bio == NULL ? 0 : PEM_write_bio_X509(bio, certificate);

	return take(bio, written, text, e);
}
