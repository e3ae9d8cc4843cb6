/* A connection as dav/'s own files know it. */
#ifndef DAV_DAV_INSIDE_H
#define DAV_DAV_INSIDE_H

#include "dav/dav.h"
#include "dav/wire.h"

struct ne_session_s;

struct dav {
	struct ne_session_s *session;
	struct wire *wire;
	char *origin;    /* https://host:port, as it needs be */
	char *base_path; /* percent-encoded, ends in "/" */
	char *user, *password, *proxy_user, *proxy_password;
	long long progress; /* of the body that goes or comes */
};

#endif
