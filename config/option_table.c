/*
 * The options of csrc-milter.conf(5): everything known of one is its row.
 */
#include "config/option_table.h"

/* A choice's value is its place among the names. NULL names are not offered. */
static const char *const genuine_names[] = { [ACTION_DISCARD] = "discard",
	[ACTION_DELIVER] = "deliver",
	[ACTION_QUARANTINE] = NULL };
static const char *const action_names[] = { [ACTION_DISCARD] = "discard",
	[ACTION_REJECT] = "reject",
	[ACTION_QUARANTINE] = "quarantine" };

static const char *const keep_names[] = {
	[KEEP_KNOWN] = "known", [KEEP_ALL] = "all"
};

#define ETC(name) SYSCONFDIR "/csrc-milter/" name
#define RUN(name) RUNSTATEDIR "/csrc-milter/" name
#define AT(member) offsetof(struct settings, member)
#define TEXT(name, kind, restart, fallback)                                \
	{                                                                  \
#name, fallback, kind, restart, AT(name), 0, 0, NULL, NULL \
	}
#define NUMBER(name, member, kind, restart, fallback, min, max)             \
	{                                                                   \
#name, fallback, kind, restart, AT(member), min, max, NULL, \
			NULL                                                \
	}
#define CHOICE(name, names, values, fallback)                               \
	{                                                                   \
#name, fallback, KIND_CHOICE, false, AT(name), 0, 0, names, \
			values                                              \
	}

#define DAY 86400LL
#define MIB (1LL << 20)
#define TIB (1LL << 40)

/* Order is that of the manual. */
const struct option options[] = {
	TEXT(milter_socket, KIND_SOCKET, true, "unix:" RUN("milter.sock")),
	NUMBER(milter_socket_mode, milter_socket_mode, KIND_MODE, true, "0660",
		0, 0777),
	TEXT(milter_socket_group, KIND_NAME, true, ""),
	TEXT(control_socket, KIND_SOCKET_PATH, true, RUN("control.sock")),
	TEXT(control_socket_group, KIND_NAME, true, "csrc-channel"),
	TEXT(channel_users, KIND_ROLES, false, ""),
	TEXT(user, KIND_NAME, true, "csrc-milter"),
	TEXT(state_directory, KIND_PATH, true,
		LOCALSTATEDIR "/lib/csrc-milter"),
	TEXT(spool_directory, KIND_PATH, true, LOCALSTATEDIR "/spool/csrc"),
	TEXT(archive_directory, KIND_FILE, true, ""),
	NUMBER(archive_retention, archive_retention, KIND_SECONDS, false,
		"4000d", 31 * DAY, 36600 * DAY),
	TEXT(spool_group, KIND_NAME, true, ""),
	TEXT(master_key_file, KIND_PATH, true, ETC("master.key")),
	TEXT(format_directory, KIND_PATH, false, PKGDATADIR "/formats"),
	TEXT(local_format_directory, KIND_PATH, false, ETC("formats")),
	CHOICE(on_genuine, genuine_names, "discard|deliver", "discard"),
	CHOICE(on_spoof, action_names, "discard|reject|quarantine", "discard"),
	CHOICE(on_malformed, action_names, "discard|reject|quarantine",
		"discard"),
	CHOICE(keep, keep_names, "known|all", "known"),
	TEXT(quarantine_directory, KIND_PATH, false,
		LOCALSTATEDIR "/lib/csrc-milter/quarantine"),
	NUMBER(quarantine_size, quarantine_size, KIND_OCTETS, false, "256M",
		64 << 10, TIB),
	NUMBER(quarantine_retention, quarantine_retention, KIND_SECONDS, false,
		"90d", 3600, 3660 * DAY),
	NUMBER(email_id_lifetime, email_id_lifetime, KIND_SECONDS, false, "14d",
		60, 3660 * DAY),
	NUMBER(report_window, report_window, KIND_SECONDS, false, "7d", 60,
		3660 * DAY),
	NUMBER(reading_window, reading_window, KIND_SECONDS, false, "400d", 60,
		3660 * DAY),
	NUMBER(readings_retention, readings_retention, KIND_SECONDS, false,
		"400d", DAY, 3660 * DAY),
	NUMBER(max_pages_per_day, max_pages_per_day, KIND_COUNT, false,
		"100000", 0, 100000000),
	NUMBER(clock_skew, clock_skew, KIND_SECONDS, false, "15m", 0, 7 * DAY),
	TEXT(authserv_id, KIND_NAME, false, ""),
	TEXT(recipient_delimiter, KIND_DELIMITERS, false, ""),
	TEXT(submit_networks, KIND_NETWORKS, false, ""),
	TEXT(submit_logins, KIND_WORDS, false, ""),
	TEXT(submit_daemons, KIND_WORDS, false, ""),
	NUMBER(max_message_size, limits.message_size, KIND_OCTETS, false, "4M",
		1 << 10, 256 * MIB),
	NUMBER(max_header_size, limits.header_size, KIND_OCTETS, false, "64k",
		256, 16 * MIB),
	NUMBER(max_header_fields, limits.header_fields, KIND_COUNT, false,
		"200", 1, 100000),
	NUMBER(max_line_length, limits.line_length, KIND_OCTETS, false, "8192",
		78, 16 * MIB),
	NUMBER(max_parts, limits.parts, KIND_COUNT, false, "32", 1, 10000),
	NUMBER(max_pieces, limits.pieces, KIND_COUNT, false, "250", 1, 10000),
	NUMBER(max_reports, limits.reports, KIND_COUNT, false, "10000", 1,
		100000),
	NUMBER(max_depth, limits.depth, KIND_COUNT, false, "8", 1, 64),
	NUMBER(max_report_size, limits.report_size, KIND_OCTETS, false, "1M",
		256, 256 * MIB),
	NUMBER(max_reports_per_hour, max_reports_per_hour, KIND_COUNT, false,
		"3600", 1, 1000000000),
	NUMBER(max_octets_per_day, max_octets_per_day, KIND_OCTETS, false,
		"256M", 1 << 10, TIB),
	NUMBER(max_connections, max_connections, KIND_COUNT, false, "200", 1,
		100000),
	NUMBER(max_buffered, max_buffered, KIND_OCTETS, false, "256M", 1 << 10,
		TIB),
	NUMBER(milter_timeout, milter_timeout, KIND_SECONDS, true, "10m", 1,
		DAY),
	NUMBER(stop_timeout, stop_timeout, KIND_SECONDS, false, "30s", 0, 3600),
	NUMBER(clock_hold, clock_hold, KIND_SECONDS, true, "2h", 0, DAY),
	NUMBER(publish_interval, publish_interval, KIND_SECONDS, true, "1s", 0,
		DAY),
	NUMBER(segment_reports, segment_reports, KIND_COUNT, true, "1000", 1,
		1000000),
	NUMBER(min_free_space, min_free_space, KIND_OCTETS, true, "32M", 0,
		TIB),
	NUMBER(database_cache, database_cache, KIND_OCTETS, true, "32M", MIB,
		TIB),
	CHOICE(log_level, option_log_levels, OPTION_LOG_LEVELS, "info"),
	TEXT(log_target, KIND_LOG, false, "syslog"),
};

_Static_assert(sizeof(options) / sizeof(options[0]) == OPTIONS,
	"OPTIONS is not the number of rows");
