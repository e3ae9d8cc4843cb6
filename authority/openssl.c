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

/* A passphrase is asked of nobody. */
static int
no_password(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* fd is closed. */
static int
read_fd(int fd, const char *path, struct buffer *text, struct error *e)
{
	int rc = file_read_fd(fd, text, e);

	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}

/* What reads from PEM; what it finds goes to *out. */
typedef int reader(BIO *bio, void *out, struct error *e);

static int
read_pem(int fd, const char *path, reader *read, void *out, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	BIO *bio = NULL;
	int rc = -1;

	if (fd == -1)
		return -1;
	if (read_fd(fd, path, &text, e) == -1)
		goto out;
	/* of an empty file there is no memory */
	bio = BIO_new_mem_buf(
		text.data != NULL ? (void *)text.data : "", (int)text.length);
	rc = bio != NULL ? read(bio, out, e) : error_memory(e);
	if (rc == -1)
		error_prefix(e, "%s", path);
	ERR_clear_error();
out:
	BIO_free(bio);
	buffer_clear(&text);
	return rc;
}

static int
read_key(BIO *bio, void *out, struct error *e)
{
	EVP_PKEY **key = out;

	*key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	return *key != NULL
		? 0
		: error_set(e, ERROR_BAD, "no key without a passphrase in PEM");
}

static int
read_certificate(BIO *bio, void *out, struct error *e)
{
	X509 **certificate = out;

	*certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	return *certificate != NULL
		? 0
		: error_set(e, ERROR_BAD, "no certificate in PEM");
}

static int
read_crl(BIO *bio, void *out, struct error *e)
{
	X509_CRL **crl = out;

	*crl = PEM_read_bio_X509_CRL(bio, NULL, no_password, NULL);
	return *crl != NULL ? 0 : error_set(e, ERROR_BAD, "no CRL in PEM");
}

/* The second one may be the end, or something else: no matter which. */
static int
copy_certificates(BIO *bio, void *out, struct error *e)
{
	X509 *certificate;
	int rc = read_certificate(bio, &certificate, e);

	while (rc == 0) {
		rc = openssl_write_certificate(certificate, out, e);
		X509_free(certificate);
		if (rc == 0 && read_certificate(bio, &certificate, NULL) == -1)
			return 0;
	}
	return rc;
}

int
openssl_read_key(const char *path, EVP_PKEY **key_r, struct error *e)
{
	return read_pem(
		secret_open(path, SECRET_OWN, e), path, read_key, key_r, e);
}

static int
read_open(const char *path, reader *read, void *out, struct error *e)
{
	return read_pem(
		regular_open(AT_FDCWD, path, O_RDONLY, e), path, read, out, e);
}

int
openssl_read_certificate(
	const char *path, X509 **certificate_r, struct error *e)
{
	return read_open(path, read_certificate, certificate_r, e);
}

int
openssl_read_crl(const char *path, X509_CRL **crl_r, struct error *e)
{
	return read_open(path, read_crl, crl_r, e);
}

int
openssl_copy_certificates(const char *path, struct buffer *out, struct error *e)
{
	return read_open(path, copy_certificates, out, e);
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
openssl_write_certificate(
	X509 *certificate, struct buffer *out, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (bio == NULL || PEM_write_bio_X509(bio, certificate) != 1)
		rc = openssl_failed(e, "a certificate in PEM");
	else
		rc = openssl_take(bio, out, e);
	BIO_free(bio);
	return rc;
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
