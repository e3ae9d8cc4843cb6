/*
 * What a client of the authority reads that only TLS, or an authority that may
 * be another, vouches for: names in certificates, a key that is sealed to one,
 * and the key's text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/pem.h"
#include "base/wipe.h"
#include "device/keyfile.h"
#include "enrol/sealed.h"
#include "parser/subject.h"
#include "tests/fuzz/targets.h"

enum { TEXT_MAX = 4096 };

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* Whose the sealed files of the corpus are; once. */
static const struct pair_content *
own(void)
{
	static struct pair_content pair;
	const char *srcdir = getenv("srcdir");
	struct buffer text = { 0 };
	struct error e;
	char path[1024];

	if (pair.key != NULL)
		return &pair;
	snprintf(path, sizeof(path), "%s/tests/corpus/enrol/pair.pem",
		srcdir == NULL ? "." : srcdir);
	must(file_read(path, &text, &e) == 0);
	must(pem_read_certificate(&text, &pair.certificate, &e) == 0);
	must(pem_read_key(&text, &pair.key, &e) == 0);
	buffer_clear(&text);
	return &pair;
}

static void
read_names(const struct buffer *in)
{
	const unsigned char *at = in->data;
	X509 *certificate = d2i_X509(NULL, &at, (long)in->length);
	char named[PRINCIPAL_SIZE], again[PRINCIPAL_SIZE];

	if (certificate != NULL && subject_read(certificate, named)) {
		must(principal_parse(named, strlen(named), again));
		must(strcmp(named, again) == 0);
	} else if (certificate != NULL) {
		must(named[0] == '\0');
	}
	X509_free(certificate);
	ERR_clear_error();
}

static void
read_key(const struct buffer *text)
{
	struct device_key key;
	struct error e = { 0 };

	if (keyfile_parse(text, &key, &e) == 0) {
		must(key.id_length >= 1 && key.id_length <= KEY_ID_MAX);
		must(key.length == 16 || key.length == 32);
	} else {
		must(e.code == ERROR_BAD);
	}
	wipe(&key, sizeof(key));
}

static void
open_sealed(const struct buffer *in)
{
	struct buffer text = { .limit = TEXT_MAX };
	struct error e = { 0 };

	if (sealed_open(in, own(), &text, &e) == 0)
		read_key(&text);
	else
		must(text.length == 0 && e.code != ERROR_NONE &&
			e.code != ERROR_TROUBLE);
	buffer_clear(&text);
}

static void
read_pem(const struct buffer *in)
{
	STACK_OF(X509) *all = NULL;
	EVP_PKEY *key = NULL;
	struct error e = { 0 };

	must(pem_read_certificates(in, &all, &e) == 0);
	must(pem_read_key(in, &key, &e) == 0 || e.code == ERROR_BAD);
	sk_X509_pop_free(all, X509_free);
	EVP_PKEY_free(key);
}

void
target_enrol(const uint8_t *data, size_t size)
{
	const struct buffer in = { .data = (unsigned char *)(uintptr_t)data,
		.length = size };

	read_names(&in);
	read_key(&in);
	open_sealed(&in);
	read_pem(&in);
}
