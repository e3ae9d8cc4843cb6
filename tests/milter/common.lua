-- What the scripts share: one session with the filter, step by step, with the
-- macros that Postfix sends. A step that is not answered as expected ends the
-- script with an error, which the driver reports as a failed test.

center = "<csrc@center.example>"
other = "<someone@other.example>"

names = {}
for _, name in ipairs { "ACCEPT", "CONTINUE", "DISCARD", "REJECT", "REPLYCODE",
    "SKIP", "TEMPFAIL" } do
	names[_G["SMFIR_" .. name]] = name
end

local function fail(what, conn, expected)
	local got = mt.getreply(conn)

	error(string.format("%s: expected %s, got %s", what,
	    names[expected] or expected, names[got] or tostring(got)), 3)
end

function expect(what, conn, reply)
	if mt.getreply(conn) ~= reply then
		fail(what, conn, reply)
	end
end

function must(what, problem)
	if problem ~= nil then
		error(what .. ": " .. problem, 2)
	end
end

-- miltertest sends its third argument as the steps and its fourth as the
-- actions, whatever its manual says.
function negotiate(conn, actions, steps)
	return mt.negotiate(conn, 6, steps, actions)
end

-- A connection after its connect step; what the MTA offers may be limited, and
-- its service may have a name.
function open(reply, actions, steps, daemon)
	local conn = mt.connect(socket, 40, 0.05)

	if conn == nil then
		error("cannot connect to " .. socket, 2)
	end
	must("negotiate", negotiate(conn, actions, steps))
	if daemon ~= nil then
		mt.macro(conn, SMFIC_CONNECT, "{daemon_name}", daemon)
	end
	must("connect", mt.conninfo(conn, "printer.example", "192.0.2.1"))
	expect("connect", conn, reply or SMFIR_CONTINUE)
	return conn
end

-- The envelope; recipients is a list of addresses, or of {address, reply}; login
-- is what the client authenticated as.
function envelope(conn, recipients, sender, queue_id, login)
	-- Sendmail has the queue ID here already; miltertest knows no macros
	-- of the last step
	if login ~= nil then
		mt.macro(conn, SMFIC_MAIL, "i", queue_id or "QUEUE1",
		    "{auth_authen}", login)
	else
		mt.macro(conn, SMFIC_MAIL, "i", queue_id or "QUEUE1")
	end
	must("MAIL", mt.mailfrom(conn, sender or "<a@device.example>"))
	for _, r in ipairs(recipients) do
		local address = type(r) == "table" and r[1] or r
		local reply = type(r) == "table" and r[2] or SMFIR_CONTINUE

		mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}",
		    r.rewritten or address:gsub("[<>]", ""), "{rcpt_mailer}",
		    "smtp")
		must("RCPT", mt.rcptto(conn, address))
		expect("RCPT " .. address, conn, reply)
	end
end

-- DATA to the final dot of the mail text (lines end in LF), one body chunk.
function content(conn, text)
	local head, body = text:match("^(.-\n)\n(.*)$")
	local name, value

	must("DATA", mt.data(conn))
	expect("DATA", conn, SMFIR_CONTINUE)
	-- unfold: the MTA gives a folded field at once
	for line in (head:gsub("\n([ \t])", "\0%1")):gmatch("([^\n]+)\n") do
		-- miltertest gives the space behind the colon, as asked for
		name, value = line:match("^([^:]+): ?(.*)$")
		must("header", mt.header(conn, name,
		    (value:gsub("%z", "\n"))))
	end
	must("end of header", mt.eoh(conn))
	must("body", mt.bodystring(conn, (body:gsub("\n", "\r\n"))))
	final(conn)
end

function final(conn)
	must("end of message", mt.eom(conn))
end

function read(path)
	local file = assert(io.open(path, "rb"))
	local text = file:read("*a")

	file:close()
	return (text:gsub("\r\n", "\n"))
end

plain = "From: a@device.example\nSubject: nothing\n\nnot sealed at all\n"
