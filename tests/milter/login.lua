-- submit_logins = *: who has logged in, whoever it is, and nobody else.
local conn = open()
local note = "From: csrc@center.example\n\nnobody else may read this\n"

for _, login in ipairs { "anybody", "*", "a b", "none" } do
	local name = login ~= "none" and login or nil

	envelope(conn, { "<printer@device.example>" }, center, "LOGIN", name)
	content(conn, note)
	expect(login, conn, name ~= nil and SMFIR_ACCEPT or SMFIR_REPLYCODE)
	assert(mt.eom_check(conn, MT_BODYCHANGE) == (name ~= nil), login)
end
mt.disconnect(conn)

-- An MTA that sends no macros with MAIL may keep a login to itself.
conn = open()
must("MAIL", mt.mailfrom(conn, "<joe@other.example>"))
must("RCPT", mt.rcptto(conn, "<printer@device.example>"))
expect("RCPT", conn, SMFIR_CONTINUE)
content(conn, plain)
expect("no macros at MAIL", conn, SMFIR_REPLYCODE)
assert(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.3.0", "Try again later"))
mt.disconnect(conn)
