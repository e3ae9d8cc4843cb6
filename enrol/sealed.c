/*
 * CMS_decrypt will do where the content is a key that the same TLS connection
 * vouches for: who could play with what is sealed can as well seal another.
 */
#include "enrol/sealed.h"

#include <stdbool.h>

#include <openssl/cms.h>
#include <openssl/err.h>

/* bio is written to by the library, which wipes what it gives back. */
static int
take(BIO *bio, struct buffer *out, struct error *e)
{
	char *octets;
	long length = BIO_get_mem_data(bio, &octets);

	switch (buffer_append(out, octets, (size_t)length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(e, ERROR_LIMIT,
			"more than %zu octets are sealed", out->limit);
	default:
		return error_memory(e);
	}
}

static int
decrypt(CMS_ContentInfo *cms, const struct pair_content *pair,
	struct buffer *out, struct error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = -1;

	if (bio == NULL)
		return error_memory(e);
	if (CMS_decrypt(cms, pair->key, pair->certificate, NULL, bio,
		    CMS_BINARY) == 1)
		rc = take(bio, out, e);
	else
		error_set(e, ERROR_DENIED,
			"not sealed to this certificate, or changed on its "
			"way");
	BIO_free(bio);
	return rc;
}

/* With a tag (RFC 5083), as the daemon makes it, or without. */
static bool
is_sealed(const CMS_ContentInfo *cms)
{
	const int type = OBJ_obj2nid(CMS_get0_type(cms));

	return type == NID_id_smime_ct_authEnvelopedData ||
		type == NID_pkcs7_enveloped;
}

int
sealed_open(const struct buffer *der, const struct pair_content *pair,
	struct buffer *out, struct error *e)
{
	const unsigned char *at = der->data;
	CMS_ContentInfo *cms;
	int rc;

	if (der->length > SEALED_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d octets", (int)SEALED_MAX);
	cms = der->length > 0
		? d2i_CMS_ContentInfo(NULL, &at, (long)der->length)
		: NULL;
	if (cms == NULL || at != der->data + der->length || !is_sealed(cms))
		rc = error_set(e, ERROR_BAD, "not sealed to a certificate");
	else
		rc = decrypt(cms, pair, out, e);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
