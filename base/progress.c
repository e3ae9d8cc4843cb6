/*
 * Shown at most five times a second; what matters is the time that is left.
 */
#include "base/progress.h"

#include "base/clock.h"

enum { WIDTH = 30, INTERVAL_MS = 200 };

void
progress_start(struct progress *p, FILE *out, bool terminal, const char *what)
{
	p->out = terminal ? out : NULL;
	p->what = what;
	p->started = p->shown = clock_milliseconds();
}

static void
draw(const struct progress *p, int64_t done, int64_t total, uint64_t count)
{
	static const char full[] = "##############################";
	int64_t spent = p->shown - p->started;
	uint64_t rate =
		spent > 0 ? count * 1000 / (uint64_t)spent : count * 1000;
	int64_t left;

	if (total <= 0 || done <= 0) {
		fprintf(p->out, "\r%llu %s, %llu/s\033[K",
			(unsigned long long)count, p->what,
			(unsigned long long)rate);
		return;
	}
	if (done > total)
		done = total;
	left = spent * (total - done) / done / 1000;
	fprintf(p->out,
		"\r[%-*.*s] %3d%% %llu %s, %llu/s, %lld:%02lld left\033[K",
		WIDTH, (int)(WIDTH * done / total), full,
		(int)(100 * done / total), (unsigned long long)count, p->what,
		(unsigned long long)rate, (long long)left / 60,
		(long long)left % 60);
}

void
progress_show(struct progress *p, int64_t done, int64_t total, uint64_t count)
{
	int64_t now = clock_milliseconds();

	if (p->out == NULL || now - p->shown < INTERVAL_MS)
		return;
	p->shown = now;
	draw(p, done, total, count);
	fflush(p->out);
}

void
progress_clear(struct progress *p)
{
	if (p->out != NULL)
		fputs("\r\033[K", p->out);
}

void
progress_end(struct progress *p, int64_t done, int64_t total, uint64_t count)
{
	if (p->out == NULL)
		return;
	p->shown = clock_milliseconds();
	draw(p, done, total, count);
	putc('\n', p->out);
	fflush(p->out);
}
