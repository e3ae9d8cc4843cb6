-- The mail in file "mail" is taken, with others' mail in between and after it.
local conn = open()
local text = read(mail)

envelope(conn, { center }, nil, "FIRST")
content(conn, text)
expect("report", conn, SMFIR_DISCARD)
envelope(conn, { other })
must("DATA", mt.data(conn))
expect("other mail", conn, SMFIR_ACCEPT)
envelope(conn, { center }, nil, "AGAIN")
content(conn, text)
expect("the same again", conn, SMFIR_DISCARD)
mt.disconnect(conn)
