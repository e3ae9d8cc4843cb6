/*
 * Nothing in it is secret. It says how Apache is told of the files; another
 * server wants the same ones.
 */
#include "authority/letter.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>
#include <unistd.h>

#include "authority/openssl.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/program.h"
#include "base/text.h"

enum {
	LETTER_MAX = 1 << 20,
	BOUNDARY_OCTETS = 16,
	SAID_MAX = 4096 /* what sendmail may print */
};

/* A letter as it is written. */
struct letter {
	const struct ca_configuration *configuration;
	struct issuer *issuer;
	const struct authority_mail *mail;
	X509 *certificate;
	char boundary[2 * BOUNDARY_OCTETS + 1];
	struct buffer *out;
};

static const char instructions[] =
	"This is the certificate of the WebDAV server %s, %s.\n"
	"\n"
	"  number       %s\n"
	"  valid until  %s\n"
	"  SHA-256      %s\n"
	"\n"
	"Three files are attached:\n"
	"\n"
	"  %s.pem      the server's certificate, and those that lead to its\n"
	"              authority: to be shown to devices and collectors\n"
	"  ca.pem      the authority's own: whose certificates devices and\n"
	"              collectors may show to the server\n"
	"  %s-one.pem  the server's certificate alone, for software that "
	"wants\n"
	"              it so\n"
	"\n"
	"The private key was made with the request and is where that was "
	"made.\n"
	"\n"
	"With Apache and the gateway's csrc-webdav.conf copy them as\n"
	"\n"
	"    /etc/apache2/csrc-webdav/server.pem    %s.pem\n"
	"    /etc/apache2/csrc-webdav/server.key    the private key\n"
	"    /etc/apache2/csrc-webdav/ca.pem        ca.pem\n"
	"\n"
	"and then:\n"
	"\n"
	"    apachectl -t && apachectl graceful\n"
	"\n"
	"In another virtual host the directives are SSLCertificateFile,\n"
	"SSLCertificateKeyFile and SSLCACertificateFile.\n"
	"\n"
	"The certificate must be replaced before it ends.\n";

static int
said(enum buffer_result result, struct error *e)
{
	return result == BUFFER_OK ? 0 : error_memory(e);
}

/* Of a name from outside nothing is left that could be a field's end. */
static int
write_header(struct letter *l, struct error *e)
{
	const char *from = l->configuration->mail_from;
	unsigned char chance[BOUNDARY_OCTETS];

	if (crypto_random(chance, sizeof(chance), e) == -1)
		return -1;
	text_hex(chance, sizeof(chance), l->boundary);
	if (from[0] != '\0' &&
		said(buffer_format(l->out, "From: %s\n", from), e) == -1)
		return -1;
	return said(buffer_format(l->out,
			    "To: %s\n"
			    "Subject: Certificate of the WebDAV server %s\n"
			    "Auto-Submitted: auto-generated\n"
			    "MIME-Version: 1.0\n"
			    "Content-Type: multipart/mixed; boundary=\"%s\"\n",
			    l->mail->address, l->mail->server, l->boundary),
		e);
}

static int
write_until(struct letter *l, char until_r[TEXT_TIME_SIZE], struct error *e)
{
	int64_t seconds;

	if (openssl_time(X509_get0_notAfter(l->certificate), &seconds, e) == -1)
		return -1;
	text_time((time_t)seconds, until_r);
	return 0;
}

static int
write_text(struct letter *l, struct error *e)
{
	const struct crypto_span der = { l->mail->certificate.data,
		l->mail->certificate.length };
	const char *name = l->mail->server;
	unsigned char digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1], until[TEXT_TIME_SIZE];

	if (write_until(l, until, e) == -1 ||
		crypto_sha256(&der, 1, digest, e) == -1)
		return -1;
	text_hex(digest, sizeof(digest), hex);
	if (said(buffer_format(l->out,
			 "\n--%s\nContent-Type: text/plain; "
			 "charset=us-ascii\n\n",
			 l->boundary),
		    e) == -1)
		return -1;
	return said(buffer_format(l->out, instructions, name, l->mail->url,
			    l->mail->number, until, hex, name, name, name),
		e);
}

static int
begin_file(
	struct letter *l, const char *name, const char *suffix, struct error *e)
{
	return said(buffer_format(l->out,
			    "\n--%s\n"
			    "Content-Type: application/pem-certificate-chain\n"
			    "Content-Disposition: attachment; "
			    "filename=\"%s%s.pem\"\n\n",
			    l->boundary, name, suffix),
		e);
}

/* What leads from our own certificate to the root. */
static int
write_chain(struct letter *l, struct error *e)
{
	const char *file = l->configuration->chain;

	if (pem_add_certificate(l->out, issuer_certificate(l->issuer), e) == -1)
		return -1;
	return file[0] == '\0' ? 0 : openssl_copy_certificates(file, l->out, e);
}

static int
write_files(struct letter *l, struct error *e)
{
	const char *name = l->mail->server;

	if (begin_file(l, name, "", e) == -1 ||
		pem_add_certificate(l->out, l->certificate, e) == -1 ||
		write_chain(l, e) == -1 || begin_file(l, "ca", "", e) == -1 ||
		write_chain(l, e) == -1 ||
		begin_file(l, name, "-one", e) == -1 ||
		pem_add_certificate(l->out, l->certificate, e) == -1)
		return -1;
	return said(buffer_format(l->out, "\n--%s--\n", l->boundary), e);
}

/* The server's name becomes a file's, and the address a field. */
static int
check_names(const struct authority_mail *mail, struct error *e)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const char *c;

	if (mail->server[0] == '\0' ||
		mail->server[strspn(mail->server, good)] != '\0')
		return error_set(e, ERROR_BAD, "no name of a server");
	for (c = mail->address; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			break;
	if (c == mail->address || *c != '\0')
		return error_set(e, ERROR_BAD, "no address for its mail");
	for (c = mail->url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(e, ERROR_BAD, "no URL");
	return 0;
}

int
letter_write(const struct ca_configuration *c, struct issuer *issuer,
	const struct authority_mail *mail, struct buffer *out, struct error *e)
{
	struct letter l = {
		.configuration = c, .issuer = issuer, .mail = mail, .out = out
	};
	const unsigned char *der = mail->certificate.data;
	int rc;

	if (check_names(mail, e) == -1)
		return -1;
	l.certificate = d2i_X509(NULL, &der, (long)mail->certificate.length);
	if (l.certificate == NULL) {
		ERR_clear_error();
		return error_set(e, ERROR_BAD, "no certificate to mail");
	}
	rc = write_header(&l, e) == 0 && write_text(&l, e) == 0
		? write_files(&l, e)
		: -1;
	X509_free(l.certificate);
	return rc;
}

/* Its first line, if it complains. */
static int
post(const struct ca_configuration *c, const char *address, int letter,
	struct error *e)
{
	const bool from = c->mail_from[0] != '\0';
	const char *const words[] = { c->sendmail, "-i", from ? "-f" : "--",
		from ? c->mail_from : address, from ? "--" : NULL, address,
		NULL };
	char text[SAID_MAX];
	int status;

	if (program_ask(words, letter, (int)c->timeout, text, sizeof(text),
		    &status, e) == -1)
		return -1;
	if (status == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return error_set(e, ERROR_TROUBLE, "%s failed with status %d%s%s",
		c->sendmail, status, text[0] != '\0' ? ": " : "", text);
}

int
letter_send(const struct ca_configuration *c, struct issuer *issuer,
	const struct authority_mail *mail, struct error *e)
{
	struct buffer text = { .limit = LETTER_MAX };
	int letter = -1, rc;

	rc = letter_write(c, issuer, mail, &text, e);
	if (rc == 0) {
		letter = file_memory(text.data, text.length, e);
		rc = letter != -1 ? post(c, mail->address, letter, e) : -1;
	}
	if (letter != -1)
		close(letter);
	buffer_clear(&text);
	return rc;
}
