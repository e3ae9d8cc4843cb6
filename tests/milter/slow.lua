-- Holds a mail open until the daemon has been asked to stop (file "stop"), and
-- then wants the answer to be "later".
local conn = open()

envelope(conn, { center })
must("DATA", mt.data(conn))
mt.header(conn, "From", "a@b")
mt.eoh(conn)
io.open(stop, "w"):close()
mt.sleep(1)
mt.set_timeout(5)
mt.eom(conn)
local reply = mt.getreply(conn)
assert(reply ~= SMFIR_ACCEPT and reply ~= SMFIR_DISCARD, "mail was taken")
