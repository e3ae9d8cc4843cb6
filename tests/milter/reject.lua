-- With on_spoof = reject a spoof is refused, but not others' mail with it.
local conn = open()

envelope(conn, { center })
content(conn, plain)
expect("end of message", conn, SMFIR_REPLYCODE)
assert(mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "Message refused"))
envelope(conn, { center, other })
content(conn, plain)
expect("mixed", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_RCPTDELETE, center))
assert(not mt.eom_check(conn, MT_SMTPREPLY, "550"))
mt.disconnect(conn)
