/*
 * The WebDAV server, as the command line says.
 */
#ifndef DEVICE_CONNECTION_H
#define DEVICE_CONNECTION_H

#include "base/buffer.h"
#include "base/error.h"
#include "dav/dav.h"
#include "device/arguments.h"

/* How a server is reached, without its URL and without a certificate of ours,
 * and the passwords that this points to. */
struct connection {
	struct dav_options options;
	struct buffer password, proxy_password;
};

/* Reads the password files, as below; connection_clear in any case. */
int connection_read(
	const struct arguments *a, struct connection *c, struct error *e);
void connection_clear(struct connection *c);

/*
 * Reads the password files, which must be closed to others as a key file is;
 * nothing goes over the network yet. ERROR_USAGE, ERROR_BAD, ERROR_TROUBLE.
 * dav_close.
 */
int
connection_open(const struct arguments *a, struct dav **dav_r, struct error *e);

#endif
