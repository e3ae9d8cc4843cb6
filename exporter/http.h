/*
 * The one page that is served, /metrics, on the loopback interface; HTTP is
 * libmicrohttpd's.
 */
#ifndef EXPORTER_HTTP_H
#define EXPORTER_HTTP_H

#include <stdint.h>

#include "base/error.h"
#include "exporter/metrics.h"

struct http;

/* Serves from then on, in threads of its own. ERROR_TROUBLE: the port is not to
 * be had. */
int http_start(uint16_t port, struct metrics *metrics, struct http **http_r,
	struct error *e);
/* Ends when what is being answered is answered. */
void http_stop(struct http **http);

#endif
