/*
 * The configuration: csrc-milter.conf(5) read into an immutable snapshot.
 * Every option is one row of a table, with its default, its target and its
 * bounds. A reload makes a new one; rules.h counts who uses it.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "parser/limits.h"

enum action {
	ACTION_DISCARD,
	ACTION_DELIVER,
	ACTION_REJECT,
	ACTION_QUARANTINE
};

/* What is recorded of a maker's text. */
enum keep { KEEP_KNOWN, KEEP_ALL };

struct settings {
	char *milter_socket; /* unix:PATH, inet:PORT@HOST, inet6:…, fd:N */
	int64_t milter_socket_mode;
	char *milter_socket_group;  /* "": the daemon's own */
	char *control_socket;       /* path */
	char *control_socket_group; /* "", or none such: the daemon's own */
	char *channel_users;        /* config/roles.h */
	char *state_directory;
	char *spool_directory;
	char *archive_directory;   /* "": none */
	int64_t archive_retention; /* seconds */
	char *spool_group;         /* "": the daemon's own */
	char *master_key_file;
	char *format_directory; /* ours, then the operator's, which wins */
	char *local_format_directory;
	char *user;         /* "": stay who we are */
	int64_t on_genuine; /* enum action */
	int64_t on_spoof;
	int64_t on_malformed;
	int64_t keep; /* enum keep */
	char *quarantine_directory;
	int64_t quarantine_size;      /* octets of all files together */
	int64_t quarantine_retention; /* seconds */
	int64_t email_id_lifetime;    /* seconds */
	int64_t report_window;        /* seconds into the past */
	int64_t reading_window; /* seconds both ways, of makers' plain texts */
	int64_t readings_retention; /* seconds */
	int64_t max_pages_per_day;  /* more are flagged; 0: no limit */
	int64_t clock_skew;         /* seconds into the future */
	char *authserv_id;          /* our MTA's, RFC 8601; "": none */
	/* Whose mail to devices is the center's own: words with blanks between;
	 * whoever matches one is trusted. */
	char *submit_networks;     /* CIDR */
	char *submit_logins;       /* SASL logins; "*": any */
	char *submit_daemons;      /* the MTA's names of its services */
	char *recipient_delimiter; /* characters, as the MTA's; "": none */
	struct limits limits;
	int64_t max_reports_per_hour; /* of one principal */
	int64_t max_octets_per_day;   /* likewise, of records */
	int64_t max_connections;
	int64_t max_buffered;   /* octets of mail held at once, all sessions */
	int64_t milter_timeout; /* seconds an MTA may stay silent */
	int64_t stop_timeout;   /* seconds a clean stop may take */
	int64_t clock_hold;     /* seconds our clock may be behind */
	int64_t publish_interval; /* seconds; 0: at once */
	int64_t segment_reports;  /* most reports in one segment */
	int64_t min_free_space;   /* octets; below it mail gets a 4xx */
	int64_t database_cache;   /* octets */
	int64_t log_level;        /* enum log_level */
	char *log_target;
	char *path; /* the file that this came from */
	int *lines; /* settings_line's */
};

/*
 * Reads path (NULL: the built-in default path, which may be absent only if
 * NULL was given). Errors begin with "FILE:LINE: ". The file must not be
 * writable by group or others. The caller frees the snapshot.
 */
int
settings_load(const char *path, struct settings **settings_r, struct error *e);
void settings_free(struct settings **s);

/*
 * Of the options that a running daemon cannot change (sockets, directories,
 * user, …), the name of the first in which a and b differ, or NULL.
 */
const char *
settings_needs_restart(const struct settings *a, const struct settings *b);

/* The rows, for csrcadm and the test that compares them with the manual. */
struct option_info {
	const char *name;
	const char *fallback; /* default, as one would write it */
	const char *values;   /* "path", "seconds", "octets", "a|b|c", … */
	bool restart;         /* changing it needs a restart */
};
size_t settings_options(const struct option_info **rows_r);
/* In which line of its file was the option of that row given? 0: nowhere. */
int settings_line(const struct settings *s, size_t row);
/* The value of option name as one would write it. 0 or -1. */
int settings_value(
	const struct settings *s, const char *name, char *out, size_t size);

#endif
