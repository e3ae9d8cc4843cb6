-- Holds a mail open until the daemon has been asked to stop: file "stop" says
-- when to ask. Should the mail be taken after that, file "taken" says so;
-- the connection may as well be gone.
local conn = open()
local reply

envelope(conn, { center }, nil, "OPEN")
must("DATA", mt.data(conn))
mt.header(conn, "From", "a@b")
mt.eoh(conn)
io.open(stop, "w"):close()
mt.sleep(1)
mt.set_timeout(5)
mt.eom(conn)
reply = mt.getreply(conn)
if reply == SMFIR_ACCEPT or reply == SMFIR_DISCARD then
	io.open(taken, "w"):close()
end
