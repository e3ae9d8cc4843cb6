/*
 * Names change by rename only, and a file is synced before it has its name. Of
 * two files one is renamed after the other: first the key, so that what is left
 * of a run that was cut off there is a new certificate beside its key.
 */
#include "enrol/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/regular.h"
#include "base/secret.h"
#include "base/text.h"

enum { FILE_MAX = 256 << 10, CERTIFICATE_MODE = 0644, KEY_MODE = 0600 };

static bool
is_one_file(const struct pair *p)
{
	return strcmp(p->certificate, p->key) == 0;
}

static int
name_files(struct pair *p, const char *certificate, const char *key,
	struct error *e)
{
	const bool one = key == NULL || strcmp(certificate, key) == 0;

	if (one)
		key = certificate;
	if (text_copy(p->certificate, sizeof(p->certificate), certificate) &&
		text_copy(p->key, sizeof(p->key), key) &&
		text_format(p->new_certificate, sizeof(p->new_certificate),
			"%s.new", certificate) &&
		text_format(p->new_key, sizeof(p->new_key),
			one ? "%s.key" : "%s.new", key))
		return 0;
	return error_set(e, ERROR_BAD, "%s: too long", certificate);
}

/* The directory itself is what is locked: a file for that would stay. */
static int
lock(struct pair *p, struct error *e)
{
	char above[PAIR_PATH_SIZE];
	char *slash;

	(void)text_copy(above, sizeof(above), p->certificate);
	slash = strrchr(above, '/');
	if (slash == NULL)
		(void)text_copy(above, sizeof(above), ".");
	else
		slash[slash == above] = '\0';
	p->lock = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->lock == -1)
		return error_set(
			e, ERROR_BAD, "%s: %s", above, strerror(errno));
	if (flock(p->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(e, "lock %s", above);
	return error_set(
		e, ERROR_EXISTS, "another enrolment is under way in %s", above);
}

/* fd, which may be -1 with e filled, is closed. ERROR_NOT_FOUND. */
static int
read_fd(int fd, const char *path, struct buffer *text, struct error *e)
{
	int rc;

	if (fd == -1) {
		if (errno == ENOENT && e->code == ERROR_TROUBLE)
			e->code = ERROR_NOT_FOUND;
		return -1;
	}
	rc = file_read_fd(fd, text, e);
	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}

static int
read_key(const char *path, EVP_PKEY **key_r, struct error *e)
{
	struct buffer text = { .limit = FILE_MAX };
	int rc = read_fd(secret_open(path, SECRET_GROUP, e), path, &text, e);

	*key_r = NULL;
	if (rc == 0 && pem_read_key(&text, key_r, e) == -1)
		rc = error_prefix(e, "%s", path);
	buffer_clear(&text);
	return rc;
}

static int
read_certificate(const char *path, struct pair_content *c, struct error *e)
{
	struct buffer text = { .limit = FILE_MAX };
	int rc = read_fd(
		regular_open(AT_FDCWD, path, O_RDONLY, e), path, &text, e);

	if (rc == 0 && pem_read_certificates(&text, &c->chain, e) == 0)
		c->certificate = sk_X509_shift(c->chain);
	buffer_clear(&text);
	if (rc == 0 && c->certificate == NULL)
		rc = error_set(e, ERROR_BAD, "%s: no certificate in PEM", path);
	return rc;
}

static int
read_both(const char *certificate, const char *key,
	struct pair_content *content_r, struct error *e)
{
	*content_r = (struct pair_content){ 0 };
	if (read_certificate(certificate, content_r, e) == -1 ||
		read_key(key, &content_r->key, e) == -1)
		goto fail;
	if (X509_check_private_key(content_r->certificate, content_r->key) == 1)
		return 0;
	ERR_clear_error();
	error_set(e, ERROR_BAD, "%s is not the key of %s", key, certificate);
fail:
	pair_content_clear(content_r);
	return -1;
}

void
pair_content_clear(struct pair_content *content)
{
	X509_free(content->certificate);
	sk_X509_pop_free(content->chain, X509_free);
	EVP_PKEY_free(content->key);
	*content = (struct pair_content){ 0 };
}

/* Are there such files, of one another? */
static bool
belong(const char *certificate, const char *key)
{
	struct pair_content content;
	struct error e = { 0 };

	if (read_both(certificate, key, &content, &e) == -1)
		return false;
	pair_content_clear(&content);
	return true;
}

static int
rename_file(const char *from, const char *to, struct error *e)
{
	if (rename(from, to) == -1)
		return error_errno(e, "rename %s", from);
	return durable_entry(to, e);
}

static int
remove_file(const char *path, struct error *e)
{
	if (unlink(path) == 0)
		return durable_entry(path, e);
	return errno == ENOENT ? 0 : error_errno(e, "remove %s", path);
}

/* A whole pair to come, and one of whose files the key was renamed already;
 * what belongs to nothing is of no use. */
static int
settle_two(const struct pair *p, struct error *e)
{
	if (belong(p->new_certificate, p->new_key) &&
		rename_file(p->new_key, p->key, e) == -1)
		return -1;
	if (belong(p->new_certificate, p->key))
		return rename_file(p->new_certificate, p->certificate, e);
	return remove_file(p->new_certificate, e);
}

static int
settle_one(const struct pair *p, struct error *e)
{
	if (belong(p->new_certificate, p->new_certificate) &&
		rename_file(p->new_certificate, p->certificate, e) == -1)
		return -1;
	if (belong(p->certificate, p->new_key))
		return remove_file(p->new_key, e);
	return remove_file(p->new_certificate, e);
}

static int
settle(const struct pair *p, struct error *e)
{
	return is_one_file(p) ? settle_one(p, e) : settle_two(p, e);
}

int
pair_open(struct pair *p, const char *certificate, const char *key,
	struct error *e)
{
	p->lock = -1;
	if (name_files(p, certificate, key, e) == 0 && lock(p, e) == 0 &&
		settle(p, e) == 0)
		return 0;
	pair_close(p);
	return -1;
}

void
pair_close(struct pair *p)
{
	if (p->lock != -1)
		close(p->lock);
	p->lock = -1;
}

int
pair_read(const struct pair *p, struct pair_content *content_r, struct error *e)
{
	const bool certificate = access(p->certificate, F_OK) == 0;
	const bool key = access(p->key, F_OK) == 0;

	*content_r = (struct pair_content){ 0 };
	if (certificate && key)
		return read_both(p->certificate, p->key, content_r, e);
	if (!certificate && !key)
		return error_set(e, ERROR_NOT_FOUND, "no %s", p->certificate);
	return error_set(e, ERROR_EXISTS, "there is %s, but no %s",
		key ? p->key : p->certificate, key ? p->certificate : p->key);
}

static int
make_key(const char *path, EVP_PKEY **key_r, struct error *e)
{
	struct buffer text = { 0 };
	int rc = -1;

	*key_r = EVP_EC_gen("P-256");
	if (*key_r == NULL)
		error_set(e, ERROR_TROUBLE, "no key can be made");
	else if (pem_add_key(&text, *key_r, e) == 0)
		rc = file_write(path, KEY_MODE, &text, e);
	buffer_clear(&text);
	if (rc == 0)
		return 0;
	ERR_clear_error();
	EVP_PKEY_free(*key_r);
	*key_r = NULL;
	return -1;
}

int
pair_new_key(const struct pair *p, EVP_PKEY **key_r, struct error *e)
{
	if (read_key(p->new_key, key_r, e) == 0)
		return 0;
	if (e->code != ERROR_NOT_FOUND)
		return -1;
	return make_key(p->new_key, key_r, e);
}

static int
write_content(const struct pair_content *c, bool with_key, struct buffer *text,
	struct error *e)
{
	if (pem_add_certificate(text, c->certificate, e) == -1)
		return -1;
	for (int i = 0; i < sk_X509_num(c->chain); i++)
		if (pem_add_certificate(text, sk_X509_value(c->chain, i), e) ==
			-1)
			return -1;
	return with_key ? pem_add_key(text, c->key, e) : 0;
}

int
pair_install(const struct pair *p, const struct pair_content *content,
	struct error *e)
{
	const bool one = is_one_file(p);
	struct buffer text = { .limit = FILE_MAX };
	int rc = write_content(content, one, &text, e);

	if (rc == 0)
		rc = file_write(p->new_certificate,
			one ? KEY_MODE : CERTIFICATE_MODE, &text, e);
	buffer_clear(&text);
	return rc == 0 ? settle(p, e) : -1;
}
