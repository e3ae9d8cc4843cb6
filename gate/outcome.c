/*
 * The judgement's result as a verdict: what it is, why, whose, and whether a
 * copy must be kept.
 */
#include "gate/outcome.h"

#include <string.h>

#include "base/network.h"
#include "gate/issue.h"
#include "gate/verdict.h"

static void
set_verdict(struct verdict *v, const struct judgement *j, int rc)
{
	memset(v, 0, sizeof(*v));
	v->sealed = j->sealed;
	v->claims = j->claims;
	if (v->sealed && !j->nested)
		memcpy(v->principal, j->owner, sizeof(v->principal));
	v->sequence = j->sequence;
	v->halted = j->agent.id[0] != '\0' && !j->agent.enabled;
	v->over_limit = j->ledger == LEDGER_OVER_REPORTS ||
		j->ledger == LEDGER_OVER_OCTETS;
	if (rc == CHECK_PASSED) {
		v->kind = j->ledger == LEDGER_ADMITTED ? VERDICT_GENUINE
						       : VERDICT_DUPLICATE;
		return;
	}
	v->kind = rc == CHECK_TROUBLE ? VERDICT_TROUBLE
				      : reason_kind((enum reason)rc);
	v->reason = rc == CHECK_TROUBLE ? REASON_NONE : (enum reason)rc;
	v->sequence = 0;
	(void)text_format(v->text, sizeof(v->text), "%.255s", j->error.text);
}

/* A plain one's content is the quarantine's to name. */
void
outcome_name(struct verdict *v, struct judgement *j)
{
	unsigned char digest[SHA256_SIZE];

	if (!verdict_must_keep(v) || v->share < SHARE_AGENT || j->nested)
		return;
	if (issue_digest(j->opened.data, j->opened.length, digest, &j->error) ==
		-1) {
		set_verdict(v, j, CHECK_TROUBLE);
		return;
	}
	text_hex(digest, (sizeof(v->content) - 1) / 2, v->content);
}

/* Is it for what a forwarder sent on that there is a reason? What was cut off
 * cannot be mended. */
static bool
is_forwarders(const struct verdict *v, const struct judgement *j)
{
	if (j->nested)
		return v->reason != REASON_NONE;
	return judgement_opens(j) && v->reason == REASON_TOO_LARGE &&
		!j->arrival->too_large;
}

/* A report of a bundle, or of an agent's, for a device that nobody has
 * registered, or given to whoever sealed it: that can be mended. */
static bool
is_of_another(const struct verdict *v, const struct judgement *j)
{
	return (j->bundle.limits != NULL || j->agent.id[0] != '\0') &&
		(v->reason == REASON_UNKNOWN_DEVICE ||
			v->reason == REASON_WRONG_DEVICE);
}

/* By the one spelling of its network. */
static void
name_site(struct verdict *v, const struct device *d)
{
	char network[NETWORK_SIZE];

	if (network_canonical(d->network, network))
		(void)text_format(v->owner, sizeof(v->owner), "site:%s/%s",
			d->from, network);
}

/*
 * What a forwarder sends on is the forwarder's, as far as somebody can mend
 * what is wrong with it: register a device, say. Else:
 *
 * Who is behind it was established after every check of origin: a genuine
 * device speaks, and we do not understand, or not believe the date. Its reading
 * must not be lost.
 */
static void
fill_owner(struct verdict *v, const struct judgement *j)
{
	v->share = SHARE_STRANGER;
	if (is_forwarders(v, j)) {
		v->share = SHARE_REGISTERED;
		(void)text_format(v->owner, sizeof(v->owner), "forwarder:%s",
			j->forwarder.address);
		return;
	}
	if (v->reason != REASON_UNREADABLE && v->reason != REASON_STALE &&
		!j->incomplete && !is_of_another(v, j))
		return;
	v->share = !v->sealed            ? SHARE_REGISTERED
		: j->agent.id[0] != '\0' ? SHARE_AGENT
					 : SHARE_PROVED;
	if (j->shared)
		name_site(v, &j->device);
	else
		(void)text_copy(v->owner, sizeof(v->owner), j->owner);
}

void
outcome_fill(struct verdict *v, struct judgement *j, int rc)
{
	set_verdict(v, j, rc);
	fill_owner(v, j);
}
