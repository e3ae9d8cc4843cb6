/*
 * What the operator has to hear of the authority.
 */
#ifndef STORE_AUTHORITY_H
#define STORE_AUTHORITY_H

#include "store/store.h"

/* Into the log, once a day: that the CRL is near its end, that certificates
 * are. For the keeper alone. */
int authority_warn(struct store *s, struct error *e);

#endif
