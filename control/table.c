/*
 * The commands, a row each: what one is called, what it takes, where it runs
 * and who may run it. Whatever is said of a command is made of its row: the
 * synopsis, what is refused, --help, what a shell completes.
 */
#include "control/command.h"

#include "control/commands/commands.h"

/* What several commands take. */
#define SERIAL                                                               \
	{                                                                    \
		.operand = "SERIAL", .meaning = "the device's serial number" \
	}
#define SERIALS                                                               \
	{                                                                     \
		.operand = "SERIAL", .meaning = "the device's serial number", \
		.many = true                                                  \
	}
#define CENTER                                                \
	{                                                     \
		.operand = "ID", .meaning = "the center's ID" \
	}
#define SERVER                                                    \
	{                                                         \
		.operand = "NAME", .meaning = "the server's name" \
	}
#define LICENCE                                                     \
	{                                                           \
		.operand = "LICENCE", .meaning = "the licence's id" \
	}
#define VALID                                        \
	{                                            \
		.name = "valid", .value = "TIME",    \
		.meaning = "for how long it is good" \
	}
#define FORMATS                                                       \
	{                                                             \
		.name = "formats", .value = "DIR",                    \
		.meaning = "format files instead of those installed", \
		.many = true                                          \
	}
#define MAIL                                                  \
	{                                                     \
		.operand = "FILE.eml",                        \
		.meaning = "the mail; \"-\": standard input", \
		.kind = ARGUMENT_INPUT                        \
	}
#define EMAIL_ID                                                           \
	{                                                                  \
		.operand = "EMAIL-ID", .meaning = "the request's Email-ID" \
	}
#define DEVICE_FIELDS                                                       \
	{ .name = "protection",                                             \
		.value = "required|optional",                               \
		.meaning = "must its mail be sealed?" },                    \
		{ .name = "from",                                           \
			.value = "ADDRESS",                                 \
			.meaning = "the sender of its plain mail" },        \
		{ .name = "network",                                        \
			.value = "CIDR",                                    \
			.meaning = "the network that its plain mail comes " \
				   "from" },                                \
		{ .name = "address",                                        \
			.value = "ADDRESS",                                 \
			.meaning = "where requests are mailed to" },        \
		{ .name = "channel",                                        \
			.value = "mail|webdav|agent|line",                  \
			.meaning = "how it gets requests" },                \
		{ .name = "model",                                          \
			.value = "TEXT",                                    \
			.meaning = "which model it is" },                   \
		{ .name = "alias",                                          \
			.value = "SERIAL",                                  \
			.meaning = "what its maker's mails call it" },      \
		{ .name = "date-order",                                     \
			.value = "dmy|mdy|ymd|unknown",                     \
			.meaning = "how it writes dates" },                 \
		{ .name = "forwarded",                                      \
			.value = "yes|no",                                  \
			.meaning = "take its plain mail from forwarders" }, \
		{ .name = "counts",                                         \
			.value = "sealed|plain|both",                       \
			.meaning = "which of its ways is billed" },         \
		{ .name = "fax",                                            \
			.value = "TSI",                                     \
			.meaning = "what its fax machine calls itself" },   \
	{                                                                   \
		.name = "caller", .value = "NUMBER",                        \
		.meaning = "the number that it calls from"                  \
	}

#define QUARANTINE_FILTERS(first, others)                              \
	{ .name = "reason",                                            \
		.value = "REASON",                                     \
		.meaning = "those kept for a reason",                  \
		.tie = first },                                        \
		{ .name = "serial",                                    \
			.value = "SERIAL",                             \
			.meaning = "those that are a device's",        \
			.tie = others },                               \
		{ .name = "center",                                    \
			.value = "ID",                                 \
			.meaning = "those addressed to a center",      \
			.tie = others },                               \
	{                                                              \
		.name = "before", .value = "TIME",                     \
		.meaning = "those from before a date, or so long ago", \
		.tie = others                                          \
	}
#define YES                                                           \
	{                                                             \
		.name = "yes", .meaning = "do not ask, on a terminal" \
	}

#define TRANSACTION                                      \
	{                                                \
		.operand = "TRANSACTION",                \
		.meaning = "what the authority calls it" \
	}
#define NUMBER                                                           \
	{                                                                \
		.operand = "NUMBER", .meaning = "a certificate's number" \
	}
#define REASON(must)                                                    \
	{                                                               \
		.name = "reason", .value = "WORD",                      \
		.meaning = "why, as RFC 5280 spells it: keyCompromise", \
		.required = must                                        \
	}
#define CERTIFICATE                                                \
	{                                                          \
		.operand = "FILE.der",                             \
		.meaning = "a certificate; \"-\": standard input", \
		.kind = ARGUMENT_INPUT                             \
	}

enum {
	OBSERVERS = 1 << ROLE_OBSERVER,
	CHANNELS = 1 << ROLE_CHANNEL,
	AUTHORITY = 1 << ROLE_AUTHORITY
};

#define MTA_ARGUMENTS                                                         \
	{ .name = "check", .meaning = "look whether it is done, and works" }, \
		{ .name = "apply",                                            \
			.meaning = "change main.cf, and keep a copy",         \
			.tie = TIE_OR,                                        \
			.effect = EFFECT_CHANGES },                           \
	{                                                                     \
		.name = "mta-config", .value = "PATH",                        \
		.meaning = "Postfix's configuration directory, or "           \
			   "sendmail.cf"                                      \
	}

static const struct command rows[] = {
	{
		.verb = "init",
		.summary = "make the master key, the store and the spool",
		.place = PLACE_LOCAL,
		.changes = true,
		.takes = { { .name = "first",
			.meaning = "only where there is neither a master key "
				   "nor a store" } },
		.run = command_init,
	},
	{
		.verb = "setup",
		.noun = "postfix",
		.summary = "print what Postfix needs, check it, or do it",
		.place = PLACE_LOCAL,
		.takes = { MTA_ARGUMENTS },
		.run = command_setup_postfix,
	},
	{
		.verb = "setup",
		.noun = "sendmail",
		.summary = "print what Sendmail needs, or check it",
		.place = PLACE_LOCAL,
		.takes = { MTA_ARGUMENTS },
		.run = command_setup_sendmail,
	},
	{
		.verb = "center",
		.noun = "add",
		.summary = "register a center",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { CENTER,
			{ .name = "address",
				.value = "ADDRESS",
				.meaning = "a mail address of the center",
				.many = true } },
		.run = command_center_add,
	},
	{
		.verb = "center",
		.noun = "remove",
		.summary = "remove a center that has no devices",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { CENTER },
		.run = command_center_remove,
	},
	{
		.verb = "center",
		.noun = "list",
		.summary = "list the centers and their addresses",
		.place = PLACE_STORE,
		.run = command_center_list,
	},
	{
		.verb = "center",
		.noun = "show",
		.summary = "show one center",
		.place = PLACE_STORE,
		.takes = { CENTER },
		.run = command_center_show,
	},
	{
		.verb = "center",
		.noun = "set",
		.summary = "name or remove a forwarder of a center",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { CENTER,
			{ .name = "forwarder",
				.value = "ADDRESS",
				.meaning = "who forwards devices' mails",
				.required = true },
			{ .name = "network",
				.value = "CIDR",
				.meaning = "if it comes from that network",
				.required = true },
			{ .name = "login",
				.value = "NAME",
				.meaning = "if it was sent by that login",
				.tie = TIE_OR },
			{ .name = "dkim",
				.value = "DOMAIN",
				.meaning = "if that domain has signed it",
				.tie = TIE_OR },
			{ .name = "remove",
				.meaning = "it is none any more",
				.tie = TIE_OR } },
		.run = command_center_set,
	},
	{
		.verb = "center",
		.noun = "address",
		.summary = "add or remove addresses of a center",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "add|remove",
				   .meaning = "what is done" },
			CENTER,
			{ .operand = "ADDRESS",
				.meaning = "a mail address of the center",
				.many = true } },
		.run = command_center_address,
	},
	{
		.verb = "center",
		.noun = "import",
		.summary = "add the centers and addresses of a file",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "FILE.csv",
			.meaning = "the file; \"-\": standard input",
			.kind = ARGUMENT_INPUT } },
		.run = command_center_import,
	},
	{
		.verb = "center",
		.noun = "export",
		.summary = "write all centers as CSV or JSON lines",
		.place = PLACE_STORE,
		.run = command_center_export,
	},
	{
		.verb = "device",
		.noun = "add",
		.summary = "register a device",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "center",
				.value = "ID",
				.meaning = "the center that it belongs to",
				.required = true },
			DEVICE_FIELDS },
		.run = command_device_add,
	},
	{
		.verb = "device",
		.noun = "set",
		.summary = "change what is registered of a device",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "center",
				.value = "ID",
				.meaning = "the center that it belongs to" },
			DEVICE_FIELDS },
		.run = command_device_set,
	},
	{
		.verb = "device",
		.noun = "key",
		.summary = "make, take, list or retire keys of a device",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "missing",
				.meaning = "each device without a live key",
				.tie = TIE_OR },
			{ .name = "center",
				.value = "ID",
				.meaning = "only those of a center",
				.tie = TIE_WITH },
			{ .name = "generate",
				.meaning = "make a key and print it",
				.required = true },
			{ .name = "bits",
				.value = "128|256",
				.meaning = "how long a key",
				.tie = TIE_WITH },
			{ .name = "output",
				.value = "DIR",
				.meaning = "put it into a file in a directory",
				.tie = TIE_WITH },
			{ .name = "import",
				.value = "FILE",
				.meaning = "take the key in a file; \"-\": "
					   "standard input",
				.tie = TIE_OR,
				.kind = ARGUMENT_INPUT },
			{ .name = "list",
				.meaning = "list its keys",
				.tie = TIE_OR,
				.effect = EFFECT_LOOKS },
			{ .name = "retire",
				.value = "KEYID",
				.meaning = "end a key",
				.tie = TIE_OR } },
		.run = command_device_key,
	},
	{
		.verb = "device",
		.noun = "list",
		.summary = "list devices, or those that stopped reporting",
		.place = PLACE_STORE,
		.takes = { { .name = "center",
				   .value = "ID",
				   .meaning = "only those of a center" },
			{ .name = "model",
				.value = "TEXT",
				.meaning = "only those of a model" },
			{ .name = "channel",
				.value = "mail|webdav|agent|line",
				.meaning = "only those of a channel" },
			{ .name = "overdue",
				.value = "TIME",
				.meaning = "only those silent for longer" },
			{ .name = "disabled",
				.meaning = "only those that are disabled" },
			{ .name = "never",
				.meaning = "only those that never reported" },
			{ .name = "without-key",
				.meaning = "only those without a live key" } },
		.run = command_device_list,
	},
	{
		.verb = "device",
		.noun = "show",
		.summary = "show one device, its keys and last report",
		.place = PLACE_STORE,
		.takes = { SERIAL },
		.run = command_device_show,
	},
	{
		.verb = "device",
		.noun = "readings",
		.summary = "list the counters that a device has reported",
		.place = PLACE_STORE,
		.takes = { SERIAL,
			{ .name = "from",
				.value = "TIME",
				.meaning = "not those from before a date, or "
					   "so long ago" },
			{ .name = "to",
				.value = "TIME",
				.meaning = "not those from behind it" },
			{ .name = "csv",
				.meaning = "as CSV, a line a counter" } },
		.run = command_device_readings,
	},
	{
		.verb = "device",
		.noun = "unknown",
		.summary = "list serials in the quarantine that are not "
			   "registered",
		.place = PLACE_STORE,
		.takes = { { .name = "center",
			.value = "ID",
			.meaning = "only those addressed to a center" } },
		.run = command_device_unknown,
	},
	{
		.verb = "device",
		.noun = "adopt",
		.summary = "register such a one, and release what waits",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "protection",
				.value = "required|optional",
				.meaning = "must its mail be sealed?" },
			{ .name = "from",
				.value = "ADDRESS",
				.meaning = "the sender of its plain mail; "
					   "\"\": any" },
			{ .name = "network",
				.value = "CIDR",
				.meaning = "the network that its plain mail "
					   "comes from; \"\": any" },
			{ .name = "center",
				.value = "ID",
				.meaning = "the center that it belongs to" } },
		.run = command_device_adopt,
	},
	{
		.verb = "device",
		.noun = "commission",
		.summary = "send a first request, and wait for its answer",
		.place = PLACE_DAEMON,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "timeout",
				.value = "TIME",
				.meaning = "how long to wait" },
			{ .name = "command",
				.value = "NAME",
				.meaning = "what is asked for" },
			{ .name = "param",
				.value = "NAME=VALUE",
				.meaning = "a parameter of the command",
				.many = true },
			{ .name = "lifetime",
				.value = "TIME",
				.meaning = "how long an answer is good" },
			{ .name = "sendmail",
				.value = "PATH",
				.meaning = "the program that mails it" } },
		.run = command_device_commission,
	},
	{
		.verb = "device",
		.noun = "enable",
		.summary = "take reports of devices again",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIALS },
		.run = command_device_enable,
	},
	{
		.verb = "device",
		.noun = "disable",
		.summary = "drop reports of devices from now on",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIALS },
		.run = command_device_disable,
	},
	{
		.verb = "device",
		.noun = "remove",
		.summary = "remove devices with their keys",
		.place = PLACE_STORE,
		.changes = true,
		.asks = "remove for good, with their keys",
		.takes = { SERIALS, YES },
		.run = command_device_remove,
	},
	{
		.verb = "device",
		.noun = "import",
		.summary = "register the devices of a file",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "FILE.csv",
				   .meaning = "the file; \"-\": standard input",
				   .again = true,
				   .kind = ARGUMENT_INPUT },
			{ .name = "update",
				.meaning = "change devices that are there, "
					   "too" },
			{ .name = "generate-keys",
				.value = "FILE",
				.meaning = "make a key for each new device" },
			{ .name = "dry-run",
				.meaning = "only say what would be done" },
			{ .name = "partial",
				.meaning = "take the lines that are right, "
					   "too, where others are wrong" } },
		.run = command_device_import,
	},
	{
		.verb = "device",
		.noun = "export",
		.summary =
			"write all devices as CSV or JSON lines, without keys",
		.place = PLACE_STORE,
		.takes = { { .name = "center",
			.value = "ID",
			.meaning = "only those of a center" } },
		.run = command_device_export,
	},
	{
		.verb = "server",
		.noun = "add",
		.summary = "register a WebDAV server",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERVER,
			{ .name = "url",
				.value = "URL",
				.meaning = "where it is",
				.required = true },
			{ .name = "mail",
				.value = "ADDRESS",
				.meaning = "where its certificate is mailed to",
				.required = true } },
		.run = command_server_add,
	},
	{
		.verb = "server",
		.noun = "list",
		.summary = "list the WebDAV servers",
		.place = PLACE_STORE,
		.run = command_server_list,
	},
	{
		.verb = "server",
		.noun = "show",
		.summary = "show one WebDAV server",
		.place = PLACE_STORE,
		.takes = { SERVER },
		.run = command_server_show,
	},
	{
		.verb = "server",
		.noun = "remove",
		.summary = "remove a WebDAV server",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERVER },
		.run = command_server_remove,
	},
	{
		.verb = "webdav",
		.noun = "password",
		.summary = "make a device's password, for it and for Apache",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "digest",
				.value = "REALM",
				.meaning = "for AuthDigest, not AuthUserFile" },
			{ .name = "output",
				.value = "DIR",
				.meaning = "put it into a file in a "
					   "directory" } },
		.run = command_webdav_password,
	},
	{
		.verb = "licence",
		.noun = "new",
		.summary = "make licences, each for one certificate",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .name = "serial",
				   .value = "SERIAL",
				   .meaning = "for a device",
				   .required = true },
			{ .name = "agent",
				.value = "AGENT",
				.meaning = "for a collection agent",
				.tie = TIE_OR },
			{ .name = "collector",
				.value = "NAME",
				.meaning = "for a collector of WebDAV servers",
				.tie = TIE_OR },
			{ .name = "server",
				.value = "NAME",
				.meaning = "for a WebDAV server",
				.tie = TIE_OR },
			{ .name = "count",
				.value = "N",
				.meaning = "how many" },
			VALID,
			{ .name = "output",
				.value = "DIR",
				.meaning = "put each into a file in a "
					   "directory" } },
		.run = command_licence_new,
	},
	{
		.verb = "licence",
		.noun = "list",
		.summary = "list licences, without their codes",
		.place = PLACE_STORE,
		.takes = { { .name = "unused",
				   .meaning = "those that are still good" },
			{ .name = "used",
				.meaning = "those that a public key has",
				.tie = TIE_OR },
			{ .name = "unconfirmed",
				.meaning = "those used a week ago and never "
					   "confirmed",
				.tie = TIE_OR } },
		.run = command_licence_list,
	},
	{
		.verb = "licence",
		.noun = "show",
		.summary = "show one licence, without its code",
		.place = PLACE_STORE,
		.takes = { LICENCE },
		.run = command_licence_show,
	},
	{
		.verb = "licence",
		.noun = "revoke",
		.summary = "end licences: nobody gets anything for them",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "LICENCE",
			.meaning = "the licence's id",
			.many = true } },
		.run = command_licence_revoke,
	},
	{
		.verb = "licence",
		.noun = "reset",
		.summary = "let another public key have a licence",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { LICENCE, VALID },
		.run = command_licence_reset,
	},
	{
		.verb = "certificate",
		.noun = "list",
		.summary = "list certificates",
		.place = PLACE_STORE,
		.takes = { { .name = "expiring",
				   .value = "TIME",
				   .meaning = "valid ones that end within it" },
			{ .name = "revoked",
				.meaning = "those that are revoked" },
			{ .name = "principal",
				.value = "PRINCIPAL",
				.meaning = "those of one, as device:SERIAL" } },
		.run = command_certificate_list,
	},
	{
		.verb = "certificate",
		.noun = "show",
		.summary = "show one certificate",
		.place = PLACE_STORE,
		.takes = { NUMBER,
			{ .name = "pem",
				.meaning = "itself, and the authority's" } },
		.run = command_certificate_show,
	},
	{
		.verb = "certificate",
		.noun = "revoke",
		.summary = "revoke certificates",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "NUMBER",
				   .meaning = "a certificate's number",
				   .many = true },
			REASON(false) },
		.run = command_certificate_revoke,
	},
	{
		.verb = "certificate",
		.noun = "mail",
		.summary = "have a WebDAV server's certificate mailed again",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { NUMBER,
			{ .name = "server",
				.value = "NAME",
				.meaning = "that server's newest",
				.tie = TIE_OR } },
		.run = command_certificate_mail,
	},
	{
		.verb = "certificate",
		.noun = "sign",
		.summary = "have the authority sign a request, and wait for it",
		.place = PLACE_DAEMON,
		.changes = true,
		.takes = { { .operand = "FILE",
				   .meaning = "a signing request (PKCS#10)",
				   .kind = ARGUMENT_INPUT },
			{ .name = "licence",
				.value = "LICENCE",
				.meaning = "the licence that it uses",
				.required = true },
			{ .name = "output",
				.value = "FILE",
				.meaning = "put the certificate there" },
			{ .name = "timeout",
				.value = "TIME",
				.meaning = "how long to wait" } },
		.run = command_certificate_sign,
	},
	{
		.verb = "certificate",
		.noun = "signing",
		.summary = "show what came of a signing request",
		.place = PLACE_STORE,
		.takes = { LICENCE },
		.run = command_certificate_signing,
	},
	{
		.verb = "request",
		.noun = "list",
		.summary = "list the requests that were sent",
		.place = PLACE_STORE,
		.takes = { { .name = "open",
				   .meaning = "those that wait for an answer" },
			{ .name = "answered",
				.meaning = "those that have one" },
			{ .name = "expired",
				.meaning = "those whose time is over" },
			{ .name = "cancelled",
				.meaning = "those that were ended" },
			{ .name = "serial",
				.value = "SERIAL",
				.meaning = "those of one device" } },
		.run = command_request_list,
	},
	{
		.verb = "request",
		.noun = "show",
		.summary = "show one request",
		.place = PLACE_STORE,
		.takes = { EMAIL_ID },
		.run = command_request_show,
	},
	{
		.verb = "request",
		.noun = "cancel",
		.summary = "end a request: an answer from now on is late",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { EMAIL_ID },
		.run = command_request_cancel,
	},
	{
		.verb = "request",
		.noun = "waiting",
		.summary = "mail what waits for a device that came to mail",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "send",
				.meaning = "mail it",
				.required = true },
			{ .name = "sendmail",
				.value = "PATH",
				.meaning = "the program that mails it",
				.tie = TIE_WITH },
			{ .name = "output",
				.value = "DIR",
				.meaning = "write the mails to a directory",
				.tie = TIE_OR } },
		.run = command_request_waiting,
	},
	{
		.verb = "request",
		.summary = "make or send a request to a device, or to many",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { SERIAL,
			{ .name = "all",
				.meaning = "to every device",
				.tie = TIE_OR },
			{ .name = "center",
				.value = "ID",
				.meaning = "to every device of a center",
				.tie = TIE_OR },
			{ .name = "overdue",
				.value = "TIME",
				.meaning = "to devices silent for longer",
				.tie = TIE_AND },
			{ .name = "command",
				.value = "NAME",
				.meaning = "what is asked for",
				.required = true },
			{ .name = "param",
				.value = "NAME=VALUE",
				.meaning = "a parameter of the command",
				.many = true },
			{ .name = "lifetime",
				.value = "TIME",
				.meaning = "how long an answer is good" },
			{ .name = "send",
				.meaning = "mail it, or have it wait for its "
					   "channel" },
			{ .name = "sendmail",
				.value = "PATH",
				.meaning = "the program that mails it",
				.tie = TIE_WITH },
			{ .name = "output",
				.value = "DIR",
				.meaning = "write the mails to a directory",
				.tie = TIE_OR } },
		.run = command_request,
	},
	{
		.verb = "spool",
		.noun = "list",
		.summary = "list the segments in the spool",
		.place = PLACE_LOCAL,
		.run = command_spool_list,
	},
	{
		.verb = "spool",
		.noun = "next",
		.summary = "claim the oldest segment and print its path",
		.place = PLACE_LOCAL,
		.run = command_spool_next,
	},
	{
		.verb = "spool",
		.noun = "done",
		.summary = "remove a claimed segment",
		.place = PLACE_LOCAL,
		.takes = { { .operand = "NAME",
			.meaning = "the segment's name, or its path" } },
		.run = command_spool_done,
	},
	{
		.verb = "spool",
		.noun = "reclaim",
		.summary = "give back what a dead consumer has claimed",
		.place = PLACE_LOCAL,
		.takes = { { .operand = "NAME",
				   .meaning = "a segment's name, or its path",
				   .many = true },
			{ .name = "older",
				.value = "TIME",
				.meaning = "all that were claimed so long ago",
				.tie = TIE_OR } },
		.run = command_spool_reclaim,
	},
	{
		.verb = "spool",
		.noun = "verify",
		.summary = "check every segment, and the sequence for gaps",
		.place = PLACE_LOCAL,
		.takes = { { .name = "from",
			.value = "SEQUENCE",
			.meaning = "the number that ought to be the first" } },
		.run = command_spool_verify,
	},
	{
		.verb = "explain",
		.summary = "judge a mail without an MTA, changing nothing",
		.place = PLACE_STORE,
		.takes = { { .operand = "FILE.eml",
				   .meaning = "the mail; \"-\": standard input",
				   .kind = ARGUMENT_INPUT },
			{ .name = "from",
				.value = "ADDRESS",
				.meaning = "the envelope sender" },
			{ .name = "to",
				.value = "ADDRESS",
				.meaning = "an envelope recipient",
				.many = true },
			{ .name = "client",
				.value = "IP",
				.meaning = "the SMTP client's address" } },
		.run = command_explain,
	},
	{
		.verb = "format",
		.noun = "list",
		.summary = "list format files, and how sure each is",
		.place = PLACE_LOCAL,
		.takes = { FORMATS },
		.run = command_format_list,
	},
	{
		.verb = "format",
		.noun = "check",
		.summary = "look for faults in format files, and for ties",
		.place = PLACE_LOCAL,
		.takes = { FORMATS },
		.run = command_format_check,
	},
	{
		.verb = "format",
		.noun = "test",
		.summary = "show what format files make of a mail",
		.place = PLACE_LOCAL,
		.takes = { MAIL, FORMATS },
		.run = command_format_test,
	},
	{
		.verb = "format",
		.noun = "draft",
		.summary = "print a first format file for a mail",
		.place = PLACE_LOCAL,
		.takes = { MAIL },
		.run = command_format_draft,
	},
	{
		.verb = "submit",
		.summary = "hand a message in, as a channel does, or old mails",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { { .operand = "FILE.eml",
				   .meaning =
					   "the message; \"-\": standard input",
				   .kind = ARGUMENT_INPUT },
			{ .name = "mbox",
				.meaning = "it is a mailbox of old mails" },
			{ .name = "maildir",
				.meaning = "it is a Maildir of old mails",
				.tie = TIE_OR },
			{ .name = "center",
				.value = "ID",
				.meaning = "the center that it is addressed to",
				.required = true },
			{ .name = "trace",
				.value = "ID",
				.meaning =
					"what log and quarantine call it by" },
			{ .name = "client",
				.value = "IP",
				.meaning = "the peer's address" },
			{ .name = "station",
				.value = "TSI",
				.meaning = "what a fax machine calls itself" },
			{ .name = "caller",
				.value = "NUMBER",
				.meaning = "the number that calls" },
			{ .name = "principal",
				.value = "PRINCIPAL",
				.meaning = "whom the transport proved the peer "
					   "to be" },
			{ .name = "how",
				.value = "login|certificate",
				.meaning = "by what it was proved",
				.required = true,
				.tie = TIE_WITH },
			{ .name = "reports",
				.meaning = "a line of JSON a report, too" } },
		.run = command_submit,
	},
	{
		.verb = "fax",
		.noun = "tsi",
		.summary = "write who may send faxes, as HylaFAX reads it",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { { .name = "output",
			.value = "FILE",
			.meaning = "write them there" } },
		.run = command_fax_tsi,
	},
	{
		.verb = "identify",
		.summary = "print whether a device or agent is registered",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { { .operand = "PRINCIPAL",
				   .meaning = "device:SERIAL or agent:ID" },
			{ .name = "center",
				.value = "ID",
				.meaning =
					"the center that it should belong to",
				.required = true } },
		.run = command_identify,
	},
	{
		.verb = "prove",
		.noun = "begin",
		.summary = "mint a nonce for a call on a line",
		.place = PLACE_DAEMON,
		.roles = CHANNELS,
		.takes = { CENTER },
		.run = command_prove_begin,
	},
	{
		.verb = "prove",
		.noun = "check",
		.summary = "print whether a device on a line has proved itself",
		.place = PLACE_DAEMON,
		.roles = CHANNELS,
		.takes = { { .operand = "NONCE",
				   .meaning = "of prove begin, in hex" },
			{ .operand = "SERIAL",
				.meaning = "the device that it says it is" },
			{ .operand = "KEY-ID",
				.meaning = "its key's id, in hex" },
			{ .operand = "DEVICE-NONCE",
				.meaning = "its own nonce, in hex" },
			{ .operand = "PROOF",
				.meaning = "its proof, in hex" },
			{ .name = "client",
				.value = "TEXT",
				.meaning = "where it calls from" } },
		.run = command_prove_check,
	},
	{
		.verb = "pending",
		.summary = "list the requests that wait for their channels",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { { .name = "center",
				   .value = "ID",
				   .meaning = "only those of a center" },
			{ .name = "principal",
				.value = "PRINCIPAL",
				.meaning = "only those for a device" },
			{ .name = "after",
				.value = "CURSOR",
				.meaning = "those behind an earlier line" },
			{ .name = "limit",
				.value = "NUMBER",
				.meaning = "at most so many" } },
		.run = command_pending,
	},
	{
		.verb = "fetch",
		.summary = "print a request that waits",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { EMAIL_ID },
		.run = command_fetch,
	},
	{
		.verb = "delivered",
		.summary = "forget requests that waited and were delivered",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { { .operand = "EMAIL-ID",
			.meaning = "a request's Email-ID",
			.many = true } },
		.run = command_delivered,
	},
	{
		.verb = "called",
		.summary = "count what a call on a line has cost",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.takes = { SERIAL,
			{ .name = "seconds",
				.value = "NUMBER",
				.meaning = "how long it was",
				.required = true },
			{ .name = "sent",
				.value = "OCTETS",
				.meaning = "how many went to the device",
				.required = true },
			{ .name = "received",
				.value = "OCTETS",
				.meaning = "how many came of it",
				.required = true } },
		.run = command_called,
	},
	{
		.verb = "authority",
		.noun = "begin",
		.summary = "let all licences go that were held",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.run = command_authority_begin,
	},
	{
		.verb = "authority",
		.noun = "reserve",
		.summary =
			"hold a licence for a transaction, and tell its code",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { LICENCE, TRANSACTION },
		.run = command_authority_reserve,
	},
	{
		.verb = "authority",
		.noun = "release",
		.summary = "let a licence go that came to nothing",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { LICENCE, TRANSACTION },
		.run = command_authority_release,
	},
	{
		.verb = "authority",
		.noun = "record",
		.summary = "give a licence its certificate",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { LICENCE, TRANSACTION, CERTIFICATE },
		.run = command_authority_record,
	},
	{
		.verb = "authority",
		.noun = "renew",
		.summary = "put a new certificate in place of one",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER, CERTIFICATE },
		.run = command_authority_renew,
	},
	{
		.verb = "authority",
		.noun = "confirm",
		.summary = "note that a certificate's key has it",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER },
		.run = command_authority_confirm,
	},
	{
		.verb = "authority",
		.noun = "revoke",
		.summary = "revoke a certificate, as its key asks",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER, REASON(true) },
		.run = command_authority_revoke,
	},
	{
		.verb = "authority",
		.noun = "certificate",
		.summary = "print a certificate, and whether it is valid",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER },
		.run = command_authority_certificate,
	},
	{
		.verb = "authority",
		.noun = "first-key",
		.summary =
			"print the first key for a certificate, sealed to it",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER, CERTIFICATE },
		.run = command_authority_first_key,
	},
	{
		.verb = "authority",
		.noun = "due",
		.summary = "print what the authority has to do",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.run = command_authority_due,
	},
	{
		.verb = "authority",
		.noun = "mailed",
		.summary = "note that a certificate was mailed",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { NUMBER },
		.run = command_authority_mailed,
	},
	{
		.verb = "authority",
		.noun = "unsigned",
		.summary = "note that a signing request gets nothing",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { LICENCE,
			{ .name = "why",
				.value = "TEXT",
				.meaning = "the reason",
				.required = true } },
		.run = command_authority_unsigned,
	},
	{
		.verb = "authority",
		.noun = "revoked",
		.summary = "list what a CRL has to have",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { { .name = "after",
			.value = "NUMBER",
			.meaning = "those behind an earlier line" } },
		.run = command_authority_revoked,
	},
	{
		.verb = "authority",
		.noun = "published",
		.summary = "note that a CRL is out",
		.place = PLACE_STORE,
		.roles = AUTHORITY,
		.takes = { CERTIFICATE,
			{ .name = "revision",
				.value = "N",
				.meaning = "which revocations it has",
				.required = true },
			{ .name = "number",
				.value = "N",
				.meaning = "the CRL's own number",
				.required = true },
			{ .name = "this",
				.value = "TIME",
				.meaning = "when it begins",
				.required = true },
			{ .name = "next",
				.value = "TIME",
				.meaning = "when the next one is due",
				.required = true } },
		.run = command_authority_published,
	},
	{
		.verb = "quarantine",
		.noun = "list",
		.summary = "list the mails in the quarantine",
		.place = PLACE_STORE,
		.takes = { QUARANTINE_FILTERS(TIE_NONE, TIE_NONE) },
		.run = command_quarantine_list,
	},
	{
		.verb = "quarantine",
		.noun = "show",
		.summary = "print one of them",
		.place = PLACE_STORE,
		.takes = { { .operand = "NAME",
			.meaning = "the name that the list has" } },
		.run = command_quarantine_show,
	},
	{
		.verb = "quarantine",
		.noun = "release",
		.summary = "judge mails again, admit those that pass now",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "NAME",
				   .meaning = "the name that the list has",
				   .many = true },
			QUARANTINE_FILTERS(TIE_OR, TIE_AND),
			{ .name = "accept-date",
				.meaning =
					"take a report that is only stale" } },
		.run = command_quarantine_release,
	},
	{
		.verb = "quarantine",
		.noun = "remove",
		.summary = "remove mails from the quarantine",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "NAME",
				   .meaning = "the name that the list has",
				   .many = true },
			QUARANTINE_FILTERS(TIE_OR, TIE_AND) },
		.run = command_quarantine_remove,
	},
	{
		.verb = "doctor",
		.summary = "look at everything, say what is wrong and what to "
			   "type",
		.place = PLACE_LOOK,
		.run = command_doctor,
	},
	{
		.verb = "log",
		.summary = "print who changed what",
		.place = PLACE_LOCAL,
		.run = command_log,
	},
	{
		.verb = "stats",
		.summary = "print what was judged and stored",
		.place = PLACE_STATE,
		.roles = OBSERVERS,
		.takes = { { .name = "prometheus",
			.meaning = "as Prometheus reads it" } },
		.run = command_stats,
	},
	{
		.verb = "clock",
		.noun = "accept",
		.summary = "say that the machine's clock is right",
		.place = PLACE_STORE,
		.changes = true,
		.run = command_clock_accept,
	},
	{
		.verb = "clock",
		.summary = "print whether the machine's clock is believed",
		.place = PLACE_STORE,
		.roles = OBSERVERS,
		.run = command_clock,
	},
	{
		.verb = "sequence",
		.summary = "print, or after a restore raise, the next sequence "
			   "number",
		.place = PLACE_STORE,
		.takes = { { .name = "next",
			.value = "NUMBER",
			.meaning = "raise the next number to this one",
			.effect = EFFECT_CHANGES } },
		.run = command_sequence,
	},
	{
		.verb = "backup",
		.summary = "copy the database, consistent, to a directory",
		.place = PLACE_STORE,
		.changes = true,
		.takes = { { .operand = "DIR",
			.meaning = "a directory that is made, or is empty",
			.kind = ARGUMENT_PATH } },
		.run = command_backup,
	},
	{
		.verb = "restore",
		.summary = "make a backup the store, while no daemon runs",
		.place = PLACE_LOCAL,
		.changes = true,
		.takes = { { .operand = "DIR",
				   .meaning = "the backup's directory",
				   .kind = ARGUMENT_PATH },
			{ .name = "force",
				.meaning = "move the store that is there "
					   "aside" } },
		.run = command_restore,
	},
	{
		.verb = "masterkey",
		.noun = "rotate",
		.summary = "change the master key, while no daemon runs",
		.place = PLACE_LOCAL,
		.changes = true,
		.run = command_masterkey_rotate,
	},
	{
		.verb = "check",
		.summary = "verify the database",
		.place = PLACE_STORE,
		.run = command_check,
	},
	{
		.verb = "reload",
		.summary = "make the daemon read its configuration again",
		.place = PLACE_DAEMON,
		.changes = true,
		.run = command_reload,
	},
};

size_t
command_table(const struct command **rows_r)
{
	*rows_r = rows;
	return sizeof(rows) / sizeof(rows[0]);
}
