/*
 * Every bound that hostile mail meets, in one struct. All are inclusive: a
 * value equal to the limit passes, one more fails.
 */
#ifndef PARSER_LIMITS_H
#define PARSER_LIMITS_H

#include <stdint.h>

struct limits {
	int64_t message_size;  /* octets of a whole mail, header and body */
	int64_t header_size;   /* octets of one entity's header */
	int64_t header_fields; /* fields in one entity's header */
	int64_t line_length;   /* octets of one line, CRLF not counted; of
				  headers, text and multiparts: other content
				  alone in a mail is not made of lines */
	int64_t parts;         /* MIME entities in a mail, at all depths, but
				  for mails in it */
	int64_t pieces;        /* mails in a mail */
	int64_t reports;       /* in a mail */
	int64_t depth;         /* nesting of multiparts; JSON: of values */
	int64_t report_size;   /* octets of one decoded report */
};

/* The defaults of csrc-milter.conf(5), for who has no configuration. */
extern const struct limits limits_default;

#endif
