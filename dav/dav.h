/*
 * WebDAV as a client (RFC 4918, over HTTP/1.1): the one wrapper round neon.
 * Whatever a server says is hostile: answers are bounded before they are read,
 * redirects are never followed, XML with a DTD in it is refused, and a request
 * ends in time however slowly the other end goes on.
 *
 * A struct dav belongs to one thread at a time. It keeps its connection from
 * one request to the next.
 *
 * What a failure's code means:
 *
 *	ERROR_USAGE      the call is wrong: a path, a URL, a certificate's file
 *	ERROR_NOT_FOUND  404, 410
 *	ERROR_EXISTS     412: there is one of that name, or it has changed
 *	ERROR_DENIED     401, 403, 407
 *	ERROR_LIMIT      more than was allowed for, or 413
 *	ERROR_BAD        the server's answer makes no sense: a redirect, other
 *	                 4xx, a 2xx that the method does not know, no XML
 *	ERROR_TROUBLE    network, TLS, time, cut off, 408, 423, 425, 429, 5xx.
 *	                 Whether the request was carried out is not known
 */
#ifndef DAV_DAV_H
#define DAV_DAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
	DAV_ETAG_SIZE = 128,
	DAV_NAME_SIZE = 256,
	DAV_TIMEOUT = 60 /* seconds, if none is said */
};

struct dav_options {
	const char *url; /* of the collection that all paths begin at */
	bool allow_http; /* else https only */
	const char *user, *password; /* Digest or Basic; NULL: none */
	const char *ca_file;         /* PEM; NULL: the system's */
	const char *certificate;     /* PEM; NULL: none */
	const char *certificate_key; /* PEM; NULL: in certificate */
	const char *proxy;           /* http://host:port; NULL: none */
	const char *proxy_user, *proxy_password;
	/*
	 * Seconds for which nothing may come or go; 0: DAV_TIMEOUT. In all a
	 * request may take twice that, and a second more for each 1000 octets
	 * that it moved. What the resolver takes is its own.
	 */
	int timeout;
	const char *agent; /* User-Agent; NULL: neon's */
};

struct dav;

/* Checks the options and reads the files: ERROR_USAGE, ERROR_BAD for a file
 * that is none, ERROR_TROUBLE. Nothing goes over the network yet. The options'
 * texts need not stay. */
int dav_open(
	const struct dav_options *options, struct dav **dav_r, struct error *e);
void dav_close(struct dav **dav);

/*
 * Paths are relative to the URL, "inbox/A.1.p7m", as they are on the server's
 * disk: what needs percent-encoding gets it here. No empty part, no "." or
 * ".."; only a collection may end in "/".
 */

/* create_only: If-None-Match: *, so that ERROR_EXISTS means there is one. */
int dav_put(struct dav *dav, const char *path, const void *octets,
	size_t length, bool create_only, struct error *e);

/* Replaces what out has; on failure it is empty. More than limit octets:
 * ERROR_LIMIT. etag_r may be NULL; "" if the server gave none. */
int dav_get(struct dav *dav, const char *path, size_t limit, struct buffer *out,
	char etag_r[DAV_ETAG_SIZE], struct error *e);

/* Plain HTTP: octets of a media type, for an answer of the same type; the path
 * may end in "/". Replaces
 * what out has; on failure it is empty. More than limit octets: ERROR_LIMIT. */
int dav_post(struct dav *dav, const char *path, const char *type,
	const void *octets, size_t length, size_t limit, struct buffer *out,
	struct error *e);

/* Only if it is still that of etag (ERROR_EXISTS: it is not); NULL or "":
 * whatever it is. A weak etag (W/…), which Apache gives to what was written
 * within the same second, never is. */
int dav_delete(
	struct dav *dav, const char *path, const char *etag, struct error *e);

/* Overwrites nothing: ERROR_EXISTS. */
int
dav_move(struct dav *dav, const char *from, const char *to, struct error *e);

/* It may exist already. ERROR_BAD (409): what it is in does not. */
int dav_mkcol(struct dav *dav, const char *path, struct error *e);

struct dav_entry {
	const char *name; /* decoded; one name, no path, never "." or ".." */
	bool collection;
	int64_t length;   /* octets; -1: not said */
	int64_t modified; /* seconds since 1970; -1: not said */
	const char *etag; /* "": not said */
};

/*
 * What is in a collection, in the server's order. each gets one after the other
 * while they come, and may not use this dav; what it returns but 0 ends the
 * listing, which has then succeeded. An answer that is broken, or longer than
 * octets_limit, fails after the entries before have been seen.
 */
int dav_list(struct dav *dav, const char *path, size_t octets_limit,
	int (*each)(const struct dav_entry *entry, void *arg), void *arg,
	struct error *e);

#endif
