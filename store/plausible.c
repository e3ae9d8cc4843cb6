/*
 * Rows of readings stand in order of date: what is just before this one's place
 * is the previous reading, and whatever stands behind it was admitted earlier
 * though it is dated later.
 */
#include "store/plausible.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "store/flag.h"
#include "store/reading_rows.h"
#include "store/rows.h"

enum {
	HOUR = 3600,
	DAY = 24 * HOUR, /* seconds */
	ROWS_MAX = 32,   /* looked at before and behind */
	INTERVALS = 8,   /* of its history, and at least */
	INTERVALS_MIN = 4,
	TIMES = 10,  /* its greatest rate, and more than that by */
	MORE = 1000, /* pages a day */
	SMALL = 100  /* what is not more says nothing of a reset */
};

/* What a reading and an earlier one have in common. */
struct shared {
	size_t count;   /* of counters of csrc-report(5)'s names */
	size_t large;   /* of these, that were more than SMALL, */
	size_t emptied; /* and are less than a hundredth now */
	size_t fell, rolled;
	int64_t most;     /* pages more, of the one that rose most */
	const char *name; /* which that is; NULL: none rose */
};

struct look {
	const struct admission *a;
	struct octets prefix;
	struct reading *reading;
	struct plausible *p;
	int64_t when; /* of this reading */
	unsigned int rows;
	bool found; /* the neighbour */
	/* Of the history, while it is walked back. */
	int64_t rate;            /* pages a day, of this reading */
	const char *name;        /* of which counter */
	int64_t later, later_at; /* its value in the row that is behind */
	int64_t greatest;        /* rate */
	unsigned int intervals;
	struct error *e;
};

/* Is it one of csrc-report(5)'s, or below one? Others may be no counts. */
static bool
is_count(const char *name)
{
	static const char *const names[] = { "total", "copy", "print", "fax",
		"scan", "duplex" };
	const size_t length = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length &&
			memcmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* Seconds as days that have begun; at least one. */
static int64_t
days_of(int64_t seconds)
{
	return seconds <= DAY ? 1 : (seconds + DAY - 1) / DAY;
}

/* a * b, which are not negative, as far as there are numbers. */
static int64_t
times(int64_t a, int64_t b)
{
	int64_t product;

	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* Would it be up to most pages more, had it begun anew at a power of ten? */
static bool
rolled_over(int64_t before, int64_t now, int64_t most)
{
	static const int64_t ends[] = { 10000000, 100000000 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (before < ends[i] && before >= ends[i] / 10 * 9 &&
			ends[i] - before + now <= most)
			return true;
	return false;
}

static void
share(struct shared *s, const struct counter *now, int64_t before, int64_t most)
{
	s->count++;
	if (before > SMALL) {
		s->large++;
		s->emptied += now->value < before / 100;
	}
	if (now->value < before) {
		s->fell++;
		s->rolled += rolled_over(before, now->value, most);
	} else if (now->value - before > s->most) {
		s->most = now->value - before;
		s->name = now->name;
	}
}

static enum buffer_result
write_counter(struct buffer *out, const char *name, int64_t value)
{
	return buffer_format(out, "%s\"%s\":%lld", out->length > 0 ? "," : "",
		name, (long long)value);
}

/* Both are in order of name. earlier and difference get the counters that both
 * have, as JSON. */
static enum buffer_result
compare(const struct admission *a, const struct reading *r, int64_t most,
	struct shared *s, struct buffer *earlier, struct buffer *difference)
{
	enum buffer_result bad = BUFFER_OK;
	size_t i = 0, j = 0;
	int order;

	while (i < a->counter_count && j < r->counter_count) {
		order = strcmp(a->counters[i].name, r->counters[j].name);
		if (order == 0) {
			bad |= write_counter(earlier, r->counters[j].name,
				r->counters[j].value);
			bad |= write_counter(difference, a->counters[i].name,
				a->counters[i].value - r->counters[j].value);
			if (is_count(a->counters[i].name))
				share(s, &a->counters[i], r->counters[j].value,
					most);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return bad;
}

/* A neighbour as a member: its number, its date as exactly as it is known, and
 * the counters that both have. */
static enum buffer_result
write_neighbour(struct buffer *out, const char *name, const struct reading *r,
	const struct buffer *counters)
{
	char date[TEXT_TIME_SIZE];

	reading_date(r, date);
	return buffer_format(out,
		",\"%s\":{\"sequence\":%llu,\"date\":\"%s\",\"counters\":{%s}}",
		name, (unsigned long long)r->sequence, date,
		counters->length > 0 ? (const char *)counters->data : "");
}

static bool
model_changed(const struct look *l)
{
	return l->a->model[0] != '\0' && l->reading->model[0] != '\0' &&
		strcasecmp(l->a->model, l->reading->model) != 0;
}

/* What the difference to the previous reading says. */
static void
flag_difference(struct look *l, const struct shared *s, int64_t most)
{
	unsigned int *flags = &l->p->flags;

	if (model_changed(l))
		*flags |= FLAG_MODEL;
	if (s->fell > 0) {
		*flags |= FLAG_FELL;
		*flags |= s->rolled == s->fell      ? FLAG_ROLLOVER
			: s->emptied > s->large / 2 ? FLAG_RESET
						    : 0;
		*flags |= model_changed(l) ? FLAG_REPLACED : 0;
	}
	if (s->most > most)
		*flags |= FLAG_JUMP;
}

/* The row just before: all is held against it, and its history begins there. */
static enum buffer_result
take_previous(struct look *l)
{
	const struct reading *r = l->reading;
	const int64_t days = days_of(l->when - r->earliest);
	const int64_t most = l->a->max_pages_per_day != 0
		? times(l->a->max_pages_per_day, days)
		: INT64_MAX;
	struct buffer earlier = { 0 }, difference = { 0 };
	struct shared s = { 0 };
	enum buffer_result bad =
		compare(l->a, r, most, &s, &earlier, &difference);

	flag_difference(l, &s, most);
	bad |= write_neighbour(&l->p->members, "previous", r, &earlier);
	bad |= buffer_format(&l->p->members, ",\"difference\":{%s}",
		difference.length > 0 ? (const char *)difference.data : "");
	l->name = s.name;
	l->rate = s.most / days;
	buffer_clear(&earlier);
	buffer_clear(&difference);
	return bad;
}

/* The value of the counter that is walked back; -1: the row has none. */
static int64_t
value_of(const struct reading *r, const char *name)
{
	for (size_t i = 0; name != NULL && i < r->counter_count; i++)
		if (strcmp(r->counters[i].name, name) == 0)
			return r->counters[i].value;
	return -1;
}

/* How fast it counted between this row and the one behind it. */
static void
take_interval(struct look *l, int64_t value)
{
	const int64_t seconds = l->later_at - l->reading->earliest;
	int64_t rate;

	if (seconds < HOUR || value > l->later)
		return;
	rate = times(l->later - value, DAY) / seconds;
	if (rate > l->greatest)
		l->greatest = rate;
	l->intervals++;
}

static bool
is_other(const struct look *l, const struct octets *key)
{
	return key->length < l->prefix.length ||
		memcmp(key->data, l->prefix.data, l->prefix.length) != 0;
}

/* Is it one that a reading is held against? */
static bool
is_neighbour(const struct look *l)
{
	return l->reading->same_as == 0 &&
		(l->reading->counts || !l->a->counts);
}

static int
look_back(const struct octets *key, const struct octets *value, void *arg)
{
	struct look *l = arg;
	int64_t v;

	if (is_other(l, key) || l->rows++ == ROWS_MAX)
		return 1;
	if (!reading_read(key, value, l->reading))
		return rows_damaged(TABLE_READINGS, l->e);
	if (!is_neighbour(l))
		return 0;
	if (!l->found && take_previous(l) != BUFFER_OK)
		return error_memory(l->e);
	v = value_of(l->reading, l->name);
	if (l->found && v >= 0)
		take_interval(l, v);
	l->found = true;
	l->later = v;
	l->later_at = l->reading->earliest;
	return v < 0 || l->intervals == INTERVALS ? 1 : 0;
}

/* Far above its own history? Days that it was silent are counted. */
static bool
outruns(const struct look *l)
{
	return l->intervals >= INTERVALS_MIN &&
		l->rate > times(l->greatest, TIMES) &&
		l->rate - l->greatest > MORE;
}

static int
look_ahead(const struct octets *key, const struct octets *value, void *arg)
{
	struct buffer counters = { 0 }, difference = { 0 };
	struct look *l = arg;
	struct shared s = { 0 };
	enum buffer_result bad;

	if (is_other(l, key) || l->rows++ == ROWS_MAX)
		return 1;
	if (!reading_read(key, value, l->reading))
		return rows_damaged(TABLE_READINGS, l->e);
	if (!is_neighbour(l))
		return 0;
	l->p->flags |= FLAG_ORDER;
	bad = compare(l->a, l->reading, INT64_MAX, &s, &counters, &difference);
	bad |= write_neighbour(&l->p->members, "next", l->reading, &counters);
	buffer_clear(&counters);
	buffer_clear(&difference);
	return bad == BUFFER_OK ? 1 : error_memory(l->e);
}

/* -1: it does not have it. */
static int64_t
counter_of(const struct admission *a, const char *name)
{
	for (size_t i = 0; i < a->counter_count; i++)
		if (strcmp(a->counters[i].name, name) == 0)
			return a->counters[i].value;
	return -1;
}

/* Are there more of the parts together than of the whole? */
static bool
exceeds(const struct admission *a, const char *whole, const char *one,
	const char *other)
{
	const int64_t all = counter_of(a, whole), x = counter_of(a, one),
		      y = counter_of(a, other);

	return all >= 0 && (x > 0 ? x : 0) + (y > 0 ? y : 0) > all;
}

static bool
parts_exceed(const struct admission *a)
{
	return exceeds(a, "total", "total.black", "total.color") ||
		exceeds(a, "total", "copy", "print") ||
		exceeds(a, "copy", "copy.black", "copy.color") ||
		exceeds(a, "print", "print.black", "print.color") ||
		exceeds(a, "fax", "fax.send", "fax.receive");
}

static bool
all_zero(const struct admission *a)
{
	size_t counts = 0;

	for (size_t i = 0; i < a->counter_count; i++) {
		if (!is_count(a->counters[i].name))
			continue;
		if (a->counters[i].value != 0)
			return false;
		counts++;
	}
	return counts > 0;
}

int
plausible_judge(struct db_txn *t, const struct admission *a, const char *serial,
	uint64_t sequence, struct plausible *p, struct error *e)
{
	struct reading_place place = reading_place(a, serial, sequence);
	struct look l = { .a = a,
		.prefix = { place.octets, strlen(serial) + 1 },
		.p = p,
		.when = place.when,
		.e = e };
	const struct octets key = { place.octets, place.length };
	int rc = -1;

	l.reading = malloc(sizeof(*l.reading));
	if (l.reading == NULL)
		return error_memory(e);
	if (parts_exceed(a))
		p->flags |= FLAG_SUM;
	if (all_zero(a))
		p->flags |= FLAG_ZERO;
	if (db_scan_back(t, TABLE_READINGS, &key, look_back, &l, e) < 0)
		goto out;
	if (outruns(&l))
		p->flags |= FLAG_JUMP;
	l.rows = 0;
	if (db_scan(t, TABLE_READINGS, &key, look_ahead, &l, e) < 0)
		goto out;
	rc = 0;
out:
	free(l.reading);
	return rc;
}
