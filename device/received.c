/*
 * The device's half of the judgement. Everything that the mail may be to
 * blame for is a refusal with a reason; nothing in it is processed before the
 * last check has passed.
 */
#include "device/received.h"

#include <string.h>

#include "base/file.h"
#include "base/wipe.h"
#include "parser/date.h"
#include "parser/entity.h"
#include "parser/limits.h"
#include "parser/seal.h"

/* Whatever is wrong with the mail, but not our own trouble, is a refusal. */
static int
refuse(struct error *e, const char *where)
{
	if (e->code == ERROR_TROUBLE)
		return -1;
	e->code = ERROR_DENIED;
	return error_prefix(e, "%s", where);
}

/* NULL with ERROR_NOT_FOUND: there is none. */
static const struct part *
find_sealed(const struct entity *outer, struct error *e)
{
	const struct part *found = NULL;

	for (size_t i = 0; i < outer->part_count; i++) {
		if (!part_is_sealed(&outer->parts[i]))
			continue;
		if (found != NULL) {
			error_set(e, ERROR_DENIED, "two parts are sealed");
			return NULL;
		}
		found = &outer->parts[i];
	}
	if (found == NULL)
		error_set(e, ERROR_NOT_FOUND, "the mail is not sealed");
	return found;
}

static int
open_part(const struct part *part, const struct device_key *key,
	struct received *r, struct error *e)
{
	struct seal_fields seal;
	int rc = -1;

	if (seal_read(part->data, part->length, &seal, e))
		return refuse(e, "the seal");
	r->other_key = key == NULL || seal.key_id_length != key->id_length ||
		memcmp(seal.key_id, key->id, key->id_length) != 0;
	if (r->other_key)
		error_set(e, ERROR_DENIED, "sealed with another key");
	else if (seal_open(&seal, key->key, key->length, &r->opened, e))
		refuse(e, "the seal");
	else
		rc = 0;
	buffer_clear(&seal.content);
	return rc;
}

/* A hint outside must have its like inside. */
static int
check_hints(
	const struct claims *outer, const struct claims *inner, struct error *e)
{
	const char *what;

	if (!claims_agree(outer, inner, &what))
		return error_set(e, ERROR_DENIED,
			"the outer header says another %s", what);
	return 0;
}

static int
check_own(const struct claims *own, const struct claims *inner, struct error *e)
{
	const char *what;

	if (inner->center_state == CLAIM_ABSENT ||
		inner->serial_state == CLAIM_ABSENT ||
		inner->email_id_state == CLAIM_ABSENT)
		return error_set(e, ERROR_DENIED,
			"center ID, serial and Email-ID are not all sealed in "
			"it");
	if (!claims_agree(own, inner, &what))
		return error_set(e, ERROR_DENIED,
			"it is for another device or of another center (%s)",
			what);
	if (inner->email_id_state != CLAIM_PRESENT)
		return error_set(e, ERROR_DENIED, "its Email-ID is none");
	return 0;
}

/*
 * What the center's people wrote. A report is none of that: one of our own
 * that somebody sends back to us opens with our key too.
 */
static int
take_letter(struct received *r, struct error *e)
{
	struct date date;

	for (size_t i = 0; i < r->entity->part_count; i++)
		if (strcmp(r->entity->parts[i].type,
			    "application/vnd.csrc.report+json") == 0)
			return error_set(
				e, ERROR_DENIED, "it is a report, no request");
	if (r->entity->date == NULL)
		return error_set(e, ERROR_DENIED, "no date is sealed in it");
	if (!date_read_mail(r->entity->date, &date))
		return error_set(e, ERROR_DENIED,
			"the date sealed in it cannot be read");
	memset(&r->request, 0, sizeof(r->request));
	r->request.claims = r->entity->claims;
	r->request.date = date.earliest;
	r->request.expires = date.latest + LIFETIME;
	return 0;
}

/* What is in r->entity. */
static int
take_entity(const struct claims *own, struct received *r, struct error *e)
{
	if (check_own(own, &r->entity->claims, e))
		return -1;
	if (request_text_read(r->entity, &limits_default, &r->request, e) == 0)
		return 0;
	if (e->code == ERROR_NOT_FOUND)
		return take_letter(r, e);
	return refuse(e, "the request");
}

static int
take_sealed(const struct claims *own, const struct device_key *key,
	const struct part *part, struct received *r, struct error *e)
{
	if (open_part(part, key, r, e))
		return -1;
	if (r->opened.length == 0 ||
		entity_parse(r->opened.data, r->opened.length, &limits_default,
			&r->entity, e))
		return refuse(e, "the sealed entity");
	r->key = key;
	return take_entity(own, r, e);
}

static int
take_outer(const struct claims *own, bool plain, const struct device_key *key,
	struct entity **outer, struct received *r, struct error *e)
{
	const struct part *part = find_sealed(*outer, e);

	if (part != NULL) {
		if (take_sealed(own, key, part, r, e))
			return -1;
		return check_hints(&(*outer)->claims, &r->entity->claims, e);
	}
	if (e->code != ERROR_NOT_FOUND || !plain) {
		e->code = ERROR_DENIED;
		return -1;
	}
	r->entity = *outer;
	*outer = NULL;
	return take_entity(own, r, e);
}

static void
clear_opened(struct received *r)
{
	entity_free(&r->entity);
	buffer_clear(&r->opened);
	wipe(&r->request, sizeof(r->request));
	r->key = NULL;
	r->other_key = false;
}

int
received_open_as(const struct claims *own, bool plain,
	const struct device_key *key, struct received *r, struct error *e)
{
	struct entity *outer = NULL;
	int rc;

	clear_opened(r);
	if (r->mail.length == 0)
		return error_set(e, ERROR_DENIED, "the mail is empty");
	if (entity_parse(
		    r->mail.data, r->mail.length, &limits_default, &outer, e))
		return refuse(e, "the mail");
	rc = take_outer(own, plain, key, &outer, r, e);
	entity_free(&outer);
	return rc;
}

int
received_open(const struct arguments *a, const struct device_key *key,
	struct received *r, struct error *e)
{
	return received_open_as(&a->own, a->plain, key, r, e);
}

int
received_read(const struct arguments *a, const struct device_key *key,
	struct received *r, struct error *e)
{
	memset(r, 0, sizeof(*r));
	r->mail.limit = (size_t)limits_default.message_size;
	if (file_read(a->request, &r->mail, e))
		return -1;
	return received_open(a, key, r, e);
}

int
received_fresh(const struct received *r, time_t now, struct error *e)
{
	if (now < r->request.date - SKEW)
		return error_set(e, ERROR_DENIED,
			"it is dated in the future, or the clock is wrong");
	if (now > r->request.expires)
		return error_set(e, ERROR_DENIED, "it has expired");
	return 0;
}

void
received_clear(struct received *r)
{
	clear_opened(r);
	buffer_clear(&r->mail);
}
