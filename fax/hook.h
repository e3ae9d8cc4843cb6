/*
 * What fax programs run when a fax has come, with their arguments:
 *
 *     hylafax   FILE DEVICE COMMID ERROR [NUMBER ...]     FaxRcvdCmd
 *     mgetty    CODE STATION PAGES FILE                   new_fax, as a TIFF
 *
 * It is kept, and no more: the machine that sent it has been told so already,
 * and the modem waits for the next one.
 */
#ifndef FAX_HOOK_H
#define FAX_HOOK_H

#include "base/error.h"
#include "fax/tray.h"

/* arguments: argc of them, of the program so called. ERROR_USAGE: they are not
 * what it gives; ERROR_BAD: there is no such file, or it is too large;
 * ERROR_LIMIT, ERROR_TROUBLE: it is not kept. */
int hook_run(const char *program, const char *center, struct tray *tray,
	int argc, char *const *arguments, struct error *e);

#endif
