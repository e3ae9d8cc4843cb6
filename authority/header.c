/*
 * The message is declared as templates, as the seal is in parser/seal_read.c:
 * what is looked at has a field, the rest is kept as octets. OpenSSL's own
 * reading of the same octets decides what is answered; here is only looked up
 * whom to hold it against.
 */
#include "authority/header.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.h"

typedef struct {
	ASN1_INTEGER *version;
	ASN1_TYPE *sender, *recipient;
	ASN1_TYPE *time;
	X509_ALGOR *protection;
	ASN1_OCTET_STRING *reference, *recipient_reference;
	ASN1_OCTET_STRING *transaction;
	ASN1_OCTET_STRING *nonce, *recipient_nonce;
	ASN1_TYPE *text, *information;
} WALK_HEADER;

ASN1_SEQUENCE(WALK_HEADER) = {
	ASN1_SIMPLE(WALK_HEADER, version, ASN1_INTEGER),
	ASN1_SIMPLE(WALK_HEADER, sender, ASN1_ANY),
	ASN1_SIMPLE(WALK_HEADER, recipient, ASN1_ANY),
	ASN1_EXP_OPT(WALK_HEADER, time, ASN1_ANY, 0),
	ASN1_EXP_OPT(WALK_HEADER, protection, X509_ALGOR, 1),
	ASN1_EXP_OPT(WALK_HEADER, reference, ASN1_OCTET_STRING, 2),
	ASN1_EXP_OPT(WALK_HEADER, recipient_reference, ASN1_OCTET_STRING, 3),
	ASN1_EXP_OPT(WALK_HEADER, transaction, ASN1_OCTET_STRING, 4),
	ASN1_EXP_OPT(WALK_HEADER, nonce, ASN1_OCTET_STRING, 5),
	ASN1_EXP_OPT(WALK_HEADER, recipient_nonce, ASN1_OCTET_STRING, 6),
	ASN1_EXP_OPT(WALK_HEADER, text, ASN1_ANY, 7),
	ASN1_EXP_OPT(WALK_HEADER, information, ASN1_ANY, 8),
} static_ASN1_SEQUENCE_END(WALK_HEADER)

typedef struct {
	WALK_HEADER *header;
	ASN1_TYPE *body;
	ASN1_BIT_STRING *protection;
	STACK_OF(ASN1_TYPE) * certificates;
} WALK_MESSAGE;

ASN1_SEQUENCE(WALK_MESSAGE) = {
	ASN1_SIMPLE(WALK_MESSAGE, header, WALK_HEADER),
	ASN1_SIMPLE(WALK_MESSAGE, body, ASN1_ANY),
	ASN1_EXP_OPT(WALK_MESSAGE, protection, ASN1_BIT_STRING, 0),
	ASN1_EXP_SEQUENCE_OF_OPT(WALK_MESSAGE, certificates, ASN1_ANY, 1),
} static_ASN1_SEQUENCE_END(WALK_MESSAGE)

/* PBMParameter (RFC 9810, 5.1.3.1). */
typedef struct {
	ASN1_OCTET_STRING *salt;
	X509_ALGOR *function;
	ASN1_INTEGER *iterations;
	X509_ALGOR *mac;
} WALK_PBM;

ASN1_SEQUENCE(WALK_PBM) = {
	ASN1_SIMPLE(WALK_PBM, salt, ASN1_OCTET_STRING),
	ASN1_SIMPLE(WALK_PBM, function, X509_ALGOR),
	ASN1_SIMPLE(WALK_PBM, iterations, ASN1_INTEGER),
	ASN1_SIMPLE(WALK_PBM, mac, X509_ALGOR),
} static_ASN1_SEQUENCE_END(WALK_PBM)

/* RevDetails (RFC 9810, 5.3.9); a message revokes one certificate here. */
typedef struct {
	ASN1_TYPE *certificate;
	STACK_OF(X509_EXTENSION) * extensions;
} WALK_REVOCATION;

ASN1_SEQUENCE(WALK_REVOCATION) = {
	ASN1_SIMPLE(WALK_REVOCATION, certificate, ASN1_ANY),
	ASN1_SEQUENCE_OF_OPT(WALK_REVOCATION, extensions, X509_EXTENSION),
} static_ASN1_SEQUENCE_END(WALK_REVOCATION)

typedef STACK_OF(WALK_REVOCATION) WALK_RR;

ASN1_ITEM_TEMPLATE(WALK_RR) = ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0,
	WALK_RR, WALK_REVOCATION) static_ASN1_ITEM_TEMPLATE_END(WALK_RR)

	static int malformed(struct error * e, const char *what)
{
	return error_set(e, ERROR_BAD, "not a CMP message: %s", what);
}

static int
read_transaction(
	const ASN1_OCTET_STRING *name, struct cmp_header *h, struct error *e)
{
	const int length = name != NULL ? ASN1_STRING_length(name) : 0;

	if (length < CMP_TRANSACTION_MIN || length > CMP_TRANSACTION_MAX)
		return malformed(e, "no transactionID of 8 to 32 octets");
	text_hex(ASN1_STRING_get0_data(name), (size_t)length, h->transaction);
	return 0;
}

static int
read_reference(const ASN1_OCTET_STRING *reference, struct cmp_header *h,
	struct error *e)
{
	const int length =
		reference != NULL ? ASN1_STRING_length(reference) : 0;

	if (length > CMP_REFERENCE_MAX)
		return malformed(e, "a senderKID of more than 64 octets");
	if (length > 0)
		memcpy(h->reference, ASN1_STRING_get0_data(reference),
			(size_t)length);
	h->reference_length = (size_t)length;
	return 0;
}

/* More would be somebody's way of keeping us busy. */
static int
check_iterations(int type, const void *parameters, struct error *e)
{
	WALK_PBM *pbm = type == V_ASN1_SEQUENCE
		? ASN1_item_unpack(parameters, ASN1_ITEM_rptr(WALK_PBM))
		: NULL;
	int64_t count = -1;

	if (pbm == NULL || !ASN1_INTEGER_get_int64(&count, pbm->iterations))
		count = -1;
	ASN1_item_free((ASN1_VALUE *)pbm, ASN1_ITEM_rptr(WALK_PBM));
	if (count < 0)
		return malformed(e, "no parameters of its MAC");
	if (count > CMP_ITERATIONS_MAX)
		return error_set(e, ERROR_BAD,
			"a MAC of more than %d iterations", CMP_ITERATIONS_MAX);
	return 0;
}

static int
read_protection(const WALK_MESSAGE *m, struct cmp_header *h, struct error *e)
{
	const ASN1_OBJECT *algorithm;
	const void *parameters;
	int type;

	h->protection = CMP_UNPROTECTED;
	if (m->protection == NULL || m->header->protection == NULL)
		return 0;
	X509_ALGOR_get0(&algorithm, &type, &parameters, m->header->protection);
	h->protection = CMP_SIGNATURE;
	if (OBJ_obj2nid(algorithm) != NID_id_PasswordBasedMAC)
		return 0;
	h->protection = CMP_MAC;
	return check_iterations(type, parameters, e);
}

/* Of the first one; what cannot be read is none given. */
static int
reason_of(const unsigned char *octets, long length)
{
	WALK_RR *list = (WALK_RR *)ASN1_item_d2i(
		NULL, &octets, length, ASN1_ITEM_rptr(WALK_RR));
	const WALK_REVOCATION *first;
	ASN1_ENUMERATED *value = NULL;
	int reason = -1;

	if ((first = (const WALK_REVOCATION *)OPENSSL_sk_value(
		     (const OPENSSL_STACK *)list, 0)) != NULL)
		value = X509V3_get_d2i(
			first->extensions, NID_crl_reason, NULL, NULL);
	if (value != NULL)
		reason = (int)ASN1_ENUMERATED_get(value);
	ASN1_ENUMERATED_free(value);
	ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(WALK_RR));
	return reason;
}

/* PKIBody is a choice of explicit tags, all of them context-specific. */
static int
read_body(const ASN1_TYPE *body, struct cmp_header *h, struct error *e)
{
	const unsigned char *at;
	int form, tag, class;
	long length;

	if (ASN1_TYPE_get(body) != V_ASN1_OTHER)
		return malformed(e, "no body");
	at = ASN1_STRING_get0_data(body->value.asn1_string);
	form = ASN1_get_object(&at, &length, &tag, &class,
		ASN1_STRING_length(body->value.asn1_string));
	if (form != V_ASN1_CONSTRUCTED || class != V_ASN1_CONTEXT_SPECIFIC)
		return malformed(e, "no body");
	h->body = tag;
	if (tag == CMP_RR)
		h->reason = reason_of(at, length);
	return 0;
}

/* They are read by OpenSSL all at once later, and each costs. */
static int
read_certificate(const WALK_MESSAGE *m, struct cmp_header *h, struct error *e)
{
	const int count = sk_ASN1_TYPE_num(m->certificates);
	const ASN1_TYPE *first = sk_ASN1_TYPE_value(m->certificates, 0);
	const unsigned char *at;

	if (count > CMP_CERTIFICATES_MAX)
		return malformed(e, "more than 8 certificates");
	if (count <= 0)
		return 0;
	if (ASN1_TYPE_get(first) != V_ASN1_SEQUENCE)
		return malformed(e, "no certificate where one should be");
	at = ASN1_STRING_get0_data(first->value.sequence);
	h->certificate =
		d2i_X509(NULL, &at, ASN1_STRING_length(first->value.sequence));
	return h->certificate != NULL
		? 0
		: malformed(e, "no certificate where one should be");
}

static int
read_message(const WALK_MESSAGE *m, struct cmp_header *h, struct error *e)
{
	if (read_transaction(m->header->transaction, h, e) == -1 ||
		read_reference(m->header->reference, h, e) == -1 ||
		read_body(m->body, h, e) == -1 ||
		read_protection(m, h, e) == -1)
		return -1;
	return read_certificate(m, h, e);
}

int
header_read(const void *octets, size_t length, struct cmp_header *header_r,
	struct error *e)
{
	const unsigned char *at = octets;
	WALK_MESSAGE *m = NULL;
	int rc = -1;

	memset(header_r, 0, sizeof(*header_r));
	header_r->reason = -1;
	if (length > CMP_MESSAGE_MAX)
		return error_set(e, ERROR_LIMIT,
			"a message of more than %d octets", CMP_MESSAGE_MAX);
	m = (WALK_MESSAGE *)ASN1_item_d2i(
		NULL, &at, (long)length, ASN1_ITEM_rptr(WALK_MESSAGE));
	if (m == NULL) {
		malformed(e, "its header cannot be read");
		goto out;
	}
	if (at != (const unsigned char *)octets + length) {
		malformed(e, "more behind its end");
		goto out;
	}
	rc = read_message(m, header_r, e);
out:
	ASN1_item_free((ASN1_VALUE *)m, ASN1_ITEM_rptr(WALK_MESSAGE));
	ERR_clear_error();
	return rc;
}

void
header_clear(struct cmp_header *header)
{
	X509_free(header->certificate);
	header->certificate = NULL;
}
