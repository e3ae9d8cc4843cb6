/*
 * Names, and which of them may stand together. A key takes a million octets of
 * hashing (RFC 3414, A.2), so it is made once for all printers.
 */
#include "agent/credentials.h"

#include <string.h>

#include "agent/security.h"
#include "base/text.h"
#include "base/wipe.h"

static const char *const version_names[] = { "v1", "v2c", "v3" };
static const char *const auth_names[] = { "none", "md5", "sha1", "sha224",
	"sha256", "sha384", "sha512" };
static const char *const priv_names[] = { "none", "des", "aes128", "aes192",
	"aes256", "aes192-reeder", "aes256-reeder" };

#define COUNT(names) (sizeof(names) / sizeof(*(names)))

/* Its place, or count. */
static size_t
place_of(const char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && !text_equal_nocase(names[i], name))
		i++;
	return i;
}

bool
credentials_version(const char *name, enum snmp_version *version_r)
{
	*version_r = (enum snmp_version)place_of(
		version_names, COUNT(version_names), name);
	return *version_r < COUNT(version_names);
}

bool
credentials_auth(const char *name, enum snmp_auth *auth_r)
{
	*auth_r = (enum snmp_auth)place_of(auth_names, COUNT(auth_names), name);
	return *auth_r < COUNT(auth_names);
}

bool
credentials_priv(const char *name, enum snmp_priv *priv_r)
{
	*priv_r = (enum snmp_priv)place_of(priv_names, COUNT(priv_names), name);
	return *priv_r < COUNT(priv_names);
}

const char *
credentials_version_name(enum snmp_version version)
{
	return version_names[version];
}

const char *
credentials_auth_name(enum snmp_auth auth)
{
	return auth_names[auth];
}

const char *
credentials_priv_name(enum snmp_priv priv)
{
	return priv_names[priv];
}

const char *
credentials_weakness(const struct credentials *c)
{
	if (c->version != SNMP_V3)
		return "the community and all answers travel in clear";
	if (c->auth == AUTH_NONE)
		return "anybody on the way can read and forge all answers";
	if (c->priv == PRIV_NONE)
		return "anybody on the way can read all answers";
	if (c->auth == AUTH_MD5)
		return "MD5 is broken";
	if (c->priv == PRIV_DES)
		return "DES is broken";
	return NULL;
}

static int
check_community(const struct credentials *c, struct error *e)
{
	if (c->community[0] == '\0')
		return error_set(e, ERROR_BAD, "%s wants a community",
			version_names[c->version]);
	if (c->user[0] != '\0' || c->context[0] != '\0' ||
		c->auth != AUTH_NONE || c->priv != PRIV_NONE)
		return error_set(e, ERROR_BAD,
			"%s has no users, contexts, authentication or privacy",
			version_names[c->version]);
	return 0;
}

static int
check_passphrase(
	const char *passphrase, bool wanted, const char *what, struct error *e)
{
	if (!wanted && passphrase[0] != '\0')
		return error_set(e, ERROR_BAD,
			"a passphrase for %s, and no protocol", what);
	if (wanted && strlen(passphrase) < CREDENTIALS_PASSPHRASE_MIN)
		return error_set(e, ERROR_BAD,
			"the passphrase for %s must have at least %d octets",
			what, CREDENTIALS_PASSPHRASE_MIN);
	return 0;
}

static int
check_user(const struct credentials *c, struct error *e)
{
	if (c->user[0] == '\0')
		return error_set(e, ERROR_BAD, "v3 wants a user");
	if (c->community[0] != '\0')
		return error_set(e, ERROR_BAD, "v3 has no communities");
	if (c->priv != PRIV_NONE && c->auth == AUTH_NONE)
		return error_set(e, ERROR_BAD,
			"there is no privacy without authentication");
	if (check_passphrase(c->auth_passphrase, c->auth != AUTH_NONE,
		    "authentication", e) != 0)
		return -1;
	return check_passphrase(
		c->priv_passphrase, c->priv != PRIV_NONE, "privacy", e);
}

int
credentials_ready(struct credentials *c, struct error *e)
{
	if (c->version != SNMP_V3)
		return check_community(c, e);
	if (check_user(c, e) != 0)
		return -1;
	security_start();
	if (c->auth != AUTH_NONE &&
		security_key(c->auth, c->auth_passphrase, c->auth_key,
			&c->auth_key_length, e) != 0)
		return -1;
	if (c->priv == PRIV_NONE)
		return 0;
	return security_key(c->auth, c->priv_passphrase, c->priv_key,
		&c->priv_key_length, e);
}

void
credentials_wipe(struct credentials *c)
{
	wipe(c, sizeof(*c));
}
