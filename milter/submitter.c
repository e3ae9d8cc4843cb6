/*
 * Trust by lists of words. A name that is empty is in no list: an MTA that
 * says nothing of a client says nothing for it.
 */
#include "milter/submitter.h"

#include <string.h>

#include "base/network.h"
#include "base/text.h"

static bool
listed(const char *list, const char *name)
{
	const size_t wanted = strlen(name);
	const char *word;
	size_t length;

	while ((length = text_word(&list, &word)) != 0)
		if (length == wanted && memcmp(word, name, length) == 0)
			return true;
	return false;
}

static bool
in_networks(const char *list, const struct sockaddr_storage *client)
{
	char cidr[NETWORK_SIZE];
	const char *word;
	size_t length;

	while ((length = text_word(&list, &word)) != 0)
		/* longer ones were refused as the option was read */
		if (text_format(
			    cidr, sizeof(cidr), "%.*s", (int)length, word) &&
			network_contains(cidr, client))
			return true;
	return false;
}

bool
submitter_trusted(
	const struct submitter *submitter, const struct settings *settings)
{
	const char *login = submitter->login;

	return in_networks(settings->submit_networks, &submitter->client) ||
		listed(settings->submit_daemons, submitter->daemon) ||
		listed(settings->submit_logins, login) ||
		(login[0] != '\0' && listed(settings->submit_logins, "*"));
}

/* A service without a name cannot be told from one whose name was not sent. */
const char *
submitter_unknown(
	const struct submitter *submitter, const struct settings *settings)
{
	if (submitter_trusted(submitter, settings))
		return NULL;
	if (settings->submit_daemons[0] != '\0' && submitter->daemon[0] == '\0')
		return "submit_daemons needs the macro {daemon_name}, which "
		       "the MTA does not send";
	if (settings->submit_logins[0] != '\0' && !submitter->speaks_at_mail)
		return "submit_logins needs the macro {auth_authen}, but the "
		       "MTA sends no macros at MAIL";
	return NULL;
}

bool
submitter_any(const struct settings *settings)
{
	return settings->submit_networks[0] != '\0' ||
		settings->submit_logins[0] != '\0' ||
		settings->submit_daemons[0] != '\0';
}
