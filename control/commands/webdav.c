/*
 * A device's password for a WebDAV server that takes no certificates. It is in
 * no store of ours: the server has its hash, and the device itself.
 */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/wipe.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "parser/spelling.h"
#include "store/registry.h"

enum {
	GROUPS = 4,
	GROUP = 7, /* letters of 5 bits: 140 in all */
	PASSWORD_SIZE = GROUPS * (GROUP + 1),
	REALM_MAX = 64,
	COST = 5, /* of bcrypt, paid for by the server at each request */
	LINE_SIZE = SPELLED_SIZE + REALM_MAX + CRYPT_OUTPUT_SIZE
};

struct login {
	char user[SPELLED_SIZE];
	char password[PASSWORD_SIZE];
	char line[LINE_SIZE]; /* for Apache */
};

/* No two letters look alike, and somebody may have to type it. */
static int
draw(char password[PASSWORD_SIZE], struct error *e)
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char octets[GROUPS * GROUP];
	size_t at = 0;

	if (crypto_random(octets, sizeof(octets), e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(octets); i++) {
		if (i > 0 && i % GROUP == 0)
			password[at++] = '-';
		password[at++] = alphabet[octets[i] & 31];
	}
	password[at] = '\0';
	wipe(octets, sizeof(octets));
	return 0;
}

/* For AuthUserFile: USER:$2y$… */
static int
hash_basic(struct login *l, struct error *e)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], octets[16];
	const char *hash = NULL;
	int rc = -1;

	if (data == NULL)
		return error_memory(e);
	if (crypto_random(octets, sizeof(octets), e) == -1)
		goto out;
	if (crypt_gensalt_rn("$2y$", COST, octets, sizeof(octets), salt,
		    (int)sizeof(salt)) != NULL)
		hash = crypt_r(l->password, salt, data);
	rc = hash != NULL && hash[0] == '$' &&
			text_format(l->line, sizeof(l->line), "%s:%s", l->user,
				hash)
		? 0
		: error_set(e, ERROR_TROUBLE,
			  "the C library's crypt knows no bcrypt");
out:
	wipe(data, sizeof(*data));
	free(data);
	return rc;
}

/* For AuthDigest: USER:REALM:MD5 (RFC 7616). */
static int
hash_digest(struct login *l, const char *realm, struct error *e)
{
	char text[SPELLED_SIZE + REALM_MAX + PASSWORD_SIZE];
	char hex[2 * MD5_SIZE + 1];
	unsigned char digest[MD5_SIZE];
	int rc;

	(void)text_format(
		text, sizeof(text), "%s:%s:%s", l->user, realm, l->password);
	rc = crypto_md5(text, strlen(text), digest, e);
	wipe(text, sizeof(text));
	if (rc == -1)
		return -1;
	text_hex(digest, sizeof(digest), hex);
	(void)text_format(
		l->line, sizeof(l->line), "%s:%s:%s", l->user, realm, hex);
	return 0;
}

static bool
is_realm(const char *text)
{
	const size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == ':' ||
			text[i] == '"' || text[i] == '\\')
			return false;
	return length > 0 && length < REALM_MAX;
}

static int
make(struct login *l, const char *serial, const char *realm, struct error *e)
{
	if (realm != NULL && !is_realm(realm))
		return error_set(e, ERROR_BAD,
			"a realm is 1 to %d printable characters without "
			"colon, quote and backslash",
			REALM_MAX - 1);
	if (!spelling_make(serial, l->user))
		return error_set(e, ERROR_BAD, "%s cannot be spelled", serial);
	if (draw(l->password, e) == -1)
		return -1;
	return realm != NULL ? hash_digest(l, realm, e) : hash_basic(l, e);
}

static int
say(struct command_context *c, const char *serial, const struct login *l,
	bool object, struct error *e)
{
	if (object)
		return output_json(c->out, e, "{s:s,s:s,s:s,s:s}", "serial",
			serial, "user", l->user, "password", l->password,
			"line", l->line);
	fprintf(c->out, "user: %s\npassword: %s\nline: %s\n", l->user,
		l->password, l->line);
	return 0;
}

enum exit_code
command_webdav_password(struct command_context *c, const struct arguments *a)
{
	struct login l;
	struct device d;
	enum exit_code code = EXIT_DONE;
	struct error e;

	if (registry_device_get(c->store, a->operands[0], &d, &e) == -1 ||
		make(&l, d.serial, options_value(a, "digest"), &e) == -1 ||
		say(c, d.serial, &l, c->json || options_given(a, "output"),
			&e) == -1)
		code = command_failed(c, &e);
	wipe(&l, sizeof(l));
	return code;
}
