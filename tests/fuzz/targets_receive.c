/*
 * The target of csrc-receive: what a web server says of who asks, and for what.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "receive/caller.h"
#include "receive/errand.h"
#include "tests/fuzz/targets.h"

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* Whatever is taken has one spelling. */
static void
read_errand(const char *path)
{
	static const char *const ends[ERRAND_KINDS] = {
		[ERRAND_AGENT] = "",
		[ERRAND_REPORTS] = "/reports",
		[ERRAND_REQUESTS] = "/requests",
		[ERRAND_REQUEST] = "/requests/",
		[ERRAND_DELIVERED] = "/requests/",
	};
	struct errand t;
	char again[256];

	if (!errand_read(path, &t))
		return;
	must(t.kind < ERRAND_KINDS && t.id[0] != '\0');
	must((t.kind >= ERRAND_REQUEST) == (t.email_id[0] != '\0'));
	must(text_format(again, sizeof(again), "/csrc/agent/%s%s%s%s", t.id,
		ends[t.kind], t.email_id,
		t.kind == ERRAND_DELIVERED ? "/delivered" : ""));
	must(strcmp(again, path) == 0);
	must(strcmp(principal_name(t.principal, PRINCIPAL_AGENT), t.id) == 0);
}

static void
read_caller(char **values)
{
	const struct fcgi_request request = { .values = values };
	struct caller c;

	for (int proof = PROOF_CERTIFICATE; proof <= PROOF_LOGIN; proof++) {
		caller_read(&request, (enum proof)proof, &c);
		must((c.why == NULL) == (c.principal[0] != '\0'));
		must(c.how != NULL);
		must(strspn(c.address, "0123456789abcdefABCDEF:.") ==
			strlen(c.address));
	}
}

/* A line a value: address, login and path; then a certificate in PEM. */
void
target_receive(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "REMOTE_ADDR=", "REMOTE_USER=",
		"REQUEST_URI=", "SSL_CLIENT_CERT=" };
	char verified[] = "SSL_CLIENT_VERIFY=SUCCESS";
	char *values[6] = { verified }, *text = malloc(size + 1), *at = text;
	size_t length, name;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (int i = 0; i < 4; i++) {
		length = i < 3 ? strcspn(at, "\n") : strlen(at);
		name = strlen(names[i]);
		values[i + 1] = malloc(name + length + 1);
		must(values[i + 1] != NULL);
		memcpy(values[i + 1], names[i], name);
		memcpy(values[i + 1] + name, at, length);
		values[i + 1][name + length] = '\0';
		at += length + (at[length] == '\n');
	}
	read_errand(values[3] + strlen(names[2]));
	read_caller(values);
	for (int i = 0; i < 4; i++)
		free(values[i + 1]);
	free(text);
}
