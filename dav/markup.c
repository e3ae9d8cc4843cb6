/*
 * One state an octet. Since what begins with "<!" is refused, quotes mean what
 * they seem to in every tag, and the parser's view is this one.
 */
#include "dav/markup.h"

#include <string.h>

#include "base/text.h"

static void
enter(struct markup *m, enum markup_state state)
{
	m->state = state;
	m->length = 0;
}

static const char *
at_text(struct markup *m, char c)
{
	if (c == '<') {
		enter(m, MARKUP_OPENED);
		return NULL;
	}
	if (!m->began)
		return "does not begin with a tag";
	return ++m->length > MARKUP_TEXT_MAX ? "has a text too long" : NULL;
}

static const char *
at_opened(struct markup *m, char c)
{
	const bool first = !m->began;

	m->began = true;
	if (c == '!')
		return "has a DTD, a comment or the like";
	if (c == '?' && !first)
		return "has a processing instruction";
	m->closing = c == '/';
	m->last = c;
	enter(m, c == '?' ? MARKUP_INSTRUCTION : MARKUP_TAG);
	return NULL;
}

static const char *
end_tag(struct markup *m)
{
	if (m->closing)
		m->depth--;
	else if (m->last != '/')
		m->depth++;
	enter(m, MARKUP_TEXT);
	if (m->depth < 0)
		return "closes more than it opened";
	return m->depth > MARKUP_DEPTH_MAX ? "is too deep" : NULL;
}

static const char *
at_tag(struct markup *m, char c)
{
	if (++m->length > MARKUP_TAG_MAX)
		return "has a tag too long";
	if (m->state == MARKUP_QUOTED) {
		if (c == m->quote)
			m->state = MARKUP_TAG;
		return NULL;
	}
	if (c == '>')
		return end_tag(m);
	if (c == '<')
		return "has a tag within a tag";
	if (c == '"' || c == '\'') {
		m->quote = c;
		m->state = MARKUP_QUOTED;
	}
	m->last = c;
	return NULL;
}

/* <?xml version="1.0" encoding="utf-8"?>: the parser would believe another. */
static const char *
judge_declaration(struct markup *m)
{
	const char *at = strstr(m->declaration, "encoding");
	char quote;

	if (at == NULL)
		return NULL;
	at += strlen("encoding");
	at += strspn(at, " \t\r\n=");
	quote = *at++;
	if ((quote == '"' || quote == '\'') && strlen(at) > 5 &&
		at[5] == quote &&
		text_equal_nocase("utf-8",
			(char[]){ at[0], at[1], at[2], at[3], at[4], '\0' }))
		return NULL;
	return "is not in UTF-8";
}

static const char *
at_instruction(struct markup *m, char c)
{
	if (c == '>' && m->last == '?') {
		enter(m, MARKUP_TEXT);
		return judge_declaration(m);
	}
	if (m->length + 1 >= sizeof(m->declaration))
		return "has a declaration too long";
	m->declaration[m->length++] = c;
	m->last = c;
	return NULL;
}

static const char *
look_at(struct markup *m, char c)
{
	if (c == '\0')
		return "has a NUL";
	switch (m->state) {
	case MARKUP_TEXT:
		return at_text(m, c);
	case MARKUP_OPENED:
		return at_opened(m, c);
	case MARKUP_INSTRUCTION:
		return at_instruction(m, c);
	case MARKUP_TAG:
	case MARKUP_QUOTED:
		break;
	}
	return at_tag(m, c);
}

int
markup_look(
	struct markup *m, const char *octets, size_t length, struct error *e)
{
	const char *wrong;
	size_t i;

	for (i = 0; i < length; i++) {
		wrong = look_at(m, octets[i]);
		if (wrong != NULL)
			return error_set(
				e, ERROR_BAD, "the server's XML %s", wrong);
	}
	return 0;
}
