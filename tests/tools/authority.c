/*
 * The authority's program by the typed calls, a verb and its words:
 *
 *     authority SOCKET begin
 *     authority SOCKET reserve LICENCE TRANSACTION
 *     authority SOCKET release LICENCE TRANSACTION
 *     authority SOCKET record LICENCE TRANSACTION FILE.der OUT.der
 *     authority SOCKET renew NUMBER FILE.der OUT.der
 *     authority SOCKET confirm NUMBER
 *     authority SOCKET revoke NUMBER REASON
 *     authority SOCKET certificate NUMBER OUT.der
 *     authority SOCKET first-key NUMBER FILE.der OUT.cms
 *     authority SOCKET due DIRECTORY
 *     authority SOCKET mailed NUMBER
 *     authority SOCKET unsigned LICENCE WHY
 *     authority SOCKET revoked [AFTER]
 *     authority SOCKET published REVISION NUMBER THIS NEXT FILE.der
 *
 * due puts what it gets into files of the directory, by number or licence.
 * Prints the rest; ends with 0, or with the error's code and 10, and why.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/handover_authority.h"

enum { FAILED = 10, WORDS = 5 };

/* A call: its words, "" where there is none. */
struct call {
	struct client *client;
	const char *words[WORDS];
	struct error *e;
};

static int
read_file(const char *path, struct buffer *b, struct error *e)
{
	char piece[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return error_errno(e, "%s", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buffer_append(b, piece, n);
	fclose(f);
	return 0;
}

static int
write_file(const char *path, const struct buffer *b, struct error *e)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(b->data, 1, b->length, f) != b->length)
		error_errno(e, "%s", path);
	else if (fclose(f) == 0)
		return 0;
	return -1;
}

static int
reserve(const struct call *c)
{
	struct authority_licence l;
	int rc = authority_reserve(
		c->client, c->words[0], c->words[1], &l, c->e);

	if (rc == 0)
		printf("%s %s %s %" PRIu64 " %s\n", l.licence, l.principal,
			l.code, l.resets, l.url[0] != '\0' ? l.url : "-");
	return rc;
}

static int
begin(const struct call *c)
{
	return authority_begin(c->client, c->e);
}

static int
release(const struct call *c)
{
	return authority_release(c->client, c->words[0], c->words[1], c->e);
}

static int
say_issued(const struct call *c, int rc, const struct buffer *given,
	const char *number, bool again, const char *path)
{
	if (rc != 0)
		return rc;
	printf("%s%s\n", number, again ? " again" : "");
	return write_file(path, given, c->e);
}

static int
record(const struct call *c)
{
	struct buffer der = { 0 }, given = { 0 };
	char number[AUTHORITY_NUMBER_SIZE];
	bool again = false;
	int rc = read_file(c->words[2], &der, c->e);

	if (rc == 0)
		rc = authority_record(c->client, c->words[0], c->words[1],
			der.data, der.length, &given, number, &again, c->e);
	rc = say_issued(c, rc, &given, number, again, c->words[3]);
	buffer_clear(&der);
	buffer_clear(&given);
	return rc;
}

static int
renew(const struct call *c)
{
	struct buffer der = { 0 }, given = { 0 };
	char number[AUTHORITY_NUMBER_SIZE];
	bool again = false;
	int rc = read_file(c->words[1], &der, c->e);

	if (rc == 0)
		rc = authority_renew(c->client, c->words[0], der.data,
			der.length, &given, number, &again, c->e);
	rc = say_issued(c, rc, &given, number, again, c->words[2]);
	buffer_clear(&der);
	buffer_clear(&given);
	return rc;
}

static int
confirm(const struct call *c)
{
	return authority_confirm(c->client, c->words[0], c->e);
}

static int
revoke(const struct call *c)
{
	return authority_revoke(c->client, c->words[0], c->words[1], c->e);
}

static int
certificate(const struct call *c)
{
	struct authority_certificate found;
	int rc = authority_certificate(c->client, c->words[0], &found, c->e);

	if (rc == 0) {
		printf("%s %s %s %s %s\n", found.number, found.principal,
			found.licence, found.state,
			found.url[0] != '\0' ? found.url : "-");
		rc = write_file(c->words[1], &found.der, c->e);
	}
	buffer_clear(&found.der);
	return rc;
}

static int
first_key(const struct call *c)
{
	struct buffer der = { 0 }, cms = { 0 };
	int rc = read_file(c->words[1], &der, c->e);

	if (rc == 0)
		rc = authority_first_key(c->client, c->words[0], der.data,
			der.length, &cms, c->e);
	if (rc == 0)
		rc = write_file(c->words[2], &cms, c->e);
	buffer_clear(&der);
	buffer_clear(&cms);
	return rc;
}

static int
say_crl(uint64_t revision, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	printf("crl %" PRIu64 "\n", revision);
	return 0;
}

static int
put(const struct call *c, const char *name, const struct buffer *octets,
	struct error *e)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", c->words[0], name);
	return write_file(path, octets, e);
}

static int
say_mail(const struct authority_mail *m, void *arg, struct error *e)
{
	printf("mail %s %s %s %s\n", m->number, m->server, m->url, m->address);
	return put(arg, m->number, &m->certificate, e);
}

static int
say_sign(const struct authority_sign *s, void *arg, struct error *e)
{
	printf("sign %s %s %s\n", s->licence, s->principal, s->transaction);
	return put(arg, s->licence, &s->request, e);
}

static int
due(const struct call *c)
{
	static const struct authority_due_calls calls = { say_crl, say_mail,
		say_sign };

	return authority_due(c->client, &calls, (void *)(uintptr_t)c, c->e);
}

static int
mailed(const struct call *c)
{
	return authority_mailed(c->client, c->words[0], c->e);
}

static int
refuse(const struct call *c)
{
	return authority_unsigned(c->client, c->words[0], c->words[1], c->e);
}

static int
say_revoked(const struct authority_revoked *r, void *arg)
{
	(void)arg;
	printf("%s %s\n", r->number, r->reason);
	return 0;
}

static int
revoked(const struct call *c)
{
	return authority_revoked(c->client,
		c->words[0][0] != '\0' ? c->words[0] : NULL, say_revoked, NULL,
		c->e);
}

static int
published(const struct call *c)
{
	const struct authority_crl crl = { strtoull(c->words[0], NULL, 10),
		strtoull(c->words[1], NULL, 10), strtoll(c->words[2], NULL, 10),
		strtoll(c->words[3], NULL, 10) };
	struct buffer der = { 0 };
	int rc = read_file(c->words[4], &der, c->e);

	if (rc == 0)
		rc = authority_published(
			c->client, &crl, der.data, der.length, c->e);
	buffer_clear(&der);
	return rc;
}

static const struct {
	const char *name;
	int (*run)(const struct call *c);
} verbs[] = {
	{ "reserve", reserve },
	{ "begin", begin },
	{ "release", release },
	{ "record", record },
	{ "renew", renew },
	{ "confirm", confirm },
	{ "revoke", revoke },
	{ "certificate", certificate },
	{ "first-key", first_key },
	{ "due", due },
	{ "mailed", mailed },
	{ "unsigned", refuse },
	{ "revoked", revoked },
	{ "published", published },
};

static int
run(const char *verb, const struct call *c)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			return verbs[i].run(c);
	return error_set(c->e, ERROR_USAGE, "no such verb");
}

int
main(int argc, char **argv)
{
	struct error e;
	struct call c = { .e = &e };
	int rc;

	if (argc < 3)
		return EXIT_USAGE;
	for (int i = 0; i < WORDS; i++)
		c.words[i] = i + 3 < argc ? argv[i + 3] : "";
	if (client_open(argv[1], 60, &c.client, &e) == -1) {
		fprintf(stderr, "authority: %s\n", e.text);
		return FAILED + (int)e.code;
	}
	rc = run(argv[2], &c);
	if (rc == -1)
		fprintf(stderr, "authority: %s\n", e.text);
	client_close(&c.client);
	return rc == -1 ? FAILED + (int)e.code : EXIT_DONE;
}
