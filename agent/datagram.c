/*
 * net-snmp builds and reads them; but SNMPv3's discovery is always the same
 * octets with another id, so that it is cheaper to have them here.
 */
#include "agent/datagram.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <string.h>

#include "agent/security.h"

/* A reportable Get for no user of no engine, with nothing in it. */
static const unsigned char discovery[] = { 0x30, 0x3a, 0x02, 0x01, 0x03, 0x30,
	0x10, 0x02, 0x04, 0, 0, 0, 0, /* msgID */
	0x02, 0x02, 0x7f, 0xff, 0x04, 0x01, 0x04, 0x02, 0x01, 0x03, 0x04, 0x10,
	0x30, 0x0e, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x04, 0x00,
	0x04, 0x00, 0x04, 0x00, 0x30, 0x11, 0x04, 0x00, 0x04, 0x00, 0xa0, 0x0b,
	0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x00 };
enum { DISCOVERY_ID = 9 };

static int
make_get(const struct credentials *c, uint32_t id,
	unsigned char out[DATAGRAM_SIZE], struct error *e)
{
	static const oid object[] = { 1, 3, 6, 1, 2, 1, 1, 2, 0 };
	netsnmp_session session;
	netsnmp_pdu *pdu;
	u_char *octets = NULL;
	size_t size = 0, at = 0;
	int rc = -1;

	security_start();
	snmp_sess_init(&session);
	session.version =
		c->version == SNMP_V1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
	session.community = (u_char *)c->community;
	session.community_len = strlen(c->community);
	pdu = snmp_pdu_create(SNMP_MSG_GET);
	if (pdu == NULL)
		return error_memory(e);
	pdu->version = session.version;
	pdu->reqid = id;
	if (snmp_add_null_var(pdu, object, OID_LENGTH(object)) != NULL &&
		snmp_build(&octets, &size, &at, &session, pdu) == 0 &&
		at <= DATAGRAM_SIZE) {
		memcpy(out, octets + size - at, at);
		rc = (int)at;
	}
	free(octets);
	snmp_free_pdu(pdu);
	return rc < 0 ? error_memory(e) : rc;
}

int
datagram_make(const struct credentials *credentials, uint32_t id,
	unsigned char out[DATAGRAM_SIZE], struct error *e)
{
	if (credentials->version != SNMP_V3)
		return make_get(credentials, id, out, e);
	memcpy(out, discovery, sizeof(discovery));
	for (int i = 0; i < 4; i++)
		out[DISCOVERY_ID + i] = (unsigned char)(id >> (24 - 8 * i));
	return sizeof(discovery);
}

static bool
take_engine(const netsnmp_pdu *pdu, struct datagram *answer)
{
	const size_t length = pdu->securityEngineIDLen;
	u_int boots = 0, time = 0, last;

	if (pdu->command != SNMP_MSG_REPORT || length < ENGINE_ID_MIN ||
		length > ENGINE_ID_MAX)
		return false;
	answer->id = (uint32_t)pdu->msgid;
	memcpy(answer->engine.octets, pdu->securityEngineID, length);
	answer->engine.length = length;
	get_enginetime_ex(pdu->securityEngineID, (u_int)length, &boots, &time,
		&last, FALSE);
	answer->boots = boots;
	answer->time = time;
	return true;
}

static bool
take_object(const netsnmp_pdu *pdu, struct datagram *answer)
{
	const netsnmp_variable_list *row = pdu->variables;
	size_t count;

	if (pdu->command != SNMP_MSG_RESPONSE)
		return false;
	answer->id = (uint32_t)pdu->reqid;
	if (row == NULL || row->type != ASN_OBJECT_ID || row->val.objid == NULL)
		return true;
	count = row->val_len / sizeof(oid);
	for (size_t i = 0; i < count && count <= OID_MAX; i++)
		answer->object.ids[answer->object.count++] =
			(uint32_t)row->val.objid[i];
	return true;
}

static const long versions[] = { [SNMP_V1] = SNMP_VERSION_1,
	[SNMP_V2C] = SNMP_VERSION_2c,
	[SNMP_V3] = SNMP_VERSION_3 };

bool
datagram_read(enum snmp_version version, unsigned char *octets, size_t length,
	struct datagram *answer_r)
{
	netsnmp_session session;
	netsnmp_pdu *pdu;
	bool good;

	memset(answer_r, 0, sizeof(*answer_r));
	security_start();
	snmp_sess_init(&session);
	session.version = versions[version];
	session.isAuthoritative = SNMP_SESS_NONAUTHORITATIVE;
	pdu = calloc(1, sizeof(*pdu));
	if (pdu == NULL)
		return false;
	good = snmp_parse(NULL, &session, pdu, octets, length) == 0 &&
		(version == SNMP_V3 ? take_engine(pdu, answer_r)
				    : take_object(pdu, answer_r));
	security_forget(pdu->securityEngineID, pdu->securityEngineIDLen);
	snmp_free_pdu(pdu);
	return good;
}
