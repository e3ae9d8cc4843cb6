/*
 * dav/ from a shell: davclient NAME=VALUE… VERB ARGUMENT…, where the names are
 * those of struct dav_options. A failure is printed as its code and text.
 *
 *	put PATH FILE | create PATH FILE | get PATH LIMIT | delete PATH [ETAG]
 *	move FROM TO | mkcol PATH | list PATH LIMIT [COUNT]
 *	again COUNT VERB ARGUMENT…    on one connection
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "dav/dav.h"

static const char *const CODES[] = { "none", "usage", "bad", "limit",
	"not-found", "exists", "denied", "trouble" };

static struct dav_options options;

static const struct {
	const char *name;
	const char **value;
} TEXTS[] = {
	{ "url", &options.url },
	{ "user", &options.user },
	{ "password", &options.password },
	{ "ca_file", &options.ca_file },
	{ "certificate", &options.certificate },
	{ "certificate_key", &options.certificate_key },
	{ "proxy", &options.proxy },
	{ "proxy_user", &options.proxy_user },
	{ "proxy_password", &options.proxy_password },
	{ "agent", &options.agent },
};

/* Is it NAME=VALUE? */
static bool
take_option(char *word)
{
	char *value = strchr(word, '=');
	size_t i;

	if (value == NULL || strchr(word, '/') == word)
		return false;
	*value++ = '\0';
	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
		if (strcmp(word, TEXTS[i].name) == 0)
			*TEXTS[i].value = value;
	if (strcmp(word, "timeout") == 0)
		options.timeout = atoi(value);
	if (strcmp(word, "allow_http") == 0)
		options.allow_http = strcmp(value, "yes") == 0;
	return true;
}

static int
put(struct dav *dav, char **words, bool create, struct error *e)
{
	FILE *file = fopen(words[2], "rb");
	struct buffer octets = { 0 };
	char block[65536];
	size_t got;
	int rc;

	if (file == NULL)
		return error_errno(e, "%s", words[2]);
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		buffer_append(&octets, block, got);
	fclose(file);
	rc = dav_put(dav, words[1], octets.data, octets.length, create, e);
	buffer_clear(&octets);
	return rc;
}

static int
get(struct dav *dav, char **words, struct error *e)
{
	struct buffer octets = { 0 };
	char etag[DAV_ETAG_SIZE];
	int rc = dav_get(
		dav, words[1], strtoul(words[2], NULL, 10), &octets, etag, e);

	if (rc == 0) {
		fprintf(stderr, "%s\n", etag);
		fwrite(octets.data, 1, octets.length, stdout);
	}
	buffer_clear(&octets);
	return rc;
}

static int
show(const struct dav_entry *entry, void *arg)
{
	long *more = arg;

	printf("%s%s %lld %lld %s\n", entry->name, entry->collection ? "/" : "",
		(long long)entry->length, (long long)entry->modified,
		entry->etag);
	return --*more == 0;
}

static int
list(struct dav *dav, char **words, struct error *e)
{
	long more = words[3] != NULL ? atol(words[3]) : -1;

	return dav_list(
		dav, words[1], strtoul(words[2], NULL, 10), show, &more, e);
}

/* words[0] is the verb; there are at least three more, of which some NULL. */
static int
run(struct dav *dav, char **words, struct error *e)
{
	const char *verb = words[0];

	if (words[1] == NULL)
		return error_set(e, ERROR_USAGE, "no path");
	if (strcmp(verb, "put") == 0 || strcmp(verb, "create") == 0)
		return put(dav, words, verb[0] == 'c', e);
	if (strcmp(verb, "get") == 0)
		return get(dav, words, e);
	if (strcmp(verb, "delete") == 0)
		return dav_delete(dav, words[1], words[2], e);
	if (strcmp(verb, "move") == 0)
		return dav_move(dav, words[1], words[2], e);
	if (strcmp(verb, "mkcol") == 0)
		return dav_mkcol(dav, words[1], e);
	if (strcmp(verb, "list") == 0)
		return list(dav, words, e);
	return error_set(e, ERROR_USAGE, "no verb %s", verb);
}

int
main(int argc, char **argv)
{
	char *words[8] = { NULL };
	struct dav *dav;
	struct error e = { 0 };
	long times = 1;
	int i, rc;

	for (i = 1; i < argc && take_option(argv[i]); i++)
		;
	if (i + 2 < argc && strcmp(argv[i], "again") == 0) {
		times = atol(argv[i + 1]);
		i += 2;
	}
	if (i >= argc || argc - i > 4)
		return 2;
	memcpy(words, argv + i, (size_t)(argc - i) * sizeof(words[0]));
	rc = dav_open(&options, &dav, &e);
	while (rc == 0 && times-- > 0)
		rc = run(dav, words, &e);
	if (dav != NULL)
		dav_close(&dav);
	if (rc == -1)
		printf("%s: %s\n", CODES[e.code], e.text);
	return rc == 0 ? 0 : 1;
}
