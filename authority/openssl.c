/*
 * See openssl.h.
 */
#include "authority/openssl.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "base/file.h"
#include "base/regular.h"
#include "base/secret.h"

/* A list of revoked certificates may be long. */
enum { FILE_MAX = 64 << 20 };

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

/* What reads one in PEM; its result goes to *out. */
typedef int reader(BIO *bio, void *out);

static int
read_pem(int fd, const char *path, reader *read, void *out, const char *what,
	struct error *e)
{
	struct buffer text = { .limit = FILE_MAX };
	BIO *bio = NULL;
	int rc = -1;

	if (fd == -1)
		return -1;
	if (read_fd(fd, path, &text, e) == -1)
		goto out;
	/* of an empty file there is no memory */
	bio = BIO_new_mem_buf(
		text.data != NULL ? (void *)text.data : "", (int)text.length);
	if (bio == NULL)
		error_memory(e);
	else if (read(bio, out) == -1)
		error_set(e, ERROR_BAD, "%s: no %s in PEM", path, what);
	else
		rc = 0;
	ERR_clear_error();
out:
	BIO_free(bio);
	buffer_clear(&text);
	return rc;
}

static int
read_key(BIO *bio, void *out)
{
	EVP_PKEY **key = out;

	*key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	return *key != NULL ? 0 : -1;
}

static int
read_certificate(BIO *bio, void *out)
{
	X509 **certificate = out;

	*certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	return *certificate != NULL ? 0 : -1;
}

static int
read_crl(BIO *bio, void *out)
{
	X509_CRL **crl = out;

	*crl = PEM_read_bio_X509_CRL(bio, NULL, no_password, NULL);
	return *crl != NULL ? 0 : -1;
}

int
openssl_read_key(const char *path, EVP_PKEY **key_r, struct error *e)
{
	return read_pem(secret_open(path, SECRET_OWN, e), path, read_key, key_r,
		"key without a passphrase", e);
}

int
openssl_read_certificate(
	const char *path, X509 **certificate_r, struct error *e)
{
	return read_pem(regular_open(AT_FDCWD, path, O_RDONLY, e), path,
		read_certificate, certificate_r, "certificate", e);
}

int
openssl_read_crl(const char *path, X509_CRL **crl_r, struct error *e)
{
	return read_pem(regular_open(AT_FDCWD, path, O_RDONLY, e), path,
		read_crl, crl_r, "CRL", e);
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
