/*
 * What the center asks of printers here: requests that wait for them there,
 * each opened with the agent's key, answered by asking the printer, and
 * answered once: the answer lies in a file of its own from before the center
 * hears that the request is here until its receipt has come.
 */
#ifndef AGENT_ASKED_H
#define AGENT_ASKED_H

#include <stddef.h>

#include "agent/contact.h"
#include "agent/site.h"
#include "base/error.h"

/*
 * After a contact_greet that says that some wait: fetches them, and asks the
 * printers. *answered_r: how many answers are there now to be sent. What
 * cannot be answered now is left at the center.
 */
enum contact_state
asked_fetch(struct site *s, size_t *answered_r, struct error *e);

/* Sends the answers that lie there, also those of an earlier run. */
enum contact_state asked_send(struct site *s, struct error *e);

#endif
