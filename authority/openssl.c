/*
 * See openssl.h.
 */
#include "authority/openssl.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <time.h>
#include <unistd.h>

#include "authority/configuration.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/regular.h"
#include "base/secret.h"

int
openssl_failed(struct error *e, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return error_set(e, ERROR_TROUBLE, "%s: %s", what,
		reason != NULL ? reason : "failed");
}

/* What is in the file, which is closed; -1 for fd has filled e. */
static int
read_file(int fd, const char *path, struct buffer *text, struct error *e)
{
	int rc;

	if (fd == -1)
		return -1;
	rc = file_read_fd(fd, text, e);
	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}

int
openssl_read_key(const char *path, EVP_PKEY **key_r, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	int rc = read_file(secret_open(path, SECRET_OWN, e), path, &text, e);

	if (rc == 0 && pem_read_key(&text, key_r, e) == -1)
		rc = error_prefix(e, "%s", path);
	buffer_clear(&text);
	return rc;
}

static int
read_public(const char *path, struct buffer *text, struct error *e)
{
	return read_file(
		regular_open(AT_FDCWD, path, O_RDONLY, e), path, text, e);
}

int
openssl_read_certificate(
	const char *path, X509 **certificate_r, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	int rc = read_public(path, &text, e);

	if (rc == 0 && pem_read_certificate(&text, certificate_r, e) == -1)
		rc = error_prefix(e, "%s", path);
	buffer_clear(&text);
	return rc;
}

int
openssl_read_crl(const char *path, X509_CRL **crl_r, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	char no_passphrase[] = ""; /* nobody is asked for one */
	int rc = read_public(path, &text, e);
	BIO *bio = NULL;

	*crl_r = NULL;
	/* of an empty file there is no memory */
	if (rc == 0 && text.length > 0)
		bio = BIO_new_mem_buf(text.data, (int)text.length);
	if (bio != NULL)
		*crl_r = PEM_read_bio_X509_CRL(bio, NULL, NULL, no_passphrase);
	if (rc == 0 && *crl_r == NULL)
		rc = error_set(e, ERROR_BAD, "%s: no CRL in PEM", path);
	BIO_free(bio);
	ERR_clear_error();
	buffer_clear(&text);
	return rc;
}

int
openssl_copy_certificates(const char *path, struct buffer *out, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	STACK_OF(X509) *all = NULL;
	int rc = read_public(path, &text, e);

	if (rc == 0)
		rc = pem_read_certificates(&text, &all, e);
	if (rc == 0 && sk_X509_num(all) == 0)
		rc = error_set(e, ERROR_BAD, "%s: no certificate in PEM", path);
	for (int i = 0; rc == 0 && i < sk_X509_num(all); i++)
		rc = pem_add_certificate(out, sk_X509_value(all, i), e);
	sk_X509_pop_free(all, X509_free);
	buffer_clear(&text);
	return rc;
}

const EVP_MD *
openssl_digest(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384
		? EVP_sha384()
		: EVP_sha256();
}

int
openssl_time(const ASN1_TIME *time, int64_t *seconds_r, struct error *e)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1) {
		ERR_clear_error();
		return error_set(e, ERROR_BAD, "a time that is none");
	}
	*seconds_r = timegm(&tm);
	return 0;
}

int
openssl_take(BIO *bio, struct buffer *out, struct error *e)
{
	char *text;
	long length = BIO_get_mem_data(bio, &text);

	if (length > 0 && buffer_append(out, text, (size_t)length) == BUFFER_OK)
		return 0;
	return error_memory(e);
}

int
openssl_der(X509 *certificate, struct buffer *out, struct error *e)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der), rc;

	if (length <= 0)
		return openssl_failed(e, "a certificate in DER");
	rc = buffer_append(out, der, (size_t)length) == BUFFER_OK
		? 0
		: error_memory(e);
	OPENSSL_free(der);
	return rc;
}
