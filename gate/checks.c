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

/* Turns a failed call into a check's result: ours is trouble, theirs is reason.
 */
static int
failed(struct judgement *j, enum reason reason)
{
	return j->error.code == ERROR_TROUBLE ? CHECK_TROUBLE : (int)reason;
}

static int
check_limits(struct judgement *j)
{
	const struct limits *l = &j->rules->settings->limits;
	const struct arrival *m = j->arrival;

	if (m->too_large)
		return REFUSE(j, REASON_TOO_LARGE,
			"more than max_message_size (%lld octets)",
			(long long)l->message_size);
	if (entity_parse(m->octets, m->length, l, &j->outer, &j->error) == -1)
		return failed(j,
			j->error.code == ERROR_LIMIT ? REASON_TOO_LARGE
						     : REASON_MALFORMED);
	SAW(j, "%zu octets, %zu parts", m->length, j->outer->part_count);
	return CHECK_PASSED;
}

/* Reads the report; that it cannot be read is for a later check to say. */
static int
read_report(struct judgement *j, const struct entity *entity)
{
	const struct reading_source source = { .entity = entity,
		.formats = j->rules->formats,
		.limits = &j->rules->settings->limits,
		.now = j->now };
	struct reports *reports;
	int rc;

	rc = reports_open(&source, &reports, &j->report_error);
	if (rc == 0) {
		rc = reports_next(reports, &j->report, &j->report_error);
		reports_close(&reports);
	}
	if (rc == 1)
		return CHECK_PASSED;
	if (j->report_error.code != ERROR_TROUBLE)
		return CHECK_PASSED;
	j->error = j->report_error;
	return CHECK_TROUBLE;
}

/* What the entity claims, with what only its report claims. */
static void
gather_claims(struct judgement *j, const struct entity *entity)
{
	j->claims = entity->claims;
	if (j->report != NULL)
		claims_complete(&j->claims, &j->report->claims);
	if (j->claims.email_id_state == CLAIM_ABSENT &&
		entity->reply_id[0] != '\0') {
		claims_take_email_id(
			&j->claims, entity->reply_id, strlen(entity->reply_id));
		if (entity->reply_several)
			j->claims.email_id_state = CLAIM_DOUBLED;
	}
}

static bool
is_among(
	const char (*centers)[CENTER_ID_SIZE], size_t count, const char *center)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(centers[i], center) == 0)
			return true;
	return false;
}

static bool
is_recipient(const struct arrival *m, const char *center)
{
	return is_among(m->centers, m->center_count, center);
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
		return failed(j, REASON_UNPROTECTED);
	if (j->device.protection != PROTECTION_OPTIONAL)
		return REFUSE(j, REASON_UNPROTECTED,
			"plain, but device %s must seal", j->device.serial);
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

/* Whom the transport proved it to be from; NULL: nobody. */
static const char *
proved(const struct evidence *v)
{
	return v->certificate != NULL ? v->certificate : v->login;
}

/* Does the transport prove a device that may send plain, of these centers? */
static int
find_proved(struct judgement *j, const char (*centers)[CENTER_ID_SIZE],
	size_t count)
{
	const char *principal = proved(&j->arrival->evidence);
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
		if (!is_recipient(m, j->claims.center))
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
	gather_claims(j, j->outer);
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

/*
 * Plain mail passes only from a device that may send it. One that its header
 * names is looked up before anything is read for a stranger.
 */
static int
admit_plain(struct judgement *j)
{
	const bool named = j->outer->claims.serial_state == CLAIM_PRESENT;
	int rc = CHECK_PASSED;

	if (named) {
		j->claims = j->outer->claims;
		rc = admit_device(j);
	}
	if (rc == CHECK_PASSED)
		rc = read_report(j, j->outer);
	if (rc != CHECK_PASSED)
		return rc;
	gather_claims(j, j->outer);
	return named ? CHECK_PASSED : admit_by_text(j);
}

static int
check_protection(struct judgement *j)
{
	size_t sealed = 0;

	for (size_t i = 0; i < j->outer->part_count; i++) {
		if (!part_is_sealed(&j->outer->parts[i]))
			continue;
		j->cms = &j->outer->parts[i];
		sealed++;
	}
	if (sealed > 1)
		return REFUSE(
			j, REASON_UNPROTECTED, "%zu sealed parts", sealed);
	if (sealed == 0)
		return admit_plain(j);
	/* Until the seal is open the outer fields are hints for the log. */
	j->claims = j->outer->claims;
	SAW(j, "one sealed part of %zu octets", j->cms->length);
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
		rc = failed(j, REASON_NOT_AUTHENTIC);
		goto out;
	}
	rc = find_key(j, &seal);
	if (rc != CHECK_PASSED)
		goto out;
	if (seal_open(&seal, j->key.secret, j->key.length, &j->opened,
		    &j->error) == -1)
		rc = failed(j, REASON_NOT_AUTHENTIC);
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

	if (j->cms == NULL) {
		SAW(j, "there is none: plain");
		return CHECK_SKIPPED;
	}
	rc = open_seal(j);
	if (rc != CHECK_PASSED)
		return rc;
	/* From here on it is its owner's, whatever is missing in it. */
	memset(&j->claims, 0, sizeof(j->claims));
	memcpy(j->owner, j->key.principal, sizeof(j->owner));
	if (entity_parse(j->opened.data, j->opened.length,
		    &j->rules->settings->limits, &j->inner,
		    &j->report_error) == -1) {
		j->error = j->report_error;
		return j->error.code == ERROR_TROUBLE ? CHECK_TROUBLE
						      : CHECK_PASSED;
	}
	rc = read_report(j, j->inner);
	if (rc == CHECK_PASSED)
		gather_claims(j, j->inner);
	return rc;
}

/* The device behind the owner. Agents' will be looked up here. */
static int
find_device(struct judgement *j)
{
	const char *serial = principal_name(j->owner, PRINCIPAL_DEVICE);

	if (j->cms == NULL || j->device.serial[0] != '\0')
		return CHECK_PASSED;
	if (serial == NULL)
		return REFUSE(j, REASON_WRONG_DEVICE, "key of %s", j->owner);
	if (registry_device_get(j->store, serial, &j->device, &j->error) == -1)
		return failed(j, REASON_WRONG_DEVICE);
	return CHECK_PASSED;
}

/* What a sealed report that can be read does not say; NULL: nothing. */
static const char *
find_lacking(const struct judgement *j)
{
	if (j->cms == NULL || j->report == NULL)
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
	if (j->cms == NULL || (j->report != NULL && j->lacking == NULL))
		return CHECK_PASSED;
	rc = find_device(j);
	if (rc != CHECK_PASSED)
		return rc;
	claims_take_center(&owner, j->device.center, strlen(j->device.center));
	claims_take_serial(&owner, j->device.serial, strlen(j->device.serial));
	claims_complete(&j->claims, &owner);
	return CHECK_PASSED;
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
	if (j->claims.serial_state != CLAIM_PRESENT && !j->shared)
		return REFUSE(j, REASON_ID_MISMATCH, "no serial");
	/* A plain mail's recipient names the center, and so its device's
	 * center does: the next check holds it against the recipients. */
	if (j->cms == NULL && j->claims.center_state == CLAIM_ABSENT)
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
		return failed(j, REASON_UNKNOWN_CENTER);
	if (!is_recipient(j->arrival, j->claims.center))
		return REFUSE(j, REASON_WRONG_CENTER,
			"center %s is not a recipient", j->claims.center);
	rc = find_device(j);
	if (rc != CHECK_PASSED)
		return rc;
	if (strcmp(j->device.center, j->claims.center) != 0)
		return REFUSE(j, REASON_WRONG_CENTER,
			"device %s belongs to center %s", j->device.serial,
			j->device.center);
	SAW(j, "%s, recipient and center of %s", center.id, j->device.serial);
	return CHECK_PASSED;
}

static int
check_device(struct judgement *j)
{
	struct device other;
	const struct device *device = &j->device;

	if (!j->shared && strcmp(j->claims.serial, j->device.serial) != 0) {
		if (registry_device_get(j->store, j->claims.serial, &other,
			    &j->error) == -1)
			return failed(j, REASON_UNKNOWN_DEVICE);
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
	if (proved(&j->arrival->evidence) == NULL)
		return REFUSE(j, REASON_WRONG_ORIGIN,
			"plain, and nothing proves that it is of %s",
			j->device.serial);
	j->vouched = j->arrival->evidence.certificate != NULL ? "certificate"
							      : "login";
	SAW(j, "the %s is of %s", j->vouched, j->owner);
	return CHECK_PASSED;
}

static int
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
	if (proved(v) == NULL) {
		SAW(j, "not asked for: the seal proves it");
		return CHECK_SKIPPED;
	}
	SAW(j, "the transport proved %s", j->owner);
	return CHECK_PASSED;
}

static int
check_report(struct judgement *j)
{
	int rc = check_direction(j);

	if (rc != CHECK_PASSED)
		return rc;
	if (j->report == NULL) {
		j->error = j->report_error;
		return REASON_UNREADABLE;
	}
	if (j->lacking != NULL) {
		j->incomplete = true;
		return REFUSE(j, REASON_ID_MISMATCH, "%s", j->lacking);
	}
	SAW(j, "%s, %zu octets of JSON", report_kind_name(j->report->kind),
		j->report->json_length);
	return CHECK_PASSED;
}

static const struct check checks[] = {
	{ "limits", check_limits },
	{ "protection", check_protection },
	{ "seal", check_seal },
	{ "claims", check_claims },
	{ "center", check_center },
	{ "device", check_device },
	{ "origin", check_origin },
	{ "report", check_report },
	{ "ledger", check_ledger },
};

size_t
check_table(const struct check **rows_r)
{
	*rows_r = checks;
	return sizeof(checks) / sizeof(checks[0]);
}

void
judgement_clear(struct judgement *j)
{
	entity_free(&j->outer);
	entity_free(&j->inner);
	report_free(&j->report);
	buffer_clear(&j->opened);
	wipe(&j->key, sizeof(j->key));
}
