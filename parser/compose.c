/*
 * Everything that leaves in a header goes through compose_field, which would
 * rather refuse a value than repair it: a line break let through is a header
 * field, or a body, that somebody else wrote.
 */
#include "parser/compose.h"

#include <stdbool.h>
#include <string.h>

#include "parser/base64.h"

enum {
	LINE_MAX_OCTETS = 998, /* RFC 5322, 2.1.1, CRLF not counted */
	LINE_OCTETS = 57,      /* as base64: 76 characters, RFC 2045, 6.8 */
	LINE_SIZE = 76 + 2
};

static int
result(enum buffer_result r, struct error *e)
{
	switch (r) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(
			e, ERROR_TROUBLE, "no room for the mail to be made");
	case BUFFER_NOMEM:
		break;
	}
	return error_memory(e);
}

/* Of octets from first to last alone, and not empty? */
static bool
made_of(const char *text, unsigned char first, unsigned char last)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0';
		at++)
		if (*at < first || *at > last)
			return false;
	return *text != '\0';
}

int
compose_field(struct buffer *mail, const char *name, const char *value,
	struct error *e)
{
	size_t length = strlen(value);

	if (!made_of(name, '!', '~') || strchr(name, ':') != NULL)
		return error_set(e, ERROR_BAD, "no name of a header field");
	if (!made_of(value, ' ', '~') || value[0] == ' ' ||
		value[length - 1] == ' ')
		return error_set(e, ERROR_BAD,
			"the value of %s is empty or has other characters than "
			"printable ASCII",
			name);
	if (strlen(name) + 2 + length > LINE_MAX_OCTETS)
		return error_set(e, ERROR_BAD,
			"the value of %s is too long for a line", name);
	return result(buffer_format(mail, "%s: %s\r\n", name, value), e);
}

int
compose_claims(
	struct buffer *mail, const struct claims *claims, struct error *e)
{
	const struct {
		const char *name;
		enum claim_state state;
		const char *value;
	} rows[] = {
		{ "CSRC-Center-ID", claims->center_state, claims->center },
		{ "CSRC-Device-Serial", claims->serial_state, claims->serial },
		{ "CSRC-Email-ID", claims->email_id_state, claims->email_id },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].state == CLAIM_PRESENT &&
			compose_field(mail, rows[i].name, rows[i].value, e))
			return -1;
	return 0;
}

/* Not by strftime, whose names follow the locale. */
int
compose_date(struct buffer *mail, time_t when, struct error *e)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm t;

	if (gmtime_r(&when, &t) == NULL)
		return error_set(e, ERROR_TROUBLE, "no such date");
	return result(buffer_format(mail,
			      "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
			      days[t.tm_wday], t.tm_mday, months[t.tm_mon],
			      t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec),
		e);
}

const struct compose_smime compose_smime[COMPOSE_SMIME_FIELDS] = {
	{ "MIME-Version", "1.0" },
	{ "Content-Type",
		"application/pkcs7-mime; smime-type=authEnveloped-data; "
		"name=\"smime.p7m\"" },
	{ "Content-Transfer-Encoding", "base64" },
	{ "Content-Disposition", "attachment; filename=\"smime.p7m\"" },
};

int
compose_base64(
	struct buffer *body, const void *der, size_t length, struct error *e)
{
	const unsigned char *octets = der;
	char line[LINE_SIZE];
	size_t part, size;

	for (size_t at = 0; at < length; at += part) {
		part = length - at < LINE_OCTETS ? length - at : LINE_OCTETS;
		size = base64_size(part);
		base64_encode(octets + at, part, line);
		memcpy(line + size, "\r\n", 2);
		if (result(buffer_append(body, line, size + 2), e))
			return -1;
	}
	return 0;
}

int
compose_sealed(
	struct buffer *mail, const void *der, size_t length, struct error *e)
{
	for (size_t i = 0; i < COMPOSE_SMIME_FIELDS; i++)
		if (compose_field(mail, compose_smime[i].name,
			    compose_smime[i].value, e))
			return -1;
	if (result(buffer_text(mail, "\r\n"), e))
		return -1;
	return compose_base64(mail, der, length, e);
}
