-- A connection that ends at any step, with or without a word.
for polite = 0, 1 do
	for last = 0, 6 do
		local conn = mt.connect(socket, 40, 0.05)
		local steps = {
			function() mt.conninfo(conn, "h", "192.0.2.1") end,
			function() mt.mailfrom(conn, "<a@b>") end,
			function() mt.rcptto(conn, center) end,
			function() mt.data(conn) end,
			function() mt.header(conn, "From", "a@b") end,
			function() mt.bodystring(conn, "half a\r\n") end,
		}

		for step = 1, last do
			steps[step]()
		end
		mt.disconnect(conn, polite == 1)
	end
end
local conn = open()
envelope(conn, { other })
must("DATA", mt.data(conn))
expect("afterwards", conn, SMFIR_ACCEPT)
mt.disconnect(conn)
