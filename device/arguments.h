/*
 * The command line of csrc-device.
 */
#ifndef DEVICE_ARGUMENTS_H
#define DEVICE_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"

enum { ROWS_MAX = 256 };

/* A --counter, --alarm or --setting, in the order given. */
struct row {
	int option; /* 'c', 'a' or 's' */
	const char *text;
};

struct arguments {
	struct claims own; /* --center and --serial: who we are */
	const char *key_file;
	int key_fd; /* -1: key_file */
	const char *json, *mail, *model, *kind, *formats;
	const char *from, *to;
	const char *old_key_file; /* NULL: there is none */
	const char *state;
	const char *request; /* the operand; "-" is standard input */
	const char *run;     /* the program that answers */
	/* what that program says; read instead of json */
	const struct buffer *given;
	const char *queue, *webdav;
	const char *user, *password_file, *ca_file;
	const char *certificate, *certificate_key;
	const char *proxy, *proxy_user, *proxy_password_file;
	bool allow_http;
	/* of enrol */
	const char *url, *licence, *code_file, *ca_out;
	const char *new_key_file; /* --key-file, to be written */
	bool renew;
	int64_t before; /* seconds; -1: not said */
	/* of fax */
	const char *output, *send, *csi, *dots, *resolution, *compression;
	/* of line */
	const char *tty, *connect, *number; /* a modem, and what it dials */
	const char *command;                /* that gets hold of a line */
	int64_t speed;                      /* bit/s; 0: as it is */
	int64_t call_timeout;               /* seconds; 0: not said */
	bool no_flow;                       /* no RTS and CTS */
	bool called;                        /* waits to be */
	bool plain;                         /* seal nothing */
	bool at_once; /* what is in the queue is due now */
	time_t now;
	time_t date; /* of the report: --date, else now */
	bool dated;  /* --date was given */
	bool entity;
	size_t row_count;
	struct row rows[ROWS_MAX];
};

/* The commands that an option or the operand belongs to. */
enum {
	FOR_REPORT = 1,
	FOR_ANSWER = 2,
	FOR_SHOW = 4,
	FOR_POLL = 8,
	FOR_ENROL = 16,
	FOR_LINE = 32,
	FOR_FAX = 64
};

/*
 * Reads what follows the command in argv[0]. command is one of FOR_….
 * ERROR_USAGE; ERROR_BAD for a value that makes no sense.
 */
int arguments_read(struct arguments *a, int command, int argc, char **argv,
	struct error *e);

#endif
