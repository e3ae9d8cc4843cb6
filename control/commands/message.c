#include "control/commands/message.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/wipe.h"

enum { PIECE = 65536 };

static int
append(FILE *in, struct buffer *b, char piece[PIECE], struct error *e)
{
	size_t got;

	do {
		size_t room = b->limit - b->length;

		got = fread(piece, 1, room < PIECE ? room : PIECE, in);
		if (buffer_append(b, piece, got) != BUFFER_OK)
			return error_memory(e);
	} while (got > 0 && b->length < b->limit);
	if (ferror(in))
		return error_set(e, ERROR_TROUBLE, "the file cannot be read");
	return 0;
}

int
message_read(struct command_context *c, struct buffer *b, struct error *e)
{
	char piece[PIECE];
	int rc;

	b->limit = (size_t)c->rules->settings->limits.message_size + 1;
	rc = append(c->in, b, piece, e);
	wipe(piece, sizeof(piece));
	return rc;
}

int
message_file(struct command_context *c, struct buffer *b, size_t limit,
	struct error *e)
{
	char piece[PIECE];
	int rc;

	b->limit = limit + 1;
	rc = append(c->in, b, piece, e);
	wipe(piece, sizeof(piece));
	if (rc == 0 && message_too_large(b))
		rc = error_set(e, ERROR_LIMIT,
			"the file has more than %zu octets", limit);
	return rc;
}

bool
message_too_large(const struct buffer *b)
{
	return b->length == b->limit;
}

int
message_client(const char *text, struct sockaddr_storage *client_r)
{
	struct sockaddr_in *four = (struct sockaddr_in *)client_r;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)client_r;

	memset(client_r, 0, sizeof(*client_r));
	if (text == NULL)
		return 0;
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		client_r->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		client_r->ss_family = AF_INET6;
	else
		return -1;
	return 0;
}
