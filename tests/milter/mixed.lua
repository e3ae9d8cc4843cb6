-- The center's copies are taken away, the others' mail goes on.
local conn = open()
local second = "<CSRC@center.example>"

for _, text in ipairs { read(mail), plain } do
	envelope(conn, { other, center, "<third@other.example>", second })
	content(conn, text)
	expect("end of message", conn, SMFIR_ACCEPT)
	assert(mt.eom_check(conn, MT_RCPTDELETE, center))
	assert(mt.eom_check(conn, MT_RCPTDELETE, second))
	assert(not mt.eom_check(conn, MT_RCPTDELETE, other))
	assert(not mt.eom_check(conn, MT_BODYCHANGE))
	assert(not mt.eom_check(conn, MT_HDRADD))
	assert(not mt.eom_check(conn, MT_SMTPREPLY, "550"))
end
mt.disconnect(conn)
