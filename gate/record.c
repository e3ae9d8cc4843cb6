/*
 * The line that billing will read: what the gateway itself vouches for, and
 * beside it, in a member of its own, what the device said. A report
 * cannot forge a member of the outer object.
 */
#include "gate/judgement.h"

#include <netinet/in.h>
#include <string.h>

#include "base/text.h"
#include "gate/said.h"
#include "parser/report_without.h"
#include "gate/verdict.h"

/* Room for the longest member value with every character escaped. */
enum { VALUE_SIZE = 1024 };

/* value: printable ASCII */
static enum buffer_result
member(struct buffer *line, const char *name, const char *value)
{
	char escaped[VALUE_SIZE];

	if (text_json(value, escaped, sizeof(escaped)) == -1)
		return BUFFER_FULL;
	return buffer_format(line, ",\"%s\":\"%s\"", name, escaped);
}

static enum buffer_result
hex_member(struct buffer *line, const char *name, const unsigned char *octets,
	size_t length)
{
	char hex[2 * KEY_ID_MAX + 1];

	text_hex(octets, length, hex);
	return buffer_format(line, ",\"%s\":\"%s\"", name, hex);
}

/* What an answer answers, and how long it took. */
static enum buffer_result
request_member(struct buffer *line, const struct judgement *j)
{
	const struct request *r = &j->request;
	char issued[TEXT_TIME_SIZE];

	text_time(r->issued, issued);
	return buffer_format(line,
		",\"request\":{\"command\":\"%s\",\"issued\":\"%s\","
		"\"seconds\":%lld}",
		r->command, issued, (long long)(j->received - r->issued));
}

static bool
leaves_alarm(size_t i, const void *arg)
{
	return said_known_alarm(arg, i);
}

/* What the device said, but for what is in an earlier record. */
static int
report_member(const struct judgement *j, struct buffer *line, struct error *e)
{
	const struct known *k = &j->known;

	if (k->reading || k->alarms != 0)
		return report_without(
			j->report, k->reading, leaves_alarm, k, line, e);
	return buffer_append(line, j->report->json, j->report->json_length) !=
			BUFFER_OK
		? error_memory(e)
		: 0;
}

const char *
record_assurance(const struct judgement *j)
{
	return j->sealed                        ? "sealed"
		: j->arrival->evidence.imported ? "imported"
		: j->nested                     ? "forwarded"
						: "plain";
}

int
record_build(const struct judgement *j, struct buffer *line, struct error *e)
{
	const bool sealed = j->sealed;
	char received[TEXT_TIME_SIZE];
	char client[INET6_ADDRSTRLEN];
	char queue_id[VALUE_SIZE / 2];
	int bad;

	text_printable(j->arrival->trace, strlen(j->arrival->trace), queue_id,
		sizeof(queue_id));
	text_time(j->received, received);
	client_text(&j->arrival->evidence.client, client, sizeof(client));
	bad = buffer_format(
		line, "{\"version\":1,\"received\":\"%s\"", received);
	bad |= member(line, "channel", j->arrival->channel);
	bad |= member(line, "assurance", record_assurance(j));
	bad |= member(line, "vouched", j->vouched);
	if (j->nested && !j->arrival->evidence.imported)
		bad |= member(line, "forwarder", j->forwarder.address);
	bad |= member(line, "center", j->claims.center);
	bad |= member(line, "serial", j->claims.serial);
	if (j->claims.email_id_state == CLAIM_PRESENT)
		bad |= member(line, "email_id", j->claims.email_id);
	if (sealed)
		bad |= hex_member(line, "key_id", j->key.id, j->key.id_length);
	if (j->agent.id[0] != '\0')
		bad |= member(line, "agent", j->agent.id);
	if (j->request.id[0] != '\0')
		bad |= request_member(line, j);
	if (j->date_accepted) {
		text_time(j->now, received);
		bad |= member(line, "date_accepted", received);
	}
	bad |= member(line, "client", client);
	bad |= member(line, "queue_id", queue_id);
	bad |= hex_member(line, "digest", j->digest, sizeof(j->digest));
	if (!record_counts(j))
		bad |= buffer_text(line, ",\"counts\":false");
	bad |= buffer_text(line, ",\"report\":");
	if (bad)
		return error_memory(e);
	if (report_member(j, line, e) == -1)
		return -1;
	return buffer_text(line, "}") != BUFFER_OK ? error_memory(e) : 0;
}
