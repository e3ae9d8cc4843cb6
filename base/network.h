/*
 * Networks in CIDR notation (RFC 4632, RFC 4291).
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for the longest notation and its NUL. */
enum { NETWORK_SIZE = 46 + sizeof("/128") };

/* "192.0.2.0/24", "2001:db8::/32", or one address. */
bool network_valid(const char *cidr);
/* Is the address in it? False for an unknown address. An IPv4 address mapped
 * into IPv6 counts as the IPv4 address. */
bool network_contains(const char *cidr, const struct sockaddr_storage *address);

/*
 * The one spelling of a network: no bits behind its length, which is always
 * there, "192.0.2.0/24". False: it is not valid.
 */
bool network_canonical(const char *cidr, char out[NETWORK_SIZE]);
/* The network of so many bits that has the address, spelled so. False: the
 * address is unknown, or has not so many. */
bool network_around(const struct sockaddr_storage *address, unsigned int bits,
	char out[NETWORK_SIZE]);

/*
 * The network that one party can be thought to own, as a number: the /24 of an
 * IPv4 address, the /48 of an IPv6 one (who has one address there has 65,536
 * networks /64). 0: an unknown address.
 */
uint64_t network_block(const struct sockaddr_storage *address);

#endif
