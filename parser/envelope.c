#include "parser/envelope.h"

#include <stdbool.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

/* SHA-1 would be the library's choice for both. */
static int
set_parameters(CMS_RecipientInfo *recipient)
{
	EVP_PKEY_CTX *key = CMS_RecipientInfo_get0_pkey_ctx(recipient);

	switch (CMS_RecipientInfo_type(recipient)) {
	case CMS_RECIPINFO_AGREE:
		return key != NULL &&
			EVP_PKEY_CTX_set_ecdh_kdf_md(key, EVP_sha256()) > 0;
	case CMS_RECIPINFO_TRANS:
		return key != NULL &&
			EVP_PKEY_CTX_set_rsa_padding(
				key, RSA_PKCS1_OAEP_PADDING) > 0 &&
			EVP_PKEY_CTX_set_rsa_oaep_md(key, EVP_sha256()) > 0 &&
			EVP_PKEY_CTX_set_rsa_mgf1_md(key, EVP_sha256()) > 0;
	default:
		return 0;
	}
}

/* An RSA key with an even modulus can be written, and encrypts nothing. */
static bool
key_is_one(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	EVP_PKEY_CTX *context =
		key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool good = context != NULL && EVP_PKEY_public_check(context) == 1;

	EVP_PKEY_CTX_free(context);
	return good;
}

static int
append(CMS_ContentInfo *cms, struct buffer *cms_r, struct error *e)
{
	unsigned char *der = NULL;
	int length = i2d_CMS_ContentInfo(cms, &der);
	int rc = -1;

	if (length > 0 &&
		buffer_append(cms_r, der, (size_t)length) == BUFFER_OK)
		rc = 0;
	OPENSSL_free(der);
	return rc == 0 ? 0 : error_memory(e);
}

static int
envelope(X509 *certificate, const struct crypto_span *content,
	struct buffer *cms_r, struct error *e)
{
	const unsigned int flags = CMS_BINARY | CMS_PARTIAL;
	BIO *in = BIO_new_mem_buf(content->octets, (int)content->length);
	CMS_ContentInfo *cms = in != NULL
		? CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), flags)
		: NULL;
	CMS_RecipientInfo *recipient = cms != NULL
		? CMS_add1_recipient_cert(
			  cms, certificate, flags | CMS_KEY_PARAM)
		: NULL;
	int rc = -1;

	if (cms == NULL)
		error_memory(e);
	else if (recipient == NULL || !key_is_one(certificate) ||
		!set_parameters(recipient))
		error_set(e, ERROR_DENIED,
			"nothing can be enveloped for a key of this kind");
	else if (CMS_final(cms, in, NULL, flags) != 1)
		error_set(e, ERROR_TROUBLE, "the envelope cannot be made");
	else
		rc = append(cms, cms_r, e);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return rc;
}

int
envelope_make(const struct crypto_span *certificate,
	const struct crypto_span *content, struct buffer *cms_r,
	struct error *e)
{
	const unsigned char *at = certificate->octets;
	X509 *x = d2i_X509(NULL, &at, (long)certificate->length);
	int rc = x != NULL
		? envelope(x, content, cms_r, e)
		: error_set(e, ERROR_BAD, "that is no certificate in DER");

	ERR_clear_error();
	X509_free(x);
	return rc;
}
