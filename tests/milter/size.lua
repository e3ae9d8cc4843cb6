-- max_message_size octets pass, one more is too large, in header or body.
local conn = open()

-- One packet of the protocol holds less than 64 kB; miltertest itself crashes
-- at header fields of more than some 1,000 octets.
local body_chunk, header_chunk = 60000, 900

local function fill_header(rest)
	while rest > 0 do
		local chunk = math.min(rest, header_chunk)

		-- never leave less than a field takes
		if rest - chunk > 0 and rest - chunk < 10 then
			chunk = chunk - 10
		end
		must("header", mt.header(conn, "X",
		    string.rep("x", chunk - #"X: \r\n")))
		rest = rest - chunk
	end
	must("end of header", mt.eoh(conn))
end

local function fill_body(rest, last)
	must("end of header", mt.eoh(conn))
	while rest > 0 do
		local chunk = math.min(rest, body_chunk)

		must("body", mt.bodystring(conn, string.rep("x", chunk)))
		rest = rest - chunk
		expect("body", conn, rest > 0 and SMFIR_CONTINUE or last)
	end
end

local function filled(name, extra, in_header)
	local rest = limit + extra - #"From: a@b\r\n" - #"\r\n"

	envelope(conn, { center }, nil, name)
	must("DATA", mt.data(conn))
	must("header", mt.header(conn, "From", "a@b"))
	if in_header then
		-- miltertest makes a body up if there is none
		fill_header(rest - 1)
		must("body", mt.bodystring(conn, "x"))
	else
		fill_body(rest, extra > 0 and SMFIR_SKIP or SMFIR_CONTINUE)
	end
	final(conn)
	expect("end of message", conn, SMFIR_DISCARD)
end

limit = tonumber(limit)
filled("BODY0", 0, false)
filled("BODY1", 1, false)
filled("HEADER0", 0, true)
filled("HEADER1", 1, true)
mt.disconnect(conn)
