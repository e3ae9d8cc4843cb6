-- With on_genuine = deliver a report goes on to the center, mixed or not.
local conn = open()

envelope(conn, { center })
content(conn, read(mail))
expect("end of message", conn, SMFIR_ACCEPT)
envelope(conn, { center, other })
content(conn, read(mail))
expect("mixed", conn, SMFIR_ACCEPT)
assert(not mt.eom_check(conn, MT_RCPTDELETE, center))
mt.disconnect(conn)
