/*
 * An authority that is none: whatever answers, and however slowly, a code of an
 * error and a bounded time, the key that was made stays for the next try, and a
 * pair that works is left alone. What sealed_open and the names in certificates
 * take, and what not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pem.h"
#include "enrol/code.h"
#include "enrol/enrol.h"
#include "enrol/pair.h"
#include "enrol/sealed.h"
#include "parser/subject.h"
#include "tests/unit/hostile.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define LICENCE "licence: lic-9wbxeyuyzh\ncode: "
#define CODE "K9VB-FJNS-JAV6-CNBQ-GNNF-PVY5-PMTG"

static char directory[] = "/tmp/test_enrol.XXXXXX";

static int
enter(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : chdir(directory);
}

static int
leave(void **state)
{
	char command[64];

	(void)state;
	assert_int_equal(chdir("/"), 0);
	text_format(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void
put(const char *path, const char *text)
{
	struct buffer octets = { 0 };
	struct error e;

	assert_int_equal(buffer_text(&octets, text), BUFFER_OK);
	assert_int_equal(file_write(path, 0600, &octets, &e), 0);
	buffer_clear(&octets);
}

static void
get(const char *path, struct buffer *out)
{
	struct error e;

	buffer_clear(out);
	assert_int_equal(file_read(path, out, &e), 0);
}

/* --- whatever answers --- */

static int
ask(int port, struct error *e)
{
	char url[64];
	struct enrol_outcome outcome;
	const struct dav_options authority = { .url = url, .timeout = 1 };
	const struct enrol o = { .authority = &authority,
		.certificate = "c.pem",
		.key = "c.key",
		.principal = "device:A1",
		.code_file = "licence" };

	text_format(url, sizeof(url), "http://127.0.0.1:%d", port);
	return enrol_begin(&o, &outcome, e);
}

static void
answered(void **state)
{
	static const struct {
		struct scene scene;
		enum error_code code;
	} rows[] = {
		{ { .says = OK "Content-Length: 0\r\n\r\n" }, ERROR_BAD },
		{ { .says = OK "Content-Length: 9\r\n\r\n0" }, ERROR_TROUBLE },
		{ { .says = OK "Content-Length: 2\r\n\r\n0\x80" }, ERROR_BAD },
		{ { .says = OK "Content-Length: 7\r\n\r\n0\x84\xff\xff\xff"
			       "\xff\x01" },
			ERROR_BAD },
		{ { .says = OK "Content-Length: 9\r\n\r\nmalformed" },
			ERROR_BAD },
		{ { .says = OK "\r\nmalformed" }, ERROR_BAD },
		{ { .says = OK "Content-Length: 65537\r\n\r\n",
			  .manner = FLOODS,
			  .filler = "0" },
			ERROR_LIMIT },
		{ { .says = OK CHUNKED,
			  .manner = FLOODS,
			  .filler = "4\r\n0000\r\n" },
			ERROR_LIMIT },
		{ { .says = OK CHUNKED,
			  .manner = DRIPS,
			  .filler = "1\r\n0\r\n" },
			ERROR_TROUBLE },
		{ { .says = OK, .manner = FLOODS, .filler = "a: b\r\n" },
			ERROR_TROUBLE },
		{ { .says = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0" },
			ERROR_BAD },
		{ { .says = "HTTP/1.1 302 Found\r\nLocation: /\r\n"
			    "Content-Length: 0\r\n\r\n" },
			ERROR_BAD },
		{ { .says = "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n" },
			ERROR_NOT_FOUND },
		{ { .says = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" },
			ERROR_DENIED },
		{ { .says = "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n"
			    "\r\n" },
			ERROR_TROUBLE },
		{ { .says = "SSH-2.0-OpenSSH\r\n" }, ERROR_TROUBLE },
		{ { .says = "" }, ERROR_TROUBLE },
		{ { .says = "", .manner = WAITS }, ERROR_TROUBLE },
		{ { .manner = DEAF }, ERROR_TROUBLE },
	};
	struct buffer first = { 0 }, now = { 0 };
	struct hostile h;
	struct error e;
	time_t began;

	(void)state;
	put("licence", LICENCE CODE "\n");
	assert_int_equal(ask(1, &e), -1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	get("c.key.new", &first);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		began = time(NULL);
		hostile_start(&h, &rows[i].scene);
		assert_int_equal(ask(h.port, &e), -1);
		hostile_stop(&h);
		if (e.code != rows[i].code)
			fail_msg("row %zu: %d (%s)", i, e.code, e.text);
		assert_true(time(NULL) - began <= 60);
		assert_true(h.requests == 0 ||
			strncmp(h.request, "POST /.well-known/cmp HTTP", 26) ==
				0);
		get("c.key.new", &now);
		assert_string_equal(now.data, first.data);
		assert_int_equal(access("c.pem", F_OK), -1);
		assert_int_equal(access("c.key", F_OK), -1);
	}
	buffer_clear(&first);
	buffer_clear(&now);
}

static void
urls(void **state)
{
	static const char *const bad[] = { "", "x", "http:/x", "ftp://x/",
		"http://x/%41", "http://x/a?b", "http://x/a b", "http://x/../y",
		"http://x//y", "http://u:p@x/" };
	struct dav_options authority = { 0 };
	const struct enrol o = { .authority = &authority,
		.certificate = "c.pem",
		.principal = "device:A1",
		.code_file = "licence" };
	struct enrol_outcome outcome;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		authority.url = bad[i];
		assert_int_equal(enrol_begin(&o, &outcome, &e), -1);
		if (e.code != ERROR_USAGE)
			fail_msg("%s: %d (%s)", bad[i], e.code, e.text);
	}
}

/* --- the licence's file --- */

static void
codes(void **state)
{
	static const struct {
		const char *text, *known;
		enum error_code code;
	} rows[] = {
		{ LICENCE CODE "\n", "", ERROR_NONE },
		{ LICENCE CODE, "lic-9wbxeyuyzh", ERROR_NONE },
		{ "code:k9vbfjnsjav6cnbqgnnfpvy5pmtg\r\n", "lic-9wbxeyuyzh",
			ERROR_NONE },
		{ "\n" CODE "\n\n", "lic-9wbxeyuyzh", ERROR_NONE },
		{ LICENCE CODE "\n", "lic-p6nhccvwmn", ERROR_BAD },
		{ "", "", ERROR_BAD },
		{ "\n", "", ERROR_BAD },
		{ "licence: lic-9wbxeyuyzh\n", "", ERROR_BAD },
		{ "licence: lic-9wbxeyuyzz\ncode: " CODE, "", ERROR_BAD },
		{ CODE "\n" CODE "\n", "", ERROR_BAD },
		{ "K9VB-FJNS-JAV6-CNBQ-GNNF-PVY5-PMTH\n", "", ERROR_BAD },
		{ "code: " CODE "\nmore: 1\n", "", ERROR_BAD },
	};
	struct enrol_code c;
	struct error e = { 0 };
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("licence", rows[i].text);
		memset(&c, 0, sizeof(c));
		text_copy(c.licence, sizeof(c.licence), rows[i].known);
		rc = code_read("licence", &c, &e);
		assert_int_equal(rc, rows[i].code == ERROR_NONE ? 0 : -1);
		if (rc == -1 && e.code != rows[i].code)
			fail_msg("row %zu: %d (%s)", i, e.code, e.text);
		if (rc == -1) {
			assert_null(strstr(e.text, "K9VB"));
			continue;
		}
		assert_string_equal(c.code, CODE);
		assert_string_equal(c.licence, "lic-9wbxeyuyzh");
	}
	assert_int_equal(chmod("licence", 0644), 0);
	assert_int_equal(code_read("licence", &c, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
}

/* --- pairs --- */

static X509 *
certificate_for(EVP_PKEY *key, const char *ou, const char *cn, const char *san)
{
	X509 *c = X509_new();
	X509_NAME *name = X509_get_subject_name(c);
	X509_EXTENSION *extension;

	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_gmtime_adj(X509_getm_notBefore(c), -60);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	if (ou != NULL)
		X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC,
			(const unsigned char *)ou, -1, -1, 0);
	if (cn != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			(const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(c, name);
	X509_set_pubkey(c, key);
	if (san != NULL) {
		extension = X509V3_EXT_conf_nid(
			NULL, NULL, NID_subject_alt_name, san);
		assert_non_null(extension);
		X509_add_ext(c, extension, -1);
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	return c;
}

static struct pair_content
content_for(const char *ou, const char *cn, const char *san)
{
	struct pair_content c = { .key = EVP_EC_gen("P-256") };

	assert_non_null(c.key);
	c.certificate = certificate_for(c.key, ou, cn, san);
	return c;
}

static struct pair_content
device(void)
{
	return content_for("device", "A1", "URI:urn:csrc:device:A1");
}

static void
put_pair(const char *certificate, const char *key, const struct pair_content *c)
{
	struct buffer text = { 0 };
	struct error e;

	assert_int_equal(pem_add_certificate(&text, c->certificate, &e), 0);
	if (strcmp(certificate, key) != 0) {
		assert_int_equal(file_write(certificate, 0644, &text, &e), 0);
		buffer_clear(&text);
	}
	assert_int_equal(pem_add_key(&text, c->key, &e), 0);
	assert_int_equal(file_write(key, 0600, &text, &e), 0);
	buffer_clear(&text);
}

/* The pair of these files is that one. */
static void
is_pair(const char *certificate, const char *key, const struct pair_content *c)
{
	struct pair_content there;
	struct pair p;
	struct error e = { 0 };

	if (pair_open(&p, certificate, key, &e) == -1 ||
		pair_read(&p, &there, &e) == -1)
		fail_msg("%s", e.text);
	pair_close(&p);
	assert_int_equal(X509_cmp(there.certificate, c->certificate), 0);
	pair_content_clear(&there);
	assert_int_equal(access(p.new_key, F_OK), -1);
	assert_int_equal(access(p.new_certificate, F_OK), -1);
}

/* Whatever was left of a run that was cut off becomes a pair. */
static void
cut_off(void **state)
{
	struct pair_content old = device(), new = device();

	(void)state;
	put_pair("a.pem", "a.key", &old);
	put_pair("a.pem.new", "a.key.new", &new);
	is_pair("a.pem", "a.key", &new);

	put_pair("a.pem", "a.key", &old);
	put_pair("a.pem.new", "a.key", &new);
	is_pair("a.pem", "a.key", &new);

	put_pair("a.pem", "a.key", &old);
	put("a.pem.new", "cut off");
	is_pair("a.pem", "a.key", &old);

	put_pair("a.pem", "a.key", &old);
	put_pair("a.pem.new", "other.key", &new);
	is_pair("a.pem", "a.key", &old);

	put_pair("both", "both", &old);
	put_pair("both.new", "both.new", &new);
	put_pair("other.pem", "both.key", &new);
	is_pair("both", "both", &new);

	put_pair("both", "both", &new);
	put_pair("other.pem", "both.key", &new);
	is_pair("both", "both", &new);
	pair_content_clear(&old);
	pair_content_clear(&new);
}

static void
fails(const struct pair *p, enum error_code code)
{
	struct pair_content there;
	struct error e = { 0 };

	assert_int_equal(pair_read(p, &there, &e), -1);
	if (e.code != code)
		fail_msg("%d (%s) instead of %d", e.code, e.text, code);
}

static void
no_pairs(void **state)
{
	struct pair_content one = device(), other = device();
	struct pair p, again;
	struct error e;

	(void)state;
	assert_int_equal(pair_open(&p, "b.pem", "b.key", &e), 0);
	assert_int_equal(pair_open(&again, "b.pem", NULL, &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);
	fails(&p, ERROR_NOT_FOUND);
	put("b.pem", "");
	fails(&p, ERROR_EXISTS);
	put("b.key", "");
	fails(&p, ERROR_BAD);
	put_pair("b.pem", "b.key", &one);
	put_pair("b.pem", "unused", &other);
	fails(&p, ERROR_BAD);
	put_pair("b.pem", "b.key", &one);
	assert_int_equal(chmod("b.key", 0644), 0);
	fails(&p, ERROR_DENIED);
	pair_close(&p);
	assert_int_equal(pair_open(&again, "none/b.pem", NULL, &e), -1);
	assert_int_equal(e.code, ERROR_BAD);
	pair_content_clear(&one);
	pair_content_clear(&other);
}

/* --- names in certificates --- */

static void
subjects(void **state)
{
	static const struct {
		const char *ou, *cn, *san, *principal;
	} rows[] = {
		{ "device", "A1", "URI:urn:csrc:device:A1", "device:A1" },
		{ "device", "A1=2FX", "URI:urn:csrc:device:A1=2FX",
			"device:A1/X" },
		{ "collector", "EAST", "DNS:x,URI:urn:csrc:collector:EAST",
			"collector:EAST" },
		{ "device", "A1", "URI:urn:csrc:device:A2", "" },
		{ "device", "A1", "URI:urn:csrc:agent:A1", "" },
		{ "device", "A1", NULL, "" },
		{ NULL, "A1", "URI:urn:csrc:device:A1", "" },
		{ "device", NULL, "URI:urn:csrc:device:A1", "" },
		{ "device", "a1", "URI:urn:csrc:device:a1", "" },
		{ "device", "A1=2fX", "URI:urn:csrc:device:A1=2fX", "" },
		{ "Device", "A1", "URI:urn:csrc:Device:A1", "" },
		{ "device:A", "A1", "URI:urn:csrc:device:A:A1", "" },
		{ "device", "A1",
			"URI:urn:csrc:device:A1,URI:urn:csrc:device:A1", "" },
		{ "device", "A1", "URI:urn:csrc:device:A1,URI:http://x/", "" },
	};
	char principal[PRINCIPAL_SIZE];
	struct pair_content c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = content_for(rows[i].ou, rows[i].cn, rows[i].san);
		assert_int_equal(subject_read(c.certificate, principal),
			rows[i].principal[0] != '\0');
		assert_string_equal(principal, rows[i].principal);
		pair_content_clear(&c);
	}
}

/* --- what is sealed --- */

static void
seal_to(const struct pair_content *to, const EVP_CIPHER *cipher,
	const char *text, struct buffer *out)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(text, -1);
	unsigned char *der = NULL;
	CMS_ContentInfo *cms;
	int length;

	sk_X509_push(all, to->certificate);
	cms = CMS_encrypt(all, in, cipher, CMS_BINARY);
	length = i2d_CMS_ContentInfo(cms, &der);
	assert_true(length > 0);
	buffer_clear(out);
	buffer_append(out, der, (size_t)length);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	sk_X509_free(all);
}

static enum error_code
opened(const struct buffer *sealed, const struct pair_content *c,
	const char *wanted)
{
	struct buffer text = { .limit = 64 };
	struct error e = { 0 };

	if (sealed_open(sealed, c, &text, &e) == 0)
		assert_string_equal(text.data, wanted);
	buffer_clear(&text);
	return e.code;
}

static void
sealed(void **state)
{
	struct pair_content one = device(), other = device();
	struct buffer der = { 0 };
	char longer[65 + 1] = "";

	(void)state;
	seal_to(&one, EVP_aes_256_cbc(), "key: 00\n", &der);
	assert_int_equal(opened(&der, &one, "key: 00\n"), ERROR_NONE);
	assert_int_equal(opened(&der, &other, ""), ERROR_DENIED);
	for (size_t cut = der.length - 1; cut > 0; cut /= 2) {
		struct buffer part = { .data = der.data, .length = cut };

		assert_int_equal(opened(&part, &one, ""), ERROR_BAD);
	}
	der.length = 0;
	assert_int_equal(opened(&der, &one, ""), ERROR_BAD);
	memset(longer, 'x', sizeof(longer) - 1);
	seal_to(&one, EVP_aes_256_cbc(), longer, &der);
	assert_int_equal(opened(&der, &one, ""), ERROR_LIMIT);
	buffer_append(&der, "0", 1);
	assert_int_equal(opened(&der, &one, ""), ERROR_BAD);
	buffer_clear(&der);
	pair_content_clear(&one);
	pair_content_clear(&other);
}

/* As the daemon does it; its last octets are the tag. */
static void
sealed_with_a_tag(void **state)
{
	struct pair_content c = device();
	struct buffer der = { 0 };

	(void)state;
	seal_to(&c, EVP_aes_256_gcm(), "key: 00\n", &der);
	assert_int_equal(opened(&der, &c, "key: 00\n"), ERROR_NONE);
	der.data[der.length - 1] ^= 1;
	assert_int_equal(opened(&der, &c, ""), ERROR_DENIED);
	buffer_clear(&der);
	pair_content_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered),
		cmocka_unit_test(urls),
		cmocka_unit_test(codes),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(no_pairs),
		cmocka_unit_test(subjects),
		cmocka_unit_test(sealed),
		cmocka_unit_test(sealed_with_a_tag),
	};

	return cmocka_run_group_tests_name("enrol", tests, enter, leave);
}
