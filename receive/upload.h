/*
 * A message of an agent's, handed over, and the answer that it gets;
 * csrc-agent(5).
 */
#ifndef RECEIVE_UPLOAD_H
#define RECEIVE_UPLOAD_H

#include "base/buffer.h"
#include "control/handover.h"

#define UPLOAD_TYPE "application/jsonl"

struct upload {
	int status;         /* 200; 422; 503: later */
	size_t reports;     /* that were judged */
	size_t done;        /* of them, admitted now or before */
	size_t kept, lost;  /* of the others */
	struct buffer text; /* the answer; the caller clears */
};

/* message->principal is the agent. -1: no answer; the daemon is away, or does
 * not take it for a message. */
int upload_hand_over(struct client *daemon, struct handover_message *message,
	struct upload *upload_r, struct error *e);

#endif
