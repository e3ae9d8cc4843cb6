/*
 * A connection's life: the options checked, neon told of them. That a server's
 * certificate is verified needs no word: neon refuses what does not verify as
 * long as nobody overrides it.
 */
#include "dav/dav.h"

#include <neon/ne_auth.h>
#include <neon/ne_session.h>
#include <neon/ne_uri.h>
#include <neon/ne_utils.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "dav/dav_inside.h"
#include "dav/tls.h"

enum { PORT_MAX = 65535 };

/* Counts without a lock, and makes the process ignore SIGPIPE. */
static void
init_library(void)
{
	ne_sock_init();
}

/* wire.c counts on neon's calling OpenSSL, which another build of it does not.
 */
static int
check_library(struct error *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_library);
	if (strstr(ne_version_string(), "OpenSSL") == NULL)
		return error_set(e, ERROR_TROUBLE,
			"this neon is not built with OpenSSL: %s",
			ne_version_string());
	return 0;
}

/* One that is broken may have a password anywhere in it. */
static const char *
sayable(const char *url)
{
	return strchr(url, '@') == NULL ? url : "what has an \"@\" in it";
}

/* neon takes whatever follows host's colon for a port. */
static bool
has_sound_port(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	const char *end = host + strcspn(host, "/"), *colon;

	if (*host == '[')
		host += strcspn(host, "]/");
	colon = memchr(host, ':', (size_t)(end - host));
	return colon == NULL ||
		colon + 1 + strspn(colon + 1, "0123456789") == end;
}

/* What a URL must have, and what it must not. */
static int
split_url(const char *url, ne_uri *parts, struct error *e)
{
	if (ne_uri_parse(url, parts) != 0 || parts->scheme == NULL ||
		parts->host == NULL || parts->host[0] == '\0' ||
		parts->path == NULL || parts->query != NULL ||
		parts->fragment != NULL || parts->port > PORT_MAX)
		return error_set(e, ERROR_USAGE, "%s: not a URL", sayable(url));
	if (parts->userinfo != NULL)
		return error_set(e, ERROR_USAGE,
			"a URL with a user or a password in it");
	if (!has_sound_port(url))
		return error_set(
			e, ERROR_USAGE, "%s: not a port", sayable(url));
	if (parts->port == 0)
		parts->port = ne_uri_defaultport(parts->scheme);
	return 0;
}

/* Copies base into dav: its path, and what all URLs below begin with. */
static int
take_base(struct dav *dav, const ne_uri *base, struct error *e)
{
	const size_t length = strlen(base->path);

	if (asprintf(&dav->base_path, "%s%s", base->path,
		    length > 0 && base->path[length - 1] == '/' ? "" : "/") ==
		-1) {
		dav->base_path = NULL;
		return error_memory(e);
	}
	dav->session = ne_session_create(base->scheme, base->host, base->port);
	/* as the Host field has it: servers compare them */
	if (asprintf(&dav->origin, "%s://%s", base->scheme,
		    ne_get_server_hostport(dav->session)) == -1) {
		dav->origin = NULL;
		return error_memory(e);
	}
	return 0;
}

static int
open_base(struct dav *dav, const struct dav_options *options, struct error *e)
{
	ne_uri base;
	int rc = split_url(options->url, &base, e);

	if (rc == 0 && strcmp(base.scheme, "https") != 0 &&
		(strcmp(base.scheme, "http") != 0 || !options->allow_http))
		rc = error_set(
			e, ERROR_USAGE, "%s: not an https URL", options->url);
	if (rc == 0)
		rc = take_base(dav, &base, e);
	ne_uri_free(&base);
	return rc;
}

/* neon's buffers are of NE_ABUFSIZ octets at least. */
static int
take_login(const char *user, const char *password, char **user_r,
	char **password_r, struct error *e)
{
	if (user == NULL && password == NULL)
		return 0;
	if (user == NULL || password == NULL)
		return error_set(e, ERROR_USAGE,
			"a user without a password, or the reverse");
	if (strlen(user) >= NE_ABUFSIZ || strlen(password) >= NE_ABUFSIZ ||
		strchr(user, ':') != NULL)
		return error_set(e, ERROR_USAGE,
			"a user or password too long, or a user with a ':'");
	*user_r = strdup(user);
	*password_r = strdup(password);
	return *user_r != NULL && *password_r != NULL ? 0 : error_memory(e);
}

/* Once a request: what was refused is refused again. */
static int
give(const char *user, const char *password, int attempt, char *user_r,
	char *password_r)
{
	if (user == NULL || !text_copy(user_r, NE_ABUFSIZ, user) ||
		!text_copy(password_r, NE_ABUFSIZ, password))
		return -1;
	return attempt;
}

static int
give_server(
	void *arg, const char *realm, int attempt, char *user, char *password)
{
	const struct dav *dav = arg;

	(void)realm;
	return give(dav->user, dav->password, attempt, user, password);
}

static int
give_proxy(
	void *arg, const char *realm, int attempt, char *user, char *password)
{
	const struct dav *dav = arg;

	(void)realm;
	return give(
		dav->proxy_user, dav->proxy_password, attempt, user, password);
}

/* Not by ne_add_auth: what that adds is for server and proxy both, and answers
 * no proxy that asks at CONNECT. */
static int
use_logins(struct dav *dav, const struct dav_options *options, struct error *e)
{
	if (take_login(options->user, options->password, &dav->user,
		    &dav->password, e) == -1)
		return error_prefix(e, "server");
	if (take_login(options->proxy_user, options->proxy_password,
		    &dav->proxy_user, &dav->proxy_password, e) == -1)
		return error_prefix(e, "proxy");
	/* who has no login says so: else a 407 at CONNECT is but a failure */
	ne_add_server_auth(
		dav->session, NE_AUTH_BASIC | NE_AUTH_DIGEST, give_server, dav);
	ne_add_proxy_auth(
		dav->session, NE_AUTH_BASIC | NE_AUTH_DIGEST, give_proxy, dav);
	return 0;
}

static int
use_proxy(struct dav *dav, const char *proxy, struct error *e)
{
	ne_uri parts;
	int rc = split_url(proxy, &parts, e);

	if (rc == 0 &&
		(strcmp(parts.scheme, "http") != 0 ||
			(parts.path[0] != '\0' &&
				strcmp(parts.path, "/") != 0)))
		rc = error_set(e, ERROR_USAGE,
			"%s: a proxy is http://host:port", proxy);
	if (rc == 0)
		ne_session_proxy(dav->session, parts.host, parts.port);
	ne_uri_free(&parts);
	return rc;
}

static int
use_tls(struct dav *dav, const struct dav_options *options, struct error *e)
{
	if (options->certificate == NULL && options->certificate_key != NULL)
		return error_set(
			e, ERROR_USAGE, "a key without its certificate");
	if (strcmp(ne_get_scheme(dav->session), "https") != 0)
		return 0;
	if (tls_trust(dav->session, options->ca_file, e) == -1)
		return -1;
	if (options->certificate == NULL)
		return 0;
	return tls_identify(dav->session, options->certificate,
		options->certificate_key, e);
}

/* What is being moved, either way. */
static void
see_progress(
	void *arg, ne_session_status status, const ne_session_status_info *info)
{
	struct dav *dav = arg;
	const bool moves =
		status == ne_status_sending || status == ne_status_recving;

	if (moves && info->sr.progress > dav->progress)
		wire_moved(dav->wire, info->sr.progress - dav->progress);
	dav->progress = moves ? info->sr.progress : 0;
	if (status == ne_status_disconnected)
		wire_drop(dav->wire);
}

static int
use_options(struct dav *dav, const struct dav_options *options, struct error *e)
{
	const int timeout =
		options->timeout > 0 ? options->timeout : DAV_TIMEOUT;

	if (open_base(dav, options, e) == -1 ||
		use_tls(dav, options, e) == -1 ||
		use_logins(dav, options, e) == -1)
		return -1;
	if (options->proxy != NULL && use_proxy(dav, options->proxy, e) == -1)
		return -1;
	if (options->agent != NULL)
		ne_set_useragent(dav->session, options->agent);
	ne_set_read_timeout(dav->session, timeout);
	ne_set_connect_timeout(dav->session, timeout);
	ne_set_notifier(dav->session, see_progress, dav);
	return wire_open(timeout, &dav->wire, e);
}

int
dav_open(const struct dav_options *options, struct dav **dav_r, struct error *e)
{
	struct dav *dav;

	*dav_r = NULL;
	if (check_library(e) == -1)
		return -1;
	dav = calloc(1, sizeof(*dav));
	if (dav == NULL)
		return error_memory(e);
	if (use_options(dav, options, e) == -1) {
		dav_close(&dav);
		return -1;
	}
	*dav_r = dav;
	return 0;
}

void
dav_close(struct dav **dav)
{
	struct dav *d = *dav;

	*dav = NULL;
	if (d == NULL)
		return;
	if (d->session != NULL)
		ne_session_destroy(d->session);
	wire_close(&d->wire);
	free(d->origin);
	free(d->base_path);
	free(d->user);
	wipe_free(d->password);
	free(d->proxy_user);
	wipe_free(d->proxy_password);
	free(d);
}
