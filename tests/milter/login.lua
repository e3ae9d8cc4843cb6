-- submit_logins = *: who has logged in, whoever it is, and nobody else.
local conn = open()
local note = "From: csrc@center.example\n\nnobody else may read this\n"

for _, login in ipairs { "anybody", "*", "a b", "none" } do
	local name = login ~= "none" and login or nil

	envelope(conn, { "<printer@device.example>" }, center, "LOGIN", name)
	content(conn, note)
	expect(login, conn, SMFIR_ACCEPT)
	assert(mt.eom_check(conn, MT_BODYCHANGE) == (name ~= nil), login)
end
mt.disconnect(conn)
