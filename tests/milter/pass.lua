-- What is for nobody of ours passes before any of it is sent to us.
local conn = open()

for i = 1, 2 do
	envelope(conn, { other, "<third@other.example>" })
	must("DATA", mt.data(conn))
	expect("DATA", conn, SMFIR_ACCEPT)
end
mt.disconnect(conn)
