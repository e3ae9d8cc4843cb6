/*
 * Text in header fields: encoded words (RFC 2047), and what they share with
 * RFC 2231.
 */
#ifndef PARSER_WORD_H
#define PARSER_WORD_H

#include "base/buffer.h"
#include "base/error.h"
#include "parser/walk.h"

enum { CHARSET_NAME_SIZE = 32 };

/*
 * Appends text in UTF-8, encoded words decoded. ERROR_BAD: not of its charset,
 * or of one that is not known.
 */
int word_decode(struct span text, struct buffer *out, struct error *e);

/* The charset's name in lower case, without a language; "": none. */
void word_charset(struct span s, char charset[CHARSET_NAME_SIZE]);
/* Appends octets of that charset in UTF-8; errors as above. */
int word_convert(struct buffer *out, const char *charset,
	const struct buffer *in, struct error *e);
/* Appends octets written as mark and two digits; for '=', _ is a space. */
enum buffer_result word_unescape(struct buffer *b, struct span s, char mark);
/* Takes what stands before the next c, and c. False: there is none. */
bool word_cut(struct span *rest, char c, struct span *before_r);

#endif
