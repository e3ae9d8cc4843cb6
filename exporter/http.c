/*
 * See http.h. Who connects and says nothing loses its place after some seconds;
 * there are few places, since it is one Prometheus that asks.
 */
#include "exporter/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/log.h"

enum {
	CONNECTIONS = 16,
	REQUEST_SECONDS = 10,
	MEMORY = 16 * 1024, /* octets a connection's request may take */
	PAGE_MAX = 2 * 1024 * 1024
};

struct http {
	struct metrics *metrics;
	struct MHD_Daemon *server;
};

static enum MHD_Result
say(struct MHD_Connection *connection, unsigned int status, const char *type,
	const void *octets, size_t length)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		length, (void *)octets, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc = MHD_NO;

	if (response == NULL)
		return MHD_NO;
	if (MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
		(status != MHD_HTTP_METHOD_NOT_ALLOWED ||
			MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
				"GET, HEAD") == MHD_YES))
		rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result
say_text(struct MHD_Connection *connection, unsigned int status,
	const char *text)
{
	return say(connection, status, "text/plain", text, strlen(text));
}

static enum MHD_Result
say_metrics(struct http *h, struct MHD_Connection *connection)
{
	struct buffer page = { .limit = PAGE_MAX };
	enum MHD_Result rc;
	struct error e;

	if (metrics_write(h->metrics, &page, &e) == 0)
		rc = say(connection, MHD_HTTP_OK, "text/plain; version=0.0.4",
			page.data, page.length);
	else {
		log_error("%s", e.text);
		rc = say_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			"no memory\n");
	}
	buffer_clear(&page);
	return rc;
}

/* Called once a request's header is there, and again at its end. A body is not
 * asked for, and an answer before it closes the connection. */
static enum MHD_Result
answer(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body,
	size_t *body_length, void **request)
{
	(void)version;
	(void)body;
	(void)body_length;
	(void)request;
	if (strcmp(url, "/metrics") != 0)
		return say_text(connection, MHD_HTTP_NOT_FOUND,
			"there is nothing but /metrics\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return say_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			"GET it, or HEAD\n");
	return say_metrics(arg, connection);
}

int
http_start(uint16_t port, struct metrics *metrics, struct http **http_r,
	struct error *e)
{
	const struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct http *h = calloc(1, sizeof(*h));

	*http_r = NULL;
	if (h == NULL)
		return error_memory(e);
	h->metrics = metrics;
	errno = 0;
	h->server = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION,
		port, NULL, NULL, answer, h, MHD_OPTION_SOCK_ADDR, &loopback,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)REQUEST_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
		MHD_OPTION_END);
	if (h->server != NULL) {
		*http_r = h;
		return 0;
	}
	free(h);
	return error_errno(e, "port %u of 127.0.0.1", (unsigned int)port);
}

void
http_stop(struct http **http)
{
	struct http *h = *http;

	*http = NULL;
	if (h == NULL)
		return;
	MHD_stop_daemon(h->server);
	free(h);
}
