/*
 * One table has the fields in their order, and how each is written and read.
 * That there is one text for a receipt is made sure of by writing again what
 * was read. So the MAC can be taken over what the writer makes of the fields,
 * and a line's end that changed on the way does not matter.
 */
#include "parser/receipt.h"

#include <string.h>

#include "base/text.h"
#include "base/wipe.h"

#define PURPOSE "csrc receipt 1"
#define VERSION_ONE "1"
#define ALGORITHM "sha-256="
#define MAC_NAME "MAC: "

enum {
	VALUE_SIZE = 2 * KEY_ID_MAX + 1, /* the longest is the key id */
	LINE_SIZE = 32 + VALUE_SIZE
};

static const char *const states[] = {
	[RECEIPT_TAKEN] = "taken",
	[RECEIPT_FINAL] = "final",
};

static void
write_version(const struct receipt *r, char out[VALUE_SIZE])
{
	(void)r;
	(void)text_copy(out, VALUE_SIZE, VERSION_ONE);
}

/* The writer has but one. */
static bool
read_version(const char *text, struct receipt *r)
{
	(void)text;
	(void)r;
	return true;
}

static void
write_principal(const struct receipt *r, char out[VALUE_SIZE])
{
	(void)text_copy(out, VALUE_SIZE, r->principal);
}

static bool
read_principal(const char *text, struct receipt *r)
{
	return principal_parse(text, strlen(text), r->principal);
}

static void
write_key_id(const struct receipt *r, char out[VALUE_SIZE])
{
	text_hex(r->key_id, r->key_id_length, out);
}

static bool
read_key_id(const char *text, struct receipt *r)
{
	int length = text_unhex(text, r->key_id, sizeof(r->key_id));

	r->key_id_length = length > 0 ? (size_t)length : 0;
	return length > 0;
}

static void
write_digest(const struct receipt *r, char out[VALUE_SIZE])
{
	char hex[2 * SHA256_SIZE + 1];

	text_hex(r->digest, sizeof(r->digest), hex);
	(void)text_format(out, VALUE_SIZE, ALGORITHM "%s", hex);
}

static bool
read_digest(const char *text, struct receipt *r)
{
	const size_t skip = strlen(ALGORITHM);

	return strncmp(text, ALGORITHM, skip) == 0 &&
		text_unhex(text + skip, r->digest, sizeof(r->digest)) ==
		sizeof(r->digest);
}

static void
write_state(const struct receipt *r, char out[VALUE_SIZE])
{
	(void)text_copy(out, VALUE_SIZE, states[r->state]);
}

static bool
read_state(const char *text, struct receipt *r)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(text, states[i]) != 0)
			continue;
		r->state = (enum receipt_state)i;
		return true;
	}
	return false;
}

static void
write_date(const struct receipt *r, char out[VALUE_SIZE])
{
	text_time((time_t)r->date, out);
}

static bool
read_date(const char *text, struct receipt *r)
{
	time_t when;

	if (text_time_parse(text, &when) == -1)
		return false;
	r->date = when;
	return true;
}

static const struct row {
	const char *name;
	void (*write)(const struct receipt *r, char out[VALUE_SIZE]);
	bool (*read)(const char *text, struct receipt *r);
} rows[] = {
	{ "CSRC-Receipt: ", write_version, read_version },
	{ "Principal: ", write_principal, read_principal },
	{ "Key-Id: ", write_key_id, read_key_id },
	{ "Digest: ", write_digest, read_digest },
	{ "State: ", write_state, read_state },
	{ "Date: ", write_date, read_date },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

int
receipt_key(const unsigned char *key, size_t key_length,
	unsigned char out[RECEIPT_KEY_SIZE], struct error *e)
{
	const struct crypto_span secret = { key, key_length };
	const struct crypto_span none = { "", 0 };
	const struct crypto_span info = { PURPOSE, strlen(PURPOSE) };

	return crypto_hkdf(&secret, &none, &info, out, RECEIPT_KEY_SIZE, e);
}

/* All but the MAC. */
static int
write_fields(const struct receipt *r, struct buffer *out, struct error *e)
{
	char value[VALUE_SIZE];

	for (size_t i = 0; i < ROWS; i++) {
		rows[i].write(r, value);
		if (buffer_format(out, "%s%s\n", rows[i].name, value) !=
			BUFFER_OK)
			return error_memory(e);
	}
	return 0;
}

static int
mac_fields(const struct buffer *fields,
	const unsigned char mac_key[RECEIPT_KEY_SIZE],
	unsigned char mac_r[SHA256_SIZE], struct error *e)
{
	const struct crypto_span key = { mac_key, RECEIPT_KEY_SIZE };
	const struct crypto_span all = { fields->data, fields->length };

	return crypto_hmac(&key, &all, 1, mac_r, e);
}

int
receipt_write(const struct receipt *r,
	const unsigned char mac_key[RECEIPT_KEY_SIZE], struct buffer *out,
	struct error *e)
{
	unsigned char mac[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (write_fields(r, out, e) == -1 ||
		mac_fields(out, mac_key, mac, e) == -1)
		return -1;
	text_hex(mac, sizeof(mac), hex);
	return buffer_format(out, MAC_NAME "%s\n", hex) == BUFFER_OK
		? 0
		: error_memory(e);
}

int
receipt_make(const struct receipt *r, const unsigned char *key,
	size_t key_length, struct buffer *out, struct error *e)
{
	unsigned char mac_key[RECEIPT_KEY_SIZE];
	int rc = -1;

	if (receipt_key(key, key_length, mac_key, e) == 0)
		rc = receipt_write(r, mac_key, out, e);
	wipe(mac_key, sizeof(mac_key));
	return rc;
}

/* What is not read yet. */
struct rest {
	const char *at, *end;
};

/* The next line without its end, as a string. */
static bool
next_line(struct rest *rest, char line[LINE_SIZE])
{
	const char *newline =
		memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
	size_t length;

	if (newline == NULL)
		return false;
	length = (size_t)(newline - rest->at);
	if (length > 0 && newline[-1] == '\r')
		length--;
	if (length >= LINE_SIZE || memchr(rest->at, '\0', length) != NULL)
		return false;
	memcpy(line, rest->at, length);
	line[length] = '\0';
	rest->at = newline + 1;
	return true;
}

/* The value of the field that the next line must be; NULL: it is not. */
static const char *
next_value(struct rest *rest, const char *name, char line[LINE_SIZE])
{
	return next_line(rest, line) && strncmp(line, name, strlen(name)) == 0
		? line + strlen(name)
		: NULL;
}

static bool
read_field(struct rest *rest, const struct row *row, struct receipt *r)
{
	char line[LINE_SIZE], again[VALUE_SIZE];
	const char *value = next_value(rest, row->name, line);

	if (value == NULL || !row->read(value, r))
		return false;
	row->write(r, again);
	return strcmp(value, again) == 0;
}

static bool
read_mac(struct rest *rest, unsigned char mac_r[SHA256_SIZE])
{
	char line[LINE_SIZE], again[2 * SHA256_SIZE + 1];
	const char *value = next_value(rest, MAC_NAME, line);

	if (value == NULL ||
		text_unhex(value, mac_r, SHA256_SIZE) != SHA256_SIZE)
		return false;
	text_hex(mac_r, SHA256_SIZE, again);
	return strcmp(value, again) == 0;
}

static int
read_all(const void *octets, size_t length, struct receipt *r,
	unsigned char mac_r[SHA256_SIZE], struct error *e)
{
	/* an empty one may be NULL */
	const char *text = length > 0 ? octets : "";
	struct rest rest = { text, text + length };

	memset(r, 0, sizeof(*r));
	if (length > RECEIPT_MAX)
		return error_set(e, ERROR_LIMIT,
			"a receipt of more than %d octets", RECEIPT_MAX);
	for (size_t i = 0; i < ROWS; i++) {
		if (!read_field(&rest, &rows[i], r))
			return error_set(e, ERROR_BAD,
				"no receipt: its line %zu is not \"%s\" with a "
				"value",
				i + 1, rows[i].name);
	}
	if (!read_mac(&rest, mac_r) || rest.at != rest.end)
		return error_set(e, ERROR_BAD,
			"no receipt: it does not end in \"" MAC_NAME
			"\" with a value");
	return 0;
}

int
receipt_read(
	const void *octets, size_t length, struct receipt *r_r, struct error *e)
{
	unsigned char mac[SHA256_SIZE];

	return read_all(octets, length, r_r, mac, e);
}

static int
compute(const struct receipt *r, const unsigned char *key, size_t key_length,
	unsigned char mac_r[SHA256_SIZE], struct error *e)
{
	unsigned char mac_key[RECEIPT_KEY_SIZE];
	struct buffer fields = { 0 };
	int rc = -1;

	if (receipt_key(key, key_length, mac_key, e) == 0 &&
		write_fields(r, &fields, e) == 0)
		rc = mac_fields(&fields, mac_key, mac_r, e);
	wipe(mac_key, sizeof(mac_key));
	buffer_clear(&fields);
	return rc;
}

int
receipt_check(const void *octets, size_t length, const unsigned char *key,
	size_t key_length, struct receipt *r_r, struct error *e)
{
	unsigned char said[SHA256_SIZE], right[SHA256_SIZE];

	if (read_all(octets, length, r_r, said, e) == -1 ||
		compute(r_r, key, key_length, right, e) == -1)
		return -1;
	if (!crypto_same(said, right, sizeof(said)))
		return error_set(e, ERROR_DENIED,
			"a receipt that was not made under this key");
	return 0;
}
