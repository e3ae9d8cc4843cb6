/*
 * The authority's targets: its answers to whatever comes, with a daemon from
 * memory that has one licence and one certificate. Made by
 * tests/corpus/authority/make.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/cmp.h>
#include <openssl/crmf.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "authority/desk.h"
#include "authority/header.h"
#include "base/log.h"
#include "base/text.h"
#include "control/handover_authority.h"
#include "tests/fuzz/targets.h"
#include "tests/unit/registrar.h"

#define LICENCE "lic-aaaaaaaaaa"
#define CODE "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGN"

static struct {
	struct ca_configuration configuration;
	struct issuer *issuer;
	struct pseudo pseudo;
	struct cmp_begun begun; /* never asked: there is a client */
	X509 *device;
} all;

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* Into a directory where nobody else can read it, as the issuer wants it. */
static void
copy(const char *from, const char *to, const char *name)
{
	char path[2048], octets[4096];
	size_t length;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", from, name);
	f = fopen(path, "r");
	must(f != NULL);
	length = fread(octets, 1, sizeof(octets), f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%s", to, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	must(fd != -1 && write(fd, octets, length) == (ssize_t)length);
	close(fd);
}

static void
open_authority(char *directory, const char *samples)
{
	static const char *const names[] = { CA_KEY, CA_CERTIFICATE,
		CA_PSEUDO_KEY, "device.pem" };
	char path[2048];
	struct error e;
	FILE *f;

	for (size_t i = 0; i < 4; i++)
		copy(samples, directory, names[i]);
	all.configuration.directory = directory;
	all.configuration.client_validity = 86400;
	all.configuration.server_validity = 86400;
	must(issuer_open(&all.configuration, &all.issuer, &e) == 0);
	snprintf(path, sizeof(path), "%s/%s", directory, CA_PSEUDO_KEY);
	must(pseudo_load(path, &all.pseudo, &e) == 0);
	snprintf(path, sizeof(path), "%s/device.pem", directory);
	f = fopen(path, "r");
	must(f != NULL);
	all.device = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	must(all.device != NULL);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
}

/* Once, when the first input is there. */
static void
prepare(void)
{
	char directory[] = "/tmp/csrc-fuzz.XXXXXX", samples[1024];
	const char *srcdir = getenv("srcdir");
	struct error e;

	if (all.issuer != NULL)
		return;
	must(mkdtemp(directory) != NULL);
	snprintf(samples, sizeof(samples), "%s/tests/corpus/authority",
		srcdir != NULL ? srcdir : ".");
	must(log_open("/dev/null", LEVEL_ERROR, &e) == 0 ||
		log_open("stderr", LEVEL_ERROR, &e) == 0);
	open_authority(directory, samples);
	rmdir(directory);
}

/* The daemon as it was before. */
static void
begin(struct cmp *cmp, struct desk *desk)
{
	unsigned char *der = NULL;
	int length;

	prepare();
	registrar_reset();
	registrar_licence(LICENCE, CODE, "device:A1", LICENCE_IS_GOOD);
	length = i2d_X509(all.device, &der);
	registrar_certificate(LICENCE, "device:A1", der, (size_t)length);
	OPENSSL_free(der);
	*cmp = (struct cmp){ all.issuer, &all.pseudo, transactions_new(4, 60),
		&all.begun };
	*desk = (struct desk){ &all.configuration, cmp, registrar_client() };
	must(cmp->transactions != NULL);
}

/* One answer, a message if it is none of HTTP's. */
static void
send_message(struct desk *desk, const void *octets, size_t length)
{
	const struct desk_request request = { "POST", DESK_CMP_PATH,
		"application/pkixcmp", NULL, NULL, octets, length };
	struct cmp_header header;
	struct desk_reply reply;
	struct error e;

	desk_answer(desk, &request, &reply);
	must(reply.status == 200 || reply.status == 400 || reply.status == 413);
	must(reply.body.length > 0);
	if (reply.status == 200) {
		must(header_read(reply.body.data, reply.body.length, &header,
			     &e) == 0);
		header_clear(&header);
	}
	buffer_clear(&reply.body);
}

/* An element, in DER. */
static void
add(struct buffer *out, unsigned char tag, const struct buffer *in)
{
	const size_t n = in->length;
	const unsigned char head[] = { tag, 0x82, (unsigned char)(n >> 8),
		(unsigned char)n };
	const unsigned char shorter[] = { tag, 0x81, (unsigned char)n };
	const unsigned char shortest[] = { tag, (unsigned char)n };

	must(n < 65536);
	if (n < 128)
		buffer_append(out, shortest, sizeof(shortest));
	else if (n < 256)
		buffer_append(out, shorter, sizeof(shorter));
	else
		buffer_append(out, head, sizeof(head));
	buffer_append(out, in->data, n);
}

/* Where the element at at ends, which OpenSSL has written. */
static const unsigned char *
behind(const unsigned char *at, const unsigned char *end)
{
	long length;
	int tag, class;

	must(!(ASN1_get_object(&at, &length, &tag, &class, end - at) & 0x80));
	return at + length;
}

/* protectionAlg's parameters, if it is the password-based MAC. */
static OSSL_CRMF_PBMPARAMETER *
parameters_of(const unsigned char *header, const unsigned char *end)
{
	static const unsigned char oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
		0xf6, 0x7d, 0x07, 0x42, 0x0d };
	const unsigned char *at =
		memmem(header, (size_t)(end - header), oid, sizeof(oid));

	if (at == NULL)
		return NULL;
	at += sizeof(oid);
	return d2i_OSSL_CRMF_PBMPARAMETER(NULL, &at, end - at);
}

static void
add_mac(struct buffer *whole, const unsigned char *mac, size_t length)
{
	struct buffer bits = { 0 }, explicit = { 0 };

	buffer_append(&bits, "", 1); /* none is unused */
	buffer_append(&bits, mac, length);
	add(&explicit, V_ASN1_BIT_STRING, &bits);
	buffer_clear(&bits);
	add(&bits, 0xa0, &explicit);
	buffer_append(whole, bits.data, bits.length);
	buffer_clear(&bits);
	buffer_clear(&explicit);
}

/* parts: header and body, to which the MAC comes. */
static void
protect_parts(struct buffer *parts, const OSSL_CRMF_PBMPARAMETER *parameters,
	struct buffer *out)
{
	struct buffer protected = { 0 };
	unsigned char *mac = NULL;
	size_t length;

	add(&protected, 0x30, parts);
	if (OSSL_CRMF_pbm_new(NULL, NULL, parameters, protected.data,
		    protected.length, (const unsigned char *)CODE, strlen(CODE),
		    &mac, &length)) {
		add_mac(parts, mac, length);
		add(out, 0x30, parts);
	}
	OPENSSL_free(mac);
	buffer_clear(&protected);
}

/*
 * The same message with the MAC that its licence's code gives it: what nobody
 * could change who does not know it. Nothing, if it has none.
 */
static void
protect(const struct buffer *message, struct buffer *out)
{
	const unsigned char *end = message->data + message->length;
	const unsigned char *header = message->data, *body, *rest;
	struct buffer parts = { 0 };
	OSSL_CRMF_PBMPARAMETER *parameters;
	long total;
	int tag, class;

	(void)ASN1_get_object(&header, &total, &tag, &class, end - header);
	body = behind(header, end);
	rest = behind(body, end);
	parameters = parameters_of(header, body);
	if (parameters != NULL && rest - header < 60000) {
		buffer_append(&parts, header, (size_t)(rest - header));
		protect_parts(&parts, parameters, out);
	}
	OSSL_CRMF_PBMPARAMETER_free(parameters);
	buffer_clear(&parts);
}

/* As OpenSSL writes again what it has read. */
static bool
canonical(const uint8_t *data, size_t size, struct buffer *out)
{
	BIO *in = BIO_new_mem_buf(data, (int)size), *again;
	OSSL_CMP_MSG *m = d2i_OSSL_CMP_MSG_bio(in, NULL);
	char *octets;
	long length;

	BIO_free(in);
	if (m != NULL) {
		again = BIO_new(BIO_s_mem());
		i2d_OSSL_CMP_MSG_bio(again, m);
		length = BIO_get_mem_data(again, &octets);
		buffer_append(out, octets, (size_t)length);
		BIO_free(again);
	}
	OSSL_CMP_MSG_free(m);
	ERR_clear_error();
	return out->length > 0;
}

void
target_cmp(const uint8_t *data, size_t size)
{
	struct buffer message = { 0 }, protected = { 0 };
	struct desk desk;
	struct cmp cmp;

	begin(&cmp, &desk);
	send_message(&desk, data, size);
	if (size <= CMP_MESSAGE_MAX && canonical(data, size, &message)) {
		protect(&message, &protected);
		if (protected.length > 0) {
			send_message(&desk, protected.data, protected.length);
			send_message(&desk, protected.data, protected.length);
		}
	}
	must(registrar_count() <= 2);
	must(!registrar_holds(LICENCE));
	transactions_free(&cmp.transactions);
	buffer_clear(&message);
	buffer_clear(&protected);
}

void
target_keyfetch(const uint8_t *data, size_t size)
{
	struct desk_request request = { "GET", DESK_KEY_PATH, NULL, "SUCCESS",
		NULL, NULL, 0 };
	char *text = malloc(size + 1);
	struct desk_reply reply;
	struct desk desk;
	struct cmp cmp;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	begin(&cmp, &desk);
	request.certificate = text;
	desk_answer(&desk, &request, &reply);
	must(reply.status == 200 || reply.status == 403);
	must(reply.body.length > 0);
	buffer_clear(&reply.body);
	transactions_free(&cmp.transactions);
	free(text);
}
