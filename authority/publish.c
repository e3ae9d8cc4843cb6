/*
 * A list says no more than what the daemon knew when it was asked for its
 * revision: what is revoked while the list is made has a revision of its own,
 * for which the next one is due.
 */
#include "authority/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/openssl.h"
#include "base/durable.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/log.h"
#include "control/handover_authority.h"

enum { PUBLIC_MODE = 0644 };

/* Written, synced, renamed, and the name synced. */
static int
put(const char *directory, const char *name, const struct buffer *octets,
	struct error *e)
{
	char tmp[64];
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd == -1)
		return error_errno(e, "%s", directory);
	snprintf(tmp, sizeof(tmp), ".%s.new", name);
	rc = file_replace(fd, tmp, name, PUBLIC_MODE, octets, e);
	close(fd);
	if (rc == -1)
		return error_prefix(e, "%s/%s", directory, name);
	return durable_directory(directory, e);
}

/* Each time anew: whoever put another one there has had it for a while. */
static int
put_certificate(struct published *p, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	int rc = pem_add_certificate(&text, issuer_certificate(p->issuer), e);

	if (rc == 0)
		rc = put(p->configuration->public_directory, CA_CERTIFICATE,
			&text, e);
	buffer_clear(&text);
	return rc;
}

int
publish_begin(struct published *p, const struct ca_configuration *c,
	struct issuer *issuer, struct error *e)
{
	char path[CA_PATH_SIZE];
	struct error why;

	*p = (struct published){
		.configuration = c, .issuer = issuer, .told = true
	};
	if (ca_path(c->public_directory, CA_CRL, path, e) == -1 ||
		put_certificate(p, e) == -1)
		return -1;
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	if (crl_read(issuer, path, &p->crl, &why) == -1) {
		p->crl = (struct crl_facts){ 0 };
		log_warn("%s: a new one will be made", why.text);
	}
	return 0;
}

/* A clock that was put back makes no list wait. */
bool
publish_due(const struct published *p, uint64_t revision, int64_t now)
{
	return !p->known || revision != p->revision || now < p->crl.issued ||
		now - p->crl.issued >= p->configuration->crl_interval;
}

/* A list that grows. */
struct collecting {
	struct X509_crl_st *crl;
	struct error *error;
};

static int
add(const struct authority_revoked *r, void *arg)
{
	struct collecting *c = arg;

	return crl_add(c->crl, r->number, r->revoked, r->reason, c->error);
}

static int
collect(struct published *p, struct client *client,
	const struct crl_facts *facts, struct buffer *text, struct error *e)
{
	struct collecting c = { .error = e };
	int rc = crl_new(p->issuer, facts, &c.crl, e);

	if (rc == 0)
		rc = authority_revoked(client, NULL, add, &c, e);
	if (rc == 0)
		rc = crl_write(p->issuer, c.crl, text, e);
	crl_free(&c.crl);
	return rc;
}

int
publish_tell(struct published *p, struct client *client, struct error *e)
{
	const struct authority_crl told = { p->revision, p->crl.number,
		p->crl.issued, p->crl.until };
	struct buffer der = { .limit = CERTIFICATE_MAX };
	int rc;

	if (p->told)
		return 0;
	rc = openssl_der(issuer_certificate(p->issuer), &der, e);
	if (rc == 0)
		rc = authority_published(
			client, &told, der.data, der.length, e);
	buffer_clear(&der);
	p->told = rc == 0;
	return rc;
}

int
publish_crl(struct published *p, struct client *client, uint64_t revision,
	int64_t now, struct error *e)
{
	struct crl_facts facts = {
		.number = p->crl.number + 1,
		.issued = now,
		.until = now + p->configuration->crl_validity,
	};
	struct buffer text = { .limit = CA_FILE_MAX };
	int rc;

	if (facts.number < (uint64_t)now)
		facts.number = (uint64_t)now;
	rc = issuer_ready(p->issuer, now, e);
	if (rc == 0)
		rc = collect(p, client, &facts, &text, e);
	if (rc == 0)
		rc = put(p->configuration->public_directory, CA_CRL, &text, e);
	buffer_clear(&text);
	if (rc == -1)
		return -1;
	p->crl = facts;
	p->revision = revision;
	p->known = true;
	p->told = false;
	return publish_tell(p, client, e);
}
