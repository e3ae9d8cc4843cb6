/*
 * The check of origin: what the channel, or the MTA before it, knows of where a
 * message came from, held against what is registered.
 */
#include "gate/judgement.h"

#include <string.h>

#include "base/network.h"

/* What the transport proved can only refuse: it must be the owner. */
static int
check_proof(struct judgement *j, const char *how, const char *principal)
{
	if (principal == NULL || principal_same(principal, j->owner))
		return CHECK_PASSED;
	return REFUSE(
		j, REASON_WRONG_ORIGIN, "the %s is of %.80s", how, principal);
}

/* What is registered of a device's plain mail, and so what speaks for it. */
static const char *
registered(const struct device *d)
{
	static const char *const names[] = { "none", "sender", "network",
		"sender+network" };

	return names[(d->from[0] != '\0') + 2 * (d->network[0] != '\0')];
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
	j->vouched = registered(d);
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
	j->vouched = j->arrival->evidence.certificate != NULL ? "certificate"
							      : "login";
	SAW(j, "the %s is of %s", j->vouched, j->owner);
	return CHECK_PASSED;
}

int
check_origin(struct judgement *j)
{
	const struct evidence *v = &j->arrival->evidence;
	int rc = check_proof(j, "login", v->login);

	if (rc == CHECK_PASSED)
		rc = check_proof(j, "certificate", v->certificate);
	if (rc != CHECK_PASSED)
		return rc;
	if (j->cms == NULL)
		return v->sender != NULL ? check_place(j) : check_transport(j);
	j->vouched = "seal";
	if (judgement_proved(j) == NULL) {
		SAW(j, "not asked for: the seal proves it");
		return CHECK_SKIPPED;
	}
	SAW(j, "the transport proved %s", j->owner);
	return CHECK_PASSED;
}
