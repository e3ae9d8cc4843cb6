/*
 * What the center sends: requests, each with an Email-ID that is recorded
 * before anything can leave. An Email-ID whose mail then failed only expires.
 */
#ifndef OUTGOING_OUTGOING_H
#define OUTGOING_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "gate/gate.h"
#include "parser/request_text.h"
#include "store/pending.h"
#include "store/registry.h"

/* What is to leave. */
struct outgoing_message {
	enum device_channel channel; /* by which its device gets it */
	bool waits;                  /* in the store; octets is empty */
	char from[ADDRESS_SIZE];     /* the envelope, by mail; else "" */
	char to[ADDRESS_SIZE];
	struct buffer octets; /* the whole mail, or the message; the caller
				 clears it */
};

/*
 * Makes a request to the device that r->claims.serial names; r has the command
 * and its parameters. On success r is complete. For a device of another channel
 * than mail wait says that the message is to wait for it, in the transaction
 * that records its Email-ID. lifetime in seconds; 0: as configured.
 *
 * ERROR_NOT_FOUND: no such device, or, by mail, it has no address, or its
 * center has none; ERROR_DENIED: disabled, or it has no live key and must have
 * its mail sealed; ERROR_BAD: r is no valid request; ERROR_LIMIT: too much
 * waits for the device; ERROR_TROUBLE.
 */
int
outgoing_request(struct gate *gate, struct request_text *r, int64_t lifetime,
	bool wait, struct outgoing_message *made_r, struct error *e);
/* Of one that waits a mail, since its device has come to that channel. It goes
 * on waiting. ERROR_NOT_FOUND: as above; it does not wait any more. */
int outgoing_waiting(struct gate *gate, const char *email_id,
	struct outgoing_message *made_r, struct error *e);

/* A mail to a device, as a channel collected it. */
struct outgoing {
	const char *queue_id;
	const char *sender;           /* RFC 5321 reverse-path; "" for <> */
	const char *sender_rewritten; /* as the channel completed it; "" */
	bool trusted; /* the submitter is one of the center's own */
	/* What the channel had to know to be sure that it is not, and did not;
	 * NULL: it knows. */
	const char *unknown;
	/* The devices among the recipients, each once. */
	const char (*serials)[SERIAL_SIZE];
	size_t serial_count;
	size_t recipients;  /* how many there are in all */
	bool beside_center; /* one of them is a center */
	bool claimed;       /* it has a header field that begins with "CSRC-" */
	/* The values of the fields that say whom it is from, a line each. */
	const char *authors;
	size_t authors_length;
	bool authors_cut;            /* there was more than is kept */
	const unsigned char *octets; /* header, empty line, body */
	size_t length;
	bool too_large; /* more than limits.message_size; octets not needed */
};

enum outgoing_kind {
	OUTGOING_PASS,   /* none of our business, or finished already */
	OUTGOING_DELETE, /* take the devices from among the recipients */
	OUTGOING_STAMP,  /* replace fields and body by those in the stamp */
	OUTGOING_REFUSE, /* 5xx: text may be told to the submitter */
	OUTGOING_TROUBLE /* 4xx; nothing leaves */
};

/* What the channel is to make of the mail. */
struct stamp {
	enum outgoing_kind kind;
	char text[256]; /* why, for REFUSE and TROUBLE; printable */
	struct claims claims;
	char message_id[ADDRESS_SIZE + EMAIL_ID_SIZE]; /* with its brackets */
	/* The body that replaces the mail's, to go with the MIME fields of
	 * compose_smime; or empty: MIME fields and body stay, plain, as the
	 * device's registration allows. The caller clears it. */
	struct buffer body;
};

/*
 * Judges a mail to a device and, if it is to be stamped, records its Email-ID
 * and seals it: what is sealed is the three claims, Date, the mail's MIME
 * fields and its body, octet for octet. Never fails: what fails is
 * OUTGOING_TROUBLE. Writes a log line for each device.
 */
void outgoing_stamp(
	struct gate *gate, const struct outgoing *mail, struct stamp *stamp_r);

#endif
