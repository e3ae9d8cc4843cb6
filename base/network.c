/*
 * CIDR matching over the octets of an address, IPv4 and IPv6 alike.
 */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct network {
	int family;
	unsigned int bits;
	unsigned char octets[16];
};

static bool
parse_bits(const char *text, unsigned int most, unsigned int *bits_r)
{
	size_t length = strlen(text);

	if (length < 1 || length > 3 || strspn(text, "0123456789") != length)
		return false;
	*bits_r = (unsigned int)atoi(text);
	return *bits_r <= most;
}

static bool
parse(const char *cidr, struct network *n)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(cidr, '/');
	size_t length = slash != NULL ? (size_t)(slash - cidr) : strlen(cidr);

	if (length >= sizeof(address))
		return false;
	memcpy(address, cidr, length);
	address[length] = '\0';
	n->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	n->bits = n->family == AF_INET6 ? 128 : 32;
	return inet_pton(n->family, address, n->octets) == 1 &&
		(slash == NULL || parse_bits(slash + 1, n->bits, &n->bits));
}

bool
network_valid(const char *cidr)
{
	struct network n;

	return parse(cidr, &n);
}

/* The address's octets and family; NULL if it has none. */
static const unsigned char *
octets_of(const struct sockaddr_storage *address, int *family_r)
{
	const struct in6_addr *six =
		&((const struct sockaddr_in6 *)address)->sin6_addr;

	*family_r = address->ss_family;
	if (address->ss_family == AF_INET)
		return (const unsigned char *)&(
			(const struct sockaddr_in *)address)
			->sin_addr;
	if (address->ss_family != AF_INET6)
		return NULL;
	if (!IN6_IS_ADDR_V4MAPPED(six))
		return six->s6_addr;
	*family_r = AF_INET;
	return six->s6_addr + 12;
}

bool
network_contains(const char *cidr, const struct sockaddr_storage *address)
{
	struct network n;
	int family;
	const unsigned char *octets = octets_of(address, &family);
	unsigned int whole, mask;

	if (octets == NULL || !parse(cidr, &n) || n.family != family)
		return false;
	whole = n.bits / 8;
	if (memcmp(n.octets, octets, whole) != 0)
		return false;
	if (n.bits % 8 == 0)
		return true;
	mask = 0xff00u >> (n.bits % 8);
	return ((n.octets[whole] ^ octets[whole]) & mask & 0xff) == 0;
}

static bool
spell(struct network *n, char out[NETWORK_SIZE])
{
	char text[INET6_ADDRSTRLEN];
	const unsigned int size = n->family == AF_INET6 ? 16 : 4;

	for (unsigned int i = n->bits / 8; i < size; i++)
		n->octets[i] &= i == n->bits / 8
			? (unsigned char)(0xff00u >> (n->bits % 8))
			: 0;
	return inet_ntop(n->family, n->octets, text, sizeof(text)) != NULL &&
		text_format(out, NETWORK_SIZE, "%s/%u", text, n->bits);
}

bool
network_canonical(const char *cidr, char out[NETWORK_SIZE])
{
	struct network n;

	return parse(cidr, &n) && spell(&n, out);
}

bool
network_around(const struct sockaddr_storage *address, unsigned int bits,
	char out[NETWORK_SIZE])
{
	struct network n = { .bits = bits };
	const unsigned char *octets = octets_of(address, &n.family);
	const unsigned int size = n.family == AF_INET6 ? 16 : 4;

	if (octets == NULL || bits > 8 * size)
		return false;
	memcpy(n.octets, octets, size);
	return spell(&n, out);
}

uint64_t
network_block(const struct sockaddr_storage *address)
{
	int family;
	const unsigned char *octets = octets_of(address, &family);
	size_t length = family == AF_INET6 ? 6 : 3;
	uint64_t block = family == AF_INET6 ? 6 : 4;

	if (octets == NULL)
		return 0;
	block <<= 56 - 8 * length;
	for (size_t i = 0; i < length; i++)
		block = block << 8 | octets[i];
	return block;
}
