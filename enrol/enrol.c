/*
 * The one place that decides when to ask. What is asked is cmp's, what becomes
 * of files is pair's.
 */
#include "enrol/enrol.h"

#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/pem.h"
#include "base/wipe.h"
#include "enrol/cmp.h"
#include "enrol/code.h"
#include "enrol/pair.h"
#include "parser/subject.h"

enum { AUTHORITIES_MODE = 0644 };

/* When a certificate begins and ends, seconds since 1970. */
static int
read_times(
	X509 *certificate, int64_t *from_r, int64_t *until_r, struct error *e)
{
	struct tm from, until;

	if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 ||
		ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
		return error_set(
			e, ERROR_BAD, "a certificate without its times");
	*from_r = timegm(&from);
	*until_r = timegm(&until);
	return 0;
}

static int
describe(const struct pair_content *content, bool made,
	struct enrol_outcome *outcome_r, struct error *e)
{
	int64_t from, until;

	if (read_times(content->certificate, &from, &until, e) == -1)
		return -1;
	outcome_r->made = made;
	text_time((time_t)until, outcome_r->until);
	if (subject_read(content->certificate, outcome_r->principal))
		return 0;
	return error_set(e, ERROR_BAD, "the certificate names nobody");
}

static int
write_authorities(const struct enrol *o, const struct pair_content *content,
	struct error *e)
{
	struct buffer text = { 0 };
	int rc = 0;

	if (o->ca_file == NULL)
		return 0;
	for (int i = 0; rc == 0 && i < sk_X509_num(content->chain); i++)
		rc = pem_add_certificate(
			&text, sk_X509_value(content->chain, i), e);
	if (rc == 0)
		rc = file_write(o->ca_file, AUTHORITIES_MODE, &text, e);
	buffer_clear(&text);
	return rc;
}

/* The key first, on the disk, then the rest. */
static int
certify(const struct enrol *o, const struct pair *p,
	struct cmp_request *request, struct enrol_outcome *outcome_r,
	struct error *e)
{
	struct pair_content content = { 0 };
	EVP_PKEY *key;
	int rc = pair_new_key(p, &key, e);

	if (rc == -1)
		return -1;
	request->authority = o->authority;
	request->key = key;
	if (cmp_certify(request, &content, e) == -1 ||
		describe(&content, true, outcome_r, e) == -1 ||
		write_authorities(o, &content, e) == -1 ||
		pair_install(p, &content, e) == -1)
		rc = -1;
	pair_content_clear(&content);
	EVP_PKEY_free(key);
	return rc;
}

/* --- a new one --- */

static int
find_code(const struct enrol *o, struct enrol_code *c, struct error *e)
{
	if (o->licence != NULL &&
		licence_id_read(
			o->licence, strlen(o->licence), c->licence, e) == -1)
		return error_prefix(e, "the licence");
	if ((o->code_file != NULL ? code_read(o->code_file, c, e)
				  : code_ask(c, e)) == -1)
		return -1;
	if (c->licence[0] == '\0')
		return error_set(
			e, ERROR_USAGE, "which licence it is must be said");
	return 0;
}

static int
buy(const struct enrol *o, const struct pair *p,
	struct enrol_outcome *outcome_r, struct error *e)
{
	struct enrol_code code = { 0 };
	struct cmp_request request = { .principal = o->principal,
		.licence = code.licence,
		.code = code.code };
	int rc = find_code(o, &code, e);

	if (rc == 0)
		rc = certify(o, p, &request, outcome_r, e);
	wipe(&code, sizeof(code));
	return rc;
}

/* 1: there is one that is still good; 0: there is none. */
static int
has_good_one(const struct enrol *o, const struct pair *p,
	struct enrol_outcome *outcome_r, struct error *e)
{
	struct pair_content content;
	int64_t from, until;
	int rc;

	if (pair_read(p, &content, e) == -1)
		return e->code == ERROR_NOT_FOUND ? 0 : -1;
	rc = describe(&content, false, outcome_r, e);
	if (rc == 0 && !principal_same(outcome_r->principal, o->principal))
		rc = error_set(e, ERROR_EXISTS, "%s is the certificate of %s",
			p->certificate, outcome_r->principal);
	if (rc == 0)
		rc = read_times(content.certificate, &from, &until, e);
	pair_content_clear(&content);
	return rc == 0 ? time(NULL) < until : -1;
}

int
enrol_begin(
	const struct enrol *o, struct enrol_outcome *outcome_r, struct error *e)
{
	struct pair p;
	int rc;

	if (pair_open(&p, o->certificate, o->key, e) == -1)
		return -1;
	rc = has_good_one(o, &p, outcome_r, e);
	if (rc == 0)
		rc = buy(o, &p, outcome_r, e);
	pair_close(&p);
	return rc == -1 ? -1 : 0;
}

/* --- another one --- */

/* 1: it is due; 0: it is not. */
static int
is_due(const struct enrol *o, const struct pair_content *old, struct error *e)
{
	int64_t from, until, before = o->before;
	const int64_t now = time(NULL);

	if (read_times(old->certificate, &from, &until, e) == -1)
		return -1;
	if (now < from)
		return error_set(e, ERROR_TROUBLE,
			"the clock is wrong: the certificate begins later");
	if (before < 0)
		before = ENROL_BEFORE < (until - from) / 2 ? ENROL_BEFORE
							   : (until - from) / 2;
	return until - now <= before;
}

static int
renew(const struct enrol *o, const struct pair *p,
	const struct pair_content *old, struct enrol_outcome *outcome_r,
	struct error *e)
{
	char principal[PRINCIPAL_SIZE];
	struct cmp_request request = { .principal = principal, .old = old };
	int rc = describe(old, false, outcome_r, e);

	if (rc == -1)
		return error_prefix(e, "%s", p->certificate);
	memcpy(principal, outcome_r->principal, sizeof(principal));
	if (o->principal != NULL && !principal_same(principal, o->principal))
		return error_set(e, ERROR_EXISTS, "%s is the certificate of %s",
			p->certificate, principal);
	rc = is_due(o, old, e);
	if (rc == 1)
		rc = certify(o, p, &request, outcome_r, e);
	return rc;
}

int
enrol_renew(
	const struct enrol *o, struct enrol_outcome *outcome_r, struct error *e)
{
	struct pair_content old;
	struct pair p;
	int rc = -1;

	if (pair_open(&p, o->certificate, o->key, e) == -1)
		return -1;
	if (pair_read(&p, &old, e) == 0) {
		rc = renew(o, &p, &old, outcome_r, e);
		pair_content_clear(&old);
	}
	pair_close(&p);
	return rc;
}
