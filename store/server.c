/*
 * WebDAV servers: known by name, for who gives them certificates.
 */
#include <string.h>

#include "base/text.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/rows.h"

bool
registry_server_name(const char *text, char out[SERVER_NAME_SIZE])
{
	char principal[PRINCIPAL_SIZE];

	out[0] = '\0';
	return principal_spell(PRINCIPAL_SERVER, text, principal) &&
		text_copy(out, SERVER_NAME_SIZE,
			principal_name(principal, PRINCIPAL_SERVER));
}

/* Where a path can be put behind it, and no password is in it. */
bool
registry_url(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~!$&'()*+,;=:/[]%";
	size_t scheme = strncmp(text, "https://", 8) == 0 ? 8
		: strncmp(text, "http://", 7) == 0        ? 7
							  : 0;
	const char *host = text + scheme;

	return scheme != 0 && strlen(text) < URL_SIZE &&
		strchr("/:", host[0]) == NULL &&
		strspn(text, good) == strlen(text);
}

struct server_call {
	char name[SERVER_NAME_SIZE];
	struct server server;
	int64_t now;
	struct error *e;
};

static int
take_name(struct server_call *c, const char *name, struct error *e)
{
	if (registry_server_name(name, c->name))
		return 0;
	return error_set(e, ERROR_BAD,
		"a server's name is 1 to %d of A-Z 0-9 -",
		SERVER_NAME_SIZE - 1);
}

static int
add_server(struct db_txn *t, void *arg, struct error *e)
{
	const struct server_call *c = arg;
	struct packer p = rows_pack_server(&c->server);
	struct server old;
	int found = rows_server(t, c->name, &old, e);

	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "server %s exists already", c->name);
	return found < 0 ? -1 : rows_put(t, TABLE_SERVERS, c->name, &p, e);
}

int
registry_server_add(
	struct store *s, const struct server *server, struct error *e)
{
	struct server_call c = { .server = *server };

	if (take_name(&c, server->name, e) == -1)
		return -1;
	if (!registry_url(server->url))
		return error_set(e, ERROR_BAD,
			"\"%.100s\" is no URL (https://host/path, at most %d "
			"octets, without user and query)",
			server->url, URL_SIZE - 1);
	if (!registry_address(server->address, c.server.address))
		return error_set(e, ERROR_BAD, "\"%.100s\" is no mail address",
			server->address);
	c.server.created = store_time(s);
	return store_write(s, DURABLE, add_server, &c, e);
}

static int
get_server(struct db_txn *t, void *arg, struct error *e)
{
	struct server_call *c = arg;
	int found = rows_server(t, c->name, &c->server, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no server %s", c->name);
	return found == 1 ? 0 : -1;
}

int
registry_server_get(struct store *s, const char *name, struct server *server_r,
	struct error *e)
{
	struct server_call c;

	if (take_name(&c, name, e) == -1 ||
		store_read(s, get_server, &c, e) == -1)
		return -1;
	*server_r = c.server;
	return 0;
}

static int
remove_server(struct db_txn *t, void *arg, struct error *e)
{
	struct server_call *c = arg;
	const struct octets key = text_octets_of(c->name);

	char principal[PRINCIPAL_SIZE];

	(void)principal_spell(PRINCIPAL_SERVER, c->name, principal);
	if (get_server(t, c, e) == -1 ||
		certificate_revoke_all(
			t, principal, NULL, REVOKED_CESSATION, c->now, e) == -1)
		return -1;
	return db_delete(t, TABLE_SERVERS, &key, e) < 0 ? -1 : 0;
}

int
registry_server_remove(struct store *s, const char *name, struct error *e)
{
	struct server_call c = { .now = store_time(s) };

	if (take_name(&c, name, e) == -1)
		return -1;
	return store_write(s, DURABLE, remove_server, &c, e);
}

struct server_walk {
	int (*each)(const struct server *server, void *arg);
	void *arg;
	struct error *e;
};

static int
give_server(const struct octets *key, const struct octets *value, void *arg)
{
	struct server_walk *w = arg;
	struct server server;

	if (key->length >= sizeof(server.name) ||
		!rows_unpack_server(*value, &server))
		return rows_damaged(TABLE_SERVERS, w->e);
	memcpy(server.name, key->data, key->length);
	server.name[key->length] = '\0';
	return w->each(&server, w->arg);
}

int
registry_servers(struct store *s,
	int (*each)(const struct server *server, void *arg), void *arg,
	struct error *e)
{
	struct server_walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_SERVERS, &all, give_server, &w, e);
}
