#include "base/service.h"

#include "base/error.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/signals.h"

/* A new configuration wants a new process: what is open is done in moments. */
static void
reload(void)
{
	struct error e;

	manager_tell("RELOADING=1");
	if (log_reopen(&e) == -1)
		log_error("%s", e.text);
	manager_tell("READY=1");
}

void
service_wait(int signals)
{
	const int interval = manager_interval();

	for (;;) {
		manager_alive();
		switch (signals_wait(signals, interval)) {
		case SIGNALS_NONE:
			break;
		case SIGNALS_RELOAD:
			reload();
			break;
		case SIGNALS_STOP:
			return;
		}
	}
}
