/*
 * Both must agree: what Apache's rules compare, and what our programs read. The
 * spelling has one name and the name one spelling, so the URI is made again and
 * compared.
 */
#include "parser/subject.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "base/text.h"
#include "parser/spelling.h"

/* The text of a subject's only entry of that kind; false: it has none, or
 * several, or one that is no such text. */
static bool
read_entry(X509 *certificate, int nid, char *out, size_t size)
{
	const X509_NAME *name = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	const ASN1_STRING *text;
	size_t length;

	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) != -1)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	length = (size_t)ASN1_STRING_length(text);
	if (length >= size ||
		memchr(ASN1_STRING_get0_data(text), '\0', length) != NULL)
		return false;
	memcpy(out, ASN1_STRING_get0_data(text), length);
	out[length] = '\0';
	return true;
}

/* Has it that URI, and no other? */
static bool
has_uri(X509 *certificate, const char *uri)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int same = 0, others = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *text = name->d.ia5;

		if (name->type != GEN_URI)
			continue;
		if ((size_t)ASN1_STRING_length(text) == strlen(uri) &&
			memcmp(ASN1_STRING_get0_data(text), uri, strlen(uri)) ==
				0)
			same++;
		else
			others++;
	}
	GENERAL_NAMES_free(names);
	return same == 1 && others == 0;
}

static bool
read_names(X509 *certificate, char principal_r[PRINCIPAL_SIZE])
{
	char kind[PRINCIPAL_SIZE], spelled[SPELLED_SIZE], name[SERIAL_SIZE];
	char text[PRINCIPAL_SIZE + SPELLED_SIZE], uri[sizeof(text) + 32];

	return read_entry(certificate, NID_organizationalUnitName, kind,
		       sizeof(kind)) &&
		strchr(kind, ':') == NULL &&
		read_entry(certificate, NID_commonName, spelled,
			sizeof(spelled)) &&
		spelling_read(spelled, strlen(spelled), name) &&
		text_format(text, sizeof(text), "%s:%s", kind, name) &&
		principal_parse(text, strlen(text), principal_r) &&
		strcmp(text, principal_r) == 0 &&
		text_format(
			uri, sizeof(uri), "urn:csrc:%s:%s", kind, spelled) &&
		has_uri(certificate, uri);
}

bool
subject_read(X509 *certificate, char principal_r[PRINCIPAL_SIZE])
{
	if (read_names(certificate, principal_r))
		return true;
	principal_r[0] = '\0';
	return false;
}
