/*
 * agent/ from a shell: snmpclient NAME=VALUE… poll|discover RANGE…, where the
 * names are those of options below. What is found or answered is printed, a row
 * a line; with quiet=yes only sums are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/discover.h"
#include "agent/host.h"
#include "agent/poll.h"
#include "base/clock.h"
#include "base/text.h"

static struct credentials credentials = { .version = SNMP_V3 };
static struct poll_options options;
static struct discovery discovery;
static struct queries queries;
static const char *engines_path;
static uint16_t port = HOST_PORT;
static bool quiet;
static size_t outcomes[POLL_FAILED + 1], rows;

static void
die(const struct error *e)
{
	printf("error: %s\n", e->text);
	exit(1);
}

static void
bad(const char *word)
{
	printf("what is %s?\n", word);
	exit(64);
}

static bool
take_credentials(const char *name, const char *value)
{
	struct credentials *c = &credentials;

	if (strcmp(name, "version") == 0)
		return credentials_version(value, &c->version);
	if (strcmp(name, "auth") == 0)
		return credentials_auth(value, &c->auth);
	if (strcmp(name, "priv") == 0)
		return credentials_priv(value, &c->priv);
	if (strcmp(name, "community") == 0)
		return text_copy(c->community, sizeof(c->community), value);
	if (strcmp(name, "user") == 0)
		return text_copy(c->user, sizeof(c->user), value);
	if (strcmp(name, "context") == 0)
		return text_copy(c->context, sizeof(c->context), value);
	if (strcmp(name, "auth_passphrase") == 0)
		return text_copy(
			c->auth_passphrase, sizeof(c->auth_passphrase), value);
	if (strcmp(name, "priv_passphrase") == 0)
		return text_copy(
			c->priv_passphrase, sizeof(c->priv_passphrase), value);
	return false;
}

static bool
take_query(const char *name, const char *value)
{
	struct oid oid;
	const bool walk = strcmp(name, "walk") == 0;

	return (walk || strcmp(name, "get") == 0) && oid_read(value, &oid) &&
		queries_add(&queries, &oid, walk);
}

static bool
take_option(const char *name, const char *value)
{
	if (strcmp(name, "engines") == 0)
		engines_path = value;
	else if (strcmp(name, "port") == 0)
		port = (uint16_t)atoi(value);
	else if (strcmp(name, "window") == 0)
		options.window = (size_t)atoi(value);
	else if (strcmp(name, "timeout") == 0)
		options.timeout = discovery.timeout = atoi(value);
	else if (strcmp(name, "tries") == 0)
		options.tries = discovery.tries = (unsigned int)atoi(value);
	else if (strcmp(name, "patience") == 0)
		options.patience = atoi(value);
	else if (strcmp(name, "rows") == 0)
		options.rows = (unsigned int)atoi(value);
	else if (strcmp(name, "pace") == 0)
		discovery.pace = (unsigned int)atoi(value);
	else if (strcmp(name, "quiet") == 0)
		quiet = strcmp(value, "yes") == 0;
	else
		return take_credentials(name, value) || take_query(name, value);
	return true;
}

static void
print_value(const struct answer *a)
{
	char text[OID_TEXT_SIZE];

	if (a->kind == ANSWER_TEXT || a->kind == ANSWER_ADDRESS) {
		text_printable(
			(const char *)a->text, a->length, text, sizeof(text));
		printf("\"%s\"\n", text);
	} else if (a->kind == ANSWER_OID) {
		oid_write(&a->value, text);
		printf("%s\n", text);
	} else if (a->kind == ANSWER_INTEGER) {
		printf("%" PRId64 "\n", a->integer);
	} else {
		printf("%" PRIu64 "\n", a->number);
	}
}

static void
print_answers(const char *host, const struct answers *all)
{
	static const char *const kinds[] = { "integer", "counter32",
		"counter64", "gauge", "ticks", "text", "oid", "address",
		"absent", "other" };
	char oid[OID_TEXT_SIZE];
	struct answer a;

	for (size_t i = 0; answers_at(all, i, &a); i++) {
		oid_write(&a.oid, oid);
		printf("%s %s %s ", host, oid, kinds[a.kind]);
		print_value(&a);
	}
}

/* What a target's arg is. */
struct one {
	struct sockaddr_storage address;
	bool asked;
};

static int
next(void *arg, const struct answers *so_far, struct queries *r)
{
	struct one *one = arg;

	(void)so_far;
	if (one->asked)
		return 0;
	one->asked = true;
	*r = queries;
	return 1;
}

static void
done(void *arg, const struct answers *all, enum poll_outcome outcome,
	const char *why)
{
	struct one *one = arg;
	char host[HOST_TEXT_SIZE];

	outcomes[outcome]++;
	rows += answers_count(all);
	if (quiet)
		return;
	host_write(&one->address, host);
	print_answers(host, all);
	printf("%s %s%s%s\n", host, poll_outcome_name(outcome),
		why[0] != '\0' ? ": " : "", why);
}

static void
print_usage(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("processor %ld ms, memory %ld kB\n",
		(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
			(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000,
		u.ru_maxrss);
}

static void
print_sums(const struct poller *poller, size_t count, int64_t took)
{
	struct poll_traffic t;

	poller_traffic(poller, &t);
	printf("%zu printers, %zu rows, %" PRId64 " ms;", count, rows, took);
	for (size_t i = 0; i <= POLL_FAILED; i++) {
		if (outcomes[i] > 0)
			printf(" %zu %s", outcomes[i],
				poll_outcome_name((enum poll_outcome)i));
	}
	printf("\nsent %" PRIu64 " datagrams %" PRIu64
	       " octets, received %" PRIu64 " datagrams %" PRIu64 " octets\n",
		t.sent, t.sent_octets, t.received, t.received_octets);
}

static void
poll_all(const struct ranges *ranges)
{
	static const struct poll_calls calls = { .next = next, .done = done };
	const size_t count = ranges_count(ranges);
	struct one *all = calloc(count + 1, sizeof(*all));
	const int64_t began = clock_milliseconds();
	struct poll_target target = { .credentials = &credentials };
	struct poller *poller;
	struct error e;

	if (all == NULL || credentials_ready(&credentials, &e) != 0 ||
		(engines_path != NULL &&
			engines_open(engines_path, &options.engines, &e) !=
				0) ||
		poller_open(&options, &poller, &e) != 0)
		die(&e);
	for (size_t i = 0; ranges_at(ranges, i, &all[i].address); i++) {
		target.address = all[i].address;
		target.arg = &all[i];
		if (poller_add(poller, &target, &calls, &e) != 0)
			die(&e);
	}
	if (poller_run(poller, &e) != 0 ||
		(options.engines != NULL &&
			engines_save(options.engines, &e) != 0))
		die(&e);
	print_sums(poller, count, clock_milliseconds() - began);
	if (quiet)
		print_usage();
	poller_free(&poller);
	engines_free(&options.engines);
	free(all);
}

static void
found(void *arg, const struct found *one)
{
	char host[HOST_TEXT_SIZE], text[OID_TEXT_SIZE];
	size_t *count = arg;

	++*count;
	host_write(&one->address, host);
	if (one->version == SNMP_V3)
		text_hex(one->engine.octets, one->engine.length, text);
	else
		oid_write(&one->object, text);
	if (!quiet)
		printf("%s %s %s\n", host,
			credentials_version_name(one->version), text);
}

static void
discover_all(const struct ranges *ranges)
{
	const int64_t began = clock_milliseconds();
	struct error e;
	size_t count = 0;

	discovery.ranges = ranges;
	discovery.credentials = &credentials;
	discovery.each = found;
	discovery.arg = &count;
	if (discover(&discovery, &e) != 0)
		die(&e);
	printf("%zu addresses, %zu found, %" PRId64 " ms\n",
		ranges_count(ranges), count, clock_milliseconds() - began);
}

static void
accept_all(const struct ranges *ranges)
{
	struct sockaddr_storage address;
	struct engines *engines;
	struct error e;

	if (engines_open(engines_path, &engines, &e) != 0)
		die(&e);
	for (size_t i = 0; ranges_at(ranges, i, &address); i++) {
		if (engines_accept(engines, &address, &e) != 0)
			die(&e);
	}
	if (engines_save(engines, &e) != 0)
		die(&e);
	engines_free(&engines);
}

int
main(int argc, char **argv)
{
	struct ranges *ranges = ranges_make();
	const char *verb = NULL;
	struct error e;
	char *value;

	for (int i = 1; i < argc; i++) {
		value = strchr(argv[i], '=');
		if (value != NULL) {
			*value++ = '\0';
			if (!take_option(argv[i], value))
				bad(argv[i]);
		} else if (verb == NULL) {
			verb = argv[i];
		} else if (ranges_add(ranges, argv[i], port, &e) != 0) {
			die(&e);
		}
	}
	if (verb != NULL && strcmp(verb, "poll") == 0)
		poll_all(ranges);
	else if (verb != NULL && strcmp(verb, "discover") == 0)
		discover_all(ranges);
	else if (verb != NULL && strcmp(verb, "accept") == 0)
		accept_all(ranges);
	else
		bad("to be done");
	ranges_free(&ranges);
	return 0;
}
