-- Without a way to take the center's copy away there is nothing to begin: we
-- hang up, at which miltertest ends.
local conn = mt.connect(socket, 40, 0.05)

must("negotiate", negotiate(conn, 0x137))
