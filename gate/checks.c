/*
 * The judgement: one check a function, one row a check, cheapest first, the
 * first failure ends it. A check both proves something and leaves what it found
 * in the judgement, so that none after it looks the same thing up again.
 */
#include "gate/judgement.h"

#include <string.h>

#include "base/network.h"
#include "base/text.h"
#include "base/wipe.h"
#include "gate/receipt_due.h"
#include "parser/formats/reading.h"

/* Are there mails inside, or several seals? Then who sent it decides. */
static bool
may_have_pieces(const struct judgement *j)
{
	size_t mails = 0, seals = 0;

	for (size_t i = 0; j->outer != NULL && i < j->outer->part_count; i++) {
		mails += part_is_mail(&j->outer->parts[i]);
		seals += part_is_sealed(&j->outer->parts[i]) != 0;
	}
	return mails > 0 || seals > 1;
}

static int
check_limits(struct judgement *j)
{
	const struct limits *l = &j->rules->settings->limits;
	const struct arrival *m = j->arrival;
	int rc = CHECK_PASSED;

	if (m->too_large && !j->nested)
		return REFUSE(j, REASON_TOO_LARGE,
			"more than max_message_size (%lld octets)",
			(long long)l->message_size);
	if (entity_parse(j->octets, j->length, l, &j->outer, &j->error) == -1)
		rc = judgement_failed(j,
			j->error.code == ERROR_LIMIT ? REASON_TOO_LARGE
						     : REASON_MALFORMED);
	if (!j->nested && (rc == REASON_TOO_LARGE || may_have_pieces(j)) &&
		origin_forwarder(j) == CHECK_TROUBLE)
		return CHECK_TROUBLE;
	if (rc != CHECK_PASSED)
		return rc;
	SAW(j, "%zu octets, %zu parts", j->length, j->outer->part_count);
	return CHECK_PASSED;
}

static int
check_protection(struct judgement *j)
{
	j->seals = 0;
	for (size_t i = 0; i < j->outer->part_count; i++)
		if (part_is_sealed(&j->outer->parts[i]) &&
			j->seals++ == j->seal)
			j->cms = &j->outer->parts[i];
	/* A forwarder may send several on, each to be judged by itself. */
	if (j->seals > 1 && !judgement_opens(j))
		return REFUSE(
			j, REASON_UNPROTECTED, "%zu sealed parts", j->seals);
	j->sealed = j->cms != NULL;
	if (!j->sealed)
		return check_named(j);
	/* Until the seal is open the outer fields are hints for the log. */
	j->claims = j->outer->claims;
	SAW(j, "%s sealed part of %zu octets", j->seals > 1 ? "a" : "one",
		j->cms->length);
	return CHECK_PASSED;
}

/*
 * The key the seal names. An unknown or retired one, or one of another length
 * than the seal's, is replaced by a key that opens nothing, so that the same
 * work is done whether or not it exists.
 */
static int
find_key(struct judgement *j, const struct seal_fields *seal)
{
	char id[2 * KEY_ID_MAX + 1];
	bool found;
	unsigned char none[KEY_SIZE_MAX];

	text_hex(seal->key_id, seal->key_id_length, id);
	if (crypto_random(none, sizeof(none), &j->error) == -1)
		return CHECK_TROUBLE;
	found = registry_key_get(j->store, seal->key_id, seal->key_id_length,
			&j->key, &j->error) == 0;
	if (!found && j->error.code != ERROR_NOT_FOUND)
		return CHECK_TROUBLE;
	if (!found || !j->key.live || j->key.length != seal->key_length) {
		SAW(j, "key id %s, %s", id,
			!found                 ? "unknown"
				: !j->key.live ? "retired"
					       : "of another length");
		memset(&j->key, 0, sizeof(j->key));
		j->key.length = seal->key_length;
		memcpy(j->key.secret, none, j->key.length);
		return CHECK_PASSED;
	}
	SAW(j, "key id %s of %s", id, j->key.principal);
	return CHECK_PASSED;
}

static int
open_seal(struct judgement *j)
{
	struct seal_fields seal;
	int rc;

	if (seal_read(j->cms->data, j->cms->length, &seal, &j->error) == -1) {
		rc = judgement_failed(j, REASON_NOT_AUTHENTIC);
		goto out;
	}
	rc = find_key(j, &seal);
	if (rc != CHECK_PASSED)
		goto out;
	if (seal_open(&seal, j->key.secret, j->key.length, &j->opened,
		    &j->error) == -1)
		rc = judgement_failed(j, REASON_NOT_AUTHENTIC);
	else if (j->due != NULL &&
		receipt_due_note(j->due, &j->key, j->now, &j->error) == -1)
		rc = CHECK_TROUBLE;
out:
	wipe(j->key.secret, sizeof(j->key.secret));
	buffer_clear(&seal.content);
	return rc;
}

static int
check_seal(struct judgement *j)
{
	int rc;

	if (!j->sealed) {
		SAW(j, "there is none: plain");
		return CHECK_SKIPPED;
	}
	rc = open_seal(j);
	if (rc != CHECK_PASSED)
		return rc;
	/* From here on it is its owner's, whatever is missing in it. */
	memset(&j->claims, 0, sizeof(j->claims));
	memcpy(j->owner, j->key.principal, sizeof(j->owner));
	if (check_agent(j) == CHECK_TROUBLE)
		return CHECK_TROUBLE;
	if (entity_parse(j->opened.data, j->opened.length,
		    &j->rules->settings->limits, &j->inner,
		    &j->report_error) == -1) {
		j->error = j->report_error;
		return j->error.code == ERROR_TROUBLE ? CHECK_TROUBLE
						      : CHECK_PASSED;
	}
	return CHECK_PASSED;
}

/* The device behind the owner. An agent has several: it is the claims that say
 * which. */
static int
find_device(struct judgement *j)
{
	const char *serial = principal_name(j->owner, PRINCIPAL_DEVICE);

	if (!j->sealed || j->device.serial[0] != '\0' || j->agent.id[0] != '\0')
		return CHECK_PASSED;
	if (serial == NULL)
		return REFUSE(j, REASON_WRONG_DEVICE, "key of %s", j->owner);
	if (registry_device_get(j->store, serial, &j->device, &j->error) == -1)
		return judgement_failed(j, REASON_WRONG_DEVICE);
	return CHECK_PASSED;
}

/* The center of the agent, or of the device. */
static const char *
owner_center(const struct judgement *j)
{
	return j->agent.id[0] != '\0' ? j->agent.center : j->device.center;
}

static const char *
owner_name(const struct judgement *j)
{
	return j->agent.id[0] != '\0' ? j->agent.id : j->device.serial;
}

/* What a sealed report that can be read does not say; NULL: nothing. */
static const char *
find_lacking(const struct judgement *j)
{
	if (!j->sealed || j->report == NULL)
		return NULL;
	if (j->claims.serial_state == CLAIM_ABSENT)
		return "no serial is sealed";
	if (j->claims.center_state == CLAIM_ABSENT)
		return "no center ID is sealed";
	return NULL;
}

/*
 * Claims that are missing are taken to be those of the key's owner, who is
 * proved: what cannot be read may hold them, and what lacks them is refused
 * after whose it is has been checked. A contradiction stays one.
 */
static int
complete_claims(struct judgement *j)
{
	struct claims owner = { 0 };
	int rc;

	j->lacking = find_lacking(j);
	if (!j->sealed || (j->report != NULL && j->lacking == NULL))
		return CHECK_PASSED;
	rc = find_device(j);
	if (rc != CHECK_PASSED)
		return rc;
	claims_take_center(&owner, owner_center(j), strlen(owner_center(j)));
	if (j->device.serial[0] != '\0')
		claims_take_serial(
			&owner, j->device.serial, strlen(j->device.serial));
	claims_complete(&j->claims, &owner);
	return CHECK_PASSED;
}

/* What names no device, and yet is somebody's. */
static bool
may_be_unnamed(const struct judgement *j)
{
	return j->shared ||
		(j->agent.id[0] != '\0' &&
			(j->report == NULL || j->lacking != NULL));
}

/*
 * An outer field is only a hint: what it names must be claimed inside too, as
 * far as what is inside can be read.
 */
static bool
hints_only(const struct claims *outer, const struct claims *claims)
{
	return (outer->center_state == CLAIM_ABSENT ||
		       claims->center_state != CLAIM_ABSENT) &&
		(outer->serial_state == CLAIM_ABSENT ||
			claims->serial_state != CLAIM_ABSENT) &&
		(outer->email_id_state == CLAIM_ABSENT ||
			claims->email_id_state != CLAIM_ABSENT);
}

static int
check_claims(struct judgement *j)
{
	const char *what;
	int rc = complete_claims(j);

	if (rc != CHECK_PASSED)
		return rc;
	if (!claims_agree(&j->claims, &j->outer->claims, &what) ||
		(j->report != NULL &&
			!claims_agree(&j->claims, &j->report->claims, &what)))
		return REFUSE(j, REASON_ID_MISMATCH,
			"%s differs, is doubled or is none", what);
	if (j->report != NULL && !hints_only(&j->outer->claims, &j->claims))
		return REFUSE(j, REASON_ID_MISMATCH,
			"an outer field claims what is not sealed");
	if (j->claims.serial_state != CLAIM_PRESENT && !may_be_unnamed(j))
		return REFUSE(j, REASON_ID_MISMATCH, "no serial");
	/* A plain mail's recipient names the center, and so its device's
	 * center does: the next check holds it against the recipients. */
	if (!j->sealed && j->claims.center_state == CLAIM_ABSENT)
		claims_take_center(
			&j->claims, j->device.center, strlen(j->device.center));
	if (j->claims.center_state != CLAIM_PRESENT)
		return REFUSE(j, REASON_ID_MISMATCH, "no center ID");
	SAW(j, "center %s, serial %s, Email-ID %s", j->claims.center,
		j->claims.serial,
		j->claims.email_id[0] == '\0' ? "-" : j->claims.email_id);
	return CHECK_PASSED;
}

static int
check_center(struct judgement *j)
{
	struct center center;
	int rc;

	if (registry_center_get(
		    j->store, j->claims.center, &center, &j->error) == -1)
		return judgement_failed(j, REASON_UNKNOWN_CENTER);
	if (!judgement_is_recipient(j, j->claims.center))
		return REFUSE(j, REASON_WRONG_CENTER,
			"center %s is not a recipient", j->claims.center);
	rc = find_device(j);
	if (rc != CHECK_PASSED)
		return rc;
	if (strcmp(owner_center(j), j->claims.center) != 0)
		return REFUSE(j, REASON_WRONG_CENTER,
			"%s %s belongs to center %s",
			j->agent.id[0] != '\0' ? "agent" : "device",
			owner_name(j), owner_center(j));
	SAW(j, "%s, recipient and center of %s", center.id, owner_name(j));
	return CHECK_PASSED;
}

static int
check_device(struct judgement *j)
{
	struct device other;
	const struct device *device = &j->device;

	if (j->agent.id[0] != '\0')
		return check_assigned(j);
	if (!j->shared && strcmp(j->claims.serial, j->device.serial) != 0) {
		if (registry_device_get(j->store, j->claims.serial, &other,
			    &j->error) == -1)
			return judgement_failed(j, REASON_UNKNOWN_DEVICE);
		device = &other;
	}
	if (!device->enabled)
		return REFUSE(j, REASON_DISABLED_DEVICE, "%s is disabled",
			device->serial);
	if (device != &j->device)
		return REFUSE(j, REASON_WRONG_DEVICE, "%s claimed, key of %s",
			j->claims.serial, j->device.serial);
	SAW(j, "%s, enabled", device->serial);
	return CHECK_PASSED;
}

static int
check_report(struct judgement *j)
{
	int rc = check_direction(j);

	if (rc != CHECK_PASSED)
		return rc;
	if (j->report == NULL)
		return judgement_unreadable(j);
	if (j->lacking != NULL) {
		j->incomplete = true;
		return REFUSE(j, REASON_ID_MISMATCH, "%s", j->lacking);
	}
	SAW(j, "%s, %zu octets of JSON", report_kind_name(j->report->kind),
		j->report->json_length);
	return CHECK_PASSED;
}

static const struct check checks[] = {
	{ "limits", check_limits, NULL },
	{ "protection", check_protection, check_plain },
	{ "seal", check_seal, NULL },
	{ "claims", NULL, check_claims },
	{ "center", NULL, check_center },
	{ "device", NULL, check_device },
	{ "origin", NULL, check_origin },
	{ "report", NULL, check_report },
	{ "ledger", NULL, check_ledger },
};

size_t
check_table(const struct check **rows_r)
{
	*rows_r = checks;
	return sizeof(checks) / sizeof(checks[0]);
}
