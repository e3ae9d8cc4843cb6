/*
 * The parts are texts with a NUL behind each, so that none can look like two.
 */
#include "gate/said.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

bool
said_by_maker(const struct report *report)
{
	return report->format[0] != '\0';
}

bool
said_known_alarm(const struct known *known, size_t i)
{
	return (known->alarms >> (i < ALARMS_MAX ? i : ALARMS_MAX - 1) & 1) !=
		0;
}

static enum buffer_result
add(struct buffer *b, const char *text)
{
	return buffer_append(b, text, strlen(text) + 1);
}

static int
finish(struct buffer *b, unsigned char digest[SHA256_SIZE], struct error *e)
{
	const struct crypto_span span = { b->data, b->length };

	return crypto_sha256(&span, 1, digest, e);
}

/* As exact as it was written; a moment is the same in whatever zone. */
static void
write_date(const struct report *report, char out[REPORT_DATE_SIZE])
{
	if (report->precision == PRECISION_MOMENT)
		text_time(report->earliest, out);
	else
		(void)text_copy(out, REPORT_DATE_SIZE, report->date);
}

static int
digest_reading(const char *serial, const struct report *report,
	unsigned char digest[SHA256_SIZE], struct error *e)
{
	char date[REPORT_DATE_SIZE], value[32];
	struct buffer b = { 0 };
	enum buffer_result bad;
	int rc;

	write_date(report, date);
	bad = add(&b, "reading") | add(&b, serial) | add(&b, date);
	for (size_t i = 0; i < report->counter_count; i++) {
		text_format(value, sizeof(value), "%lld",
			(long long)report->counters[i].value);
		bad |= add(&b, report->counters[i].name) | add(&b, value);
	}
	rc = bad != BUFFER_OK ? error_memory(e) : finish(&b, digest, e);
	buffer_clear(&b);
	return rc;
}

static enum buffer_result
add_alarm(struct buffer *b, const struct report *report, size_t i)
{
	const struct alarm *a = &report->alarms[i];
	char date[REPORT_DATE_SIZE];

	write_date(report, date);
	return add(b, a->code) | add(b, a->on ? "on" : "off") |
		add(b, a->since != NULL ? a->since : date);
}

static int
digest_alarms(const char *serial, const struct report *report, size_t from,
	size_t to, unsigned char digest[SHA256_SIZE], struct error *e)
{
	struct buffer b = { 0 };
	enum buffer_result bad = add(&b, "alarm") | add(&b, serial);
	int rc;

	for (size_t i = from; i < to; i++)
		bad |= add_alarm(&b, report, i);
	rc = bad != BUFFER_OK ? error_memory(e) : finish(&b, digest, e);
	buffer_clear(&b);
	return rc;
}

/* Alarms have a date each, or all have the report's. */
static bool
alarms_dated(const struct report *report)
{
	for (size_t i = 0; i < report->alarm_count; i++)
		if (report->alarms[i].since == NULL && report->date[0] == '\0')
			return false;
	return true;
}

int
said_digest(const char *serial, const struct report *report,
	struct said *said_r, struct error *e)
{
	size_t count = report->alarm_count, to;

	said_r->reading = report->date[0] != '\0' && report->counter_count > 0;
	said_r->alarm_count = 0;
	if (!alarms_dated(report)) {
		said_r->reading = false;
		return 0;
	}
	if (said_r->reading &&
		digest_reading(serial, report, said_r->digest, e) == -1)
		return -1;
	for (size_t i = 0; i < count && i < ALARMS_MAX; i++) {
		to = i == ALARMS_MAX - 1 ? count : i + 1;
		if (digest_alarms(
			    serial, report, i, to, said_r->alarms[i], e) == -1)
			return -1;
		said_r->alarm_count++;
	}
	return 0;
}
