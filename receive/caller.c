/*
 * The web server has verified the certificate; whose it is is read once more,
 * out of the certificate itself.
 */
#include "receive/caller.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

/* For the log and the daemon, which take an IP address and nothing else. */
static void
take_address(const struct fcgi_request *request, struct caller *c)
{
	const char *text = fcgi_value(request, "REMOTE_ADDR");
	unsigned char octets[sizeof(struct in6_addr)];

	if (text != NULL &&
		(inet_pton(AF_INET, text, octets) == 1 ||
			inet_pton(AF_INET6, text, octets) == 1))
		(void)text_copy(c->address, sizeof(c->address), text);
}

static const char *
read_certificate(const struct fcgi_request *request, struct caller *c)
{
	const char *verified = fcgi_value(request, "SSL_CLIENT_VERIFY");
	const char *pem = fcgi_value(request, "SSL_CLIENT_CERT");
	struct certificate_facts facts;
	struct error e;

	c->how = "certificate";
	if (verified == NULL || strcmp(verified, "SUCCESS") != 0 || pem == NULL)
		return "no certificate was verified";
	if (certificate_read_pem(pem, &facts, &e) == -1)
		return "its certificate cannot be read";
	if (facts.principal[0] == '\0')
		return "its certificate names nobody";
	(void)text_copy(c->principal, sizeof(c->principal), facts.principal);
	(void)text_copy(c->number, sizeof(c->number), facts.number);
	return NULL;
}

/* An agent's name at login is its ID. */
static const char *
read_login(const struct fcgi_request *request, struct caller *c)
{
	const char *user = fcgi_value(request, "REMOTE_USER");

	c->how = "login";
	if (user == NULL ||
		!principal_spell(PRINCIPAL_AGENT, user, c->principal))
		return "nobody is logged in by an ID";
	if (strcmp(principal_name(c->principal, PRINCIPAL_AGENT), user) == 0)
		return NULL;
	c->principal[0] = '\0';
	return "the login is no ID as it is spelled";
}

void
caller_read(
	const struct fcgi_request *request, enum proof proof, struct caller *c)
{
	memset(c, 0, sizeof(*c));
	take_address(request, c);
	c->why = proof == PROOF_CERTIFICATE ? read_certificate(request, c)
					    : read_login(request, c);
}
