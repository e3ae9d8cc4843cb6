/*
 * Which store it is. Beside its id there is a trace of its master key: a word
 * that the key has wrapped.
 */
#include "store/identity.h"

#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "store/audit.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rotate.h"

static const struct crypto_span check_label = { "csrc-gateway", 12 };
static const struct crypto_span check_value = { "master key", 10 };

int
identity_trace(struct db_txn *t, const char *name, const unsigned char *master,
	struct error *e)
{
	struct octets key = text_octets_of(name), row;
	unsigned char wrapped[WRAPPED_KEY_MAX];
	size_t length;

	if (crypto_wrap(master, &check_label, &check_value, wrapped, &length,
		    e) == -1)
		return -1;
	row = (struct octets){ wrapped, length };
	return db_put(t, TABLE_META, &key, &row, e);
}

void
identity_take_next(struct store *s)
{
	memcpy(s->master, s->next, sizeof(s->master));
	wipe(s->next, sizeof(s->next));
	s->has_next = false;
}

static int
leave_trace(struct store *s, struct db_txn *t, struct error *e)
{
	uint64_t keys;

	if (meta_number(t, META_KEYS, 0, &keys, e) == -1)
		return -1;
	if (keys > 0)
		return error_set(e, ERROR_TROUBLE,
			"the store has keys but no trace of a master key");
	return identity_trace(t, META_MASTER, s->master, e);
}

/* 1: it is that master key's; 0: another's; -1: trouble. */
static int
fits(const struct crypto_span *trace, const unsigned char *master,
	struct error *e)
{
	unsigned char value[KEY_SIZE_MAX];
	size_t length;

	if (crypto_unwrap(master, &check_label, trace, value, &length, e) == 0)
		return 1;
	return e->code == ERROR_DENIED ? 0 : -1;
}

/* What of the store's master key is known from its traces. */
struct standing {
	struct store *store;
	bool changed;    /* it is the next one already */
	bool unfinished; /* it is being changed to the next one */
};

/* 1: read; 0: there is none; -1. */
static int
read_trace(struct db_txn *t, const char *name,
	unsigned char row[WRAPPED_KEY_MAX], struct crypto_span *trace_r,
	struct error *e)
{
	struct octets key = text_octets_of(name);

	*trace_r = (struct crypto_span){ row, 0 };
	return db_get(
		t, TABLE_META, &key, row, WRAPPED_KEY_MAX, &trace_r->length, e);
}

static int
check_unfinished(struct standing *g, struct db_txn *t, struct error *e)
{
	const struct store *s = g->store;
	unsigned char row[WRAPPED_KEY_MAX];
	struct crypto_span trace;
	int found = read_trace(t, META_MASTER_NEXT, row, &trace, e);

	if (found != 1)
		return found;
	g->unfinished = true;
	found = s->has_next ? fits(&trace, s->next, e) : 0;
	if (found == 0)
		error_set(e, ERROR_DENIED,
			"a change of the master key was cut off, and the new "
			"one is not there: put it back, beside the old one");
	return found == 1 ? 0 : -1;
}

/* The first master key that the store sees becomes its master key. */
static int
check_master(struct db_txn *t, void *arg, struct error *e)
{
	struct standing *g = arg;
	struct store *s = g->store;
	unsigned char row[WRAPPED_KEY_MAX];
	struct crypto_span trace;
	int found = read_trace(t, META_MASTER, row, &trace, e);

	g->changed = g->unfinished = false;
	if (found < 0)
		return -1;
	if (found == 0)
		return leave_trace(s, t, e);
	found = fits(&trace, s->master, e);
	if (found == 1)
		return check_unfinished(g, t, e);
	if (found == 0 && s->has_next) {
		found = fits(&trace, s->next, e);
		g->changed = found == 1;
	}
	if (found == 0)
		error_set(e, ERROR_DENIED,
			"the store was made with another master key");
	return found == 1 ? 0 : -1;
}

static int
take_master(struct store *s, struct error *e)
{
	struct standing g = { .store = s };

	if (store_write(s, DURABLE, check_master, &g, e) == -1)
		return -1;
	if (g.changed)
		identity_take_next(s);
	return g.unfinished ? rotate_go_on(s, e) : 0;
}

/*
 * A store from before there were ids gets one that all its backups would get
 * as well: out of its trace of the master key. Without that, a random one.
 */
static int
mint_id(struct db_txn *t, unsigned char id[STORE_ID_OCTETS], struct error *e)
{
	unsigned char row[WRAPPED_KEY_MAX], digest[SHA256_SIZE];
	struct crypto_span trace;
	int found = read_trace(t, META_MASTER, row, &trace, e);

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
	return s->keyed ? take_master(s, e) : 0;
}

const char *
store_id(const struct store *s)
{
	return s->id;
}
