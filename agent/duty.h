/*
 * csrc-dca as a service: the main thread takes the signals and tells the
 * service manager how it is, and one other does the work.
 */
#ifndef AGENT_DUTY_H
#define AGENT_DUTY_H

#include "agent/location.h"
#include "base/error.h"
#include "control/protocol.h"

/* Until it is told to end. e: filled if that is not EXIT_DONE. */
int duty_run(const struct dca_place *place, struct error *e);

#endif
