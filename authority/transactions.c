/*
 * See transactions.h. There are so few that they are looked for one by one.
 */
#include "authority/transactions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cmp.h>

#include "base/clock.h"
#include "base/text.h"

enum { LEFT_MAX = 1024 };

/* What one that is gone has left held; no owner: nothing. */
struct left {
	char owner[CERTIFICATE_NUMBER_SIZE];
	char name[CMP_TRANSACTION_SIZE];
};

struct transactions {
	pthread_mutex_t mutex;
	int64_t seconds;
	size_t most;
	struct transaction **open; /* most of them; NULL: free */
	struct left left[LEFT_MAX];
	size_t next; /* the oldest of these */
};

static void
transaction_free(struct transaction *one)
{
	OSSL_CMP_SRV_CTX_free(one->context);
	buffer_clear(&one->answer);
	free(one);
}

struct transactions *
transactions_new(size_t most, int64_t seconds)
{
	struct transactions *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->open = calloc(most, sizeof(t->open[0]));
	if (t->open == NULL) {
		free(t);
		return NULL;
	}
	pthread_mutex_init(&t->mutex, NULL);
	t->most = most;
	t->seconds = seconds;
	return t;
}

void
transactions_free(struct transactions **transactions)
{
	struct transactions *t = *transactions;

	*transactions = NULL;
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->most; i++)
		if (t->open[i] != NULL)
			transaction_free(t->open[i]);
	pthread_mutex_destroy(&t->mutex);
	free(t->open);
	free(t);
}

/* With the mutex: */
static struct transaction **
find(struct transactions *t, const char *name)
{
	for (size_t i = 0; i < t->most; i++)
		if (t->open[i] != NULL && strcmp(t->open[i]->name, name) == 0)
			return &t->open[i];
	return NULL;
}

static void
end(struct transaction **place)
{
	transaction_free(*place);
	*place = NULL;
}

static void
end_old(struct transactions *t)
{
	const int64_t now = clock_seconds();

	for (size_t i = 0; i < t->most; i++)
		if (t->open[i] != NULL && !t->open[i]->taken &&
			t->open[i]->ends <= now)
			end(&t->open[i]);
}

static struct transaction **
find_free(struct transactions *t)
{
	for (size_t i = 0; i < t->most; i++)
		if (t->open[i] == NULL)
			return &t->open[i];
	return NULL;
}

static int
open_one(struct transactions *t, const char *name, struct error *e)
{
	struct transaction **place;

	end_old(t);
	if (find(t, name) != NULL)
		return error_set(
			e, ERROR_EXISTS, "a transaction of that name is open");
	place = find_free(t);
	if (place == NULL)
		return error_set(e, ERROR_TROUBLE,
			"%zu transactions are open already", t->most);
	*place = calloc(1, sizeof(**place));
	if (*place == NULL)
		return error_memory(e);
	(void)text_copy((*place)->name, sizeof((*place)->name), name);
	(*place)->ends = clock_seconds() + t->seconds;
	(*place)->taken = true;
	return 0;
}

int
transactions_open(struct transactions *t, const char *name,
	struct transaction **transaction_r, struct error *e)
{
	int rc;

	pthread_mutex_lock(&t->mutex);
	rc = open_one(t, name, e);
	*transaction_r = rc == 0 ? *find(t, name) : NULL;
	pthread_mutex_unlock(&t->mutex);
	return rc;
}

static int
take(struct transactions *t, const char *name, struct transaction **one_r,
	struct error *e)
{
	struct transaction **place;

	end_old(t);
	place = find(t, name);
	if (place == NULL)
		return error_set(e, ERROR_NOT_FOUND, "no such transaction");
	if ((*place)->taken)
		return error_set(e, ERROR_TROUBLE,
			"the transaction's last message is still being "
			"answered");
	(*place)->taken = true;
	*one_r = *place;
	return 0;
}

int
transactions_take(struct transactions *t, const char *name,
	struct transaction **transaction_r, struct error *e)
{
	int rc;

	*transaction_r = NULL;
	pthread_mutex_lock(&t->mutex);
	rc = take(t, name, transaction_r, e);
	pthread_mutex_unlock(&t->mutex);
	return rc;
}

void
transactions_give_back(struct transactions *t, struct transaction *one)
{
	pthread_mutex_lock(&t->mutex);
	one->taken = false;
	one->exchange = NULL;
	for (size_t i = 0; i < t->most; i++)
		if (t->open[i] != NULL && t->open[i] != one &&
			!t->open[i]->taken &&
			strcmp(t->open[i]->owner, one->owner) == 0)
			end(&t->open[i]);
	pthread_mutex_unlock(&t->mutex);
}

void
transactions_end(struct transactions *t, struct transaction *one)
{
	pthread_mutex_lock(&t->mutex);
	end(find(t, one->name));
	pthread_mutex_unlock(&t->mutex);
}

void
transactions_leave(struct transactions *t, const char *owner, const char *name)
{
	struct left *place;

	pthread_mutex_lock(&t->mutex);
	place = &t->left[t->next++ % LEFT_MAX];
	(void)text_copy(place->owner, sizeof(place->owner), owner);
	(void)text_copy(place->name, sizeof(place->name), name);
	pthread_mutex_unlock(&t->mutex);
}

bool
transactions_left(struct transactions *t, const char *owner,
	char name_r[CMP_TRANSACTION_SIZE])
{
	bool found = false;

	pthread_mutex_lock(&t->mutex);
	for (size_t i = 0; i < LEFT_MAX && !found; i++)
		if (strcmp(t->left[i].owner, owner) == 0) {
			memcpy(name_r, t->left[i].name, CMP_TRANSACTION_SIZE);
			t->left[i].owner[0] = '\0';
			found = true;
		}
	pthread_mutex_unlock(&t->mutex);
	return found;
}

size_t
transactions_count(struct transactions *t)
{
	size_t count = 0;

	pthread_mutex_lock(&t->mutex);
	for (size_t i = 0; i < t->most; i++)
		count += t->open[i] != NULL;
	pthread_mutex_unlock(&t->mutex);
	return count;
}
