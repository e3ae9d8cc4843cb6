/*
 * What commands that judge have in common: the message in their input file, and
 * where it is said to come from.
 */
#ifndef CONTROL_COMMANDS_MESSAGE_H
#define CONTROL_COMMANDS_MESSAGE_H

#include <sys/socket.h>

#include "base/buffer.h"
#include "control/command.h"

/* Reads c->in into b, empty before: one octet beyond max_message_size at most,
 * so that the gate sees that it is too large. */
int message_read(struct command_context *c, struct buffer *b, struct error *e);
/* A file that is no message, into b, empty before. ERROR_LIMIT: longer than
 * limit. */
int message_file(struct command_context *c, struct buffer *b, size_t limit,
	struct error *e);
/* Is a message? */
bool message_too_large(const struct buffer *b);

/* An IP address; NULL: not known. 0 or -1. */
int message_client(const char *text, struct sockaddr_storage *client_r);

#endif
