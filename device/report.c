/*
 * csrc-device report: a report that nobody asked for.
 */
#include "device/commands.h"
#include "device/enclosed.h"
#include "device/mail.h"

int
command_report(const struct arguments *a, const struct device_key *key,
	struct error *e)
{
	struct buffer entity = { 0 }, mail = { 0 };
	const struct outer outer = { .from = a->from,
		.to = a->to,
		.subject = "CSRC report",
		.claims = &a->own,
		.date = a->now };
	int rc = -1;

	if (enclosed_make(a, &a->own, &entity, e) == 0 &&
		mail_make(&outer, &entity, key, &mail, e) == 0)
		rc = mail_print(&mail, e);
	buffer_clear(&entity);
	buffer_clear(&mail);
	return rc;
}
