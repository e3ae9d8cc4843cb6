/*
 * The path, word for word between slashes.
 */
#include "receive/errand.h"

#include <string.h>

#include "base/text.h"

#define BEGIN "/csrc/agent/"

/* The word at *at, up to a slash or the end; *at moves there. */
static size_t
take_word(const char **at, const char **word_r)
{
	const size_t length = strcspn(*at, "/");

	*word_r = *at;
	*at += length;
	return length;
}

/* As it is spelled, to the octet. */
static bool
is_word(const char *word, size_t length, const char *spelled)
{
	return strlen(spelled) == length && memcmp(word, spelled, length) == 0;
}

static bool
take_id(const char **at, struct errand *t)
{
	const char *word;
	const size_t length = take_word(at, &word);

	if (length >= sizeof(t->id))
		return false;
	memcpy(t->id, word, length);
	t->id[length] = '\0';
	return principal_spell(PRINCIPAL_AGENT, t->id, t->principal) &&
		is_word(word, length,
			principal_name(t->principal, PRINCIPAL_AGENT));
}

static bool
take_email_id(const char **at, struct errand *t)
{
	const char *word;
	const size_t length = take_word(at, &word);

	return claims_email_id(word, length, t->email_id) &&
		is_word(word, length, t->email_id);
}

/* What follows "requests". */
static bool
take_request(const char *at, struct errand *t)
{
	t->kind = ERRAND_REQUESTS;
	if (*at == '\0')
		return true;
	at++;
	if (!take_email_id(&at, t))
		return false;
	t->kind = *at == '\0' ? ERRAND_REQUEST : ERRAND_DELIVERED;
	return *at == '\0' || strcmp(at, "/delivered") == 0;
}

bool
errand_read(const char *path, struct errand *t)
{
	const size_t begin = strlen(BEGIN);
	const char *word;
	size_t length;

	memset(t, 0, sizeof(*t));
	if (path == NULL || strncmp(path, BEGIN, begin) != 0)
		return false;
	path += begin;
	if (!take_id(&path, t))
		return false;
	if (*path == '\0')
		return true;
	path++;
	length = take_word(&path, &word);
	if (is_word(word, length, "requests"))
		return take_request(path, t);
	t->kind = ERRAND_REPORTS;
	return is_word(word, length, "reports") && *path == '\0';
}
