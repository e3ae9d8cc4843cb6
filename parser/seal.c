/*
 * The seal is a small corner of CMS, and OpenSSL's CMS code, which knows all of
 * it, has a history of forgeries and overflows just there: cut GCM tags are
 * accepted, hostile AEAD parameters smash the stack, a NULL key id tries every
 * recipient. So the profile is declared here as ASN.1 templates of its own.
 * What the profile does not permit has no field to go to and fails to parse; no
 * hostile octet reaches CMS_decrypt, and none reaches EVP before its length
 * and its algorithm are checked.
 */
#include "parser/seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "base/wipe.h"
#include "parser/claims.h"

enum {
	CEK_MAX = 32,
	WRAP_OVERHEAD = 8, /* RFC 3394, 2.2.1 */
	NONCE_SIZE = 12,   /* RFC 5084, 3.2 */
	TAG_SIZE = 16
};

/* RFC 5652, 6.2.3: no date, no other key attribute. */
typedef struct {
	ASN1_OCTET_STRING *identifier;
} SEAL_KEK_ID;
ASN1_SEQUENCE(SEAL_KEK_ID) = {
	ASN1_SIMPLE(SEAL_KEK_ID, identifier, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(SEAL_KEK_ID)

/* RFC 3565, 2.3.2: the parameters of AES key wrap are absent. */
typedef struct {
	ASN1_OBJECT *algorithm;
} SEAL_WRAP;
ASN1_SEQUENCE(SEAL_WRAP) = {
	ASN1_SIMPLE(SEAL_WRAP, algorithm, ASN1_OBJECT),
} static_ASN1_SEQUENCE_END(SEAL_WRAP)

typedef struct {
	ASN1_INTEGER *version;
	SEAL_KEK_ID *id;
	SEAL_WRAP *wrap;
	ASN1_OCTET_STRING *encrypted_key;
} SEAL_RECIPIENT;
ASN1_SEQUENCE(SEAL_RECIPIENT) = {
	ASN1_SIMPLE(SEAL_RECIPIENT, version, ASN1_INTEGER),
	ASN1_SIMPLE(SEAL_RECIPIENT, id, SEAL_KEK_ID),
	ASN1_SIMPLE(SEAL_RECIPIENT, wrap, SEAL_WRAP),
	ASN1_SIMPLE(SEAL_RECIPIENT, encrypted_key, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(SEAL_RECIPIENT)

/* RecipientInfos as a sequence of exactly one, tagged SET where it is used. */
typedef struct {
	SEAL_RECIPIENT *kek;
} SEAL_RECIPIENTS;
ASN1_SEQUENCE(SEAL_RECIPIENTS) = {
	ASN1_IMP(SEAL_RECIPIENTS, kek, SEAL_RECIPIENT, 2),
} static_ASN1_SEQUENCE_END(SEAL_RECIPIENTS)

/*
 * RFC 5084, 3.2. The tag's length is 12 where it is not given, so here it must
 * be given.
 */
typedef struct {
	ASN1_OCTET_STRING *nonce;
	ASN1_INTEGER *tag_length;
} SEAL_GCM;
ASN1_SEQUENCE(SEAL_GCM) = {
	ASN1_SIMPLE(SEAL_GCM, nonce, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SEAL_GCM, tag_length, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(SEAL_GCM)

typedef struct {
	ASN1_OBJECT *algorithm;
	SEAL_GCM *gcm;
} SEAL_CIPHER;
ASN1_SEQUENCE(SEAL_CIPHER) = {
	ASN1_SIMPLE(SEAL_CIPHER, algorithm, ASN1_OBJECT),
	ASN1_SIMPLE(SEAL_CIPHER, gcm, SEAL_GCM),
} static_ASN1_SEQUENCE_END(SEAL_CIPHER)

/* RFC 5652, 6.1: EncryptedContentInfo, its content not detached. */
typedef struct {
	ASN1_OBJECT *type;
	SEAL_CIPHER *cipher;
	ASN1_OCTET_STRING *octets;
} SEAL_CONTENT;
ASN1_SEQUENCE(SEAL_CONTENT) = {
	ASN1_SIMPLE(SEAL_CONTENT, type, ASN1_OBJECT),
	ASN1_SIMPLE(SEAL_CONTENT, cipher, SEAL_CIPHER),
	ASN1_IMP(SEAL_CONTENT, octets, ASN1_OCTET_STRING, 0),
} static_ASN1_SEQUENCE_END(SEAL_CONTENT)

/* RFC 5083, 2.1: no originatorInfo, no attributes of either kind. */
typedef struct {
	ASN1_INTEGER *version;
	SEAL_RECIPIENTS *recipients;
	SEAL_CONTENT *content;
	ASN1_OCTET_STRING *mac;
} SEAL_ENVELOPE;
ASN1_SEQUENCE(SEAL_ENVELOPE) = {
	ASN1_SIMPLE(SEAL_ENVELOPE, version, ASN1_INTEGER),
	ASN1_EX_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_UNIVERSAL, V_ASN1_SET,
		SEAL_ENVELOPE, recipients, SEAL_RECIPIENTS),
	ASN1_SIMPLE(SEAL_ENVELOPE, content, SEAL_CONTENT),
	ASN1_SIMPLE(SEAL_ENVELOPE, mac, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(SEAL_ENVELOPE)

typedef struct {
	ASN1_OBJECT *type;
	SEAL_ENVELOPE *envelope;
} SEAL_INFO;
ASN1_SEQUENCE(SEAL_INFO) = {
	ASN1_SIMPLE(SEAL_INFO, type, ASN1_OBJECT),
	ASN1_EXP(SEAL_INFO, envelope, SEAL_ENVELOPE, 0),
} static_ASN1_SEQUENCE_END(SEAL_INFO)

/* The algorithms of the profile, by the length of their keys. */
struct algorithm {
	int nid;
	size_t key_length;
	const char *name;
};
static const struct algorithm wraps[] = {
	{ NID_id_aes128_wrap, 16, "AES-128-WRAP" },
	{ NID_id_aes256_wrap, 32, "AES-256-WRAP" },
};
static const struct algorithm ciphers[] = {
	{ NID_aes_128_gcm, 16, "AES-128-GCM" },
	{ NID_aes_256_gcm, 32, "AES-256-GCM" },
};

/*
 * Fetching an algorithm costs more than using it. Set once by seal_init before
 * there are threads, only read afterwards; kept for the life of the process.
 */
static EVP_CIPHER *fetched_wraps[2], *fetched_ciphers[2];

struct seal {
	SEAL_INFO *info;
	size_t wrap, cipher; /* rows of the tables above */
};

static int
fetch(const struct algorithm *a, EVP_CIPHER **into, struct error *e)
{
	if (*into == NULL)
		*into = EVP_CIPHER_fetch(NULL, a->name, NULL);
	if (*into == NULL)
		return error_set(
			e, ERROR_TROUBLE, "OpenSSL has no %s", a->name);
	return 0;
}

int
seal_init(struct error *e)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (fetch(&wraps[i], &fetched_wraps[i], e) ||
			fetch(&ciphers[i], &fetched_ciphers[i], e))
			return -1;
	return 0;
}

static int
deny(struct error *e, const char *section, const char *what)
{
	return error_set(e, ERROR_DENIED, "%s (%s)", what, section);
}

static bool
find(const struct algorithm rows[2], const ASN1_OBJECT *object, size_t *row_r)
{
	int nid = OBJ_obj2nid(object);

	for (*row_r = 0; *row_r < 2; (*row_r)++)
		if (rows[*row_r].nid == nid)
			return true;
	return false;
}

static bool
has_length(const ASN1_OCTET_STRING *s, size_t length)
{
	return (size_t)ASN1_STRING_length(s) == length;
}

static bool
is_value(const ASN1_INTEGER *i, int64_t value)
{
	int64_t got;

	return ASN1_INTEGER_get_int64(&got, i) == 1 && got == value;
}

static int
check_recipient(struct seal *s, struct error *e)
{
	const SEAL_RECIPIENT *r = s->info->envelope->recipients->kek;
	int id_length = ASN1_STRING_length(r->id->identifier);

	if (!is_value(r->version, 4))
		return deny(e, "RFC 5652, 6.2.3",
			"version of KEKRecipientInfo is not 4");
	if (id_length < 1 || id_length > KEY_ID_MAX)
		return deny(e, "csrc-message(5)",
			"key identifier is not of 1 to 64 octets");
	if (!find(wraps, r->wrap->algorithm, &s->wrap))
		return deny(e, "RFC 3565, 2.3.2",
			"key encryption is not AES-128 or AES-256 key wrap");
	if (!has_length(r->encrypted_key,
		    ciphers[s->cipher].key_length + WRAP_OVERHEAD))
		return deny(e, "RFC 3394, 2.2.1",
			"wrapped key does not have the cipher's length");
	return 0;
}

static int
check_content(struct seal *s, struct error *e)
{
	const SEAL_CONTENT *c = s->info->envelope->content;

	if (OBJ_obj2nid(c->type) != NID_pkcs7_data)
		return deny(e, "RFC 5652, 4", "content is not id-data");
	if (!find(ciphers, c->cipher->algorithm, &s->cipher))
		return deny(e, "RFC 5084, 3.2",
			"content encryption is not AES-128 or AES-256 GCM");
	if (!has_length(c->cipher->gcm->nonce, NONCE_SIZE))
		return deny(e, "RFC 5084, 3.2", "nonce is not of 12 octets");
	if (!is_value(c->cipher->gcm->tag_length, TAG_SIZE))
		return deny(e, "RFC 5084, 3.2", "tag length is not 16 octets");
	return 0;
}

static int
check_envelope(struct seal *s, struct error *e)
{
	const SEAL_ENVELOPE *envelope = s->info->envelope;

	if (OBJ_obj2nid(s->info->type) != NID_id_smime_ct_authEnvelopedData)
		return deny(e, "RFC 5083, 2.1", "not CMS AuthEnvelopedData");
	if (!is_value(envelope->version, 0))
		return deny(e, "RFC 5083, 2.1",
			"version of AuthEnvelopedData is not 0");
	if (check_content(s, e) || check_recipient(s, e))
		return -1;
	if (!has_length(envelope->mac, TAG_SIZE))
		return deny(e, "RFC 5084, 3.2", "tag is not of 16 octets");
	return 0;
}

/* What d2i had against it: "wrong tag", with the field where it knows it. */
static int
deny_parse(struct error *e)
{
	const char *data = NULL;
	int flags = 0;
	unsigned long code =
		ERR_peek_error_all(NULL, NULL, NULL, &data, &flags);
	const char *reason = ERR_reason_error_string(code);
	bool told = (flags & ERR_TXT_STRING) != 0 && data[0] != '\0';

	if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		return error_memory(e);
	return error_set(e, ERROR_DENIED,
		"does not fit the profile of AuthEnvelopedData: %s%s%s "
		"(RFC 5083, 2.1)",
		reason == NULL ? "malformed" : reason, told ? ", " : "",
		told ? data : "");
}

int
seal_read(const void *octets, size_t length, struct seal **seal_r,
	struct error *e)
{
	const unsigned char *at = octets;
	struct seal *s;
	int rc = -1;

	*seal_r = NULL;
	ERR_clear_error();
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return error_memory(e);
	if (length == 0 || length > INT_MAX) {
		deny(e, "RFC 5083, 2.1", "empty, or far too large");
		goto out;
	}
	s->info = (SEAL_INFO *)ASN1_item_d2i(
		NULL, &at, (long)length, ASN1_ITEM_rptr(SEAL_INFO));
	if (s->info == NULL) {
		deny_parse(e);
		goto out;
	}
	if (at != (const unsigned char *)octets + length) {
		deny(e, "csrc-message(5)", "octets behind the CMS object");
		goto out;
	}
	if (check_envelope(s, e))
		goto out;
	*seal_r = s;
	s = NULL;
	rc = 0;
out:
	seal_free(&s);
	ERR_clear_error();
	return rc;
}

void
seal_free(struct seal **seal)
{
	if (*seal == NULL)
		return;
	ASN1_item_free((ASN1_VALUE *)(*seal)->info, ASN1_ITEM_rptr(SEAL_INFO));
	free(*seal);
	*seal = NULL;
}

const unsigned char *
seal_key_id(const struct seal *s, size_t *length_r)
{
	const ASN1_OCTET_STRING *id =
		s->info->envelope->recipients->kek->id->identifier;

	*length_r = (size_t)ASN1_STRING_length(id);
	return ASN1_STRING_get0_data(id);
}

size_t
seal_key_length(const struct seal *s)
{
	return wraps[s->wrap].key_length;
}

/* RFC 3394: the content key out of its wrapping. False: not by this key. */
static bool
unwrap(const struct seal *s, EVP_CIPHER_CTX *ctx, const unsigned char *key,
	unsigned char cek[CEK_MAX + WRAP_OVERHEAD])
{
	const ASN1_OCTET_STRING *wrapped =
		s->info->envelope->recipients->kek->encrypted_key;
	int length = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	return EVP_DecryptInit_ex(
		       ctx, fetched_wraps[s->wrap], NULL, key, NULL) == 1 &&
		EVP_DecryptUpdate(ctx, cek, &length,
			ASN1_STRING_get0_data(wrapped),
			ASN1_STRING_length(wrapped)) == 1 &&
		(size_t)length == ciphers[s->cipher].key_length;
}

/* RFC 5084: true only if the tag is right. plain may be wrong until then. */
static bool
decrypt(const struct seal *s, EVP_CIPHER_CTX *ctx, const unsigned char *cek,
	unsigned char *plain)
{
	const SEAL_ENVELOPE *envelope = s->info->envelope;
	const SEAL_CONTENT *content = envelope->content;
	unsigned char tag[TAG_SIZE], rest[TAG_SIZE];
	int length = 0, more = 0;

	memcpy(tag, ASN1_STRING_get0_data(envelope->mac), sizeof(tag));
	return EVP_DecryptInit_ex(ctx, fetched_ciphers[s->cipher], NULL, cek,
		       ASN1_STRING_get0_data(content->cipher->gcm->nonce)) ==
		1 &&
		EVP_DecryptUpdate(ctx, plain, &length,
			ASN1_STRING_get0_data(content->octets),
			ASN1_STRING_length(content->octets)) == 1 &&
		length == ASN1_STRING_length(content->octets) &&
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
		EVP_DecryptFinal_ex(ctx, rest, &more) == 1 && more == 0;
}

/* Both steps; -1 with one text for all that may be wrong. */
static int
unseal(const struct seal *s, const unsigned char *key, unsigned char *plain,
	struct error *e)
{
	unsigned char cek[CEK_MAX + WRAP_OVERHEAD];
	EVP_CIPHER_CTX *unwrapping = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *decrypting = EVP_CIPHER_CTX_new();
	int rc = -1;

	if (unwrapping == NULL || decrypting == NULL)
		error_memory(e);
	else if (unwrap(s, unwrapping, key, cek) &&
		decrypt(s, decrypting, cek, plain))
		rc = 0;
	else if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		error_memory(e);
	else
		deny(e, "RFC 5083, 2.2", "does not open with the key");
	EVP_CIPHER_CTX_free(decrypting);
	EVP_CIPHER_CTX_free(unwrapping);
	wipe(cek, sizeof(cek));
	return rc;
}

static int
deliver(struct buffer *out, const unsigned char *plain, size_t length,
	struct error *e)
{
	switch (buffer_append(out, plain, length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(e, ERROR_LIMIT,
			"the sealed content is larger than %zu octets",
			out->limit);
	case BUFFER_NOMEM:
		break;
	}
	return error_memory(e);
}

int
seal_open(const struct seal *s, const unsigned char *key, size_t key_length,
	struct buffer *out, struct error *e)
{
	size_t length =
		(size_t)ASN1_STRING_length(s->info->envelope->content->octets);
	unsigned char *plain;
	int rc = -1;

	if (fetched_wraps[s->wrap] == NULL)
		return error_set(e, ERROR_TROUBLE, "seal_init was not called");
	if (key_length != wraps[s->wrap].key_length)
		return deny(e, "RFC 3394, 2",
			"the key does not have the key wrap's length");
	plain = malloc(length + 1);
	if (plain == NULL)
		return error_memory(e);
	ERR_clear_error();
	if (unseal(s, key, plain, e) == 0)
		rc = deliver(out, plain, length, e);
	ERR_clear_error();
	wipe_free(plain);
	return rc;
}
