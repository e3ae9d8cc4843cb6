-- An MTA that lets no filter make one of the changes: what must be sealed does
-- not leave, what is nobody's business does.
local device = "<printer@device.example>"
local note = "From: csrc@center.example\nMessage-ID: <a@b>\n\n" ..
    "nobody else may read this\n"

-- all but SMFIF_ADDHDRS, SMFIF_CHGBODY, SMFIF_CHGHDRS
for _, actions in ipairs { 0x13e, 0x13d, 0x12f, 0x108 } do
	local conn = open(nil, actions, nil, "OTHER")

	envelope(conn, { device }, center, "UNABLE", "joe")
	content(conn, note)
	expect("without an action", conn, SMFIR_REPLYCODE)
	assert(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.3.0",
	    "Try again later"))
	envelope(conn, { device }, "<joe@other.example>", "UNABLE")
	content(conn, plain)
	expect("nobody's business", conn, SMFIR_ACCEPT)
	envelope(conn, { center })
	content(conn, plain)
	expect("to the center", conn, SMFIR_DISCARD)
	mt.disconnect(conn)
end
