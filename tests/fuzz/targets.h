/*
 * What the fuzzers do with an input. The fuzzers and the replay of the corpus
 * in make check share it.
 */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* Once; 0 or -1. Format files come from $srcdir. */
int target_init(void);
void target_end(void);

/* All that follow, by the names of their corpora. */
struct target {
	const char *name;
	void (*run)(const uint8_t *data, size_t size);
};
/* NULL: none is called so. */
const struct target *target_find(const char *name);

/* The input is a mail; its sealed parts go on to target_seal. */
void target_entity(const uint8_t *data, size_t size);
/* The input is a CMS object, opened with the octets 00 to 1f as key. */
void target_seal(const uint8_t *data, size_t size);
/* The input is a JSON report if it begins with a brace, else a text. */
void target_report(const uint8_t *data, size_t size);
/* The input is a sealed bundle. */
void target_bundle(const uint8_t *data, size_t size);
/* The input is a mail as our MTA hands it over. */
void target_authres(const uint8_t *data, size_t size);
/* The input is a part of that kind, read by the format files, and drafted. */
void target_html(const uint8_t *data, size_t size);
void target_xml(const uint8_t *data, size_t size);
void target_rtf(const uint8_t *data, size_t size);
void target_csv(const uint8_t *data, size_t size);
void target_zip(const uint8_t *data, size_t size);
/* The input is what comes over a line, for either end: its octets, or records
 * of somebody who has proved who he is. */
void target_line(const uint8_t *data, size_t size);
/* The input is a format file. */
void target_format(const uint8_t *data, size_t size);
/* The input is a profile file. */
void target_profile(const uint8_t *data, size_t size);
/* The input is what a printer answered, as recorded in a file. */
void target_printer(const uint8_t *data, size_t size);
/* The input is what a printer sends over SNMP: a version, and chunks. */
void target_snmp(const uint8_t *data, size_t size);
/* The input is what a center answers its agent. */
void target_center(const uint8_t *data, size_t size);
/* The input is a receipt. */
void target_receipt(const uint8_t *data, size_t size);
/* The input is a certificate, or a signing request in either form. */
void target_certificate(const uint8_t *data, size_t size);
/* The input is what a WebDAV server lists, in pieces as long as its first octet
 * says. */
void target_listing(const uint8_t *data, size_t size);
/* The input is a CMP message; then the same, proved by a licence's code. */
void target_cmp(const uint8_t *data, size_t size);
/* The input is the certificate that a key is asked for with, in PEM. */
void target_keyfetch(const uint8_t *data, size_t size);
/* The input is a certificate, what is sealed to one, or a text with a key. */
void target_enrol(const uint8_t *data, size_t size);
/* The input is what a web server says of an agent: address, login and path, a
 * line each, and a certificate in PEM. */
void target_receive(const uint8_t *data, size_t size);

/* The input is a TIFF, read and looked through for symbols; or, behind "CSF",
 * parts of messages, each behind its length in two octets. */
void target_page(const uint8_t *data, size_t size);

#endif
