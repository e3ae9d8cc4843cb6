/*
 * What the certificate authority's program asks the daemon for, as typed calls;
 * csrcadm(8) has the verbs. Its user has the role authority. It links the
 * library of control/handover.h, parser/base64 and nothing else of ours. Codes
 * pass through Jansson: whoever asks for one lets it free its memory with
 * wipe_free (parser_init).
 *
 * The daemon decides, in one transaction each, who may have which certificate,
 * and knows every one before it leaves the authority. Of the codes of struct
 * error these are its answers: ERROR_NOT_FOUND, ERROR_EXISTS, ERROR_DENIED,
 * ERROR_LIMIT and ERROR_BAD, each where a call says so. Whatever keeps it from
 * answering, a restart or a clock that it does not believe, is ERROR_TROUBLE:
 * nothing was changed or it is not known whether it was, so ask again, the same
 * question: each call may be made twice. One thread a client.
 *
 * A transaction's name is 1 to 64 of a-z 0-9. A number is that of a
 * certificate, 32 lower-case hex digits of which the first is below 8.
 */
#ifndef CONTROL_HANDOVER_AUTHORITY_H
#define CONTROL_HANDOVER_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

/* With their NUL; none is longer. */
enum {
	AUTHORITY_LICENCE_SIZE = 14 + 1, /* "lic-7k3m2xw9qd" */
	AUTHORITY_CODE_SIZE = 34 + 1,    /* "7K3M-…", as it is shown */
	AUTHORITY_PRINCIPAL_SIZE = 48,
	AUTHORITY_NUMBER_SIZE = 32 + 1,
	AUTHORITY_TRANSACTION_SIZE = 64 + 1,
	AUTHORITY_URL_SIZE = 256 + 1,
	AUTHORITY_ADDRESS_SIZE = 320 + 1,
	AUTHORITY_WORD_SIZE = 24, /* a state, a reason */
	AUTHORITY_WHY_SIZE = 200 + 1
};

/* Octets of DER. */
enum {
	AUTHORITY_CERTIFICATE_MAX = 8192,
	AUTHORITY_REQUEST_MAX = 16384,
	AUTHORITY_CMS_MAX = 16384
};

struct authority_licence {
	char licence[AUTHORITY_LICENCE_SIZE];
	char principal[AUTHORITY_PRINCIPAL_SIZE]; /* whom it is for */
	char code[AUTHORITY_CODE_SIZE]; /* the caller wipes, on failure too */
	uint64_t resets;
	char url[AUTHORITY_URL_SIZE]; /* of a server, as registered; else "" */
};

/* The authority has begun anew, so none of its transactions goes on: no licence
 * is held any more. */
int authority_begin(struct client *client, struct error *e);

/*
 * Holds a licence for one transaction, for ten minutes, and tells its code; any
 * spelling of its id. ERROR_NOT_FOUND: there is none; ERROR_EXISTS: it is held
 * for another transaction; ERROR_DENIED: it is expired or revoked, or whom it
 * is for is gone or disabled; ERROR_BAD: no id, no name of a transaction. The
 * peer hears nothing of which it was. One that was used is told too: its key
 * may ask again.
 */
int authority_reserve(struct client *client, const char *licence,
	const char *transaction, struct authority_licence *licence_r,
	struct error *e);
/* It came to nothing. Of one that is held for another it changes nothing. */
int authority_release(struct client *client, const char *licence,
	const char *transaction, struct error *e);

/*
 * The licence's certificate, as it was just made: its subject must be the
 * licence's principal. What is to be sent is put behind what der_r holds, with
 * its number: that certificate, or, where *again_r, the one that the same
 * public key got for this licence before and that is valid still.
 * ERROR_EXISTS: the licence is another key's; ERROR_DENIED: not good any more,
 * or not held for this transaction, or what this key had was revoked;
 * ERROR_BAD: no such certificate.
 */
int authority_record(struct client *client, const char *licence,
	const char *transaction, const void *der, size_t length,
	struct buffer *der_r, char number_r[AUTHORITY_NUMBER_SIZE],
	bool *again_r, struct error *e);

/*
 * The same for a renewal under the certificate number, whose key has signed the
 * request. The same new key again gets the same certificate; another one in
 * place of a renewal that was never confirmed, which is revoked. ERROR_DENIED:
 * number is expired or revoked, or was renewed and that was confirmed; its
 * licence was revoked or reset since; whom it is for is gone or disabled; the
 * new key is an old one. ERROR_NOT_FOUND: no such number; ERROR_LIMIT: too many
 * were made under this licence.
 */
int authority_renew(struct client *client, const char *number, const void *der,
	size_t length, struct buffer *der_r,
	char number_r[AUTHORITY_NUMBER_SIZE], bool *again_r, struct error *e);

/* Its key has it. ERROR_NOT_FOUND; ERROR_DENIED: it is revoked. */
int
authority_confirm(struct client *client, const char *number, struct error *e);
/*
 * reason: as RFC 5280 spells it: "unspecified", "keyCompromise",
 * "affiliationChanged", "superseded", "cessationOfOperation",
 * "privilegeWithdrawn". The first one stays. ERROR_NOT_FOUND; ERROR_BAD: no
 * such reason.
 */
int authority_revoke(struct client *client, const char *number,
	const char *reason, struct error *e);

struct authority_certificate {
	char number[AUTHORITY_NUMBER_SIZE];
	char principal[AUTHORITY_PRINCIPAL_SIZE];
	char licence[AUTHORITY_LICENCE_SIZE];
	/* "valid", "expired", "revoked"; "void": its licence was revoked or
	 * reset, or whom it is for is gone or disabled. */
	char state[AUTHORITY_WORD_SIZE];
	char url[AUTHORITY_URL_SIZE]; /* of a server, as registered; else "" */
	struct buffer der;            /* the caller clears, on failure too */
};

/* ERROR_NOT_FOUND. */
int authority_certificate(struct client *client, const char *number,
	struct authority_certificate *certificate_r, struct error *e);

/*
 * The first shared key of a device that has a certificate: its key file, in CMS
 * for that certificate's key, put behind what cms_r holds. der: the certificate
 * as the peer has shown it by TLS. ERROR_DENIED: whatever the reason is that it
 * gets none; the daemon's log has it.
 */
int authority_first_key(struct client *client, const char *number,
	const void *der, size_t length, struct buffer *cms_r, struct error *e);

/* A server's certificate that is to be mailed. */
struct authority_mail {
	char number[AUTHORITY_NUMBER_SIZE];
	char server[AUTHORITY_PRINCIPAL_SIZE]; /* its name, "WEB" */
	char url[AUTHORITY_URL_SIZE];
	char address[AUTHORITY_ADDRESS_SIZE];
	struct buffer certificate; /* DER */
};

/* A signing request that waits. */
struct authority_sign {
	char licence[AUTHORITY_LICENCE_SIZE];
	char principal[AUTHORITY_PRINCIPAL_SIZE];
	/* By which it is to be reserved and recorded. */
	char transaction[AUTHORITY_TRANSACTION_SIZE];
	struct buffer
		request; /* PKCS#10, DER; its signature is to be checked */
};

/* Whatever returns other than 0 ends the call with that; -1 has filled e. What
 * they are given is theirs until they return. May be NULL. */
struct authority_due_calls {
	int (*crl)(uint64_t revision, void *arg, struct error *e);
	int (*mail)(
		const struct authority_mail *mail, void *arg, struct error *e);
	int (*sign)(
		const struct authority_sign *sign, void *arg, struct error *e);
};

/*
 * What is due: always once crl, with a number that grows with each revocation;
 * then mails, then signing requests, a bounded number of each. It is the
 * authority's sign of life, too: once in some seconds.
 */
int authority_due(struct client *client,
	const struct authority_due_calls *calls, void *arg, struct error *e);

/* It was handed to a mail system. ERROR_NOT_FOUND. */
int
authority_mailed(struct client *client, const char *number, struct error *e);
/* A signing request gets nothing: why, one line. ERROR_NOT_FOUND: none waits.
 */
int authority_unsigned(struct client *client, const char *licence,
	const char *why, struct error *e);

/*
 * The certificates that are revoked and not expired, in order of number, from
 * behind after on (NULL: from the first); fetched in as many steps as it takes.
 * each as above.
 */
struct authority_revoked {
	char number[AUTHORITY_NUMBER_SIZE];
	char reason[AUTHORITY_WORD_SIZE]; /* as authority_revoke takes it */
	int64_t revoked;                  /* seconds since 1970 */
};
int authority_revoked(struct client *client, const char *after,
	int (*each)(const struct authority_revoked *r, void *arg), void *arg,
	struct error *e);

/*
 * A CRL is out: the revision that it has, its number, when it begins and by
 * when the next one comes. der: the authority's own certificate, which
 * certificates that csrcadm prints are followed by.
 */
struct authority_crl {
	uint64_t revision, number;
	int64_t this_update, next_update; /* seconds since 1970 */
};
int authority_published(struct client *client, const struct authority_crl *crl,
	const void *der, size_t length, struct error *e);

#endif
