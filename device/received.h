/*
 * A mail from the center, opened and confirmed to be for this device.
 */
#ifndef DEVICE_RECEIVED_H
#define DEVICE_RECEIVED_H

#include <stdbool.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "device/arguments.h"
#include "device/keyfile.h"
#include "parser/request_text.h"

enum {
	SKEW = 15 * 60,       /* seconds that clocks may differ */
	LIFETIME = 14 * 86400 /* of a mail that does not say when it expires */
};

struct received {
	struct buffer mail;   /* as it came */
	struct buffer opened; /* the sealed entity's octets */
	struct entity *entity;
	/*
	 * If the center's mail is no request in our form, only some mail that
	 * was sealed on its way: command is "", its date is the sealed Date.
	 */
	struct request_text request;
	const struct device_key *key; /* that opened it; NULL: plain */
	bool other_key; /* it is refused because it is sealed with another */
};

/*
 * Reads the mail at a->request, opens it with key and confirms center ID,
 * serial and Email-ID. ERROR_DENIED: refused, with the reason; ERROR_BAD: no
 * such file; ERROR_TROUBLE. received_clear in any case.
 */
int received_read(const struct arguments *a, const struct device_key *key,
	struct received *r, struct error *e);
/*
 * The same for the one that is in r->mail already; another try with another key
 * may follow. A plain one is taken if a->plain; key may be NULL then.
 */
int received_open(const struct arguments *a, const struct device_key *key,
	struct received *r, struct error *e);
/* The same for whose own claims are not those of a command line. */
int received_open_as(const struct claims *own, bool plain,
	const struct device_key *key, struct received *r, struct error *e);
/* ERROR_DENIED unless now is from date - SKEW to expires. */
int received_fresh(const struct received *r, time_t now, struct error *e);
void received_clear(struct received *r);

#endif
