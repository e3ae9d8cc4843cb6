/*
 * What a collector asks of its server for each report, by straight calls of
 * neon as its manual shows them, and without a gateway: MOVE, GET, the PUT of
 * as many octets as a receipt has, DELETE, on so many connections.
 *
 * usage: davbare PORT CA.pem COLLECTOR.p12 CONNECTIONS <NAMES-IN-INBOX
 */
#include <neon/ne_request.h>
#include <neon/ne_session.h>
#include <neon/ne_socket.h>
#include <neon/ne_ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 100000, CONNECTIONS_MAX = 64, RECEIPT = 280 };

/* Of names: those of all threads. */
static struct {
	unsigned int port;
	const char *authority, *identity;
	char *names[NAMES_MAX];
	size_t count;
	atomic_size_t next;
} bench;

struct message {
	ne_session *session;
	char from[200], to[200], receipt[200];
	size_t octets;
};

static void
fail(const char *what, const char *why)
{
	fprintf(stderr, "davbare: %s: %s\n", what, why);
	exit(1);
}

static ne_session *
dial(void)
{
	ne_session *session =
		ne_session_create("https", "localhost", bench.port);
	ne_ssl_certificate *authority = ne_ssl_cert_read(bench.authority);
	ne_ssl_client_cert *identity = ne_ssl_clicert_read(bench.identity);

	if (authority == NULL)
		fail(bench.authority, "no certificate");
	if (identity == NULL || ne_ssl_clicert_decrypt(identity, "bench") != 0)
		fail(bench.identity, "no certificate with its key");
	ne_ssl_trust_cert(session, authority);
	ne_ssl_set_clicert(session, identity);
	ne_ssl_cert_free(authority);
	ne_ssl_clicert_free(identity);
	return session;
}

static int
count(void *arg, const char *octets, size_t length)
{
	struct message *m = arg;

	(void)octets;
	m->octets += length;
	return 0;
}

static void
run(struct message *m, ne_request *request, const char *path, int wanted)
{
	if (ne_request_dispatch(request) != NE_OK)
		fail(path, ne_get_error(m->session));
	if (ne_get_status(request)->code != wanted)
		fail(path, ne_get_status(request)->reason_phrase);
	ne_request_destroy(request);
}

static void
collect(struct message *m)
{
	static const char receipt[RECEIPT];
	ne_request *request = ne_request_create(m->session, "MOVE", m->from);

	ne_print_request_header(request, "Destination",
		"https://localhost:%u%s", bench.port, m->to);
	ne_add_request_header(request, "Overwrite", "F");
	run(m, request, m->from, 201);
	request = ne_request_create(m->session, "GET", m->to);
	ne_add_response_body_reader(request, ne_accept_2xx, count, m);
	run(m, request, m->to, 200);
	if (m->octets == 0)
		fail(m->to, "empty");
	request = ne_request_create(m->session, "PUT", m->receipt);
	ne_set_request_body_buffer(request, receipt, sizeof(receipt));
	run(m, request, m->receipt, 201);
	request = ne_request_create(m->session, "DELETE", m->to);
	run(m, request, m->to, 204);
}

static void *
work(void *arg)
{
	struct message m = { .session = dial() };
	const char *name, *id;
	size_t i;

	while ((i = atomic_fetch_add(&bench.next, 1)) < bench.count) {
		name = bench.names[i];
		id = strchr(name, '.') + 1;
		m.octets = 0;
		snprintf(m.from, sizeof(m.from), "/csrc/inbox/%s", name);
		snprintf(m.to, sizeof(m.to), "/csrc/work/%016zx.%s", i, name);
		snprintf(m.receipt, sizeof(m.receipt),
			"/csrc/outbox/%.*s/%.*s.receipt", (int)(id - 1 - name),
			name, (int)strcspn(id, "."), id);
		collect(&m);
	}
	ne_session_destroy(m.session);
	return arg;
}

static void
read_names(void)
{
	char line[128];

	while (bench.count < NAMES_MAX &&
		fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strchr(line, '.') == NULL)
			fail(line, "not SERIAL.ID.p7m");
		bench.names[bench.count] = strdup(line);
		if (bench.names[bench.count++] == NULL)
			fail(line, "no memory");
	}
}

int
main(int argc, char **argv)
{
	pthread_t threads[CONNECTIONS_MAX];
	int connections = argc == 5 ? atoi(argv[4]) : 0;

	if (connections < 1 || connections > CONNECTIONS_MAX) {
		fputs("usage: davbare PORT CA.pem COLLECTOR.p12 CONNECTIONS"
		      " <NAMES\n",
			stderr);
		return 2;
	}
	bench.port = (unsigned int)atoi(argv[1]);
	bench.authority = argv[2];
	bench.identity = argv[3];
	read_names();
	ne_sock_init();
	for (int i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			fail("thread", "cannot be made");
	for (int i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < bench.count; i++)
		free(bench.names[i]);
	ne_sock_exit();
	return 0;
}
