/*
 * How we are known to printers: a user of SNMPv3 (RFC 3414) with passphrases,
 * or the community of SNMPv1 and v2c, which travels in clear. What is asked by
 * one version is never asked by another.
 */
#ifndef AGENT_CREDENTIALS_H
#define AGENT_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	CREDENTIALS_NAME_SIZE = 32 + 1,
	CREDENTIALS_SECRET_SIZE = 255 + 1,
	CREDENTIALS_PASSPHRASE_MIN = 8, /* octets, RFC 3414 */
	CREDENTIALS_KEY_SIZE = 64
};

enum snmp_version { SNMP_V1, SNMP_V2C, SNMP_V3 };

/* RFC 3414, RFC 7860; broken ones come first. */
enum snmp_auth {
	AUTH_NONE,
	AUTH_MD5,
	AUTH_SHA1,
	AUTH_SHA224,
	AUTH_SHA256,
	AUTH_SHA384,
	AUTH_SHA512
};

/* RFC 3414, RFC 3826; longer keys as Blumenthal's draft extends them, or as
 * Reeder's does, which some makers have. */
enum snmp_priv {
	PRIV_NONE,
	PRIV_DES,
	PRIV_AES128,
	PRIV_AES192,
	PRIV_AES256,
	PRIV_AES192_REEDER,
	PRIV_AES256_REEDER
};

/* All zero is none. The texts are "" where a version has no use for them. */
struct credentials {
	enum snmp_version version;
	char community[CREDENTIALS_SECRET_SIZE];
	char user[CREDENTIALS_NAME_SIZE];
	char context[CREDENTIALS_NAME_SIZE]; /* v3; most printers have none */
	enum snmp_auth auth;
	enum snmp_priv priv;
	char auth_passphrase[CREDENTIALS_SECRET_SIZE];
	char priv_passphrase[CREDENTIALS_SECRET_SIZE];
	/* what credentials_ready makes of them, once for all printers */
	unsigned char auth_key[CREDENTIALS_KEY_SIZE];
	unsigned char priv_key[CREDENTIALS_KEY_SIZE];
	size_t auth_key_length, priv_key_length;
};

/* Names as they are configured: "v1", "v2c", "v3"; "none", "md5", "sha1",
 * "sha224" …; "none", "des", "aes128" … "aes256-reeder". False: there is no
 * such one. */
bool credentials_version(const char *name, enum snmp_version *version_r);
bool credentials_auth(const char *name, enum snmp_auth *auth_r);
bool credentials_priv(const char *name, enum snmp_priv *priv_r);
const char *credentials_version_name(enum snmp_version version);
const char *credentials_auth_name(enum snmp_auth auth);
const char *credentials_priv_name(enum snmp_priv priv);

/* Whether somebody on the way can read along, or guess with little effort: why,
 * for a warning; NULL: nothing to say. */
const char *credentials_weakness(const struct credentials *c);

/*
 * Makes the keys; takes a few milliseconds. ERROR_BAD: something is missing,
 * too short, or not for this version.
 */
int credentials_ready(struct credentials *c, struct error *e);
void credentials_wipe(struct credentials *c);

#endif
