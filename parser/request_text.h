/*
 * What is written in a request: what a center asks of a device, as JSON in a
 * sealed entity (csrc-message(5)). Written by the gateway, read by the device's
 * end. That it was sent, and whether it was answered, is store/ledger.h's.
 */
#ifndef PARSER_REQUEST_TEXT_H
#define PARSER_REQUEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"
#include "parser/entity.h"
#include "parser/limits.h"

#define REQUEST_TYPE "application/vnd.csrc.request+json"

enum {
	REQUEST_COMMAND_SIZE = 32 + 1, /* [a-z][a-z0-9-]* */
	REQUEST_NAME_SIZE = 64 + 1,    /* [a-z0-9._-]+ */
	REQUEST_VALUE_SIZE = 1024 + 1, /* octets of UTF-8 without NUL */
	REQUEST_PARAMS_MAX = 32
};

struct request_param {
	char name[REQUEST_NAME_SIZE];
	char value[REQUEST_VALUE_SIZE];
};

/* Some 35 kB: better not many of them on one stack. */
struct request_text {
	char command[REQUEST_COMMAND_SIZE];
	struct claims claims; /* all three are present in a valid request */
	time_t date;          /* when it was issued */
	time_t expires;       /* the last second at which it may be answered */
	size_t param_count;
	struct request_param params[REQUEST_PARAMS_MAX];
};

/* The syntax of a command's name. */
bool request_text_command(const char *command);

/*
 * Adds a parameter. ERROR_BAD: name or value is not as above, or value no
 * UTF-8; ERROR_EXISTS: given already; ERROR_LIMIT: one too many.
 */
int request_text_add(struct request_text *r, const char *name,
	const char *value, struct error *e);

/*
 * Append the JSON text (one line, no line break), and the whole entity that is
 * to be sealed: claims, Date, MIME fields, empty line, JSON, CRLF. ERROR_BAD if
 * r is no valid request; then, and if it fails otherwise (ERROR_TROUBLE), what
 * was appended is of no use.
 */
int request_text_write(
	const struct request_text *r, struct buffer *json, struct error *e);
int request_text_entity(
	const struct request_text *r, struct buffer *entity, struct error *e);

/*
 * Reads the request in an opened entity. ERROR_NOT_FOUND: no part of it is one
 * (REQUEST_TYPE). ERROR_BAD: two are, it is not as csrc-message(5) has it, or
 * the entity's header fields do not name the same center, serial and Email-ID
 * as the request in it; ERROR_LIMIT: too large, too deep, too many parameters.
 * Unknown members are ignored. Whose it is, and if it is still fresh, is the
 * caller's to check.
 */
int request_text_read(const struct entity *entity, const struct limits *l,
	struct request_text *request_r, struct error *e);

#endif
