-- A mail given up at any step leaves nothing for the next on the connection.
local conn = open()
local steps = {
	function() mt.mailfrom(conn, "<a@device.example>") end,
	function() mt.rcptto(conn, center) end,
	function() mt.data(conn) end,
	function() mt.header(conn, "From", "a@b") end,
	function() mt.eoh(conn) end,
	function() mt.bodystring(conn, "half a\r\n") end,
}

for last = 1, #steps do
	for step = 1, last do
		steps[step]()
	end
	must("abort", mt.abort(conn))
	envelope(conn, { other })
	must("DATA", mt.data(conn))
	expect("others' mail after step " .. last, conn, SMFIR_ACCEPT)
end
envelope(conn, { center }, nil, "WHOLE")
content(conn, read(mail))
expect("report after all", conn, SMFIR_DISCARD)
mt.disconnect(conn)
