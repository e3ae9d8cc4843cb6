/*
 * A nonce is taken out before anything is looked at, so that it is good for one
 * try. A random key stands in for one that is unknown, retired or another's,
 * and all proofs are made whichever it is: so time tells neither which keys
 * there are nor which devices. The device's own proof never leaves.
 */
#include "gate/prove.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "gate/gate_inside.h"
#include "store/registry.h"

struct minted {
	uint64_t connection; /* 0: none */
	int64_t until;
	char center[CENTER_ID_SIZE];
	unsigned char nonce[PROOF_NONCE_SIZE];
};

struct prove {
	pthread_mutex_t lock;
	struct minted open[PROVE_OPEN_MAX];
};

struct prove *
prove_new(void)
{
	struct prove *p = calloc(1, sizeof(*p));

	if (p != NULL)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
prove_free(struct prove **prove)
{
	if (*prove == NULL)
		return;
	pthread_mutex_destroy(&(*prove)->lock);
	free(*prove);
	*prove = NULL;
}

/* --- nonces --- */

/* Where one of that connection's may stand; NULL: nowhere. */
static struct minted *
find_place(struct prove *p, uint64_t connection, int64_t now)
{
	struct minted *place = NULL;

	for (size_t i = 0; i < PROVE_OPEN_MAX; i++) {
		struct minted *m = &p->open[i];

		if (m->connection == connection)
			return m;
		if (m->connection == 0 || m->until < now)
			place = m;
	}
	return place;
}

static bool
put(struct prove *p, const struct minted *minted)
{
	struct minted *place;

	pthread_mutex_lock(&p->lock);
	place = find_place(p, minted->connection, clock_seconds());
	if (place != NULL)
		*place = *minted;
	pthread_mutex_unlock(&p->lock);
	return place != NULL;
}

int
prove_begin(struct gate *g, uint64_t connection, const char *center,
	unsigned char nonce_r[PROOF_NONCE_SIZE], struct error *e)
{
	struct minted m = { .connection = connection,
		.until = clock_seconds() + PROVE_SECONDS };
	struct center found;

	if (registry_center_get(g->store, center, &found, e) == -1 ||
		crypto_random(m.nonce, sizeof(m.nonce), e) == -1)
		return -1;
	(void)text_copy(m.center, sizeof(m.center), found.id);
	if (!put(g->prove, &m))
		return error_set(e, ERROR_LIMIT,
			"%d calls have begun and not said who they are",
			PROVE_OPEN_MAX);
	memcpy(nonce_r, m.nonce, sizeof(m.nonce));
	return 0;
}

void
prove_left(struct gate *g, uint64_t connection)
{
	struct prove *p = g->prove;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PROVE_OPEN_MAX; i++)
		if (p->open[i].connection == connection)
			memset(&p->open[i], 0, sizeof(p->open[i]));
	pthread_mutex_unlock(&p->lock);
}

/* Whatever comes of it, it is used up. */
static bool
take(struct prove *p, struct prove_claim *c)
{
	struct minted m = { .connection = 0 };

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PROVE_OPEN_MAX; i++) {
		if (p->open[i].connection != c->connection)
			continue;
		m = p->open[i];
		memset(&p->open[i], 0, sizeof(p->open[i]));
	}
	pthread_mutex_unlock(&p->lock);
	(void)text_copy(
		c->transcript.center, sizeof(c->transcript.center), m.center);
	return m.connection != 0 && m.until >= clock_seconds() &&
		crypto_same(
			m.nonce, c->transcript.center_nonce, PROOF_NONCE_SIZE);
}

/* --- the judgement --- */

/* Who is claimed to be there, as far as it is registered. */
struct known {
	bool key, device;
	struct key of; /* a random one where there is none */
	struct device as;
};

static int
look_up(struct gate *g, const struct transcript *t, struct known *k,
	struct error *e)
{
	unsigned char none[KEY_SIZE_MAX];
	int rc = crypto_random(none, sizeof(none), e);

	if (rc == 0) {
		k->key = registry_key_get(g->store, t->key_id, t->key_id_length,
				 &k->of, e) == 0;
		rc = k->key || e->code == ERROR_NOT_FOUND ? 0 : -1;
	}
	if (rc == 0) {
		k->device = registry_device_get(
				    g->store, t->serial, &k->as, e) == 0;
		rc = k->device || e->code == ERROR_NOT_FOUND ? 0 : -1;
	}
	if (rc == 0 && !k->key) {
		k->of.length = sizeof(none);
		memcpy(k->of.secret, none, sizeof(none));
	}
	wipe(none, sizeof(none));
	return rc;
}

static bool
is_key_of(const struct known *k, const char *serial)
{
	const char *owner = principal_name(k->of.principal, PRINCIPAL_DEVICE);

	return owner != NULL && strcmp(owner, serial) == 0;
}

/* Why not; NULL: it is who it says. For the operator alone. */
static const char *
judge(const struct prove_claim *c, const struct known *k, bool proved)
{
	const struct transcript *t = &c->transcript;

	if (!k->device)
		return "unknown device";
	if (strcmp(k->as.center, t->center) != 0)
		return "device of another center";
	if (!k->as.enabled)
		return "disabled device";
	if (!k->key)
		return "unknown key";
	if (!k->of.live)
		return "retired key";
	if (!is_key_of(k, t->serial))
		return "key of another";
	return proved ? NULL : "wrong proof";
}

static void
log_call(const struct prove_claim *c, const char *why)
{
	const struct transcript *t = &c->transcript;
	char serial[TEXT_TOKEN_SIZE], client[TEXT_TOKEN_SIZE];
	char id[2 * KEY_ID_MAX + 1];

	text_token(t->serial, serial, sizeof(serial));
	text_token(c->client != NULL ? c->client : "-", client, sizeof(client));
	text_hex(t->key_id, t->key_id_length, id);
	log_info("line: call center=%s serial=%s key=%s client=%s: %s%s",
		t->center, serial, id, client, why == NULL ? "proved" : "",
		why != NULL ? why : "");
}

static int
check(struct gate *g, const struct prove_claim *c, struct proofs *proofs_r,
	struct error *e)
{
	struct known k = { .key = false };
	const char *why;
	bool proved;
	int rc = -1;

	if (look_up(g, &c->transcript, &k, e) == 0 &&
		proofs_make(&c->transcript, k.of.secret, k.of.length, proofs_r,
			e) == 0) {
		proved = crypto_same(c->proof, proofs_r->device, PROOF_SIZE);
		why = judge(c, &k, proved);
		log_call(c, why);
		rc = why == NULL;
	}
	wipe(&k, sizeof(k));
	return rc;
}

int
prove_check(struct gate *g, struct prove_claim *c, struct proofs *proofs_r,
	struct error *e)
{
	int rc;

	memset(proofs_r, 0, sizeof(*proofs_r));
	if (!take(g->prove, c))
		return error_set(e, ERROR_NOT_FOUND,
			"no such call has begun, or it has taken too long");
	rc = check(g, c, proofs_r, e);
	wipe(proofs_r->device, sizeof(proofs_r->device));
	if (rc != 1)
		wipe(proofs_r, sizeof(*proofs_r));
	return rc;
}
