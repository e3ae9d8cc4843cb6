-- A center is known by the address as given and as the MTA completed it.
local conn = open()

envelope(conn, { { "<csrc>", rewritten = "csrc@center.example" } })
content(conn, plain)
expect("completed address", conn, SMFIR_DISCARD)
envelope(conn, { { "<CSRC@Center.Example>", rewritten = "csrc" } })
content(conn, plain)
expect("address in capitals", conn, SMFIR_DISCARD)
-- the name of a local mailbox is no address
envelope(conn, { { "<csrc>", rewritten = "csrc" } })
must("DATA", mt.data(conn))
expect("local mailbox", conn, SMFIR_ACCEPT)
-- Sendmail adds arguments
must("MAIL", mt.mailfrom(conn, "<a@device.example>", "SIZE=100"))
must("RCPT", mt.rcptto(conn, center, "NOTIFY=NEVER"))
expect("RCPT with arguments", conn, SMFIR_CONTINUE)
content(conn, plain)
expect("RCPT with arguments", conn, SMFIR_DISCARD)
mt.disconnect(conn)
