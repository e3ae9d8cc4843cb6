/*
 * What checks share, and what is freed at a piece's and a report's end.
 */
#include "gate/judgement.h"

#include <string.h>

#include "base/wipe.h"

int
judgement_failed(const struct judgement *j, enum reason reason)
{
	return j->error.code == ERROR_TROUBLE ? CHECK_TROUBLE : (int)reason;
}

int
judgement_unreadable(struct judgement *j)
{
	j->error = j->report_error;
	return j->personal ? REFUSE(j, REASON_PERSONAL,
				     "a job log or an address book, no report")
			   : REASON_UNREADABLE;
}

const struct entity *
judgement_entity(const struct judgement *j)
{
	return j->sealed ? j->inner : j->outer;
}

void
judgement_gather(struct judgement *j)
{
	const struct entity *entity = judgement_entity(j);

	if (entity == NULL)
		return;
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

bool
judgement_opens(const struct judgement *j)
{
	return j->forwarder.address[0] != '\0';
}

bool
judgement_is_recipient(const struct judgement *j, const char *center)
{
	const struct arrival *m = j->arrival;

	for (size_t i = 0; i < m->center_count; i++)
		if (strcmp(m->centers[i], center) == 0)
			return true;
	return false;
}

const char *
judgement_proved(const struct judgement *j)
{
	const struct evidence *v = &j->arrival->evidence;

	return v->certificate != NULL ? v->certificate : v->login;
}

void
judgement_end_report(struct judgement *j)
{
	report_free(&j->report);
	buffer_clear(&j->line);
}

void
judgement_end_piece(struct judgement *j)
{
	reports_close(&j->reports);
	entity_free(&j->outer);
	entity_free(&j->inner);
	buffer_clear(&j->opened);
	wipe(&j->key, sizeof(j->key));
}
