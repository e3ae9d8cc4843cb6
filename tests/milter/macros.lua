-- Macros that we never heard of, huge ones and empty ones.
local conn = open()

mt.macro(conn, SMFIC_MAIL, "{unheard_of}", string.rep("x", 300), "q", "",
    "i", "MACROS")
must("MAIL", mt.mailfrom(conn, "<>"))
mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", "", "{rcpt_host}", "@@@")
must("RCPT", mt.rcptto(conn, center))
expect("RCPT", conn, SMFIR_CONTINUE)
content(conn, plain)
expect("end of message", conn, SMFIR_DISCARD)
mt.disconnect(conn)
