-- recipient_delimiter = +-: an address with an extension is its owner's.
local conn = open(nil, nil, nil, "CENTER")

envelope(conn, { "<csrc-a+b@center.example>" }, nil, "TAGGED")
content(conn, read(mail))
expect("a center", conn, SMFIR_DISCARD)
envelope(conn, { "<-csrc@center.example>", "<csrc@-center.example>" })
must("DATA", mt.data(conn))
expect("nobody of ours", conn, SMFIR_ACCEPT)
envelope(conn, { "<printer+tray@device.example>" },
    "<csrc+anna@center.example>", "EXTENSION")
content(conn, plain)
expect("a device", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_BODYCHANGE), "in clear")
mt.disconnect(conn)
