/*
 * The center over HTTPS; libcurl. The server's certificate is verified, TLS is
 * 1.2 at least, nothing is followed to another place, and answers are bounded.
 *
 * The body of a POST leaves only after the server has said 100 (Continue);
 * where that never comes, it does not leave at all.
 *
 * One thread, but for https_stop.
 */
#ifndef AGENT_HTTPS_H
#define AGENT_HTTPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* "" or NULL: none. The texts must stay. */
struct https_options {
	const char *url; /* what all paths begin at, without "/" at its end */
	bool allow_http; /* else https only */
	const char *ca_file;                       /* PEM; none: the system's */
	const char *certificate, *certificate_key; /* PEM */
	const char *user, *password;               /* HTTP Basic */
	const char *proxy, *proxy_user, *proxy_password;
	int64_t timeout; /* seconds for which nothing may come or go */
};

struct https;

/* Nothing goes over the network yet. ERROR_BAD: that is no such URL;
 * ERROR_TROUBLE. */
int https_open(const struct https_options *options, struct https **https_r,
	struct error *e);
void https_close(struct https **https);

struct https_reply {
	long status;         /* 200 … */
	int64_t retry_after; /* seconds; -1: it does not say */
	char type[64];       /* media type, lower case, without parameters */
};

/*
 * The answer, whatever its status, in out, of at most limit octets.
 * ERROR_LIMIT: it is longer; ERROR_DENIED: the server is not whom we trust, or
 * TLS fails otherwise; ERROR_TROUBLE: network, time, cut off, stopped. Whether
 * a POST was carried out is not known then.
 */
int https_get(struct https *https, const char *path, size_t limit,
	struct buffer *out, struct https_reply *reply_r, struct error *e);
int https_post(struct https *https, const char *path, const char *type,
	const struct buffer *body, size_t limit, struct buffer *out,
	struct https_reply *reply_r, struct error *e);

/* From another thread: what is under way fails soon, and all that comes. */
void https_stop(struct https *https);

/* Octets of bodies that have left since it was opened. */
uint64_t https_sent(const struct https *https);

#endif
