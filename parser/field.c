/*
 * Each octet is looked at a fixed number of times, comments are counted, not
 * recursed into: this runs on what strangers send.
 */
#include "parser/field.h"

#include <string.h>

enum { SECTIONS_MAX = 1000 }; /* a number beyond is none */

static void
drop(struct span *s, size_t length)
{
	s->at += length;
	s->length -= length;
}

/* rest begins with a parenthesis. */
static void
skip_comment(struct span *rest)
{
	size_t depth = 0;
	unsigned char c;

	do {
		c = rest->at[0];
		drop(rest, c == '\\' && rest->length > 1 ? 2 : 1);
		depth += c == '(';
		depth -= c == ')';
	} while (depth > 0 && rest->length > 0);
}

void
field_skip(struct span *rest)
{
	while (rest->length > 0) {
		if (rest->at[0] == '(')
			skip_comment(rest);
		else if (span_is_white(rest->at[0]))
			drop(rest, 1);
		else
			break;
	}
}

bool
field_char(struct span *rest, char c)
{
	field_skip(rest);
	if (rest->length == 0 || rest->at[0] != (unsigned char)c)
		return false;
	drop(rest, 1);
	return true;
}

static bool
is_token(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

bool
field_token(struct span *rest, struct span *token_r)
{
	field_skip(rest);
	token_r->at = rest->at;
	while (rest->length > 0 && is_token(rest->at[0]))
		drop(rest, 1);
	token_r->length = (size_t)(rest->at - token_r->at);
	return token_r->length > 0;
}

bool
field_quoted(struct span *rest, struct span *raw_r)
{
	struct span s;

	field_skip(rest);
	s = *rest;
	if (s.length == 0 || s.at[0] != '"')
		return false;
	drop(&s, 1);
	raw_r->at = s.at;
	while (s.length > 0 && s.at[0] != '"')
		drop(&s, s.at[0] == '\\' && s.length > 1 ? 2 : 1);
	if (s.length == 0)
		return false;
	raw_r->length = (size_t)(s.at - raw_r->at);
	drop(&s, 1);
	*rest = s;
	return true;
}

/*
 * A value without quotes ends, strictly, at the first special; many programs
 * forget the quotes. So it goes on up to the semicolon, or to a comment that
 * has white space before it.
 */
static struct span
bare_value(struct span *rest)
{
	struct span value;
	bool white = true;

	field_skip(rest);
	value.at = rest->at;
	while (rest->length > 0 && rest->at[0] != ';' &&
		!(white && rest->at[0] == '(')) {
		white = span_is_white(rest->at[0]);
		drop(rest, 1);
	}
	value.length = (size_t)(rest->at - value.at);
	return span_trim(value);
}

/* Up to the semicolon before the next parameter. */
static void
skip_parameter(struct span *rest)
{
	struct span ignored;

	field_skip(rest);
	while (rest->length > 0 && rest->at[0] != ';') {
		if (rest->at[0] != '"')
			drop(rest, 1);
		else if (!field_quoted(rest, &ignored))
			drop(rest, rest->length); /* it never ends */
		field_skip(rest);
	}
}

/* Splits "name*12*" into its three. */
static void
split_name(struct parameter *p)
{
	const unsigned char *star = memchr(p->name.at, '*', p->name.length);
	const unsigned char *end = p->name.at + p->name.length;

	p->section = -1;
	p->extended = star != NULL && end[-1] == '*';
	if (star == NULL)
		return;
	p->name.length = (size_t)(star - p->name.at);
	for (star++; star < end && *star >= '0' && *star <= '9'; star++)
		if (p->section < SECTIONS_MAX)
			p->section = (p->section < 0 ? 0 : p->section * 10) +
				(*star - '0');
}

bool
field_parameter(struct span *rest, struct parameter *p_r)
{
	for (;;) {
		skip_parameter(rest);
		if (!field_char(rest, ';'))
			return false;
		if (!field_token(rest, &p_r->name) || !field_char(rest, '='))
			continue;
		split_name(p_r);
		p_r->quoted = field_quoted(rest, &p_r->value);
		if (!p_r->quoted)
			p_r->value = bare_value(rest);
		return true;
	}
}
