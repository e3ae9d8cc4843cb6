/*
 * libmilter's callbacks. A connection has a struct session, a mail in it a
 * struct transaction; both hang on libmilter's private pointer, since callbacks
 * of one session come on changing threads. Nothing is accepted because
 * something of ours is missing: that is always a 4xx.
 */
#include "milter/session.h"

#include <libmilter/mfapi.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "gate/request.h"
#include "milter/outgoing.h"
#include "milter/submitter.h"
#include "milter/transaction.h"

/* compose_field takes no longer line; a space, and NUL. */
enum { FIELD_SIZE = 998 + 2 };

/* One connection of the MTA. */
struct session {
	bool can_skip;      /* the MTA knows SMFIS_SKIP */
	bool leading_space; /* it leaves the space behind a colon to us */
	bool counted;       /* as a connection, by load_connect */
	struct sockaddr_storage client;
	struct transaction *transaction; /* NULL between mails */
};

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
	[DISPOSAL_DISCARD] = { SMFIS_DISCARD, NULL, NULL, NULL },
	[DISPOSAL_DELIVER] = { SMFIS_ACCEPT, NULL, NULL, NULL },
	[DISPOSAL_REJECT] = { SMFIS_REJECT, "550", "5.7.1", "Message refused" },
	[DISPOSAL_RETRY] = { SMFIS_TEMPFAIL, "451", "4.3.0",
		"Try again later" },
};

/* With a text of its own; in SMTP's, "%" must be doubled for the MTA. */
static sfsistat
reply_saying(SMFICTX *ctx, enum disposal d, const char *text)
{
	char escaped[2 * sizeof(((struct stamp *)NULL)->text)];
	size_t length = 0;

	for (; *text != '\0' && length + 2 < sizeof(escaped); text++) {
		if (*text == '%')
			escaped[length++] = '%';
		escaped[length++] = *text;
	}
	escaped[length] = '\0';
	/* Should this fail the MTA uses its own text for the same answer. */
	if (replies[d].code != NULL)
		smfi_setreply(ctx, (char *)replies[d].code,
			(char *)replies[d].enhanced, escaped);
	return replies[d].status;
}

static sfsistat
reply(SMFICTX *ctx, enum disposal d)
{
	return reply_saying(
		ctx, d, replies[d].text != NULL ? replies[d].text : "");
}

/* A macro's value, or "". */
static const char *
macro(SMFICTX *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value != NULL ? value : "";
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
	if (s != NULL && smfi_setpriv(ctx, s) != MI_SUCCESS) {
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
	/* So that no MTA need be configured to send them. */
	if ((actions & SMFIF_SETSYMLIST) != 0) {
		smfi_setsymlist(ctx, SMFIM_CONNECT, (char *)"{daemon_name}");
		smfi_setsymlist(ctx, SMFIM_ENVFROM, (char *)"{auth_authen}");
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, (char *)"{rcpt_addr}");
		smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	}
	return SMFIS_CONTINUE;
}

static void
copy_address(struct sockaddr_storage *to, const _SOCK_ADDR *from)
{
	size_t size = 0;

	if (from != NULL && from->sa_family == AF_INET)
		size = sizeof(struct sockaddr_in);
	else if (from != NULL && from->sa_family == AF_INET6)
		size = sizeof(struct sockaddr_in6);
	memcpy(to, from, size);
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
				       : reply(ctx, DISPOSAL_RETRY);
}

/* A mail begins. The client has logged in by now if it ever will. */
static struct transaction *
begin(SMFICTX *ctx, const struct session *s, const char *sender,
	const struct settings *settings)
{
	const struct submitter submitter = { .client = s->client,
		.login = macro(ctx, "{auth_authen}"),
		.daemon = macro(ctx, "{daemon_name}") };
	struct transaction *t = transaction_new(service.load, sender,
		settings->limits.message_size, settings->max_buffered);

	if (t != NULL && submitter_trusted(&submitter, settings))
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
	const char *rewritten = macro(ctx, "{rcpt_addr}");
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
	if (found == 1)
		transaction_device(t, serial);
	else if (found == 0)
		transaction_other(t);
	return found;
}

static sfsistat
on_envrcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = smfi_getpriv(ctx);
	struct error e;

	if (s == NULL || s->transaction == NULL)
		return reply(ctx, DISPOSAL_RETRY);
	if (take_recipient(ctx, s->transaction, argv[0], &e) != -1)
		return SMFIS_CONTINUE;
	log_error("recipient %s refused for now: %s", argv[0], e.text);
	return reply(ctx, DISPOSAL_RETRY);
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
		return reply(ctx, DISPOSAL_RETRY);
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

static enum disposal
judge(SMFICTX *ctx, const struct session *s)
{
	const char *queue_id = macro(ctx, "i");
	struct verdict verdict = { .disposal = DISPOSAL_RETRY };
	struct error e;
	struct mail mail;

	if (transaction_mail(s->transaction, &mail, &e) == -1) {
		log_error("%s: verdict=trouble (%s)", queue_id, e.text);
		return DISPOSAL_RETRY;
	}
	mail.queue_id = queue_id;
	mail.client = s->client;
	if (!load_begin(service.load))
		return DISPOSAL_RETRY;
	gate_judge(service.gate, &mail, &verdict);
	load_end(service.load);
	return verdict.disposal;
}

/*
 * Takes the center's copy from a mail that others get too. If one recipient
 * cannot be deleted the whole mail is to come again: all or nothing.
 */
static enum disposal
take_away(SMFICTX *ctx, const struct transaction *t)
{
	char *const *address;

	for (address = transaction_addresses(t); *address != NULL; address++) {
		if (smfi_delrcpt(ctx, *address) != MI_SUCCESS) {
			log_error("%s: cannot delete recipient %s",
				macro(ctx, "i"), *address);
			return DISPOSAL_RETRY;
		}
	}
	return DISPOSAL_DELIVER;
}

/*
 * Discarding and rejecting speak for the whole mail, and the others' mail is
 * not ours to lose: for a mixed one both mean to take the center's copy away.
 */
static enum disposal
dispose(SMFICTX *ctx, const struct transaction *t, enum disposal disposal)
{
	if (transaction_is_mixed(t) &&
		(disposal == DISPOSAL_DISCARD || disposal == DISPOSAL_REJECT))
		return take_away(ctx, t);
	return disposal;
}

/* What outgoing_apply changes mail by. */
static int
remove_field(void *ctx, const char *name, int index)
{
	return smfi_chgheader(ctx, (char *)name, index, NULL) == MI_SUCCESS
		? 0
		: -1;
}

static int
add_field(void *ctx, const char *name, const char *value)
{
	const struct session *s = smfi_getpriv(ctx);
	char spaced[FIELD_SIZE];

	if (!text_format(spaced, sizeof(spaced), "%s%s",
		    s->leading_space ? " " : "", value))
		return -1;
	return smfi_addheader(ctx, (char *)name, spaced) == MI_SUCCESS ? 0 : -1;
}

static int
replace_body(void *ctx, const unsigned char *octets, size_t length)
{
	if (length > INT_MAX)
		return -1;
	return smfi_replacebody(ctx, (unsigned char *)octets, (int)length) ==
			MI_SUCCESS
		? 0
		: -1;
}

/* Once a stamp is due the mail leaves with all of it or not at all. */
static enum disposal
apply(SMFICTX *ctx, const struct outgoing *mail, const struct stamp *stamp)
{
	const struct editor editor = { .arg = ctx,
		.remove = remove_field,
		.add = add_field,
		.body = replace_body };
	struct error e;

	if (outgoing_apply(mail, stamp, &editor, &e) == 0)
		return DISPOSAL_DELIVER;
	log_error("%s: not sent to device %s: %s", mail->queue_id, mail->serial,
		e.text);
	return DISPOSAL_RETRY;
}

/* A mail to a device; stamp->text is for the submitter. */
static enum disposal
send_out(SMFICTX *ctx, const struct transaction *t, struct stamp *stamp)
{
	struct outgoing mail;
	struct error e;

	if (transaction_outgoing(t, &mail, &e) == -1) {
		log_error("%s: outgoing=trouble (%s)", macro(ctx, "i"), e.text);
		return DISPOSAL_RETRY;
	}
	mail.queue_id = macro(ctx, "i");
	if (!load_begin(service.load))
		return DISPOSAL_RETRY;
	gate_outgoing(service.gate, &mail, stamp);
	load_end(service.load);
	switch (stamp->kind) {
	case OUTGOING_PASS:
		return DISPOSAL_DELIVER;
	case OUTGOING_STAMP:
		return apply(ctx, &mail, stamp);
	case OUTGOING_REFUSE:
		return DISPOSAL_REJECT;
	case OUTGOING_TROUBLE:
		break;
	}
	return DISPOSAL_RETRY;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);
	enum disposal disposal = DISPOSAL_DELIVER;
	struct stamp stamp = { .kind = OUTGOING_PASS };
	bool refused;

	if (s == NULL || s->transaction == NULL)
		return reply(ctx, DISPOSAL_RETRY);
	if (transaction_has_device(s->transaction))
		disposal = send_out(ctx, s->transaction, &stamp);
	refused = disposal == DISPOSAL_REJECT;
	if (disposal == DISPOSAL_DELIVER &&
		transaction_has_center(s->transaction)) {
		disposal = judge(ctx, s);
		disposal = dispose(ctx, s->transaction, disposal);
	}
	buffer_clear(&stamp.body);
	transaction_free(&s->transaction);
	return refused ? reply_saying(ctx, disposal, stamp.text)
		       : reply(ctx, disposal);
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
session_listen(const struct settings *settings, struct error *e)
{
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

	if (smfi_register(filter) != MI_SUCCESS ||
		smfi_setconn(settings->milter_socket) != MI_SUCCESS ||
		smfi_settimeout((int)settings->milter_timeout) != MI_SUCCESS ||
		smfi_setbacklog((int)settings->max_connections) != MI_SUCCESS)
		return error_set(
			e, ERROR_TROUBLE, "libmilter refuses to start");
	if (smfi_opensocket(true) != MI_SUCCESS)
		return error_errno(
			e, "milter socket %s", settings->milter_socket);
	return 0;
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
