/*
 * Local (Unix) sockets: is somebody there? "Nobody" and "I may not ask" are
 * different answers, and only the first one lets a socket file be replaced.
 */
#ifndef BASE_LOCAL_H
#define BASE_LOCAL_H

#include <sys/types.h>

#include "base/error.h"

enum { LOCAL_PATH_SIZE = 108 }; /* unix(7) */

/*
 * Connects to path. type: SOCK_STREAM or SOCK_SEQPACKET, may have flags. Waits
 * for at most seconds (0: for ever) while nobody accepts, and for as long with
 * each send: then it is ERROR_TROUBLE. Root
 * that may not (it lacks CAP_DAC_OVERRIDE, under a service manager say) asks as
 * the file's owner; so only while there are no other threads. The descriptor,
 * or -1: ERROR_NOT_FOUND, there is no such file, or nobody listens;
 * ERROR_DENIED, not allowed; errno is as connect left it.
 */
int local_connect(const char *path, int type, int seconds, struct error *e);

/* 0: nobody listens there, whether or not a file is there. -1: somebody does
 * (ERROR_EXISTS), or that cannot be told. */
int local_unused(const char *path, int type, struct error *e);

/*
 * Listens at path, whose file gets that mode. type as above. A socket that
 * somebody left who was killed, or who may not remove what is in root's
 * directory, is replaced, and nothing else. The descriptor, or -1.
 */
int local_listen(const char *path, int type, mode_t mode, struct error *e);

#endif
