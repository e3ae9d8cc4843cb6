/*
 * The members in front of the report are the gateway's own, and a quote in one
 * of their strings is escaped: so the first member that is called report and
 * has a value of that kind is the record's.
 */
#include "store/chain.h"

#include <string.h>

#include "base/text.h"
#include "store/meta.h"
#include "store/pack.h"

#define REPORT ",\"report\":"
#define ERASED "\"sha256:"

/* Where the report begins; NULL: the record has none, or not any more. */
static const char *
find_report(const char *record, size_t length)
{
	static const char begins[] = REPORT "{";

	return memmem(record, length, begins, sizeof(begins) - 1);
}

int
chain_erased(const char *record, size_t length, struct buffer *erased_r,
	struct error *e)
{
	const char *at = find_report(record, length), *report;
	struct crypto_span span;
	unsigned char digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (length < 2 || record[0] != '{' || record[length - 1] != '}')
		return error_set(e, ERROR_BAD, "that is no record");
	if (at == NULL)
		return buffer_append(erased_r, record, length) == BUFFER_OK
			? 0
			: error_memory(e);
	report = at + strlen(REPORT);
	span = (struct crypto_span){ report,
		(size_t)(record + length - 1 - report) };
	if (crypto_sha256(&span, 1, digest, e) == -1)
		return -1;
	text_hex(digest, sizeof(digest), hex);
	return buffer_append(erased_r, record, (size_t)(report - record)) ==
				BUFFER_OK &&
			buffer_format(erased_r, ERASED "%s\"}", hex) ==
				BUFFER_OK
		? 0
		: error_memory(e);
}

int
chain_digest(const char *record, size_t length,
	unsigned char digest_r[SHA256_SIZE], struct error *e)
{
	struct buffer erased = { 0 };
	struct crypto_span span;
	int rc = chain_erased(record, length, &erased, e);

	span = (struct crypto_span){ erased.data, erased.length };
	if (rc == 0)
		rc = crypto_sha256(&span, 1, digest_r, e);
	buffer_clear(&erased);
	return rc;
}

int
chain_head(struct db_txn *t, struct chain *head_r, struct error *e)
{
	const struct octets key = text_octets_of(META_CHAIN);
	unsigned char row[64];
	struct unpacker u;
	size_t length;
	int found = db_get(t, TABLE_META, &key, row, sizeof(row), &length, e);

	memset(head_r, 0, sizeof(*head_r));
	if (found <= 0)
		return found;
	u = unpack_row(row, length);
	head_r->sequence = unpack_number(&u, 8);
	length = unpack_octets(&u, head_r->digest, sizeof(head_r->digest));
	return unpack_done(&u) && length == sizeof(head_r->digest)
		? 0
		: error_set(e, ERROR_TROUBLE, "the chain's head is damaged");
}

int
chain_set(struct db_txn *t, uint64_t sequence, const char *record,
	size_t length, struct error *e)
{
	const struct octets key = text_octets_of(META_CHAIN);
	unsigned char digest[SHA256_SIZE];
	struct packer p = { .length = 0 };
	struct octets row;

	if (chain_digest(record, length, digest, e) == -1)
		return -1;
	pack_number(&p, sequence, 8);
	pack_octets(&p, digest, sizeof(digest));
	row = pack_row(&p);
	return db_put(t, TABLE_META, &key, &row, e);
}
