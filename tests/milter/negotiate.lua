-- We ask for what we use, and get on with an MTA that offers less.
local conn = open()

for _, option in ipairs { SMFIP_NOHELO, SMFIP_NOUNKNOWN, SMFIP_SKIP,
    SMFIP_NR_HDR, SMFIP_HDR_LEADSPC } do
	assert(mt.test_option(conn, option), "option not asked for")
end
for _, option in ipairs { SMFIP_NOCONNECT, SMFIP_NOMAIL, SMFIP_NORCPT,
    SMFIP_NOHDRS, SMFIP_NOBODY, SMFIP_NR_RCPT, SMFIP_NR_BODY,
    SMFIP_RCPT_REJ } do
	assert(not mt.test_option(conn, option), "option asked for")
end
assert(mt.test_action(conn, SMFIF_DELRCPT))
for _, action in ipairs { SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_CHGBODY,
    SMFIF_ADDRCPT, SMFIF_CHGFROM, SMFIF_QUARANTINE } do
	assert(not mt.test_action(conn, action), "action asked for")
end
mt.disconnect(conn)

-- Sendmail 8.13 knew six steps to leave out and no more.
conn = open(SMFIR_CONTINUE, 0x3f, 0x7f)
envelope(conn, { center })
content(conn, plain)
expect("end of message", conn, SMFIR_DISCARD)
mt.disconnect(conn)
