/*
 * libmilter's callbacks. A connection has a struct session, a mail in it a
 * struct transaction; both hang on libmilter's private pointer, since callbacks
 * of one session come on changing threads. Nothing is accepted because
 * something of ours is missing: that is always a 4xx.
 */
#include "milter/session.h"

#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "milter/door.h"
#include "milter/finish.h"
#include "milter/connection.h"
#include "milter/submitter.h"

/*
 * Set before the first session and never again. A global because libmilter's
 * callbacks get no argument of ours before xxfi_connect has set one.
 */
static struct {
	struct gate *gate;
	struct load *load;
} service;

/* How a disposal is said in SMTP (csrc-gateway(7)). */
static const struct {
	sfsistat status;
	const char *code, *enhanced, *text;
} replies[] = {
	[DISPOSAL_TAKE] = { SMFIS_DISCARD, NULL, NULL, NULL },
	[DISPOSAL_PASS] = { SMFIS_ACCEPT, NULL, NULL, NULL },
	[DISPOSAL_REFUSE] = { SMFIS_REJECT, "550", "5.7.1", "Message refused" },
	[DISPOSAL_LATER] = { SMFIS_TEMPFAIL, "451", "4.3.0",
		"Try again later" },
};

/* text "": the usual one. In the MTA's language "%" must be doubled. */
static sfsistat
reply_saying(SMFICTX *ctx, enum disposal d, const char *text)
{
	char escaped[2 * sizeof(((struct stamp *)NULL)->text)];
	size_t length = 0;

	if (replies[d].code == NULL)
		return replies[d].status;
	if (text[0] == '\0')
		text = replies[d].text;
	for (; *text != '\0' && length + 2 < sizeof(escaped); text++) {
		if (*text == '%')
			escaped[length++] = '%';
		escaped[length++] = *text;
	}
	escaped[length] = '\0';
	/* Should this fail the MTA uses its own text for the same answer. */
	smfi_setreply(ctx, (char *)replies[d].code, (char *)replies[d].enhanced,
		escaped);
	return replies[d].status;
}

static sfsistat
reply(SMFICTX *ctx, enum disposal d)
{
	return reply_saying(ctx, d, "");
}

/* The rules in force, or NULL while we stop; rules_drop them. */
static struct rules *
rules_now(void)
{
	struct rules *r;

	if (!load_begin(service.load))
		return NULL;
	r = gate_rules(service.gate);
	load_end(service.load);
	return r;
}

/* The session, made if there is none yet; NULL: memory is short. */
static struct session *
session_of(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->gate = service.gate;
	s->load = service.load;
	if (smfi_setpriv(ctx, s) != MI_SUCCESS) {
		free(s);
		s = NULL;
	}
	return s;
}

/* What changes mail is asked for only where mail may be stamped. */
static unsigned long
stamping_actions(void)
{
	struct rules *rules = rules_now();
	bool any = rules != NULL && submitter_any(rules->settings);

	rules_drop(&rules);
	return any ? SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY : 0;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
	unsigned long unused_2, unsigned long unused_3,
	unsigned long *actions_r, unsigned long *steps_r,
	unsigned long *unused_2_r, unsigned long *unused_3_r)
{
	struct session *s = session_of(ctx);

	(void)unused_2;
	(void)unused_3;
	if (s == NULL)
		return SMFIS_REJECT;
	/* Without it the center's copy could not be taken from the others'. */
	if ((actions & SMFIF_DELRCPT) == 0) {
		log_error("the MTA lets no filter delete recipients");
		return SMFIS_REJECT;
	}
	*actions_r = (SMFIF_DELRCPT | SMFIF_SETSYMLIST | stamping_actions()) &
		actions;
	/*
	 * Steps that we have no use for, replies that we never give (libmilter
	 * gives them if the MTA insists), and, where the MTA can, to skip the
	 * rest of a body and to see header fields as they are.
	 */
	*steps_r = steps &
		(SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NR_MAIL | SMFIP_NR_HDR |
			SMFIP_NR_EOH | SMFIP_SKIP | SMFIP_HDR_LEADSPC);
	s->can_skip = (steps & SMFIP_SKIP) != 0;
	s->leading_space = (steps & SMFIP_HDR_LEADSPC) != 0;
	*unused_2_r = 0;
	*unused_3_r = 0;
	/*
	 * So that no MTA need be configured to send them. A list takes the
	 * place of the MTA's own, and Sendmail knows the queue id at MAIL.
	 */
	if ((actions & SMFIF_SETSYMLIST) != 0) {
		smfi_setsymlist(ctx, SMFIM_CONNECT, (char *)"{daemon_name}");
		smfi_setsymlist(ctx, SMFIM_ENVFROM,
			(char *)"i {auth_authen} {mail_addr}");
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, (char *)"{rcpt_addr}");
		smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	}
	return SMFIS_CONTINUE;
}

/* Who is not known is nobody, and not the one before on this connection. */
static void
copy_address(struct sockaddr_storage *to, const _SOCK_ADDR *from)
{
	memset(to, 0, sizeof(*to));
	if (from != NULL && from->sa_family == AF_INET)
		memcpy(to, from, sizeof(struct sockaddr_in));
	else if (from != NULL && from->sa_family == AF_INET6)
		memcpy(to, from, sizeof(struct sockaddr_in6));
}

/*
 * An MTA may hold one connection to us for several of its own; each but the
 * first then begins here, without another negotiation.
 */
static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	struct session *s = session_of(ctx);
	struct rules *rules = rules_now();

	(void)host;
	if (s != NULL && rules != NULL) {
		s->counted = load_connect(
			service.load, rules->settings->max_connections);
		if (!s->counted)
			log_warn("connection refused for now: there are %lld "
				 "(max_connections)",
				(long long)rules->settings->max_connections);
		copy_address(&s->client, address);
	}
	rules_drop(&rules);
	return s != NULL && s->counted ? SMFIS_CONTINUE
				       : reply(ctx, DISPOSAL_LATER);
}

/* Does the MTA send macros with MAIL? One of these is known to any of them. */
static bool
speaks_at_mail(SMFICTX *ctx)
{
	static const char *const names[] = { "{mail_addr}", "{auth_authen}",
		"i" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (smfi_getsymval(ctx, (char *)names[i]) != NULL)
			return true;
	return false;
}

/* A mail begins. The client has logged in by now if it ever will. */
static struct transaction *
begin(SMFICTX *ctx, const struct session *s, const char *sender,
	const struct settings *settings)
{
	const struct submitter submitter = { .client = s->client,
		.login = session_macro(ctx, "{auth_authen}"),
		.daemon = session_macro(ctx, "{daemon_name}"),
		.speaks_at_mail = speaks_at_mail(ctx) };
	struct transaction *t = transaction_new(service.load, sender,
		settings->limits.message_size, settings->max_buffered);

	if (t == NULL)
		return NULL;
	transaction_rewritten(t, session_macro(ctx, "{mail_addr}"));
	transaction_account(t, submitter.login);
	transaction_unknown(t, submitter_unknown(&submitter, settings));
	if (submitter_trusted(&submitter, settings))
		transaction_trust(t);
	return t;
}

/* Never replies: what fails here shows at RCPT, as a missing transaction. */
static sfsistat
on_envfrom(SMFICTX *ctx, char **argv)
{
	struct session *s = smfi_getpriv(ctx);
	struct rules *rules = rules_now();

	if (s != NULL && s->counted) {
		transaction_free(&s->transaction);
		if (rules != NULL)
			s->transaction =
				begin(ctx, s, argv[0], rules->settings);
	}
	rules_drop(&rules);
	return SMFIS_NOREPLY;
}

/* How the gate says whose address it is: 1, 0 or -1; name_r is who it is. */
typedef int (*owner_look_up)(
	struct gate *gate, const char *address, char *name_r, struct error *e);

/*
 * Whose address is it? The MTA may have completed or rewritten it ("csrc" to
 * "csrc@center.example"), and then says so in a macro. A macro without "@" is
 * Sendmail's name of a local mailbox.
 */
static int
owner_of(SMFICTX *ctx, owner_look_up look_up, const char *address, char *name_r,
	struct error *e)
{
	const char *rewritten = session_macro(ctx, "{rcpt_addr}");
	int found;

	if (!load_begin(service.load))
		return error_set(e, ERROR_TROUBLE, "stopping");
	found = look_up(service.gate, address, name_r, e);
	if (found == 0 && strchr(rewritten, '@') != NULL)
		found = look_up(service.gate, rewritten, name_r, e);
	load_end(service.load);
	return found;
}

/* A center, a device, or somebody else. */
static int
take_recipient(SMFICTX *ctx, struct transaction *t, const char *address,
	struct error *e)
{
	char center[CENTER_ID_SIZE], serial[SERIAL_SIZE];
	int found = owner_of(ctx, gate_center_of, address, center, e);

	if (found == 1 && transaction_center(t, address, center) == -1)
		return error_memory(e);
	if (found != 0)
		return found;
	found = owner_of(ctx, gate_device_of, address, serial, e);
	if (found == 1 && transaction_device(t, address, serial) == -1)
		return error_memory(e);
	if (found == 0)
		transaction_other(t);
	return found;
}

static sfsistat
on_envrcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = smfi_getpriv(ctx);
	char token[TEXT_TOKEN_SIZE];
	struct error e;

	if (s == NULL || s->transaction == NULL)
		return reply(ctx, DISPOSAL_LATER);
	if (take_recipient(ctx, s->transaction, argv[0], &e) != -1)
		return SMFIS_CONTINUE;
	text_token(argv[0], token, sizeof(token));
	log_error("recipient %s refused for now: %s", token, e.text);
	return reply(ctx, DISPOSAL_LATER);
}

/* Is there anybody among the recipients who is our business? */
static bool
concerns_us(const struct transaction *t)
{
	return transaction_has_center(t) || transaction_has_device(t);
}

/* What is none of our business ends here, before any of it is collected. */
static sfsistat
on_data(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL || s->transaction == NULL)
		return reply(ctx, DISPOSAL_LATER);
	if (concerns_us(s->transaction))
		return SMFIS_CONTINUE;
	transaction_free(&s->transaction);
	return SMFIS_ACCEPT;
}

/* The transaction if it is to be collected; an old MTA has no DATA step. */
static struct transaction *
collecting(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL || s->transaction == NULL || !concerns_us(s->transaction))
		return NULL;
	return s->transaction;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct transaction *t = collecting(ctx);

	if (t != NULL)
		transaction_field(t, name, value);
	return SMFIS_NOREPLY;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	struct transaction *t = collecting(ctx);

	if (t != NULL)
		transaction_end_of_header(t);
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
	struct transaction *t = collecting(ctx);
	const struct session *s = smfi_getpriv(ctx);

	if (t == NULL)
		return SMFIS_CONTINUE;
	transaction_body(t, octets, length);
	return s->can_skip && transaction_is_over(t) ? SMFIS_SKIP
						     : SMFIS_CONTINUE;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);
	char text[sizeof(((struct stamp *)NULL)->text)];
	enum disposal disposal;

	if (s == NULL || s->transaction == NULL)
		return reply(ctx, DISPOSAL_LATER);
	disposal = finish(ctx, s, text, sizeof(text));
	transaction_free(&s->transaction);
	return reply_saying(ctx, disposal, text);
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s != NULL)
		transaction_free(&s->transaction);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	smfi_setpriv(ctx, NULL);
	if (s->counted)
		load_disconnect(service.load);
	transaction_free(&s->transaction);
	free(s);
	return SMFIS_CONTINUE;
}

int
session_listen(const struct settings *settings, int listener, struct error *e)
{
	static const struct sockaddr_un nameless = { .sun_family = AF_UNIX };
	const struct smfiDesc filter = {
		.xxfi_name = (char *)"csrc-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_DELRCPT | SMFIF_SETSYMLIST | SMFIF_ADDHDRS |
			SMFIF_CHGHDRS | SMFIF_CHGBODY,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_envfrom,
		.xxfi_envrcpt = on_envrcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	int place = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[32];

	/*
	 * libmilter takes no descriptor that does not listen. It has one of a
	 * socket that nobody knows, until the door stands in its place.
	 */
	if (place == -1 ||
		bind(place, (const struct sockaddr *)&nameless,
			sizeof(sa_family_t)) == -1)
		return error_errno(e, "socket");
	(void)snprintf(name, sizeof(name), "fd:%d", place);
	if (smfi_register(filter) != MI_SUCCESS ||
		smfi_setconn(name) != MI_SUCCESS ||
		smfi_settimeout((int)settings->milter_timeout) != MI_SUCCESS ||
		smfi_opensocket(false) != MI_SUCCESS)
		return error_set(
			e, ERROR_TROUBLE, "libmilter refuses to start");
	door_set(settings->max_connections);
	return door_open(listener, place, e);
}

int
session_serve(struct gate *gate, struct load *load, struct error *e)
{
	service.gate = gate;
	service.load = load;
	if (smfi_main() != MI_SUCCESS)
		return error_set(e, ERROR_TROUBLE, "libmilter has given up");
	return 0;
}
