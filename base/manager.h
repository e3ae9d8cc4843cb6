/*
 * The service manager, if one has started us, hears how we are (sd_notify(3)).
 */
#ifndef BASE_MANAGER_H
#define BASE_MANAGER_H

/* "READY=1", "RELOADING=1" or "STOPPING=1". */
void manager_tell(const char *state);

/* How often it wants to hear that we live, in milliseconds; -1: it does not. */
int manager_interval(void);
/* We do. */
void manager_alive(void);

#endif
