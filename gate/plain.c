/*
 * The check of protection, for what is not sealed: it passes only from a device
 * that may send plain, be it named by the header, by the report, or by nothing
 * but where it comes from.
 */
#include "gate/judgement.h"

#include <string.h>

static bool
is_among(
	const char (*centers)[CENTER_ID_SIZE], size_t count, const char *center)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(centers[i], center) == 0)
			return true;
	return false;
}

/* A plain one's owner is the device that it is taken to be of. */
static void
own(struct judgement *j)
{
	(void)principal_spell(PRINCIPAL_DEVICE, j->device.serial, j->owner);
}

/* The device that is named: is it one that may send plain? */
static int
admit_device(struct judgement *j)
{
	if (registry_device_get(
		    j->store, j->claims.serial, &j->device, &j->error) == -1)
		return judgement_failed(j, REASON_UNPROTECTED);
	if (j->device.protection != PROTECTION_OPTIONAL)
		return REFUSE(j, REASON_UNPROTECTED,
			"plain, but device %s must seal", j->device.serial);
	if (j->nested && !j->device.forwarded && !j->arrival->evidence.imported)
		return REFUSE(j, REASON_UNPROTECTED,
			"forwarded, which device %s may not be",
			j->device.serial);
	own(j);
	SAW(j, "plain, as device %s may", j->device.serial);
	return CHECK_PASSED;
}

/* What it lacks is said by the report's error, which is then the reason. */
static void
say_unnamed(struct judgement *j)
{
	static const char *const why[] = {
		[CLAIM_ABSENT] = "the report names no device",
		[CLAIM_DOUBLED] = "the report names its device twice",
		[CLAIM_INVALID] = "the report's serial is none",
	};
	const struct claims *c = &j->claims;

	if (j->report == NULL)
		return;
	if (c->serial_state == CLAIM_PRESENT)
		error_set(&j->report_error, ERROR_BAD, "there is no device %s",
			c->serial);
	else
		error_set(&j->report_error, ERROR_BAD, "%s",
			why[c->serial_state]);
}

/* Does the transport prove a device that may send plain, of these centers? */
static int
find_proved(struct judgement *j, const char (*centers)[CENTER_ID_SIZE],
	size_t count)
{
	const char *principal = judgement_proved(j);
	const char *serial = principal != NULL
		? principal_name(principal, PRINCIPAL_DEVICE)
		: NULL;

	if (serial == NULL)
		return 0;
	if (registry_device_get(j->store, serial, &j->device, &j->error) == -1)
		return j->error.code == ERROR_NOT_FOUND ? 0 : -1;
	return j->device.enabled &&
		j->device.protection == PROTECTION_OPTIONAL &&
		is_among(centers, count, j->device.center);
}

/* Which devices could have sent what names none? As registry_sender_find. */
static int
find_unnamed(struct judgement *j)
{
	const struct arrival *m = j->arrival;
	const struct claims *header = &j->outer->claims;
	const char(*centers)[CENTER_ID_SIZE] = m->centers;
	size_t count = m->center_count;

	if (header->serial_state != CLAIM_ABSENT ||
		header->center_state == CLAIM_DOUBLED ||
		header->center_state == CLAIM_INVALID)
		return 0;
	if (j->claims.center_state == CLAIM_PRESENT) {
		if (!judgement_is_recipient(j, j->claims.center))
			return 0;
		centers = &j->claims.center;
		count = 1;
	}
	if (m->evidence.sender == NULL)
		return find_proved(j, centers, count);
	return registry_sender_find(j->store, m->evidence.sender,
		&m->evidence.client, centers, count, &j->device, &j->error);
}

/* It is theirs: what its report claims is worth nothing any more. */
static void
take_unnamed(struct judgement *j, int devices)
{
	struct claims owner = { 0 };

	j->shared = devices > 1;
	report_free(&j->report);
	judgement_gather(j);
	claims_take_center(&owner, j->device.center, strlen(j->device.center));
	if (!j->shared) {
		own(j);
		claims_take_serial(
			&owner, j->device.serial, strlen(j->device.serial));
	}
	claims_complete(&j->claims, &owner);
	SAW(j, "plain, naming no device; %s %s%s",
		j->arrival->evidence.sender == NULL
			? "the transport proved it to be of"
			: "sender and network are those of",
		j->device.serial, j->shared ? " and others" : "");
}

/*
 * Nothing says which device it is, or no device that there is: a firmware may
 * have changed a label or a value. Where sender and network are those of plain
 * devices of a center that it is for, or the transport proves one, it is
 * theirs, and goes on to be kept. Anybody else is a stranger.
 */
static int
admit_unnamed(struct judgement *j)
{
	int devices = find_unnamed(j);

	if (devices == -1)
		return CHECK_TROUBLE;
	say_unnamed(j);
	if (devices == 0)
		return REFUSE(j, REASON_UNPROTECTED,
			"neither sealed nor naming a device: %.180s",
			j->report_error.text);
	take_unnamed(j, devices);
	return CHECK_PASSED;
}

/* The text is read: who is named in it, if anybody? */
static int
admit_by_text(struct judgement *j)
{
	int rc;

	if (j->claims.serial_state != CLAIM_PRESENT)
		return admit_unnamed(j);
	rc = admit_device(j);
	return rc == REASON_UNPROTECTED && j->error.code == ERROR_NOT_FOUND
		? admit_unnamed(j)
		: rc;
}

/* Whose it is that somebody forwarded: what its report names, or nobody's. */
static int
admit_forwarded(struct judgement *j)
{
	int rc;

	if (j->report == NULL || j->claims.serial_state != CLAIM_PRESENT) {
		say_unnamed(j);
		return judgement_unreadable(j);
	}
	rc = admit_device(j);
	return rc == REASON_UNPROTECTED && j->error.code == ERROR_NOT_FOUND
		? REASON_UNKNOWN_DEVICE
		: rc;
}

/* One that its header names is looked up before anything is read for a
 * stranger. */
int
check_named(struct judgement *j)
{
	if (j->outer->claims.serial_state != CLAIM_PRESENT)
		return CHECK_PASSED;
	j->claims = j->outer->claims;
	return admit_device(j);
}

int
check_plain(struct judgement *j)
{
	if (j->sealed || j->outer->claims.serial_state == CLAIM_PRESENT)
		return CHECK_STANDS;
	return j->nested ? admit_forwarded(j) : admit_by_text(j);
}
