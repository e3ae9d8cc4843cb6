-- One report.
local conn = open()

envelope(conn, { center }, nil, "ONE")
content(conn, read(mail))
expect("end of message", conn, SMFIR_DISCARD)
mt.disconnect(conn)
