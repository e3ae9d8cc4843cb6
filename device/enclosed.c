/*
 * The three sources of a report, and the look at what came out.
 */
#include "device/enclosed.h"

#include <string.h>

#include "base/file.h"
#include "device/document.h"
#include "device/header.h"
#include "parser/compose.h"
#include "parser/entity.h"
#include "parser/formats/formats.h"
#include "parser/formats/reading.h"
#include "parser/limits.h"

static int
append(struct buffer *entity, const void *octets, size_t length,
	struct error *e)
{
	if (buffer_append(entity, octets, length) != BUFFER_OK)
		return error_memory(e);
	return 0;
}

static int
put_fields(struct buffer *entity, const char *type, struct error *e)
{
	if (compose_field(entity, "MIME-Version", "1.0", e) ||
		compose_field(entity, "Content-Type", type, e) ||
		compose_field(entity, "Content-Transfer-Encoding", "8bit", e))
		return -1;
	return append(entity, "\r\n", 2, e);
}

static int
put_json(const struct arguments *a, const struct claims *claims,
	struct buffer *entity, struct error *e)
{
	struct buffer json = { 0 };
	int rc = -1;

	if (document_make(a, claims, &json, e) == 0 &&
		compose_date(entity, a->date, e) == 0 &&
		put_fields(entity, "application/vnd.csrc.report+json", e) ==
			0 &&
		append(entity, json.data, json.length, e) == 0)
		rc = append(entity, "\r\n", 2, e);
	buffer_clear(&json);
	return rc;
}

/* A mail with a header keeps the fields that say what its body is. */
static int
put_whole(const struct arguments *a, const struct buffer *mail,
	struct buffer *entity, struct error *e)
{
	size_t body = header_end(mail);
	char date[128];

	if (!a->dated && header_value(mail, "Date", date, sizeof(date))) {
		if (compose_field(entity, "Date", date, e))
			return -1;
	} else if (compose_date(entity, a->date, e)) {
		return -1;
	}
	if (header_copy(mail, "MIME-Version", entity, e) ||
		header_copy(mail, "Content-", entity, e) ||
		append(entity, "\r\n", 2, e))
		return -1;
	return append(entity, mail->data + body, mail->length - body, e);
}

static int
put_text(const struct arguments *a, const struct buffer *text,
	struct buffer *entity, struct error *e)
{
	/* no charset: makers do not say it, and the reader knows what they use
	 */
	if (compose_date(entity, a->date, e) ||
		put_fields(entity, "text/plain", e))
		return -1;
	return append(entity, text->data, text->length, e);
}

static int
put_mail(const struct arguments *a, struct buffer *entity, struct error *e)
{
	struct buffer mail = { .limit = (size_t)limits_default.message_size };
	char from[1024];
	int rc = -1;

	if (file_read(a->mail, &mail, e))
		goto out;
	if (mail.length == 0)
		error_set(e, ERROR_BAD, "%s: is empty", a->mail);
	else if (header_value(&mail, "From", from, sizeof(from)) ||
		header_value(&mail, "MIME-Version", from, sizeof(from)))
		rc = put_whole(a, &mail, entity, e);
	else
		rc = put_text(a, &mail, entity, e);
out:
	buffer_clear(&mail);
	return rc;
}

/* As the gateway will: the report in it is one, and it is this device's. */
static int
read_back(const struct arguments *a, const struct claims *claims,
	const struct entity *entity, struct error *e)
{
	size_t count = a->formats == NULL ? 0 : 1;
	struct formats *formats = NULL;
	struct report *report = NULL;
	const char *what;
	int rc = -1;

	if (formats_load(&a->formats, count, &formats, e) ||
		report_read(entity, formats, &limits_default, &report, e))
		goto out;
	if (!claims_agree(&report->claims, claims, &what)) {
		error_set(e, ERROR_BAD, "the report says another %s", what);
		goto out;
	}
	rc = 0;
out:
	report_free(&report);
	formats_free(&formats);
	return rc;
}

static int
check(const struct arguments *a, const struct claims *claims,
	const struct buffer *octets, struct error *e)
{
	struct entity *entity;
	int rc = 0;

	if (entity_parse(
		    octets->data, octets->length, &limits_default, &entity, e))
		return -1;
	if (a->mail == NULL || a->formats != NULL)
		rc = read_back(a, claims, entity, e);
	entity_free(&entity);
	return rc;
}

int
enclosed_make(const struct arguments *a, const struct claims *claims,
	struct buffer *entity, struct error *e)
{
	int rc;

	if (compose_claims(entity, claims, e))
		return -1;
	if (a->mail != NULL)
		rc = put_mail(a, entity, e);
	else
		rc = put_json(a, claims, entity, e);
	return rc == 0 ? check(a, claims, entity, e) : -1;
}
