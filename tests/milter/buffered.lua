-- When all mails together are more than max_buffered, the one that is too much
-- is to come later, and does not disturb the other.
local a, b = open(), open()
local chunk = string.rep("x", 60000)
local function half(conn)
	envelope(conn, { center })
	must("DATA", mt.data(conn))
	mt.header(conn, "From", "a@b")
	mt.eoh(conn)
	for i = 1, 2 do
		mt.bodystring(conn, chunk)
	end
end

half(a)
half(b)
final(b)
expect("second", b, SMFIR_REPLYCODE)
assert(mt.eom_check(b, MT_SMTPREPLY, "451", "4.3.0", "Try again later"))
final(a)
expect("first", a, SMFIR_DISCARD)
half(b)
final(b)
expect("second again", b, SMFIR_DISCARD)
mt.disconnect(a)
mt.disconnect(b)
