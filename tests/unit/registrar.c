/*
 * See registrar.h.
 */
#include "tests/unit/registrar.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/crypto.h"
#include "base/text.h"
#include "control/handover_authority.h"

enum { LICENCES = 128, CERTIFICATES = 512, FAILS = 4 };

struct licence_row {
	struct authority_licence told;
	enum licence_is is;
	char holder[AUTHORITY_TRANSACTION_SIZE];
	bool used;
	unsigned char key[SHA256_SIZE];
};

struct certificate_row {
	char number[AUTHORITY_NUMBER_SIZE], renews[AUTHORITY_NUMBER_SIZE];
	char principal[AUTHORITY_PRINCIPAL_SIZE];
	char licence[AUTHORITY_LICENCE_SIZE];
	char reason[AUTHORITY_WORD_SIZE]; /* "": not revoked */
	bool confirmed;
	unsigned char key[SHA256_SIZE];
	unsigned char der[AUTHORITY_CERTIFICATE_MAX];
	size_t length;
};

static struct {
	pthread_mutex_t mutex;
	struct licence_row licences[LICENCES];
	struct certificate_row certificates[CERTIFICATES];
	size_t licence_count, certificate_count;
	char calls[4096];
	struct {
		const char *verb;
		bool after;
	} fails[FAILS];
} all = { .mutex = PTHREAD_MUTEX_INITIALIZER };

struct client *
registrar_client(void)
{
	return (struct client *)&all;
}

void
registrar_reset(void)
{
	pthread_mutex_lock(&all.mutex);
	all.licence_count = all.certificate_count = 0;
	all.calls[0] = '\0';
	memset(all.fails, 0, sizeof(all.fails));
	pthread_mutex_unlock(&all.mutex);
}

void
registrar_licence(const char *id, const char *code, const char *principal,
	enum licence_is is)
{
	struct licence_row *row;

	pthread_mutex_lock(&all.mutex);
	if (all.licence_count == LICENCES)
		abort();
	row = &all.licences[all.licence_count++];
	memset(row, 0, sizeof(*row));
	text_copy(row->told.licence, sizeof(row->told.licence), id);
	text_copy(row->told.code, sizeof(row->told.code), code);
	text_copy(row->told.principal, sizeof(row->told.principal), principal);
	if (strncmp(principal, "server:", 7) == 0)
		text_copy(row->told.url, sizeof(row->told.url),
			"https://dav.example/csrc/");
	row->is = is;
	pthread_mutex_unlock(&all.mutex);
}

static struct licence_row *
find_licence(const char *id)
{
	for (size_t i = 0; i < all.licence_count; i++)
		if (strcmp(all.licences[i].told.licence, id) == 0)
			return &all.licences[i];
	return NULL;
}

static struct certificate_row *
find_certificate(const char *number)
{
	for (size_t i = 0; i < all.certificate_count; i++)
		if (strcmp(all.certificates[i].number, number) == 0)
			return &all.certificates[i];
	return NULL;
}

/* What the certificate says, for a new row. */
static int
read_certificate(const void *der, size_t length, struct certificate_row *row_r,
	struct error *e)
{
	const unsigned char *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)length);
	unsigned char *spki = NULL;
	struct crypto_span span;
	char *hex;
	BIGNUM *serial;
	int n;

	memset(row_r, 0, sizeof(*row_r));
	if (x == NULL || length > sizeof(row_r->der))
		abort();
	serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	hex = BN_bn2hex(serial);
	text_lower(hex);
	snprintf(row_r->number, sizeof(row_r->number), "%32s", hex);
	for (char *c = row_r->number; *c == ' '; c++)
		*c = '0';
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);
	span = (struct crypto_span){ spki, (size_t)n };
	crypto_sha256(&span, 1, row_r->key, e);
	memcpy(row_r->der, der, length);
	row_r->length = length;
	OPENSSL_free(spki);
	OPENSSL_free(hex);
	BN_free(serial);
	X509_free(x);
	return 0;
}

static void
add(const struct certificate_row *row)
{
	if (all.certificate_count == CERTIFICATES)
		all.certificate_count = 0; /* fuzzers */
	all.certificates[all.certificate_count++] = *row;
}

void
registrar_certificate(const char *licence, const char *principal,
	const void *der, size_t length)
{
	struct certificate_row row;
	struct error e;

	pthread_mutex_lock(&all.mutex);
	(void)read_certificate(der, length, &row, &e);
	text_copy(row.licence, sizeof(row.licence), licence);
	text_copy(row.principal, sizeof(row.principal), principal);
	add(&row);
	pthread_mutex_unlock(&all.mutex);
}

bool
registrar_holds(const char *id)
{
	bool held;

	pthread_mutex_lock(&all.mutex);
	held = find_licence(id)->holder[0] != '\0';
	pthread_mutex_unlock(&all.mutex);
	return held;
}

void
registrar_fail(const char *verb, bool after)
{
	size_t i = 0;

	pthread_mutex_lock(&all.mutex);
	while (all.fails[i].verb != NULL)
		if (++i == FAILS)
			abort();
	all.fails[i].verb = verb;
	all.fails[i].after = after;
	pthread_mutex_unlock(&all.mutex);
}

/* With the mutex. */
static bool
fails(const char *verb, bool after)
{
	for (size_t i = 0; i < FAILS; i++)
		if (all.fails[i].verb != NULL && all.fails[i].after == after &&
			strcmp(all.fails[i].verb, verb) == 0) {
			all.fails[i].verb = NULL;
			return true;
		}
	return false;
}

void
registrar_calls(char *out, size_t size)
{
	pthread_mutex_lock(&all.mutex);
	text_copy(out, size, all.calls);
	all.calls[0] = '\0';
	pthread_mutex_unlock(&all.mutex);
}

void
registrar_state(const char *number, char *out, size_t size)
{
	const struct certificate_row *row;

	pthread_mutex_lock(&all.mutex);
	row = find_certificate(number);
	snprintf(out, size, "%s%s",
		row == NULL                      ? ""
			: row->reason[0] != '\0' ? "revoked "
			: row->confirmed         ? "confirmed"
						 : "valid",
		row != NULL ? row->reason : "");
	pthread_mutex_unlock(&all.mutex);
}

void
registrar_revoke(const char *number)
{
	pthread_mutex_lock(&all.mutex);
	strcpy(find_certificate(number)->reason, "unspecified");
	pthread_mutex_unlock(&all.mutex);
}

size_t
registrar_count(void)
{
	size_t count;

	pthread_mutex_lock(&all.mutex);
	count = all.certificate_count;
	pthread_mutex_unlock(&all.mutex);
	return count;
}

/* Locks. False: it is trouble, and unlocked. */
static bool
enter(const char *verb, struct error *e)
{
	size_t length;

	pthread_mutex_lock(&all.mutex);
	length = strlen(all.calls);
	if (length + strlen(verb) + 2 < sizeof(all.calls))
		sprintf(all.calls + length, "%s%s", length > 0 ? " " : "",
			verb);
	if (!fails(verb, false))
		return true;
	pthread_mutex_unlock(&all.mutex);
	error_set(e, ERROR_TROUBLE, "the daemon is away");
	return false;
}

static int
leave(const char *verb, int rc, struct error *e)
{
	if (fails(verb, true))
		rc = error_set(e, ERROR_TROUBLE, "the answer was lost");
	pthread_mutex_unlock(&all.mutex);
	return rc;
}

int
client_open(const char *path, int seconds, struct client **client_r,
	struct error *e)
{
	bool away;

	(void)path;
	(void)seconds;
	pthread_mutex_lock(&all.mutex);
	away = fails("open", false);
	pthread_mutex_unlock(&all.mutex);
	*client_r = away ? NULL : registrar_client();
	return away ? error_set(e, ERROR_NOT_FOUND, "nobody listens") : 0;
}

void
client_close(struct client **client)
{
	*client = NULL;
}

static int
reserve(struct licence_row *row, const char *transaction,
	struct authority_licence *r, struct error *e)
{
	if (row == NULL)
		return error_set(e, ERROR_NOT_FOUND, "no such licence");
	if (row->is == LICENCE_IS_GONE)
		return error_set(e, ERROR_DENIED, "it is expired or revoked");
	if (row->is == LICENCE_IS_HELD ||
		(row->holder[0] != '\0' &&
			strcmp(row->holder, transaction) != 0))
		return error_set(e, ERROR_EXISTS, "it is held");
	text_copy(row->holder, sizeof(row->holder), transaction);
	*r = row->told;
	return 0;
}

int
authority_reserve(struct client *client, const char *licence,
	const char *transaction, struct authority_licence *licence_r,
	struct error *e)
{
	(void)client;
	memset(licence_r, 0, sizeof(*licence_r));
	if (!enter("reserve", e))
		return -1;
	return leave("reserve",
		reserve(find_licence(licence), transaction, licence_r, e), e);
}

int
authority_begin(struct client *client, struct error *e)
{
	(void)client;
	if (!enter("begin", e))
		return -1;
	for (size_t i = 0; i < all.licence_count; i++)
		all.licences[i].holder[0] = '\0';
	return leave("begin", 0, e);
}

int
authority_release(struct client *client, const char *licence,
	const char *transaction, struct error *e)
{
	struct licence_row *row;

	(void)client;
	if (!enter("release", e))
		return -1;
	row = find_licence(licence);
	if (row != NULL && strcmp(row->holder, transaction) == 0)
		row->holder[0] = '\0';
	return leave("release",
		row != NULL ? 0
			    : error_set(e, ERROR_NOT_FOUND, "no such licence"),
		e);
}

static int
tell(const struct certificate_row *row, bool again, struct buffer *der_r,
	char number_r[AUTHORITY_NUMBER_SIZE], bool *again_r)
{
	*again_r = again;
	strcpy(number_r, row->number);
	return buffer_append(der_r, row->der, row->length) == BUFFER_OK ? 0
									: -1;
}

/* For the licence, or in renewal of that number, by the same key. */
static struct certificate_row *
earlier(const char *licence, const char *renews, const unsigned char *key)
{
	for (size_t i = 0; i < all.certificate_count; i++) {
		struct certificate_row *row = &all.certificates[i];

		if (strcmp(row->licence, licence) == 0 &&
			strcmp(row->renews, renews) == 0 &&
			memcmp(row->key, key, SHA256_SIZE) == 0)
			return row;
	}
	return NULL;
}

static int
record(struct licence_row *licence, const char *transaction,
	struct certificate_row *made, struct certificate_row **kept_r,
	bool *again_r, struct error *e)
{
	if (licence == NULL || strcmp(licence->holder, transaction) != 0)
		return error_set(e, ERROR_DENIED, "it is not held for that");
	if (licence->used && memcmp(licence->key, made->key, SHA256_SIZE) != 0)
		return error_set(e, ERROR_EXISTS, "it is another key's");
	licence->holder[0] = '\0';
	*kept_r = earlier(licence->told.licence, "", made->key);
	*again_r = *kept_r != NULL;
	if (*again_r)
		return (*kept_r)->reason[0] == '\0'
			? 0
			: error_set(e, ERROR_DENIED, "it was revoked");
	licence->used = true;
	memcpy(licence->key, made->key, SHA256_SIZE);
	strcpy(made->licence, licence->told.licence);
	strcpy(made->principal, licence->told.principal);
	add(made);
	*kept_r = made;
	return 0;
}

int
authority_record(struct client *client, const char *licence,
	const char *transaction, const void *der, size_t length,
	struct buffer *der_r, char number_r[AUTHORITY_NUMBER_SIZE],
	bool *again_r, struct error *e)
{
	struct certificate_row made, *kept = NULL;
	int rc;

	(void)client;
	if (!enter("record", e))
		return -1;
	rc = read_certificate(der, length, &made, e);
	if (rc == 0)
		rc = record(find_licence(licence), transaction, &made, &kept,
			again_r, e);
	if (rc == 0)
		rc = tell(kept, *again_r, der_r, number_r, again_r);
	return leave("record", rc, e);
}

static int
renew(struct certificate_row *old, struct certificate_row *made,
	struct certificate_row **kept_r, bool *again_r, struct error *e)
{
	if (old == NULL)
		return error_set(e, ERROR_NOT_FOUND, "no such certificate");
	if (old->reason[0] != '\0')
		return error_set(e, ERROR_DENIED, "it is revoked");
	if (memcmp(old->key, made->key, SHA256_SIZE) == 0)
		return error_set(e, ERROR_DENIED, "the key is an old one");
	*kept_r = earlier(old->licence, old->number, made->key);
	*again_r = *kept_r != NULL;
	if (*again_r)
		return 0;
	strcpy(made->licence, old->licence);
	strcpy(made->principal, old->principal);
	strcpy(made->renews, old->number);
	add(made);
	*kept_r = made;
	return 0;
}

int
authority_renew(struct client *client, const char *number, const void *der,
	size_t length, struct buffer *der_r,
	char number_r[AUTHORITY_NUMBER_SIZE], bool *again_r, struct error *e)
{
	struct certificate_row made, *kept = NULL;
	int rc;

	(void)client;
	if (!enter("renew", e))
		return -1;
	rc = read_certificate(der, length, &made, e);
	if (rc == 0)
		rc = renew(find_certificate(number), &made, &kept, again_r, e);
	if (rc == 0)
		rc = tell(kept, *again_r, der_r, number_r, again_r);
	return leave("renew", rc, e);
}

int
authority_confirm(struct client *client, const char *number, struct error *e)
{
	struct certificate_row *row;
	int rc = 0;

	(void)client;
	if (!enter("confirm", e))
		return -1;
	row = find_certificate(number);
	if (row == NULL)
		rc = error_set(e, ERROR_NOT_FOUND, "no such certificate");
	else if (row->reason[0] != '\0')
		rc = error_set(e, ERROR_DENIED, "it is revoked");
	else
		row->confirmed = true;
	return leave("confirm", rc, e);
}

int
authority_revoke(struct client *client, const char *number, const char *reason,
	struct error *e)
{
	struct certificate_row *row;
	int rc = 0;

	(void)client;
	if (!enter("revoke", e))
		return -1;
	row = find_certificate(number);
	if (row == NULL)
		rc = error_set(e, ERROR_NOT_FOUND, "no such certificate");
	else if (row->reason[0] == '\0')
		text_copy(row->reason, sizeof(row->reason), reason);
	return leave("revoke", rc, e);
}

int
authority_certificate(struct client *client, const char *number,
	struct authority_certificate *certificate_r, struct error *e)
{
	const struct certificate_row *row;
	int rc = 0;

	(void)client;
	memset(certificate_r, 0, sizeof(*certificate_r));
	if (!enter("certificate", e))
		return -1;
	row = find_certificate(number);
	if (row == NULL)
		rc = error_set(e, ERROR_NOT_FOUND, "no such certificate");
	else {
		strcpy(certificate_r->number, row->number);
		strcpy(certificate_r->principal, row->principal);
		strcpy(certificate_r->licence, row->licence);
		strcpy(certificate_r->state,
			row->reason[0] != '\0' ? "revoked" : "valid");
		buffer_append(&certificate_r->der, row->der, row->length);
	}
	return leave("certificate", rc, e);
}

int
authority_first_key(struct client *client, const char *number, const void *der,
	size_t length, struct buffer *cms_r, struct error *e)
{
	const struct certificate_row *row;
	int rc;

	(void)client;
	if (!enter("first-key", e))
		return -1;
	row = find_certificate(number);
	if (row == NULL || row->reason[0] != '\0' || row->length != length ||
		memcmp(row->der, der, length) != 0)
		rc = error_set(e, ERROR_DENIED, "it gets none");
	else
		rc = buffer_text(cms_r, "sealed") == BUFFER_OK ? 0 : -1;
	return leave("first-key", rc, e);
}
