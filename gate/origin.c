/*
 * The check of origin: what the channel, or the MTA before it, knows of where a
 * message came from, held against what is registered.
 */
#include "gate/judgement.h"

#include <string.h>

#include "base/network.h"
#include "config/rules.h"

/* What the transport proved can only refuse: it must be the owner. */
static int
check_proof(struct judgement *j, const char *how, const char *principal)
{
	if (principal == NULL || principal_same(principal, j->owner))
		return CHECK_PASSED;
	return REFUSE(
		j, REASON_WRONG_ORIGIN, "the %s is of %.80s", how, principal);
}

/* What a telephone line says of who is calling is no proof, and can only
 * refuse: it must be what is registered. A fax machine says who it is or sends
 * nothing; not every line says who calls. */
static int
check_line(struct judgement *j)
{
	const struct evidence *v = &j->arrival->evidence;
	const struct device *d = &j->device;

	if (v->station != NULL &&
		(v->station[0] == '\0' || strcmp(v->station, d->fax) != 0))
		return REFUSE(j, REASON_WRONG_ORIGIN,
			"the fax machine calls itself \"%.20s\", not \"%s\"",
			v->station, d->fax);
	if (v->caller != NULL && d->caller[0] != '\0' &&
		strcmp(v->caller, d->caller) != 0)
		return REFUSE(j, REASON_WRONG_ORIGIN, "%.20s calls, not %s",
			v->caller, d->caller);
	return CHECK_PASSED;
}

/* What our own MTA found of a mail's sender. */
static void
find_results(struct judgement *j, const char *sender)
{
	const struct settings *s = j->rules->settings;

	authres_read(j->arrival->octets, j->arrival->length, &s->limits,
		s->authserv_id, sender, &j->authres);
}

/* What is registered of a device's plain mail, and so what speaks for it; and
 * what our own MTA found of that sender. */
static void
vouch(struct judgement *j)
{
	static const char *const names[] = { "none", "sender", "network",
		"sender+network" };
	const struct device *d = &j->device;
	const bool sender = d->from[0] != '\0';

	if (sender)
		find_results(j, d->from);
	(void)text_format(j->vouched, sizeof(j->vouched), "%s%s%s",
		names[sender + 2 * (d->network[0] != '\0')],
		j->authres.dkim ? "+dkim" : "", j->authres.spf ? "+spf" : "");
}

/* Of a plain one in an envelope: that it comes from where its device is
 * registered to be. */
static int
check_place(struct judgement *j)
{
	const struct device *d = &j->device;
	char sender[ADDRESS_SIZE];

	if (d->from[0] != '\0' &&
		(!registry_address(j->arrival->evidence.sender, sender) ||
			strcmp(sender, d->from) != 0))
		return REFUSE(
			j, REASON_WRONG_ORIGIN, "sender is not %s", d->from);
	if (d->network[0] != '\0' &&
		!network_contains(d->network, &j->arrival->evidence.client))
		return REFUSE(j, REASON_WRONG_ORIGIN, "client is not in %s",
			d->network);
	vouch(j);
	SAW(j, "sender and network as registered");
	return CHECK_PASSED;
}

/* Of a plain one without: that the transport proved its device, which is known
 * by now to be so if it proved anybody. */
static int
check_transport(struct judgement *j)
{
	if (judgement_proved(j) == NULL)
		return REFUSE(j, REASON_WRONG_ORIGIN,
			"plain, and nothing proves that it is of %s",
			j->device.serial);
	(void)text_copy(j->vouched, sizeof(j->vouched),
		j->arrival->evidence.certificate != NULL ? "certificate"
							 : "login");
	SAW(j, "the %s is of %s", j->vouched, j->owner);
	return CHECK_PASSED;
}

/* Of a piece that was forwarded: the forwarder was found before. */
static int
check_forwarder(struct judgement *j)
{
	const struct forwarder *f = &j->forwarder;

	if (j->sealed) {
		(void)text_copy(j->vouched, sizeof(j->vouched), "seal");
		SAW(j, "forwarded by %s: the seal proves it", f->address);
		return CHECK_SKIPPED;
	}
	if (strcmp(f->center, j->device.center) != 0)
		return REFUSE(j, REASON_WRONG_CENTER,
			"%s forwards for center %s", f->address, f->center);
	(void)text_copy(j->vouched, sizeof(j->vouched),
		j->arrival->evidence.imported ? "operator"
					      : registry_proof_name(f->proof));
	SAW(j, "forwarded by %s, by %s", f->address, j->vouched);
	return CHECK_PASSED;
}

int
check_origin(struct judgement *j)
{
	const struct evidence *v = &j->arrival->evidence;
	int rc;

	if (j->nested)
		return check_forwarder(j);
	rc = check_proof(j, "login", v->login);
	if (rc == CHECK_PASSED)
		rc = check_proof(j, "certificate", v->certificate);
	if (rc == CHECK_PASSED)
		rc = check_line(j);
	if (rc != CHECK_PASSED)
		return rc;
	if (!j->sealed && v->imported) {
		(void)text_copy(j->vouched, sizeof(j->vouched), "operator");
		SAW(j, "the operator speaks for it");
		return CHECK_PASSED;
	}
	if (!j->sealed)
		return v->sender != NULL ? check_place(j) : check_transport(j);
	(void)text_copy(j->vouched, sizeof(j->vouched), "seal");
	if (judgement_proved(j) == NULL) {
		SAW(j, "not asked for: the seal proves it");
		return CHECK_SKIPPED;
	}
	SAW(j, "the transport proved %s", j->owner);
	return CHECK_PASSED;
}

/* The sender's domain, if our MTA found a signature of it. */
static const char *
signed_domain(const struct judgement *j, const char *sender)
{
	return j->authres.dkim ? strrchr(sender, '@') + 1 : NULL;
}

/* Old mails may be bundles: who hands them in forwards them. */
static int
take_operator(struct judgement *j)
{
	struct forwarder *f = &j->forwarder;

	(void)text_copy(f->center, sizeof(f->center), j->arrival->centers[0]);
	(void)text_copy(f->address, sizeof(f->address), "operator");
	return CHECK_PASSED;
}

int
origin_forwarder(struct judgement *j)
{
	const struct arrival *m = j->arrival;
	char sender[ADDRESS_SIZE];
	struct forwarder_evidence evidence = { .client = &m->evidence.client,
		.login = m->evidence.account };
	int found = 0;

	if (m->evidence.imported)
		return take_operator(j);
	if (m->evidence.sender == NULL ||
		!registry_address(m->evidence.sender, sender))
		return CHECK_PASSED;
	find_results(j, sender);
	evidence.dkim = signed_domain(j, sender);
	for (size_t i = 0; i < m->center_count && found == 0; i++)
		found = registry_forwarder_find(j->store, m->centers[i], sender,
			&evidence, &j->forwarder, &j->error);
	if (found != 1)
		j->forwarder.address[0] = '\0';
	return found == -1 ? CHECK_TROUBLE : CHECK_PASSED;
}
