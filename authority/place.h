/*
 * The authority's directory, where its keys are: whose it is, and that one
 * process at a time works there.
 */
#ifndef AUTHORITY_PLACE_H
#define AUTHORITY_PLACE_H

#include "base/error.h"

/* Root becomes the directory's owner, for good; others stay who they are.
 * ERROR_DENIED: it is root's. */
int place_become_owner(const char *directory, struct error *e);

/*
 * *fd_r is the directory, ours alone until it is closed. ERROR_DENIED: it is
 * not ours, or others may write there; ERROR_EXISTS: another csrc-ca has it.
 */
int place_enter(const char *directory, int *fd_r, struct error *e);

#endif
