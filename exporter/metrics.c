/*
 * See metrics.h. The daemon is asked by one thread at a time: the others wait
 * for its answer, which is theirs too.
 */
#include "exporter/metrics.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/handover.h"

enum {
	FRESH = 1000, /* ms: an answer that is no older is given again */
	ANSWER_MAX = 1024 * 1024
};

struct metrics {
	pthread_mutex_t mutex;
	char *socket;
	int seconds;
	struct client *client; /* NULL: to be connected */
	bool asked, up;
	int64_t when; /* as clock_milliseconds */
	struct buffer answer;
};

int
metrics_open(const char *socket, int seconds, struct metrics **metrics_r,
	struct error *e)
{
	struct metrics *m = calloc(1, sizeof(*m));

	*metrics_r = NULL;
	if (m == NULL)
		return error_memory(e);
	m->socket = strdup(socket);
	if (m->socket == NULL) {
		free(m);
		return error_memory(e);
	}
	pthread_mutex_init(&m->mutex, NULL);
	m->seconds = seconds;
	m->answer.limit = ANSWER_MAX;
	*metrics_r = m;
	return 0;
}

void
metrics_close(struct metrics **metrics)
{
	struct metrics *m = *metrics;

	*metrics = NULL;
	if (m == NULL)
		return;
	if (m->client != NULL)
		client_close(&m->client);
	buffer_clear(&m->answer);
	pthread_mutex_destroy(&m->mutex);
	free(m->socket);
	free(m);
}

static int
ask(struct metrics *m, struct error *e)
{
	if (m->client == NULL &&
		client_open(m->socket, m->seconds, &m->client, e) == -1)
		return -1;
	return handover_stats(m->client, &m->answer, e);
}

static void
tell(struct metrics *m, bool up, const struct error *e)
{
	if (!up && (!m->asked || m->up))
		log_warn("the daemon does not answer: %s", e->text);
	if (up && m->asked && !m->up)
		log_info("the daemon answers again");
	m->asked = true;
	m->up = up;
}

static int
refresh(struct metrics *m, struct error *e)
{
	const int64_t began = clock_milliseconds();
	struct error why = { 0 };
	bool up;

	if (m->asked && began - m->when < FRESH)
		return 0;
	buffer_clear(&m->answer);
	up = ask(m, &why) == 0;
	tell(m, up, &why);
	m->when = clock_milliseconds();
	if (!up)
		buffer_clear(&m->answer);
	if (buffer_format(&m->answer,
		    "# HELP csrc_up 1 if the daemon answered.\n"
		    "# TYPE csrc_up gauge\ncsrc_up %d\n"
		    "# HELP csrc_answer_seconds How long its answer took.\n"
		    "# TYPE csrc_answer_seconds gauge\n"
		    "csrc_answer_seconds %.3f\n",
		    up, (double)(m->when - began) / 1000) != BUFFER_OK)
		return error_memory(e);
	return 0;
}

int
metrics_write(struct metrics *m, struct buffer *out, struct error *e)
{
	int rc;

	pthread_mutex_lock(&m->mutex);
	rc = refresh(m, e);
	if (rc == 0 &&
		buffer_append(out, m->answer.data, m->answer.length) !=
			BUFFER_OK)
		rc = error_memory(e);
	pthread_mutex_unlock(&m->mutex);
	return rc;
}
