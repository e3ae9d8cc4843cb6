/*
 * The field is our own MTA's, and yet parts of it are the sender's words: it is
 * read by the grammar of RFC 8601, 2.2, with its comments and quoted strings,
 * and as soon as it does not fit, nothing of it counts.
 */
#include "parser/authres.h"

#include <string.h>

#include "parser/field.h"

#define FIELD "Authentication-Results"

/* What MTAs put above a mail that they take in. */
static const char *const trace[] = { FIELD, "Received", "Received-SPF",
	"Return-Path", "Delivered-To", "DKIM-Filter", "ARC-", "X-" };

/* One method's result. */
struct result {
	struct span method, value;
	bool aligned; /* it is of the sender's domain */
};

static bool
is_trace(struct span name)
{
	for (size_t i = 0; i < sizeof(trace) / sizeof(trace[0]); i++)
		if (span_equal(name, trace[i]) ||
			(trace[i][strlen(trace[i]) - 1] == '-' &&
				span_starts(name, trace[i])))
			return true;
	return false;
}

/* A token or a quoted string. */
static bool
take_value(struct span *rest, struct span *value_r)
{
	return field_quoted(rest, value_r) || field_token(rest, value_r);
}

/* A property's value may be an address, which is no token. */
static bool
take_property_value(struct span *rest, struct span *value_r)
{
	field_skip(rest);
	if (field_quoted(rest, value_r))
		return true;
	value_r->at = rest->at;
	while (rest->length > 0 && !span_is_white(rest->at[0]) &&
		strchr(";(\"", rest->at[0]) == NULL) {
		rest->at++;
		rest->length--;
	}
	value_r->length = (size_t)(rest->at - value_r->at);
	return value_r->length > 0;
}

/* "example.com" or "somebody@example.com". */
static bool
is_of_domain(struct span value, const char *domain)
{
	const unsigned char *at = memrchr(value.at, '@', value.length);

	if (at != NULL) {
		value.length -= (size_t)(at + 1 - value.at);
		value.at = at + 1;
	}
	return span_equal(value, domain);
}

/* "dkim=pass", or "dkim/1=pass". */
static bool
take_method(struct span *rest, struct result *r)
{
	struct span version;

	*r = (struct result){ .aligned = false };
	return field_token(rest, &r->method) &&
		(!field_char(rest, '/') || field_token(rest, &version)) &&
		field_char(rest, '=') && field_token(rest, &r->value);
}

/* Up to the next semicolon: the reason, and what the result is about. */
static bool
take_properties(struct span *rest, struct result *r, const char *domain)
{
	struct span name, value;

	for (field_skip(rest); rest->length > 0 && rest->at[0] != ';';
		field_skip(rest)) {
		if (!field_token(rest, &name) || !field_char(rest, '=') ||
			!take_property_value(rest, &value))
			return false;
		if ((span_equal(r->method, "dkim") &&
			    span_equal(name, "header.d")) ||
			(span_equal(r->method, "spf") &&
				span_equal(name, "smtp.mailfrom")))
			r->aligned = is_of_domain(value, domain);
	}
	return true;
}

/* False: it does not fit. */
static bool
take_results(struct span rest, const char *domain, struct authres *found)
{
	struct span word, saved;
	struct result r;

	while (field_char(&rest, ';')) {
		saved = rest;
		if (field_token(&rest, &word) && span_equal(word, "none")) {
			field_skip(&rest);
			return rest.length == 0;
		}
		rest = saved;
		field_skip(&rest);
		if (rest.length == 0) /* a last semicolon is common */
			return true;
		if (!take_method(&rest, &r) ||
			!take_properties(&rest, &r, domain))
			return false;
		if (!r.aligned || !span_equal(r.value, "pass"))
			continue;
		found->dkim |= span_equal(r.method, "dkim");
		found->spf |= span_equal(r.method, "spf");
	}
	field_skip(&rest);
	return rest.length == 0;
}

/* Is the field of that id? What follows the id, and its version, is left. */
static bool
take_id(struct span *rest, const char *authserv_id)
{
	struct span id, version;

	if (!take_value(rest, &id) || !span_equal(id, authserv_id))
		return false;
	(void)field_token(rest, &version);
	return true;
}

void
authres_read(const void *octets, size_t length, const struct limits *l,
	const char *authserv_id, const char *sender, struct authres *found_r)
{
	const char *domain = strrchr(sender, '@');
	struct error ignored;
	struct walk w = { .at = octets, .l = l, .e = &ignored };
	struct span name, value;

	*found_r = (struct authres){ .dkim = false };
	if (length == 0 || authserv_id[0] == '\0' || domain == NULL)
		return;
	w.end = w.at + length;
	while (walk_field(&w, &name, &value) == FIELD_TAKEN && is_trace(name)) {
		if (!span_equal(name, FIELD) || !take_id(&value, authserv_id))
			continue;
		if (!take_results(value, domain + 1, found_r))
			*found_r = (struct authres){ .dkim = false };
		return;
	}
}
