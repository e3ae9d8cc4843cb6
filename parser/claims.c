/*
 * The three names that a message is judged by. Everybody who reads one, from a
 * header field, a report, a command line or a file, comes through here, so
 * that there is one syntax and one way to compare.
 */
#include "parser/claims.h"

#include <string.h>

#include "base/text.h"

typedef bool check_fn(unsigned char c);

static bool
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z');
}

static bool
is_center(unsigned char c)
{
	return is_alnum(c) || c == '-';
}

static bool
is_serial(unsigned char c)
{
	return c > 0x20 && c < 0x7f;
}

/* Copies text if it has min to max octets, each of the kind. */
static bool
copy_name(const char *text, size_t length, size_t min, size_t max,
	check_fn *check, char *out)
{
	out[0] = '\0';
	if (length < min || length > max)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!check((unsigned char)text[i]))
			return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

bool
claims_center(const char *text, size_t length, char out[CENTER_ID_SIZE])
{
	bool ok =
		copy_name(text, length, 1, CENTER_ID_SIZE - 1, is_center, out);

	text_upper(out);
	return ok;
}

bool
claims_serial(const char *text, size_t length, char out[SERIAL_SIZE])
{
	bool ok = copy_name(text, length, 1, SERIAL_SIZE - 1, is_serial, out);

	text_upper(out);
	return ok;
}

bool
claims_email_id(const char *text, size_t length, char out[EMAIL_ID_SIZE])
{
	bool ok = copy_name(text, length, 26, EMAIL_ID_SIZE - 1, is_alnum, out);

	text_lower(out);
	return ok;
}

/* Was the claim there already? Then it is worth nothing any more. */
static bool
doubled(enum claim_state *state, char *text)
{
	if (*state == CLAIM_ABSENT)
		return false;
	*state = CLAIM_DOUBLED;
	text[0] = '\0';
	return true;
}

void
claims_take_center(struct claims *c, const char *text, size_t length)
{
	if (!doubled(&c->center_state, c->center))
		c->center_state = claims_center(text, length, c->center)
			? CLAIM_PRESENT
			: CLAIM_INVALID;
}

void
claims_take_serial(struct claims *c, const char *text, size_t length)
{
	if (!doubled(&c->serial_state, c->serial))
		c->serial_state = claims_serial(text, length, c->serial)
			? CLAIM_PRESENT
			: CLAIM_INVALID;
}

void
claims_take_email_id(struct claims *c, const char *text, size_t length)
{
	if (!doubled(&c->email_id_state, c->email_id))
		c->email_id_state = claims_email_id(text, length, c->email_id)
			? CLAIM_PRESENT
			: CLAIM_INVALID;
}

static bool
agree(enum claim_state a_state, const char *a, enum claim_state b_state,
	const char *b)
{
	if (a_state == CLAIM_DOUBLED || a_state == CLAIM_INVALID ||
		b_state == CLAIM_DOUBLED || b_state == CLAIM_INVALID)
		return false;
	return a_state == CLAIM_ABSENT || b_state == CLAIM_ABSENT ||
		strcmp(a, b) == 0;
}

bool
claims_agree(
	const struct claims *a, const struct claims *b, const char **what_r)
{
	if (!agree(a->center_state, a->center, b->center_state, b->center))
		*what_r = "center ID";
	else if (!agree(a->serial_state, a->serial, b->serial_state, b->serial))
		*what_r = "serial";
	else if (!agree(a->email_id_state, a->email_id, b->email_id_state,
			 b->email_id))
		*what_r = "Email-ID";
	else
		return true;
	return false;
}

static void
complete(enum claim_state *into_state, char *into, enum claim_state from_state,
	const char *from)
{
	if (*into_state != CLAIM_ABSENT)
		return;
	*into_state = from_state;
	strcpy(into, from);
}

void
claims_complete(struct claims *into, const struct claims *from)
{
	complete(&into->center_state, into->center, from->center_state,
		from->center);
	complete(&into->serial_state, into->serial, from->serial_state,
		from->serial);
	complete(&into->email_id_state, into->email_id, from->email_id_state,
		from->email_id);
}
