/*
 * One request of an agent's after another, csrc-agent(5): who it is is looked
 * at before its body is read. A thread's own.
 */
#ifndef RECEIVE_VISIT_H
#define RECEIVE_VISIT_H

#include "control/client.h"
#include "fcgi/fcgi.h"
#include "receive/configuration.h"
#include "receive/registry.h"
#include "receive/roll.h"

struct visit_desk {
	const struct receive_configuration *configuration;
	struct roll *roll;
	struct registry *registry;
	struct client *daemon; /* NULL: not connected */
};

/* False: it is answered, and what follows is not read. */
bool visit_admit(struct visit_desk *desk, const struct fcgi_request *request,
	struct fcgi_reply *reply);
/* Of what was admitted, with its body. */
void visit_answer(struct visit_desk *desk, const struct fcgi_request *request,
	struct fcgi_reply *reply);
/* What was admitted is over. Any thread, at no desk. */
void visit_over(struct roll *roll, const struct fcgi_request *request);
void visit_close(struct visit_desk *desk);

#endif
