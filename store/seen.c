/*
 * The octets come first: an MTA's retry stays a duplicate when a format file
 * has learnt to read more of it since.
 */
#include "store/seen.h"

#include "store/meta.h"
#include "store/purge.h"
#include "store/rows.h"

/* What schema 1 remembered has no domain; it is gone once that has expired. */
static int
find_content(struct db_txn *t, const struct admission *a, struct seen_row *row,
	struct error *e)
{
	int found = rows_seen(t, a->digest, row, e);
	uint64_t last;

	if (found != 0)
		return found;
	if (meta_number(t, META_BARE_DIGESTS, 0, &last, e) == -1)
		return -1;
	return last == 0 ? 0 : rows_seen(t, a->bare, row, e);
}

/* Of several alarms that were admitted apart, the number is the last one's. */
static int
find_alarms(struct db_txn *t, const struct said *said, struct seen *seen,
	struct error *e)
{
	struct seen_row row;
	int found;

	for (size_t i = 0; i < said->alarm_count; i++) {
		found = rows_seen(t, said->alarms[i], &row, e);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		seen->known.alarms |= UINT32_C(1) << i;
		if (!seen->known.reading)
			seen->sequence = row.sequence;
	}
	return 0;
}

static uint32_t
all_alarms(const struct said *said)
{
	return (uint32_t)((UINT64_C(1) << said->alarm_count) - 1);
}

static int
find_said(struct db_txn *t, const struct said *said, struct seen *seen,
	struct error *e)
{
	struct seen_row row;
	int found = said->reading ? rows_seen(t, said->digest, &row, e) : 0;

	if (found < 0)
		return -1;
	seen->known.reading = found == 1;
	seen->sequence = found == 1 ? row.sequence : 0;
	if (find_alarms(t, said, seen, e) == -1)
		return -1;
	seen->by_said = seen->known.reading == said->reading &&
		seen->known.alarms == all_alarms(said) &&
		(said->reading || said->alarm_count > 0);
	seen->duplicate = seen->by_said;
	if (!seen->known.reading && !seen->duplicate)
		seen->sequence = 0;
	return 0;
}

int
seen_find(struct db_txn *t, const struct admission *a, struct seen *seen_r,
	struct error *e)
{
	struct seen_row row;
	int found = find_content(t, a, &row, e);

	*seen_r = (struct seen){ .duplicate = found == 1 };
	if (found == 1)
		seen_r->sequence = row.sequence;
	if (found != 0)
		return found < 0 ? -1 : 0;
	return a->said != NULL ? find_said(t, a->said, seen_r, e) : 0;
}

/* The date that is forgotten with the content. One that cannot be right yet
 * says nothing of what will be forgotten then. */
static int64_t
forgotten_date(const struct admission *a)
{
	return a->dated && a->latest > 0 && a->earliest <= a->now + a->skew
		? a->latest
		: 0;
}

static int
put(struct db_txn *t, const struct seen_row *row,
	const unsigned char digest[SHA256_SIZE], struct error *e)
{
	struct octets key = { digest, SHA256_SIZE }, value;
	struct packer p = rows_pack_seen(row);

	value = pack_row(&p);
	if (db_put(t, TABLE_SEEN, &key, &value, e) == -1)
		return -1;
	return purge_later(
		t, row->expires, EXPIRY_SEEN, digest, SHA256_SIZE, e);
}

static struct seen_row
row_of(const struct admission *a, uint64_t sequence, int64_t expires)
{
	return (struct seen_row){ .domain = a->domain,
		.sequence = sequence,
		.latest = forgotten_date(a),
		.expires = expires };
}

int
seen_put_octets(struct db_txn *t, const struct admission *a, uint64_t sequence,
	int64_t expires, struct error *e)
{
	const struct seen_row row = row_of(a, sequence, expires);

	return put(t, &row, a->digest, e);
}

int
seen_put(struct db_txn *t, const struct admission *a, uint64_t sequence,
	int64_t expires, struct error *e)
{
	const struct said *said = a->said;
	const struct seen_row row = row_of(a, sequence, expires);

	if (put(t, &row, a->digest, e) == -1)
		return -1;
	if (said == NULL)
		return 0;
	if (said->reading && !a->known.reading &&
		put(t, &row, said->digest, e) == -1)
		return -1;
	for (size_t i = 0; i < said->alarm_count; i++)
		if ((a->known.alarms >> i & 1) == 0 &&
			put(t, &row, said->alarms[i], e) == -1)
			return -1;
	return 0;
}
