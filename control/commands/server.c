/*
 * WebDAV servers: which there are, and where their certificates are mailed to.
 */
#include <string.h>

#include "control/columns.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "store/registry.h"

static enum exit_code
done(struct command_context *c, const char *name)
{
	char canonical[SERVER_NAME_SIZE];

	return command_done(c, "server",
		registry_server_name(name, canonical) ? canonical : name);
}

enum exit_code
command_server_add(struct command_context *c, const struct arguments *a)
{
	struct server server = { .created = 0 };
	struct error e;

	if (!text_copy(server.name, sizeof(server.name), a->operands[0]))
		return command_refused(c, ERROR_BAD,
			"a server's name is 1 to %d of A-Z 0-9 -",
			SERVER_NAME_SIZE - 1);
	if (!text_copy(server.url, sizeof(server.url), options_value(a, "url")))
		return command_refused(
			c, ERROR_BAD, "a URL is up to %d octets", URL_SIZE - 1);
	if (!text_copy(server.address, sizeof(server.address),
		    options_value(a, "mail")))
		return command_refused(
			c, ERROR_BAD, "the mail address is too long");
	if (registry_server_add(c->store, &server, &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}

enum exit_code
command_server_remove(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (registry_server_remove(c->store, a->operands[0], &e) == -1)
		return command_failed(c, &e);
	return done(c, a->operands[0]);
}

struct listing {
	struct command_context *c;
	struct error *e;
	struct columns columns;
};

static int
say_json(FILE *out, const struct server *server, struct error *e)
{
	char created[TEXT_TIME_SIZE];

	return output_json(out, e, "{s:s,s:s,s:s,s:s}", "server", server->name,
		"url", server->url, "mail", server->address, "created",
		output_time(server->created, created));
}

static int
list_server(const struct server *server, void *arg)
{
	struct listing *l = arg;

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (l->c->json)
		return say_json(l->c->out, server, l->e);
	columns_row(&l->columns,
		(const char *const[]){
			server->name, server->url, server->address });
	return 0;
}

enum exit_code
command_server_list(struct command_context *c, const struct arguments *a)
{
	static const char *const names[] = { "SERVER", "URL", "MAIL" };
	struct error e = { ERROR_NONE, "" };
	struct listing l = { .c = c, .e = &e };
	int rc;

	(void)a;
	columns_begin(
		&l.columns, c->out, names, sizeof(names) / sizeof(names[0]));
	rc = registry_servers(c->store, list_server, &l, &e);
	columns_end(&l.columns);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

enum exit_code
command_server_show(struct command_context *c, const struct arguments *a)
{
	char created[TEXT_TIME_SIZE], cell[OUTPUT_CELL_SIZE];
	struct server server;
	struct error e;

	if (registry_server_get(c->store, a->operands[0], &server, &e) == -1 ||
		(c->json && say_json(c->out, &server, &e) == -1))
		return command_failed(c, &e);
	if (!c->json)
		fprintf(c->out, "server %s\nurl %s\nmail %s\ncreated %s\n",
			server.name, server.url,
			output_cell(server.address, cell),
			output_time(server.created, created));
	return EXIT_DONE;
}
