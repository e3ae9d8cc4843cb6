/*
 * The thread that looks after the quarantine.
 */
#ifndef GATE_TENDER_H
#define GATE_TENDER_H

#include "base/error.h"
#include "gate/gate.h"

struct tender;

int tender_start(struct gate *gate, struct tender **tender_r, struct error *e);
/* Waits for its end. NULL is fine. */
void tender_stop(struct tender **tender);

#endif
