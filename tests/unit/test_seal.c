/*
 * The seal: what the stock openssl command makes opens; what the profile does
 * not permit, and what was changed in one bit or cut short, does not. What we
 * make opens with both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/entity.h"
#include "parser/seal.h"

#define KEY_128 "000102030405060708090a0b0c0d0e0f"
#define KEY_256 \
	"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define KEY_ID "0badc0ffee"

static const char plaintext[] = "Content-Type: text/plain\r\n\r\nsealed\r\n";

static struct error err;
static char directory[] = "/tmp/test_seal.XXXXXX";

/* 0: opens and gives the plaintext; else -1, and nothing came out. */
static int
open_with(const void *octets, size_t length, const char *hex)
{
	struct seal_fields seal;
	struct buffer out = { 0 };
	unsigned char key[32];
	int key_length = text_unhex(hex, key, sizeof(key));
	int rc;

	memset(&err, 0, sizeof(err));
	rc = seal_read(octets, length, &seal, &err);
	if (rc == -1)
		assert_null(seal.content.data);
	else
		rc = seal_open(&seal, key, (size_t)key_length, &out, &err);
	if (rc == 0) {
		assert_int_equal(out.length, sizeof(plaintext) - 1);
		assert_memory_equal(out.data, plaintext, out.length);
	} else {
		assert_int_equal(out.length, 0);
		assert_int_equal(err.code, ERROR_DENIED);
		assert_string_not_equal(err.text, "");
	}
	buffer_clear(&out);
	buffer_clear(&seal.content);
	return rc;
}

/* --- with the openssl command --- */

static void
read_all(const char *name, struct buffer *out)
{
	char path[128], block[4096];
	size_t got;
	FILE *f;

	text_format(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(buffer_append(out, block, got), BUFFER_OK);
	fclose(f);
}

static void
openssl(struct buffer *out, const char *arguments)
{
	char command[512];

	assert_true(text_format(command, sizeof(command),
		"cd %s && openssl cms -encrypt -binary -in plain -out sealed "
		"%s >log 2>&1",
		directory, arguments));
	assert_int_equal(system(command), 0);
	read_all("sealed", out);
}

static void
stock_command_der(void **state)
{
	static const struct {
		const char *arguments, *key;
	} rows[] = {
		{ "-aes-256-gcm -outform DER -secretkeyid " KEY_ID
		  " -secretkey " KEY_256,
			KEY_256 },
		{ "-aes-128-gcm -outform DER -secretkeyid " KEY_ID
		  " -secretkey " KEY_128,
			KEY_128 },
		{ "-aes-128-gcm -outform DER -secretkeyid " KEY_ID
		  " -secretkey " KEY_256,
			KEY_256 },
		{ "-aes-256-gcm -outform DER -stream -secretkeyid " KEY_ID
		  " -secretkey " KEY_256,
			KEY_256 },
	};
	struct buffer sealed = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openssl(&sealed, rows[i].arguments);
		assert_int_equal(
			open_with(sealed.data, sealed.length, rows[i].key), 0);
		assert_int_equal(open_with(sealed.data, sealed.length,
					 "ffffffffffffffffffffffffffffffff"),
			-1);
		buffer_clear(&sealed);
	}
}

static void
stock_command_mail(void **state)
{
	static const char *const rows[] = {
		"-aes-256-gcm -outform SMIME -secretkeyid " KEY_ID
		" -secretkey " KEY_256,
		"-aes-256-gcm -outform SMIME -stream -secretkeyid " KEY_ID
		" -secretkey " KEY_256,
	};
	struct buffer mail = { 0 };
	struct entity *entity;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openssl(&mail, rows[i]);
		assert_int_equal(entity_parse(mail.data, mail.length,
					 &limits_default, &entity, &err),
			0);
		assert_int_equal(entity->part_count, 1);
		assert_true(part_is_sealed(&entity->parts[0]));
		assert_int_equal(open_with(entity->parts[0].data,
					 entity->parts[0].length, KEY_256),
			0);
		entity_free(&entity);
		buffer_clear(&mail);
	}
}

static void
key_id(void **state)
{
	struct buffer sealed = { 0 };
	struct seal_fields seal;

	(void)state;
	openssl(&sealed,
		"-aes-256-gcm -outform DER -secretkeyid " KEY_ID
		" -secretkey " KEY_256);
	assert_int_equal(seal_read(sealed.data, sealed.length, &seal, &err), 0);
	assert_int_equal(seal.key_id_length, 5);
	assert_memory_equal(seal.key_id, "\x0b\xad\xc0\xff\xee", 5);
	buffer_clear(&seal.content);
	buffer_clear(&sealed);
}

/* Other kinds of CMS that the command can make. */
static void
stock_command_refused(void **state)
{
	static const char *const rows[] = {
		"-aes-256-cbc -outform DER -secretkeyid " KEY_ID
		" -secretkey " KEY_256,
		"-aes-256-ofb -outform DER -secretkeyid " KEY_ID
		" -secretkey " KEY_256,
		"-aes-256-cbc -outform DER -pwri_password secret",
		"-aes-256-gcm -outform DER cert.pem",
		"-aes-256-gcm -outform DER -secretkeyid " KEY_ID
		" -secretkey " KEY_256 " cert.pem",
		"-aes-192-gcm -outform DER -secretkeyid " KEY_ID
		" -secretkey " KEY_256,
	};
	struct buffer sealed = { 0 };
	char command[256];
	size_t i;

	(void)state;
	text_format(command, sizeof(command),
		"cd %s && openssl req -x509 -newkey rsa:2048 -nodes -subj "
		"/CN=x -keyout key.pem -out cert.pem >log 2>&1",
		directory);
	assert_int_equal(system(command), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openssl(&sealed, rows[i]);
		assert_int_equal(
			open_with(sealed.data, sealed.length, KEY_256), -1);
		buffer_clear(&sealed);
	}
}

/* --- crafted --- */

/* What to build; all zero is a seal as the profile has it. */
struct craft {
	bool indefinite; /* constructed lengths, and the content's */
	int version, kek_version_off;
	int nonce_off, icv_off, mac_off; /* length beside the profile's */
	int key_off;
	bool no_icv, kek_date, kek_other, wrap_null, two_recipients;
	bool no_recipient, auth_attributes, unauth_attributes, originator;
	bool detached, other_content, other_type, ccm, no_key_id, long_key_id;
	int recipient_tag; /* of another RecipientInfo, or 0 */
	size_t trailing;   /* zero octets behind it: 0 to 2 */
};

static unsigned char wrapped[40], sealed_octets[128], tag[32];
static const unsigned char nonce[16] = "nonce_of_12_oct";

static void
make_secrets(void)
{
	unsigned char kek[32], cek[32];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	memset(cek, 0x5a, sizeof(cek));
	text_unhex(KEY_256, kek, sizeof(kek));
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL);
	EVP_EncryptUpdate(ctx, wrapped, &n, cek, sizeof(cek));
	assert_int_equal(n, sizeof(wrapped));
	EVP_CIPHER_CTX_reset(ctx);
	EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, cek, nonce);
	EVP_EncryptUpdate(ctx, sealed_octets, &n,
		(const unsigned char *)plaintext, sizeof(plaintext) - 1);
	EVP_EncryptFinal_ex(ctx, sealed_octets + n, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag);
	EVP_CIPHER_CTX_free(ctx);
}

static void
tlv(const struct craft *c, struct buffer *out, int t, const void *octets,
	size_t length)
{
	unsigned char head[4] = { (unsigned char)t, 0x82,
		(unsigned char)(length >> 8), (unsigned char)length };

	if (c->indefinite && (t & 0x20) != 0) {
		head[1] = 0x80;
		buffer_append(out, head, 2);
		buffer_append(out, octets, length);
		buffer_append(out, "\0\0", 2);
		return;
	}
	if (length < 128) {
		head[1] = (unsigned char)length;
		buffer_append(out, head, 2);
	} else if (length < 256) {
		head[1] = 0x81;
		head[2] = (unsigned char)length;
		buffer_append(out, head, 3);
	} else {
		buffer_append(out, head, 4);
	}
	buffer_append(out, octets, length);
}

/* Wraps what inner holds and empties it. */
static void
wrap(const struct craft *c, struct buffer *out, int t, struct buffer *inner)
{
	tlv(c, out, t, inner->data, inner->length);
	buffer_clear(inner);
}

static void
oid(const struct craft *c, struct buffer *out, const char *hex)
{
	unsigned char octets[16];
	int length = text_unhex(hex, octets, sizeof(octets));

	tlv(c, out, 0x06, octets, (size_t)length);
}

static void
integer(const struct craft *c, struct buffer *out, int value)
{
	unsigned char octet = (unsigned char)value;

	tlv(c, out, 0x02, &octet, 1);
}

static void
recipient(const struct craft *c, struct buffer *out)
{
	struct buffer kek = { 0 }, inner = { 0 };
	unsigned char id[65] = { 0x0b, 0xad };

	integer(c, &kek, 4 + c->kek_version_off);
	tlv(c, &inner, 0x04, id, c->no_key_id ? 0 : c->long_key_id ? 65 : 5);
	if (c->kek_date)
		tlv(c, &inner, 0x18, "20260101000000Z", 15);
	if (c->kek_other)
		tlv(c, &inner, 0x30, "\x06\x03\x55\x04\x03", 5);
	wrap(c, &kek, 0x30, &inner);
	oid(c, &inner, "60864801650304012d"); /* id-aes256-wrap */
	if (c->wrap_null)
		tlv(c, &inner, 0x05, "", 0);
	wrap(c, &kek, 0x30, &inner);
	tlv(c, &kek, 0x04, wrapped, (size_t)(40 + c->key_off));
	wrap(c, out, c->recipient_tag != 0 ? c->recipient_tag : 0xa2, &kek);
}

static void
content(const struct craft *c, struct buffer *out)
{
	struct buffer eci = { 0 }, alg = { 0 }, gcm = { 0 }, pieces = { 0 };
	size_t length = sizeof(plaintext) - 1;

	oid(c, &eci,
		c->other_content ? "2a864886f70d010702" : "2a864886f70d010701");
	oid(c, &alg, c->ccm ? "60864801650304012f" : "60864801650304012e");
	tlv(c, &gcm, 0x04, nonce, (size_t)(12 + c->nonce_off));
	if (!c->no_icv)
		integer(c, &gcm, 16 + c->icv_off);
	wrap(c, &alg, 0x30, &gcm);
	wrap(c, &eci, 0x30, &alg);
	if (c->indefinite) {
		tlv(c, &pieces, 0x04, sealed_octets, 7);
		tlv(c, &pieces, 0x04, sealed_octets + 7, length - 7);
		wrap(c, &eci, 0xa0, &pieces);
	} else if (!c->detached) {
		tlv(c, &eci, 0x80, sealed_octets, length);
	}
	wrap(c, out, 0x30, &eci);
}

static void
attributes(const struct craft *c, struct buffer *out, int t)
{
	/* one attribute: contentType = id-data */
	static const unsigned char attribute[] = { 0x30, 0x18, 0x06, 0x09, 0x2a,
		0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0b,
		0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
		0x01 };

	tlv(c, out, t, attribute, sizeof(attribute));
}

static void
craft(const struct craft *c, struct buffer *out)
{
	struct buffer envelope = { 0 }, set = { 0 }, info = { 0 };

	integer(c, &envelope, c->version);
	if (c->originator)
		tlv(c, &envelope, 0xa0, "", 0);
	if (!c->no_recipient)
		recipient(c, &set);
	if (c->two_recipients)
		recipient(c, &set);
	wrap(c, &envelope, 0x31, &set);
	content(c, &envelope);
	if (c->auth_attributes)
		attributes(c, &envelope, 0xa1);
	tlv(c, &envelope, 0x04, tag, (size_t)(16 + c->mac_off));
	if (c->unauth_attributes)
		attributes(c, &envelope, 0xa2);
	wrap(c, &set, 0x30, &envelope);
	oid(c, &info,
		c->other_type ? "2a864886f70d010703"
			      : "2a864886f70d0109100117");
	wrap(c, &info, 0xa0, &set);
	wrap(c, out, 0x30, &info);
	buffer_append(out, "\0\0", c->trailing);
}

static int
open_crafted(struct craft c)
{
	struct buffer octets = { 0 };
	int rc;

	craft(&c, &octets);
	rc = open_with(octets.data, octets.length, KEY_256);
	buffer_clear(&octets);
	return rc;
}

static void
crafted_opens(void **state)
{
	(void)state;
	assert_int_equal(open_crafted((struct craft){ 0 }), 0);
	assert_int_equal(open_crafted((struct craft){ .indefinite = true }), 0);
}

static void
profile_violations(void **state)
{
	static const struct {
		const char *what; /* found in the error's text */
		struct craft craft;
	} rows[] = {
		{ "tag length", { .icv_off = -4, .mac_off = -4 } },
		{ "tag length", { .icv_off = -8, .mac_off = -8 } },
		{ "tag length", { .icv_off = -12, .mac_off = -12 } },
		{ "tag is not", { .mac_off = -4 } },
		{ "tag is not", { .mac_off = -16 } },
		{ "tag is not", { .mac_off = 1 } },
		{ "tag length", { .icv_off = -4 } },
		{ "RFC 5083", { .no_icv = true } },
		{ "RFC 5083", { .no_icv = true, .mac_off = -4 } },
		{ "nonce", { .nonce_off = -5 } },
		{ "nonce", { .nonce_off = 1 } },
		{ "nonce", { .nonce_off = -12 } },
		{ "RFC 3394", { .key_off = -8 } },
		{ "RFC 3394", { .key_off = -16 } },
		{ "RFC 3394", { .key_off = -40 } },
		{ "version of Auth", { .version = 3 } },
		{ "version of KEK", { .kek_version_off = -1 } },
		{ "RFC 5083", { .kek_date = true } },
		{ "RFC 5083", { .kek_other = true } },
		{ "RFC 5083", { .wrap_null = true } },
		{ "RFC 5083", { .two_recipients = true } },
		{ "RFC 5083", { .no_recipient = true } },
		{ "RFC 5083", { .recipient_tag = 0x30 } }, /* key transport */
		{ "RFC 5083", { .recipient_tag = 0xa1 } }, /* key agreement */
		{ "RFC 5083", { .recipient_tag = 0xa3 } }, /* password */
		{ "RFC 5083", { .recipient_tag = 0xa4 } }, /* other */
		{ "RFC 5083", { .auth_attributes = true } },
		{ "RFC 5083", { .unauth_attributes = true } },
		{ "RFC 5083", { .originator = true } },
		{ "RFC 5083", { .detached = true } },
		{ "id-data", { .other_content = true } },
		{ "not CMS AuthEnvelopedData", { .other_type = true } },
		{ "GCM", { .ccm = true } },
		{ "key identifier", { .no_key_id = true } },
		{ "key identifier", { .long_key_id = true } },
		{ "octets behind", { .trailing = 1 } },
		{ "octets behind", { .trailing = 2, .indefinite = true } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(open_crafted(rows[i].craft), -1);
		if (strstr(err.text, rows[i].what) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void
wrong_key(void **state)
{
	struct buffer octets = { 0 };
	struct craft c = { 0 };

	(void)state;
	craft(&c, &octets);
	assert_int_equal(open_with(octets.data, octets.length,
				 "ff2122232425262728292a2b2c2d2e2f"
				 "303132333435363738393a3b3c3d3e3f"),
		-1);
	assert_int_equal(open_with(octets.data, octets.length, KEY_128), -1);
	assert_int_equal(open_with(octets.data, octets.length, ""), -1);
	buffer_clear(&octets);
}

static void
cut_short(void **state)
{
	struct buffer octets = { 0 };
	struct craft c = { 0 };
	size_t length;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		c.indefinite = i != 0;
		craft(&c, &octets);
		for (length = 0; length < octets.length; length++)
			assert_int_equal(
				open_with(octets.data, length, KEY_256), -1);
		buffer_clear(&octets);
	}
}

/* The key identifier is the gate's to compare; every other bit is ours. */
static void
every_bit(void **state)
{
	struct buffer octets = { 0 };
	struct craft c = { 0 };
	const unsigned char *id;
	size_t bit, at;

	(void)state;
	craft(&c, &octets);
	id = memmem(octets.data, octets.length, "\x04\x05\x0b\xad", 4);
	assert_non_null(id);
	at = (size_t)(id - octets.data) + 2;
	for (bit = 0; bit < octets.length * 8; bit++) {
		if (bit / 8 >= at && bit / 8 < at + 5)
			continue;
		octets.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (open_with(octets.data, octets.length, KEY_256) == 0)
			fail_msg("bit %zu of octet %zu", bit % 8, bit / 8);
		octets.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	assert_int_equal(open_with(octets.data, octets.length, KEY_256), 0);
	buffer_clear(&octets);
}

static void
full_buffer(void **state)
{
	struct buffer octets = { 0 }, out = { .limit = 5 };
	struct craft c = { 0 };
	struct seal_fields seal;
	unsigned char key[32];

	(void)state;
	craft(&c, &octets);
	text_unhex(KEY_256, key, sizeof(key));
	assert_int_equal(seal_read(octets.data, octets.length, &seal, &err), 0);
	assert_int_equal(seal_open(&seal, key, 32, &out, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_int_equal(out.length, 0);
	buffer_clear(&seal.content);
	buffer_clear(&octets);
}

/* Constructed strings inside constructed strings, and a million recipients. */
static void
hostile_structures(void **state)
{
	struct buffer octets = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buffer_append(&octets, "\x30\x80", 2);
	assert_int_equal(open_with(octets.data, octets.length, KEY_256), -1);
	buffer_clear(&octets);
	for (i = 0; i < 100000; i++)
		buffer_append(&octets, "\x24\x80", 2);
	assert_int_equal(open_with(octets.data, octets.length, KEY_256), -1);
	buffer_clear(&octets);
	assert_int_equal(open_with("\x30\x84\xff\xff\xff\xff", 6, KEY_256), -1);
	assert_int_equal(open_with("", 0, KEY_256), -1);
}

/* --- made by us --- */

static void
make(const char *hex, struct buffer *der)
{
	static const unsigned char id[] = { 0x0b, 0xad, 0xc0, 0xff, 0xee };
	unsigned char key[32];
	int key_length = text_unhex(hex, key, sizeof(key));

	assert_int_equal(seal_make(plaintext, sizeof(plaintext) - 1, key,
				 (size_t)key_length, id, sizeof(id), der, &err),
		0);
}

static void
made_opens(void **state)
{
	static const char *const keys[] = { KEY_128, KEY_256 };
	struct buffer der = { 0 }, again = { 0 };
	struct seal_fields seal;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make(keys[i], &der);
		assert_int_equal(open_with(der.data, der.length, keys[i]), 0);
		assert_int_equal(
			open_with(der.data, der.length, keys[1 - i]), -1);
		assert_int_equal(
			seal_read(der.data, der.length, &seal, &err), 0);
		assert_int_equal(seal.key_id_length, 5);
		assert_memory_equal(seal.key_id, "\x0b\xad\xc0\xff\xee", 5);
		buffer_clear(&seal.content);
		/* never the same twice */
		make(keys[i], &again);
		assert_int_equal(again.length, der.length);
		assert_memory_not_equal(again.data, der.data, der.length);
		buffer_clear(&again);
		buffer_clear(&der);
	}
}

static void
stock_command_opens(void **state)
{
	static const char *const keys[] = { KEY_128, KEY_256 };
	struct buffer der = { 0 }, opened = { 0 };
	char text[512];
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < 2; i++) {
		make(keys[i], &der);
		text_format(text, sizeof(text), "%s/made", directory);
		f = fopen(text, "wb");
		assert_non_null(f);
		assert_int_equal(
			fwrite(der.data, 1, der.length, f), der.length);
		fclose(f);
		text_format(text, sizeof(text),
			"cd %s && openssl cms -decrypt -binary -inform DER -in "
			"made -out opened -secretkeyid " KEY_ID
			" -secretkey %s >log 2>&1",
			directory, keys[i]);
		assert_int_equal(system(text), 0);
		read_all("opened", &opened);
		assert_int_equal(opened.length, sizeof(plaintext) - 1);
		assert_memory_equal(opened.data, plaintext, opened.length);
		buffer_clear(&opened);
		buffer_clear(&der);
	}
}

/* Every octet value, long: nothing is taken for text. */
static void
made_binary(void **state)
{
	static unsigned char octets[300000], key[32];
	struct buffer der = { 0 }, out = { 0 };
	struct seal_fields seal;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 7 + i / 256);
	assert_int_equal(seal_make(octets, sizeof(octets), key, 32,
				 (const unsigned char *)"k", 1, &der, &err),
		0);
	assert_int_equal(seal_read(der.data, der.length, &seal, &err), 0);
	assert_int_equal(seal_open(&seal, key, 32, &out, &err), 0);
	assert_int_equal(out.length, sizeof(octets));
	assert_memory_equal(out.data, octets, sizeof(octets));
	buffer_clear(&seal.content);
	buffer_clear(&out);
	buffer_clear(&der);
}

static void
make_refused(void **state)
{
	static const struct {
		size_t length, key_length, id_length, limit;
	} rows[] = {
		{ 0, 32, 5, 0 },
		{ 5, 24, 5, 0 },
		{ 5, 0, 5, 0 },
		{ 5, 32, 0, 0 },
		{ 5, 32, 65, 0 },
		{ 5, 32, 5, 100 },
	};
	static const unsigned char octets[65];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer der = { .limit = rows[i].limit };

		assert_int_equal(seal_make(octets, rows[i].length, octets,
					 rows[i].key_length, octets,
					 rows[i].id_length, &der, &err),
			-1);
		assert_int_equal(err.code, ERROR_TROUBLE);
		assert_int_equal(der.length, 0);
	}
}

static int
setup(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	text_format(path, sizeof(path), "%s/plain", directory);
	f = fopen(path, "wb");
	if (f == NULL)
		return -1;
	fwrite(plaintext, 1, sizeof(plaintext) - 1, f);
	fclose(f);
	make_secrets();
	return parser_init(&err);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	text_format(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_command_der),
		cmocka_unit_test(stock_command_mail),
		cmocka_unit_test(key_id),
		cmocka_unit_test(stock_command_refused),
		cmocka_unit_test(crafted_opens),
		cmocka_unit_test(profile_violations),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(full_buffer),
		cmocka_unit_test(hostile_structures),
		cmocka_unit_test(made_opens),
		cmocka_unit_test(stock_command_opens),
		cmocka_unit_test(made_binary),
		cmocka_unit_test(make_refused),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, setup, teardown);
}
