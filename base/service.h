/*
 * A service that has its work in other threads: what its first one does
 * meanwhile.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

/* Tells the service manager that we live, and opens the log anew when asked to
 * reload; returns when asked to end. signals: of signals_open. */
void service_wait(int signals);

#endif
