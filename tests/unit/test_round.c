/*
 * Whose credentials go where: printers are sockets here that only listen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/host.h"
#include "agent/round.h"
#include "base/text.h"

struct fixture {
	char path[64], addresses[2][32];
	struct dca_configuration configuration;
	struct dca_printers sections[2];
	struct dca_credentials credentials[2];
	struct site site;
	int port;
};

/* On the fixture's port, or on one that is free then. */
static int
listen_at(struct fixture *f, const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)f->port) };
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
	f->port = ntohs(at.sin_port);
	return fd;
}

/* Has the community come there? */
static bool
came(int fd, const char *community)
{
	char got[512];
	ssize_t length = recv(fd, got, sizeof(got), MSG_DONTWAIT);

	return length > 0 &&
		memmem(got, (size_t)length, community, strlen(community)) !=
		NULL;
}

static int
poll_one(struct fixture *f, const char *address, struct error *e)
{
	struct sockaddr_storage at;
	struct round round = { .addresses = &at, .address_count = 1 };

	assert_true(host_read(address, (uint16_t)f->port, &at));
	return round_poll(&f->site, &round, e);
}

static void
section(struct fixture *f, size_t i, const char *addresses,
	const char *community)
{
	struct credentials *ready = &f->credentials[i].ready;
	struct error e;

	text_copy(f->addresses[i], sizeof(f->addresses[i]), addresses);
	text_format(f->sections[i].name, DCA_NAME_SIZE, "floor%zu", i);
	f->sections[i].addresses = f->addresses[i];
	f->sections[i].port = f->port;
	f->sections[i].discover = 1;
	f->sections[i].with = &f->credentials[i];
	ready->version = SNMP_V2C;
	text_copy(ready->community, sizeof(ready->community), community);
	assert_int_equal(credentials_ready(ready, &e), 0);
}

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct dca_configuration *c = &f->configuration;
	struct error e;

	strcpy(f->path, "/tmp/round.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	c->state_directory = f->path;
	c->printers = f->sections;
	c->printer_count = 2;
	c->window = 4;
	c->snmp_timeout = c->snmp_tries = 1;
	f->site.configuration = c;
	pthread_mutex_init(&f->site.mutex, NULL);
	dating_init(&f->site.dating, NULL);
	assert_int_equal(engines_open("/nonexistent", &f->site.engines, &e), 0);
	*state = f;
	return 0;
}

static int
unmake(void **state)
{
	struct fixture *f = *state;

	engines_free(&f->site.engines);
	pthread_mutex_destroy(&f->site.mutex);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

static void
credentials_stay_in_their_section(void **state)
{
	struct fixture *f = *state;
	int mine = listen_at(f, "127.0.9.9"), other;
	struct error e = { 0 };

	other = listen_at(f, "127.0.9.10");
	section(f, 0, "127.0.9.1", "first-secret");
	section(f, 1, "127.0.9.8-9", "second-secret");
	assert_int_equal(poll_one(f, "127.0.9.10", &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_false(came(other, "secret"));
	assert_int_equal(poll_one(f, "127.0.9.9", &e), 0);
	assert_true(came(mine, "second-secret"));
	close(mine);
	close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			credentials_stay_in_their_section, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
