/*
 * One table gives every reason its name and its kind; the manual page
 * csrc-milter(8) lists the same rows, which a test compares.
 */
#include "gate/verdict.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

static const char *const kinds[] = {
	[VERDICT_GENUINE] = "genuine",
	[VERDICT_DUPLICATE] = "duplicate",
	[VERDICT_SPOOF] = "spoof",
	[VERDICT_MALFORMED] = "malformed",
	[VERDICT_TROUBLE] = "trouble",
};

static const struct {
	const char *name;
	enum verdict_kind kind;
	bool mends; /* judged again, it may be admitted */
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "-", VERDICT_GENUINE, true },
	[REASON_TOO_LARGE] = { "too-large", VERDICT_MALFORMED, true },
	[REASON_MALFORMED] = { "malformed", VERDICT_MALFORMED, false },
	[REASON_UNPROTECTED] = { "unprotected", VERDICT_SPOOF, true },
	[REASON_NOT_AUTHENTIC] = { "not-authentic", VERDICT_SPOOF, false },
	[REASON_ID_MISMATCH] = { "id-mismatch", VERDICT_SPOOF, true },
	[REASON_UNKNOWN_CENTER] = { "unknown-center", VERDICT_SPOOF, false },
	[REASON_WRONG_CENTER] = { "wrong-center", VERDICT_SPOOF, true },
	[REASON_UNKNOWN_DEVICE] = { "unknown-device", VERDICT_SPOOF, true },
	[REASON_DISABLED_DEVICE] = { "disabled-device", VERDICT_SPOOF, false },
	[REASON_WRONG_DEVICE] = { "wrong-device", VERDICT_SPOOF, true },
	[REASON_WRONG_ORIGIN] = { "wrong-origin", VERDICT_SPOOF, false },
	[REASON_PERSONAL] = { "personal", VERDICT_MALFORMED, false },
	[REASON_UNREADABLE] = { "unreadable", VERDICT_MALFORMED, true },
	[REASON_STALE] = { "stale", VERDICT_SPOOF, true },
	[REASON_UNKNOWN_EMAIL_ID] = { "unknown-email-id", VERDICT_SPOOF,
		false },
	[REASON_FOREIGN_EMAIL_ID] = { "foreign-email-id", VERDICT_SPOOF,
		false },
	[REASON_EXPIRED_EMAIL_ID] = { "expired-email-id", VERDICT_SPOOF,
		false },
	[REASON_ANSWERED_EMAIL_ID] = { "answered-email-id", VERDICT_SPOOF,
		false },
};

const char *
verdict_kind_name(enum verdict_kind kind)
{
	return kinds[kind];
}

const char *
reason_name(enum reason reason)
{
	return reasons[reason].name;
}

enum verdict_kind
reason_kind(enum reason reason)
{
	return reasons[reason].kind;
}

enum action
verdict_action(const struct verdict *v, const struct settings *s)
{
	switch (v->kind) {
	case VERDICT_GENUINE:
	case VERDICT_DUPLICATE:
		return (enum action)s->on_genuine;
	case VERDICT_MALFORMED:
		return (enum action)s->on_malformed;
	default:
		return (enum action)s->on_spoof;
	}
}

bool
verdict_must_keep(const struct verdict *v)
{
	return v->share != SHARE_STRANGER && reasons[v->reason].mends;
}

void
client_text(const struct sockaddr_storage *client, char *out, size_t size)
{
	const void *address = NULL;

	if (client->ss_family == AF_INET)
		address = &((const struct sockaddr_in *)client)->sin_addr;
	else if (client->ss_family == AF_INET6)
		address = &((const struct sockaddr_in6 *)client)->sin6_addr;
	if (address == NULL ||
		inet_ntop(client->ss_family, address, out, (socklen_t)size) ==
			NULL)
		text_copy(out, size, "-");
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

void
verdict_log(const struct arrival *arrival, const struct verdict *v,
	size_t number, size_t total)
{
	char client[INET6_ADDRSTRLEN], report[64] = "";
	bool quiet = v->text[0] == '\0';

	if (number > 0)
		(void)text_format(report, sizeof(report), "report=%zu/%zu ",
			number, total);
	client_text(&arrival->evidence.client, client, sizeof(client));
	((v->kind == VERDICT_TROUBLE && !v->over_limit) || verdict_must_keep(v)
			? log_warn
			: log_info)(
		"%s: %sverdict=%s reason=%s center=%s serial=%s email_id=%s "
		"channel=%s client=%s sequence=%" PRIu64 "%s%s%s%s",
		or_dash(arrival->trace), report, kinds[v->kind],
		reason_name(v->reason), or_dash(v->claims.center),
		or_dash(v->claims.serial), or_dash(v->claims.email_id),
		arrival->channel, client, v->sequence,
		v->quarantined ? " quarantined" : "", quiet ? "" : " (",
		v->text, quiet ? "" : ")");
}
