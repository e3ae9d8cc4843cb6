/*
 * Issuing. What is recorded and never sent only expires; the other way round
 * cannot happen, because whoever seals needs the row that was recorded.
 */
#include "gate/issue.h"

#include <string.h>

#include "parser/compose.h"
#include "parser/scan.h"

int
issue_mint(char email_id_r[EMAIL_ID_SIZE], struct error *e)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char octets[26];
	size_t i;

	if (crypto_random(octets, sizeof(octets), e) == -1)
		return -1;
	for (i = 0; i < sizeof(octets); i++)
		email_id_r[i] = alphabet[octets[i] & 31];
	email_id_r[i] = '\0';
	return 0;
}

int
issue_digest(const void *content, size_t length,
	unsigned char digest[SHA256_SIZE], struct error *e)
{
	const struct crypto_span span = { content, length };

	return crypto_sha256(&span, 1, digest, e);
}

int
issue_record(struct store *store, struct request *row,
	const struct buffer *content, struct error *e)
{
	if (issue_digest(content->data, content->length, row->digest, e) == -1)
		return -1;
	return ledger_issue(store, row, e);
}

int
issue_waiting(struct store *store, struct request *row,
	const struct buffer *content, const struct pending_message *message,
	struct error *e)
{
	if (issue_digest(content->data, content->length, row->digest, e) == -1)
		return -1;
	return pending_issue(store, row, message, e);
}

int
issue_content(const struct claims *claims, int64_t issued, const void *octets,
	size_t length, const struct limits *l, struct buffer *content,
	struct error *e)
{
	if (compose_claims(content, claims, e) == -1 ||
		compose_date(content, issued, e) == -1)
		return -1;
	return scan_mime(octets, length, l, content, e);
}

/* Who opens what is sealed for a device: itself, or the agent that brings it
 * its requests. */
static int
find_opener(struct store *store, const struct device *device,
	enum device_channel channel, char principal_r[PRINCIPAL_SIZE],
	struct error *e)
{
	char id[AGENT_ID_SIZE];
	struct agent agent;
	int found = 0;

	(void)principal_spell(PRINCIPAL_DEVICE, device->serial, principal_r);
	if (channel == BY_AGENT)
		found = registry_agent_of(store, device->serial, id, e);
	if (found != 1)
		return found;
	(void)principal_spell(PRINCIPAL_AGENT, id, principal_r);
	if (registry_agent_get(store, id, &agent, e) == -1)
		return -1;
	return agent.enabled ? 0
			     : error_set(e, ERROR_DENIED,
				       "agent %s of device %s is disabled", id,
				       device->serial);
}

int
issue_key(struct store *store, const struct device *device,
	enum device_channel channel, struct key *key_r, struct error *e)
{
	char principal[PRINCIPAL_SIZE];

	if (!device->enabled)
		return error_set(e, ERROR_DENIED, "device %s is disabled",
			device->serial);
	if (find_opener(store, device, channel, principal, e) == -1)
		return -1;
	if (registry_key_for(store, principal, key_r, e) == 0)
		return 1;
	if (e->code != ERROR_NOT_FOUND)
		return -1;
	if (device->protection == PROTECTION_OPTIONAL)
		return 0;
	return error_set(e, ERROR_DENIED,
		"device %s must have its mail sealed, and %s has no live key",
		device->serial, principal);
}

void
issue_claims(const struct request *row, struct claims *claims_r)
{
	memset(claims_r, 0, sizeof(*claims_r));
	claims_take_center(claims_r, row->center, strlen(row->center));
	claims_take_serial(claims_r, row->serial, strlen(row->serial));
	claims_take_email_id(claims_r, row->id, strlen(row->id));
}
