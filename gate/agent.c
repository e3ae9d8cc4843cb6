/*
 * What an agent seals is of one of its devices, which the report names: it is
 * the agent that is proved, so it must have that device. What it says of others
 * is kept as its own: printers that it sees come to be registered some day.
 */
#include "gate/judgement.h"

#include <string.h>

/* Looked up once for a piece: an agent that is disabled while a bundle is
 * judged has had that bundle. One that is gone has no keys any more. */
int
check_agent(struct judgement *j)
{
	const char *id = principal_name(j->owner, PRINCIPAL_AGENT);

	if (id == NULL ||
		registry_agent_get(j->store, id, &j->agent, &j->error) == 0)
		return CHECK_PASSED;
	j->agent.id[0] = '\0';
	return judgement_failed(j, REASON_WRONG_DEVICE);
}

/* "total 4711, total.color 12": as many as there is room for. */
static void
write_counters(const struct report *report, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (size_t i = 0; i < report->counter_count; i++) {
		const struct counter *c = &report->counters[i];

		if (!text_format(out + length, size - length, "%s%s %lld",
			    length > 0 ? ", " : "", c->name,
			    (long long)c->value)) {
			out[length] = '\0';
			return;
		}
		length += strlen(out + length);
	}
}

/* It is listed for the operator, unless this is only to be explained. */
static int
note_seen(struct judgement *j)
{
	const struct report *report = j->report;
	struct unassigned seen = { .last = j->received };

	if (j->dry || report == NULL)
		return 0;
	memcpy(seen.agent, j->agent.id, sizeof(seen.agent));
	memcpy(seen.serial, j->claims.serial, sizeof(seen.serial));
	(void)text_copy(seen.model, sizeof(seen.model), report->model);
	(void)text_copy(seen.address, sizeof(seen.address), report->address);
	write_counters(report, seen.counters, sizeof(seen.counters));
	return registry_unassigned_note(j->store, &seen, &j->error);
}

/* Nobody's, or another's? */
static int
refuse(struct judgement *j, enum reason reason, const char *owner)
{
	if (note_seen(j) == -1)
		return judgement_failed(j, reason);
	if (reason == REASON_UNKNOWN_DEVICE)
		return REFUSE(
			j, reason, "there is no device %s", j->claims.serial);
	return owner[0] == '\0'
		? REFUSE(j, reason, "device %s is assigned to no agent",
			  j->claims.serial)
		: REFUSE(j, reason, "device %s is assigned to agent %s",
			  j->claims.serial, owner);
}

int
check_assigned(struct judgement *j)
{
	char owner[AGENT_ID_SIZE];
	int found;

	if (!j->agent.enabled)
		return REFUSE(j, REASON_DISABLED_DEVICE, "agent %s is disabled",
			j->agent.id);
	if (j->claims.serial_state != CLAIM_PRESENT) {
		SAW(j, "no device is named");
		return CHECK_PASSED;
	}
	if (registry_device_get(
		    j->store, j->claims.serial, &j->device, &j->error) == -1)
		return j->error.code == ERROR_TROUBLE
			? CHECK_TROUBLE
			: refuse(j, REASON_UNKNOWN_DEVICE, "");
	found = registry_agent_of(j->store, j->claims.serial, owner, &j->error);
	if (found < 0)
		return CHECK_TROUBLE;
	if (found == 0 || strcmp(owner, j->agent.id) != 0)
		return refuse(j, REASON_WRONG_DEVICE, owner);
	if (!j->device.enabled)
		return REFUSE(j, REASON_DISABLED_DEVICE, "%s is disabled",
			j->device.serial);
	SAW(j, "%s, enabled, and of agent %s", j->device.serial, j->agent.id);
	return CHECK_PASSED;
}
