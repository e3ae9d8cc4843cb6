/*
 * What structured header fields are made of (RFC 5322, 3.2; RFC 2045, 5.1),
 * taken from the front of a value, folded as it stands in the mail.
 */
#ifndef PARSER_FIELD_H
#define PARSER_FIELD_H

#include "parser/walk.h"

/* Drops white space and comments. One that does not end is the rest. */
void field_skip(struct span *rest);
/* These skip first. False: what comes next is something else, not taken. */
bool field_char(struct span *rest, char c);
bool field_token(struct span *rest, struct span *token_r);
/* raw_r: what stands between the quotes, quoted pairs as they are. */
bool field_quoted(struct span *rest, struct span *raw_r);

/* One parameter, ";name*section*=value". */
struct parameter {
	struct span name;  /* without what follows an asterisk */
	struct span value; /* as written, without its quotes */
	bool quoted;       /* it had some */
	bool extended;     /* an asterisk at the end: octets in a charset */
	int section;       /* RFC 2231, 3; -1: not in sections */
};

/* What cannot be read as a parameter is skipped. False: no more. */
bool field_parameter(struct span *rest, struct parameter *p_r);

#endif
