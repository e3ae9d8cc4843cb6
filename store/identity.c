/*
 * Which store it is. Beside its id there is a trace of its master key: a word
 * that the key has wrapped.
 */
#include "store/identity.h"

#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/meta.h"

static const struct crypto_span check_label = { "csrc-gateway", 12 };
static const struct crypto_span check_value = { "master key", 10 };

static int
leave_trace(struct store *s, struct db_txn *t, struct error *e)
{
	struct octets key = text_octets_of(META_MASTER), row;
	unsigned char wrapped[WRAPPED_KEY_MAX];
	uint64_t keys;
	size_t length;

	if (meta_number(t, META_KEYS, 0, &keys, e) == -1)
		return -1;
	if (keys > 0)
		return error_set(e, ERROR_TROUBLE,
			"the store has keys but no trace of a master key");
	if (crypto_wrap(s->master, &check_label, &check_value, wrapped, &length,
		    e) == -1)
		return -1;
	row = (struct octets){ wrapped, length };
	return db_put(t, TABLE_META, &key, &row, e);
}

/* The first master key that the store sees becomes its master key. */
static int
check_master(struct db_txn *t, void *arg, struct error *e)
{
	struct store *s = arg;
	struct octets key = text_octets_of(META_MASTER);
	unsigned char row[WRAPPED_KEY_MAX], value[KEY_SIZE_MAX];
	struct crypto_span wrapped = { row, 0 };
	size_t length;
	int found = db_get(
		t, TABLE_META, &key, row, sizeof(row), &wrapped.length, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return leave_trace(s, t, e);
	if (crypto_unwrap(
		    s->master, &check_label, &wrapped, value, &length, e) == 0)
		return 0;
	if (e->code != ERROR_DENIED)
		return -1;
	return error_set(
		e, ERROR_DENIED, "the store was made with another master key");
}

/*
 * A store from before there were ids gets one that all its backups would get
 * as well: out of its trace of the master key. Without that, a random one.
 */
static int
mint_id(struct db_txn *t, unsigned char id[STORE_ID_OCTETS], struct error *e)
{
	struct octets key = text_octets_of(META_MASTER);
	unsigned char row[WRAPPED_KEY_MAX], digest[SHA256_SIZE];
	struct crypto_span trace = { row, 0 };
	int found =
		db_get(t, TABLE_META, &key, row, sizeof(row), &trace.length, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return crypto_random(id, STORE_ID_OCTETS, e);
	if (crypto_sha256(&trace, 1, digest, e) == -1)
		return -1;
	memcpy(id, digest, STORE_ID_OCTETS);
	return 0;
}

static int
take_id(struct db_txn *t, void *arg, struct error *e)
{
	struct store *s = arg;
	unsigned char id[STORE_ID_OCTETS];
	int found = meta_store_id(t, id, e);

	if (found < 0 ||
		(found == 0 &&
			(mint_id(t, id, e) == -1 ||
				meta_store_id_set(t, id, e) == -1)))
		return -1;
	text_hex(id, sizeof(id), s->id);
	return 0;
}

int
identity_take(struct store *s, struct error *e)
{
	if (store_write(s, DURABLE, take_id, s, e) == -1)
		return -1;
	return s->keyed ? store_write(s, DURABLE, check_master, s, e) : 0;
}
