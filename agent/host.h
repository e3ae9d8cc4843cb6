/*
 * An address with its port, as text: "192.0.2.1", "192.0.2.1:1161",
 * "2001:db8::1", "[2001:db8::1]:1161". No names: nobody is asked for one.
 */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

enum {
	HOST_TEXT_SIZE = 46 + sizeof("[]:65535"),
	HOST_KEY_SIZE = 1 + 16 + 2,
	HOST_PORT = 161 /* SNMP's */
};

/* port is for a text that has none. */
bool
host_read(const char *text, uint16_t port, struct sockaddr_storage *address_r);
/* Without HOST_PORT. */
void
host_write(const struct sockaddr_storage *address, char out[HOST_TEXT_SIZE]);

/* Octets that sort as addresses do. */
void host_key(const struct sockaddr_storage *address,
	unsigned char key[HOST_KEY_SIZE]);
void host_of_key(const unsigned char key[HOST_KEY_SIZE],
	struct sockaddr_storage *address_r);
bool
host_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
/* For the calls that want it. */
socklen_t host_length(const struct sockaddr_storage *address);
/* A UDP socket that hears nobody else, and does not block. ERROR_NOT_FOUND: the
 * network has no way there; ERROR_TROUBLE. */
int host_connect(const struct sockaddr_storage *address, struct error *e);

#endif
