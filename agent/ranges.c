/*
 * Ranges as they were given; an address is counted out when it is asked for.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/discover.h"
#include "agent/host.h"
#include "base/text.h"

struct range {
	size_t start;                    /* the place of its first address */
	uint32_t first;                  /* of IPv4 */
	struct sockaddr_storage address; /* its first */
};

struct ranges {
	struct range rows[RANGES_MAX];
	size_t count;
	size_t addresses;
};

struct ranges *
ranges_make(void)
{
	return calloc(1, sizeof(struct ranges));
}

void
ranges_free(struct ranges **ranges)
{
	free(*ranges);
	*ranges = NULL;
}

static uint32_t
number_of(const struct sockaddr_storage *address)
{
	return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
}

/* Numbers of the first and the last address of "ADDRESS/BITS". */
static bool
read_network(const char *text, const char *slash, uint16_t port,
	struct sockaddr_storage *first_r, uint32_t *last_r)
{
	char address[HOST_TEXT_SIZE];
	const size_t digits = strspn(slash + 1, "0123456789");
	const int bits = atoi(slash + 1);
	struct sockaddr_in *four = (struct sockaddr_in *)first_r;
	uint32_t mask, network;

	if ((size_t)(slash - text) >= sizeof(address) || digits < 1 ||
		digits > 2 || slash[1 + digits] != '\0' || bits > 32 ||
		bits < 1)
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!host_read(address, port, first_r) || first_r->ss_family != AF_INET)
		return false;
	mask = UINT32_MAX << (32 - bits);
	network = number_of(first_r) & mask;
	*last_r = network | ~mask;
	if (bits < 31) { /* without the network's own and the broadcast */
		network++;
		(*last_r)--;
	}
	four->sin_addr.s_addr = htonl(network);
	return true;
}

/* "FIRST-LAST"; LAST may be the last octet alone. */
static bool
read_span(const char *text, const char *dash, uint16_t port,
	struct sockaddr_storage *first_r, uint32_t *last_r)
{
	char address[HOST_TEXT_SIZE];
	struct sockaddr_storage last;
	const size_t digits = strspn(dash + 1, "0123456789");

	if ((size_t)(dash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(dash - text));
	address[dash - text] = '\0';
	if (!host_read(address, port, first_r) || first_r->ss_family != AF_INET)
		return false;
	if (digits >= 1 && digits <= 3 && dash[1 + digits] == '\0') {
		*last_r = (number_of(first_r) & ~(uint32_t)0xff) +
			(uint32_t)atoi(dash + 1);
		return atoi(dash + 1) <= 0xff;
	}
	if (!host_read(dash + 1, port, &last) || last.ss_family != AF_INET)
		return false;
	*last_r = number_of(&last);
	return true;
}

/* The first address, and how many there are; 0: it is none. */
static uint64_t
read_range(const char *text, uint16_t port, struct sockaddr_storage *first_r)
{
	const char *slash = strchr(text, '/'), *dash = strchr(text, '-');
	uint32_t last;

	if (slash != NULL) {
		if (!read_network(text, slash, port, first_r, &last))
			return 0;
	} else if (dash != NULL) {
		if (!read_span(text, dash, port, first_r, &last))
			return 0;
	} else {
		return host_read(text, port, first_r) ? 1 : 0;
	}
	return last < number_of(first_r)
		? 0
		: (uint64_t)last - number_of(first_r) + 1;
}

int
ranges_add(
	struct ranges *ranges, const char *text, uint16_t port, struct error *e)
{
	struct range range = { .start = ranges->addresses };
	const uint64_t count = read_range(text, port, &range.address);

	if (count == 0)
		return error_set(
			e, ERROR_BAD, "\"%s\" is no range of addresses", text);
	if (ranges->count == RANGES_MAX ||
		ranges->addresses + count > RANGE_ADDRESSES_MAX)
		return error_set(e, ERROR_LIMIT,
			"%s: more than %d ranges or %d addresses", text,
			RANGES_MAX, RANGE_ADDRESSES_MAX);
	if (range.address.ss_family == AF_INET)
		range.first = number_of(&range.address);
	ranges->rows[ranges->count++] = range;
	ranges->addresses += (size_t)count;
	return 0;
}

size_t
ranges_count(const struct ranges *ranges)
{
	return ranges->addresses;
}

bool
ranges_at(const struct ranges *ranges, size_t place,
	struct sockaddr_storage *address_r)
{
	size_t low = 0, high = ranges->count;
	const struct range *range;

	if (place >= ranges->addresses)
		return false;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (ranges->rows[middle].start <= place)
			low = middle;
		else
			high = middle;
	}
	range = &ranges->rows[low];
	*address_r = range->address;
	if (range->address.ss_family == AF_INET)
		((struct sockaddr_in *)address_r)->sin_addr.s_addr =
			htonl(range->first + (uint32_t)(place - range->start));
	return true;
}
