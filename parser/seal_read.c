/*
 * Reading a seal: hostile octets into fields, each of the length that the
 * profile gives it.
 *
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
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>

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

/* The algorithms of the profile; each has one length of key. */
struct algorithm {
	int nid;
	size_t key_length;
};
static const struct algorithm wraps[] = {
	{ NID_id_aes128_wrap, 16 },
	{ NID_id_aes256_wrap, 32 },
};
static const struct algorithm ciphers[] = {
	{ NID_aes_128_gcm, 16 },
	{ NID_aes_256_gcm, 32 },
};

static int
deny(struct error *e, const char *section, const char *what)
{
	return error_set(e, ERROR_DENIED, "%s (%s)", what, section);
}

/* How long its key is; 0: it is neither of the two. */
static size_t
key_length_of(const struct algorithm rows[2], const ASN1_OBJECT *object)
{
	int nid = OBJ_obj2nid(object);

	for (size_t i = 0; i < 2; i++)
		if (rows[i].nid == nid)
			return rows[i].key_length;
	return 0;
}

static size_t
length_of(const ASN1_OCTET_STRING *s)
{
	return (size_t)ASN1_STRING_length(s);
}

/* False, and nothing copied: it is not as long as that. */
static bool
copy(unsigned char *to, const ASN1_OCTET_STRING *s, size_t length)
{
	if (length_of(s) != length)
		return false;
	memcpy(to, ASN1_STRING_get0_data(s), length);
	return true;
}

static bool
is_value(const ASN1_INTEGER *i, int64_t value)
{
	int64_t got;

	return ASN1_INTEGER_get_int64(&got, i) == 1 && got == value;
}

/* After take_cipher, which knows how long a wrapped key has to be. */
static int
take_recipient(const SEAL_RECIPIENT *r, struct seal_fields *f, struct error *e)
{
	f->key_id_length = length_of(r->id->identifier);
	if (!is_value(r->version, 4))
		return deny(e, "RFC 5652, 6.2.3",
			"version of KEKRecipientInfo is not 4");
	if (f->key_id_length < 1 || f->key_id_length > KEY_ID_MAX)
		return deny(e, "csrc-message(5)",
			"key identifier is not of 1 to 64 octets");
	copy(f->key_id, r->id->identifier, f->key_id_length);
	f->key_length = key_length_of(wraps, r->wrap->algorithm);
	if (f->key_length == 0)
		return deny(e, "RFC 3565, 2.3.2",
			"key encryption is not AES-128 or AES-256 key wrap");
	if (!copy(f->wrapped, r->encrypted_key,
		    f->content_key_length + SEAL_WRAP_OVERHEAD))
		return deny(e, "RFC 3394, 2.2.1",
			"wrapped key does not have the cipher's length");
	return 0;
}

static int
take_cipher(const SEAL_CONTENT *c, struct seal_fields *f, struct error *e)
{
	if (OBJ_obj2nid(c->type) != NID_pkcs7_data)
		return deny(e, "RFC 5652, 4", "content is not id-data");
	f->content_key_length = key_length_of(ciphers, c->cipher->algorithm);
	if (f->content_key_length == 0)
		return deny(e, "RFC 5084, 3.2",
			"content encryption is not AES-128 or AES-256 GCM");
	if (!copy(f->nonce, c->cipher->gcm->nonce, SEAL_NONCE_SIZE))
		return deny(e, "RFC 5084, 3.2", "nonce is not of 12 octets");
	if (!is_value(c->cipher->gcm->tag_length, SEAL_TAG_SIZE))
		return deny(e, "RFC 5084, 3.2", "tag length is not 16 octets");
	return 0;
}

/* The content at last, so that nothing is owned if anything is wrong. */
static int
take(const SEAL_INFO *info, struct seal_fields *f, struct error *e)
{
	const SEAL_ENVELOPE *envelope = info->envelope;
	const ASN1_OCTET_STRING *octets = envelope->content->octets;

	if (OBJ_obj2nid(info->type) != NID_id_smime_ct_authEnvelopedData)
		return deny(e, "RFC 5083, 2.1", "not CMS AuthEnvelopedData");
	if (!is_value(envelope->version, 0))
		return deny(e, "RFC 5083, 2.1",
			"version of AuthEnvelopedData is not 0");
	if (take_cipher(envelope->content, f, e) ||
		take_recipient(envelope->recipients->kek, f, e))
		return -1;
	if (!copy(f->tag, envelope->mac, SEAL_TAG_SIZE))
		return deny(e, "RFC 5084, 3.2", "tag is not of 16 octets");
	if (buffer_append(&f->content, ASN1_STRING_get0_data(octets),
		    length_of(octets)) != BUFFER_OK)
		return error_memory(e);
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
seal_read(const void *octets, size_t length, struct seal_fields *fields_r,
	struct error *e)
{
	const unsigned char *at = octets;
	SEAL_INFO *info;
	int rc = -1;

	memset(fields_r, 0, sizeof(*fields_r));
	if (length == 0 || length > INT_MAX)
		return deny(e, "RFC 5083, 2.1", "empty, or far too large");
	ERR_clear_error();
	info = (SEAL_INFO *)ASN1_item_d2i(
		NULL, &at, (long)length, ASN1_ITEM_rptr(SEAL_INFO));
	if (info == NULL)
		deny_parse(e);
	else if (at != (const unsigned char *)octets + length)
		deny(e, "csrc-message(5)", "octets behind the CMS object");
	else
		rc = take(info, fields_r, e);
	ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(SEAL_INFO));
	ERR_clear_error();
	return rc;
}
