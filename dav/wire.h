/*
 * The connection beneath neon: how long it may take, and which TLS it speaks.
 * neon has a limit for reading when nothing comes; it has none for a handshake,
 * for writing, or for an answer that comes an octet at a time. A thread of each
 * wire shuts the connection down when its time is up.
 *
 * This file has a connect and an SSL_connect of its own, which the dynamic
 * linker takes for libneon's calls.
 */
#ifndef DAV_WIRE_H
#define DAV_WIRE_H

#include <stdbool.h>

#include "base/error.h"

enum { WIRE_OCTETS_A_SECOND = 1000 };

struct wire;

/* timeout: seconds for which nothing may come or go. */
int wire_open(int timeout, struct wire **wire_r, struct error *e);
void wire_close(struct wire **wire);

/* Round a request, by the thread that makes it. */
void wire_begin(struct wire *wire);
/* So many octets more went either way: that much longer may it take. */
void wire_moved(struct wire *wire, long long octets);
/* True: the time was up. */
bool wire_end(struct wire *wire);
/* neon has closed the connection, or is to open a new one. */
void wire_drop(struct wire *wire);

#endif
