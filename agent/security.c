/*
 * net-snmp's user-based security by hand: a user is entered with keys that are
 * of its engine already, so that no session holds a key that is not wiped, and
 * nothing is ever looked for in a file.
 */
#include "agent/security.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const int auth_types[] = {
	[AUTH_NONE] = NETSNMP_USMAUTH_NOAUTH,
	[AUTH_MD5] = NETSNMP_USMAUTH_HMACMD5,
	[AUTH_SHA1] = NETSNMP_USMAUTH_HMACSHA1,
	[AUTH_SHA224] = NETSNMP_USMAUTH_HMAC128SHA224,
	[AUTH_SHA256] = NETSNMP_USMAUTH_HMAC192SHA256,
	[AUTH_SHA384] = NETSNMP_USMAUTH_HMAC256SHA384,
	[AUTH_SHA512] = NETSNMP_USMAUTH_HMAC384SHA512,
};

static const int priv_types[] = {
	[PRIV_NONE] = USM_CREATE_USER_PRIV_NONE,
	[PRIV_DES] = USM_CREATE_USER_PRIV_DES,
	[PRIV_AES128] = USM_CREATE_USER_PRIV_AES,
	[PRIV_AES192] = USM_CREATE_USER_PRIV_AES192,
	[PRIV_AES256] = USM_CREATE_USER_PRIV_AES256,
	[PRIV_AES192_REEDER] = USM_CREATE_USER_PRIV_AES192_CISCO,
	[PRIV_AES256_REEDER] = USM_CREATE_USER_PRIV_AES256_CISCO,
};

/* Names of files and of MIBs come from the environment, too; and a directory is
 * made at the start, which must not be possible. */
static void
close_environment(void)
{
	static const char *const names[] = { "MIBS", "MIBDIRS", "MIBFILES",
		"SNMPCONFPATH", "SNMP_PERSISTENT_FILE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		setenv(names[i], "", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
}

static void
set(int option)
{
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, option, 1);
}

void
security_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	close_environment();
	set(NETSNMP_DS_LIB_DONT_READ_CONFIGS);
	set(NETSNMP_DS_LIB_DONT_PERSIST_STATE);
	set(NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD);
	set(NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE);
	set(NETSNMP_DS_LIB_DISABLE_CONFIG_LOAD);
	/* who asks us for our engine gets no answer */
	set(NETSNMP_DS_LIB_NO_DISCOVERY);
	/* without one it writes to standard error */
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
	init_snmp("csrc-dca");
	setlocale(LC_CTYPE, "C"); /* which it has changed */
}

void
security_protocols(
	const struct credentials *c, struct security_protocols *protocols_r)
{
	protocols_r->auth =
		sc_get_auth_oid(auth_types[c->auth], &protocols_r->auth_length);
	protocols_r->priv =
		sc_get_priv_oid(priv_types[c->priv], &protocols_r->priv_length);
}

int
security_key(enum snmp_auth auth, const char *passphrase, unsigned char *key,
	size_t *length_r, struct error *e)
{
	size_t length;
	oid *protocol = sc_get_auth_oid(auth_types[auth], &length);

	*length_r = CREDENTIALS_KEY_SIZE;
	if (generate_Ku(protocol, (u_int)length, (const u_char *)passphrase,
		    strlen(passphrase), key, length_r) != SNMPERR_SUCCESS)
		return error_set(
			e, ERROR_TROUBLE, "no key can be made of a passphrase");
	return 0;
}

/* The key of that engine, in memory of net-snmp's. */
static bool
localize(const struct security_protocols *p, const struct engine_id *engine,
	const unsigned char *key, size_t length, u_char **local_r,
	size_t *length_r)
{
	*local_r = calloc(1, CREDENTIALS_KEY_SIZE);
	*length_r = CREDENTIALS_KEY_SIZE;
	return *local_r != NULL &&
		generate_kul(p->auth, (u_int)p->auth_length, engine->octets,
			engine->length, key, length, *local_r,
			length_r) == SNMPERR_SUCCESS;
}

static bool
give_keys(struct usmUser *user, const struct credentials *c,
	const struct engine_id *engine)
{
	struct security_protocols p;

	security_protocols(c, &p);
	free(user->authProtocol);
	free(user->privProtocol);
	user->authProtocol = snmp_duplicate_objid(p.auth, p.auth_length);
	user->authProtocolLen = p.auth_length;
	user->privProtocol = snmp_duplicate_objid(p.priv, p.priv_length);
	user->privProtocolLen = p.priv_length;
	if (user->authProtocol == NULL || user->privProtocol == NULL)
		return false;
	if (c->auth == AUTH_NONE)
		return true;
	if (!localize(&p, engine, c->auth_key, c->auth_key_length,
		    &user->authKey, &user->authKeyLen))
		return false;
	if (c->priv == PRIV_NONE)
		return true;
	return localize(&p, engine, c->priv_key, c->priv_key_length,
		       &user->privKey, &user->privKeyLen) &&
		netsnmp_extend_kul((u_int)sc_get_priv_alg_bytype(
					   (u_int)priv_types[c->priv])
					   ->proper_length,
			p.auth, (u_int)p.auth_length, priv_types[c->priv],
			user->engineID, (u_int)user->engineIDLen,
			&user->privKey, &user->privKeyLen,
			CREDENTIALS_KEY_SIZE) == SNMPERR_SUCCESS;
}

int
security_enter(const struct credentials *c, const struct engine_id *engine,
	struct error *e)
{
	struct usmUser *user = usm_create_user();

	if (user == NULL)
		return error_memory(e);
	user->name = strdup(c->user);
	user->secName = strdup(c->user);
	user->engineID = netsnmp_memdup(engine->octets, engine->length);
	user->engineIDLen = engine->length;
	if (user->name == NULL || user->secName == NULL ||
		user->engineID == NULL || !give_keys(user, c, engine)) {
		usm_free_user(user);
		return error_set(e, ERROR_TROUBLE,
			"no keys can be made for user %s", c->user);
	}
	usm_add_user(user);
	return 0;
}

void
security_leave(const struct credentials *c, const struct engine_id *engine)
{
	struct usmUser *user =
		usm_get_user(engine->octets, engine->length, c->user);

	if (user != NULL) {
		usm_remove_user(user);
		usm_free_user(user);
	}
	security_forget(engine->octets, engine->length);
}

void
security_hint(const struct engine_id *engine, uint32_t boots, uint32_t time)
{
	set_enginetime(
		engine->octets, (u_int)engine->length, boots, time, FALSE);
}

void
security_clock(
	const struct engine_id *engine, uint32_t *boots_r, uint32_t *time_r)
{
	struct engine_id id = *engine;
	u_int boots = 0, time = 0, last;

	get_enginetime_ex(
		id.octets, (u_int)id.length, &boots, &time, &last, TRUE);
	*boots_r = boots;
	*time_r = time;
}

/* Is it an engine of whom somebody is asked right now? */
static bool
in_use(const unsigned char *engine, size_t length)
{
	const struct usmUser *user = usm_get_userList();

	for (; user != NULL; user = user->next) {
		if (user->engineIDLen == length &&
			memcmp(user->engineID, engine, length) == 0)
			return true;
	}
	return false;
}

void
security_forget(const unsigned char *engine, size_t length)
{
	unsigned char id[2 * ENGINE_ID_MAX];

	if (length == 0 || length > sizeof(id) || in_use(engine, length))
		return;
	memcpy(id, engine, length);
	free_enginetime(id, length);
}
