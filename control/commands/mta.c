/*
 * The settings, a row each, and how a value is held against one.
 */
#include "control/commands/mta.h"

#include <string.h>

#include "base/text.h"

static const struct mta_setting postfix_rows[] = {
	{ "smtpd_milters", "unix:csrc-milter/milter.sock", MTA_MILTER, NULL,
		"Where the gateway listens, as Postfix sees it from its queue "
		"directory." },
	{ "non_smtpd_milters", "$smtpd_milters", MTA_MILTER, NULL,
		"Mail from sendmail(1) on this machine goes the same way." },
	{ "milter_default_action", "tempfail", MTA_ONE_OF, NULL,
		"Anything else lets unjudged mail through, or loses reports." },
	{ "milter_content_timeout", "300s", MTA_AT_LEAST, NULL,
		"How long Postfix waits for the verdict." },
	{ "in_flow_delay", "0", MTA_AT_MOST, NULL,
		"Discarded mail costs a token of the flow control: soon every "
		"mail would wait this long." },
	{ "smtpd_forbid_bare_newline", "yes", MTA_ONE_OF,
		"yes|normalize|reject|note",
		"Against SMTP smuggling: one sender's mail that becomes two." },
	{ "smtpd_forbid_bare_newline_exclusions", "$mynetworks", MTA_ANY, NULL,
		"Who may send bare newlines all the same." },
};

static const struct mta_setting sendmail_rows[] = {
	{ "S", "unix:/run/csrc-milter/milter.sock", MTA_MILTER, NULL,
		"Where the gateway listens." },
	{ "F", "T", MTA_ONE_OF, NULL,
		"When it cannot be asked, the sender tries again; R would "
		"bounce reports, none lets unjudged mail through." },
	{ "T C", "30s", MTA_ANY, NULL, "How long to connect." },
	{ "T S", "30s", MTA_ANY, NULL, "How long to send." },
	{ "T R", "1m", MTA_ANY, NULL, "How long to wait for one reply." },
	{ "T E", "5m", MTA_AT_LEAST, NULL,
		"How long Sendmail waits for the verdict." },
};

size_t
mta_postfix(const struct mta_setting **rows_r)
{
	*rows_r = postfix_rows;
	return sizeof(postfix_rows) / sizeof(postfix_rows[0]);
}

size_t
mta_sendmail(const struct mta_setting **rows_r)
{
	*rows_r = sendmail_rows;
	return sizeof(sendmail_rows) / sizeof(sendmail_rows[0]);
}

/* Is text one of those between which a separator stands? */
static bool
one_of(const char *all, const char *separators, const char *text)
{
	size_t length = strlen(text), word;

	for (; *all != '\0'; all += word) {
		all += strspn(all, separators);
		word = strcspn(all, separators);
		if (word == length && memcmp(all, text, word) == 0)
			return true;
	}
	return false;
}

bool
mta_names(const char *list, const char *milter)
{
	return one_of(list, ", \t\n{}", milter);
}

/* Is a no shorter than b? What cannot be read is not. */
static bool
no_shorter(const char *a, const char *b)
{
	int64_t x, y;

	return text_duration(a, &x) == 0 && text_duration(b, &y) == 0 && x >= y;
}

bool
mta_good(const struct mta_setting *s, const char *value, const char *milter)
{
	switch (s->rule) {
	case MTA_MILTER:
		return mta_names(value, milter);
	case MTA_ONE_OF:
		return one_of(s->good != NULL ? s->good : s->value, "|", value);
	case MTA_AT_LEAST:
		return no_shorter(value, s->value);
	case MTA_AT_MOST:
		return no_shorter(s->value, value);
	case MTA_ANY:
		break;
	}
	return true;
}
