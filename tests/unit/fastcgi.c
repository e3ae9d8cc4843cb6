/*
 * See fastcgi.h.
 */
#include "tests/unit/fastcgi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/* Types of records. */
enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

enum { HEADER = 8, PIECE = 32 * 1024 };

int
fastcgi_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!text_copy(address.sun_path, sizeof(address.sun_path), path) ||
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		abort();
	return fd;
}

static bool
put(int fd, const void *octets, size_t length)
{
	const char *at = octets;
	ssize_t n;

	for (; length > 0; at += n, length -= (size_t)n)
		if ((n = send(fd, at, length, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

static bool
put_record(int fd, int type, const void *octets, size_t length)
{
	const unsigned char header[HEADER] = { 1, (unsigned char)type, 0, 1,
		(unsigned char)(length >> 8), (unsigned char)length };

	return put(fd, header, sizeof(header)) && put(fd, octets, length);
}

/* Each length in four octets. */
static void
add_pair(struct buffer *b, const char *name, const char *value)
{
	size_t lengths[2] = { strlen(name), value != NULL ? strlen(value) : 0 };

	if (value == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		const unsigned char n[4] = { (unsigned char)(0x80 |
						     lengths[i] >> 24),
			(unsigned char)(lengths[i] >> 16),
			(unsigned char)(lengths[i] >> 8),
			(unsigned char)lengths[i] };

		buffer_append(b, n, sizeof(n));
	}
	buffer_append(b, name, lengths[0]);
	buffer_append(b, value, lengths[1]);
}

bool
fastcgi_begin(int fd, const struct desk_request *request, size_t announced)
{
	static const unsigned char responder[8] = { 0, 1 };
	struct buffer pairs = { 0 };
	char length[24];
	bool there;

	snprintf(length, sizeof(length), "%zu", announced);
	add_pair(&pairs, "REQUEST_METHOD", request->method);
	add_pair(&pairs, "REQUEST_URI", request->path);
	add_pair(&pairs, "CONTENT_TYPE", request->type);
	add_pair(&pairs, "CONTENT_LENGTH", length);
	add_pair(&pairs, "SSL_CLIENT_VERIFY", request->verified);
	add_pair(&pairs, "SSL_CLIENT_CERT", request->certificate);
	there = put_record(fd, BEGIN, responder, sizeof(responder)) &&
		put_record(fd, PARAMS, pairs.data, pairs.length) &&
		put_record(fd, PARAMS, NULL, 0);
	buffer_clear(&pairs);
	return there;
}

bool
fastcgi_body(int fd, const void *octets, size_t length)
{
	const char *at = octets;
	bool there = true;
	size_t n;

	for (; there && length > 0; at += n, length -= n) {
		n = length < PIECE ? length : PIECE;
		there = put_record(fd, STDIN, at, n);
	}
	return there;
}

bool
fastcgi_end(int fd)
{
	return put_record(fd, STDIN, NULL, 0);
}

static bool
get(int fd, void *out, size_t length)
{
	char *at = out;
	ssize_t n;

	for (; length > 0; at += n, length -= (size_t)n)
		if ((n = recv(fd, at, length, 0)) <= 0)
			return false;
	return true;
}

/* What it writes up to its end. */
static bool
get_all(int fd, struct buffer *said)
{
	unsigned char header[HEADER], octets[65536 + 256];
	size_t length;

	while (get(fd, header, sizeof(header))) {
		length = (size_t)header[4] << 8 | header[5];
		if (!get(fd, octets, length + header[6]))
			return false;
		if (header[1] == END)
			return true;
		if (header[1] == STDOUT)
			buffer_append(said, octets, length);
	}
	return false;
}

int
fastcgi_answer(int fd, struct buffer *body_r)
{
	struct buffer said = { 0 };
	const char *end;
	int status = -1;

	if (get_all(fd, &said) && said.length > 0 &&
		(end = strstr((char *)said.data, "\r\n\r\n")) != NULL &&
		sscanf((char *)said.data, "Status: %d", &status) == 1 &&
		body_r != NULL)
		buffer_append(body_r, end + 4,
			said.length - (size_t)(end + 4 - (char *)said.data));
	buffer_clear(&said);
	return status;
}

int
fastcgi_ask(const char *path, const struct desk_request *request,
	struct buffer *body_r)
{
	int fd = fastcgi_connect(path), status = -1;

	/* it may answer before it has read all */
	if (fastcgi_begin(fd, request, request->length) &&
		fastcgi_body(fd, request->body, request->length))
		(void)fastcgi_end(fd);
	status = fastcgi_answer(fd, body_r);
	close(fd);
	return status;
}
