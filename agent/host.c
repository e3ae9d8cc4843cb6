/*
 * Addresses by hand: getaddrinfo would ask the network for names.
 */
#include "agent/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Takes "[…]" apart, or an IPv4 address with a port. */
static bool
split(const char *text, char address[INET6_ADDRSTRLEN], const char **port_r)
{
	const char *start = text, *end;

	*port_r = NULL;
	if (*text == '[') {
		start = text + 1;
		end = strchr(start, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		*port_r = end[1] == ':' ? end + 2 : NULL;
	} else {
		end = strchr(text, ':');
		if (end == NULL || strchr(end + 1, ':') != NULL)
			end = text + strlen(text);
		else
			*port_r = end + 1;
	}
	if ((size_t)(end - start) >= INET6_ADDRSTRLEN)
		return false;
	memcpy(address, start, (size_t)(end - start));
	address[end - start] = '\0';
	return true;
}

static bool
read_port(const char *text, uint16_t *port_r)
{
	const size_t length = strlen(text);
	long port;

	if (length < 1 || length > 5 || strspn(text, "0123456789") != length)
		return false;
	port = strtol(text, NULL, 10);
	*port_r = (uint16_t)port;
	return port >= 1 && port <= UINT16_MAX;
}

bool
host_read(const char *text, uint16_t port, struct sockaddr_storage *address_r)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address_r;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address_r;
	char address[INET6_ADDRSTRLEN];
	const char *port_text;

	memset(address_r, 0, sizeof(*address_r));
	if (!split(text, address, &port_text) ||
		(port_text != NULL && !read_port(port_text, &port)))
		return false;
	if (strchr(address, ':') == NULL) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		return text[0] != '[' &&
			inet_pton(AF_INET, address, &four->sin_addr) == 1;
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	return inet_pton(AF_INET6, address, &six->sin6_addr) == 1;
}

static uint16_t
port_of(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET6
			? ((const struct sockaddr_in6 *)address)->sin6_port
			: ((const struct sockaddr_in *)address)->sin_port);
}

static const void *
octets_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6
		? (const void *)&((const struct sockaddr_in6 *)address)
			  ->sin6_addr
		: (const void *)&((const struct sockaddr_in *)address)
			  ->sin_addr;
}

void
host_write(const struct sockaddr_storage *address, char out[HOST_TEXT_SIZE])
{
	const bool six = address->ss_family == AF_INET6;
	const uint16_t port = port_of(address);
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(address->ss_family, octets_of(address), text,
		    sizeof(text)) == NULL)
		text_copy(text, sizeof(text), "?");
	if (port == HOST_PORT)
		text_copy(out, HOST_TEXT_SIZE, text);
	else
		text_format(out, HOST_TEXT_SIZE, six ? "[%s]:%u" : "%s:%u",
			text, port);
}

void
host_key(const struct sockaddr_storage *address,
	unsigned char key[HOST_KEY_SIZE])
{
	const uint16_t port = port_of(address);
	const bool six = address->ss_family == AF_INET6;

	memset(key, 0, HOST_KEY_SIZE);
	key[0] = six ? 6 : 4;
	memcpy(key + 1, octets_of(address), six ? 16 : 4);
	key[17] = (unsigned char)(port >> 8);
	key[18] = (unsigned char)port;
}

void
host_of_key(const unsigned char key[HOST_KEY_SIZE],
	struct sockaddr_storage *address_r)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address_r;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address_r;
	const uint16_t port = htons((uint16_t)(key[17] << 8 | key[18]));

	memset(address_r, 0, sizeof(*address_r));
	if (key[0] == 6) {
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		memcpy(&six->sin6_addr, key + 1, 16);
	} else {
		four->sin_family = AF_INET;
		four->sin_port = port;
		memcpy(&four->sin_addr, key + 1, 4);
	}
}

bool
host_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	unsigned char a_key[HOST_KEY_SIZE], b_key[HOST_KEY_SIZE];

	host_key(a, a_key);
	host_key(b, b_key);
	return memcmp(a_key, b_key, HOST_KEY_SIZE) == 0;
}

socklen_t
host_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

int
host_connect(const struct sockaddr_storage *address, struct error *e)
{
	const int fd = socket(address->ss_family,
		SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_errno(e, "no socket");
	if (connect(fd, (const struct sockaddr *)address,
		    host_length(address)) == 0)
		return fd;
	if (error_passes(errno))
		error_errno(e, "no socket");
	else
		error_set(e, ERROR_NOT_FOUND, "no way there: %s",
			strerror(errno));
	close(fd);
	return -1;
}
