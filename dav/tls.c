/*
 * What neon can import is DER: in base64 for a certificate to trust, in PKCS#12
 * for our own with its key. Both are made in memory, the latter without a
 * password and overwritten at once.
 */
#include "dav/tls.h"

#include <errno.h>
#include <neon/ne_session.h>
#include <neon/ne_ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>
#include <sys/stat.h>

#include "base/wipe.h"

enum { FILE_MAX = 1 << 20 };

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

static int
open_pem(const char *file, BIO **bio_r, struct error *e)
{
	struct stat st;

	*bio_r = NULL;
	if (stat(file, &st) == -1)
		return error_errno(e, "%s", file);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return error_set(e, ERROR_BAD,
			"%s: not a regular file of at most 1 MB", file);
	*bio_r = BIO_new_file(file, "r");
	return *bio_r != NULL ? 0 : error_errno(e, "%s", file);
}

static int
trust_one(struct ne_session_s *session, const unsigned char *der, size_t length)
{
	/* 4 for each 3, and a NUL */
	char *text = OPENSSL_malloc(length / 3 * 4 + 5);
	ne_ssl_certificate *certificate = NULL;

	if (text != NULL) {
		EVP_EncodeBlock((unsigned char *)text, der, (int)length);
		certificate = ne_ssl_cert_import(text);
	}
	OPENSSL_free(text);
	if (certificate == NULL)
		return -1;
	ne_ssl_trust_cert(session, certificate);
	ne_ssl_cert_free(certificate);
	return 0;
}

int
tls_trust(struct ne_session_s *session, const char *file, struct error *e)
{
	BIO *bio;
	char *name, *header;
	unsigned char *der;
	long length;
	int count = 0, rc = 0;

	if (file == NULL) {
		ne_ssl_trust_default_ca(session);
		return 0;
	}
	if (open_pem(file, &bio, e) == -1)
		return -1;
	while (rc == 0 && PEM_read_bio(bio, &name, &header, &der, &length)) {
		if (strcmp(name, PEM_STRING_X509) == 0) {
			rc = trust_one(session, der, (size_t)length);
			count++;
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (rc == -1 || count == 0)
		return error_set(e, ERROR_BAD,
			"%s: no certificates in PEM that can be read", file);
	return 0;
}

static int
read_certificate(const char *file, X509 **certificate_r, struct error *e)
{
	BIO *bio;

	if (open_pem(file, &bio, e) == -1)
		return -1;
	*certificate_r = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*certificate_r == NULL)
		return error_set(
			e, ERROR_BAD, "%s: no certificate in PEM", file);
	return 0;
}

static int
read_key(const char *file, EVP_PKEY **key_r, struct error *e)
{
	BIO *bio;

	if (open_pem(file, &bio, e) == -1)
		return -1;
	*key_r = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*key_r == NULL)
		return error_set(e, ERROR_BAD,
			"%s: no key in PEM, or an encrypted one", file);
	return 0;
}

/* NULL if they are not of one another. */
static ne_ssl_client_cert *
import(X509 *certificate, EVP_PKEY *key)
{
	PKCS12 *both = PKCS12_create(
		NULL, NULL, key, certificate, NULL, -1, -1, 1, 1, 0);
	unsigned char *der = NULL;
	ne_ssl_client_cert *made = NULL;
	int length;

	length = both != NULL ? i2d_PKCS12(both, &der) : -1;
	if (length > 0)
		made = ne_ssl_clicert_import(der, (size_t)length);
	if (length > 0)
		wipe(der, (size_t)length);
	OPENSSL_free(der);
	PKCS12_free(both);
	ERR_clear_error();
	return made;
}

int
tls_identify(struct ne_session_s *session, const char *file,
	const char *key_file, struct error *e)
{
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;
	ne_ssl_client_cert *ours = NULL;
	int rc = -1;

	if (key_file == NULL)
		key_file = file;
	if (read_certificate(file, &certificate, e) == -1 ||
		read_key(key_file, &key, e) == -1)
		goto out;
	ours = import(certificate, key);
	if (ours == NULL || ne_ssl_clicert_encrypted(ours)) {
		error_set(e, ERROR_BAD, "%s is not the key of %s", key_file,
			file);
		goto out;
	}
	ne_ssl_set_clicert(session, ours);
	rc = 0;
out:
	if (ours != NULL)
		ne_ssl_clicert_free(ours);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return rc;
}
