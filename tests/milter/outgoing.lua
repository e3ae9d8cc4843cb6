-- The center's mail to a device: who is trusted, and what is changed.
local device = "<printer@device.example>"
local note = "From: csrc@center.example\nMessage-ID: <a@b>\n" ..
    "Content-Type: text/plain\nCSRC-Email-ID: x\nmessage-id: <c@d>\n\n" ..
    "nobody else may read this\n"
local clean = note:gsub("CSRC%-[^\n]*\n", "")

local function send(conn, text, login, recipients)
	envelope(conn, recipients or { device }, center, "OUT", login)
	content(conn, text)
end

local function untouched(what, conn)
	expect(what, conn, SMFIR_ACCEPT)
	for _, change in ipairs { MT_HDRADD, MT_HDRCHANGE, MT_HDRDELETE,
	    MT_HDRINSERT, MT_BODYCHANGE } do
		assert(not mt.eom_check(conn, change), what .. ": changed")
	end
end

local function stamped(what, conn)
	expect(what, conn, SMFIR_ACCEPT)
	for _, name in ipairs { "Message-ID", "message-id", "Content-Type",
	    "CSRC-Email-ID" } do
		assert(mt.eom_check(conn, MT_HDRDELETE, name),
		    what .. ": " .. name .. " stays")
	end
	assert(not mt.eom_check(conn, MT_HDRDELETE, "From"))
	-- the space behind the colon is ours to give, as negotiated
	assert(mt.eom_check(conn, MT_HDRADD, "MIME-Version", " 1.0"))
	assert(mt.eom_check(conn, MT_HDRADD, "CSRC-Center-ID", " K0001"))
	assert(mt.eom_check(conn, MT_HDRADD, "Content-Transfer-Encoding",
	    " base64"))
	assert(mt.getheader(conn, "Message-ID", 0):match(
	    "^ <[a-z2-7]+@center.example>$"))
	assert(mt.eom_check(conn, MT_BODYCHANGE), what .. ": in clear")
end

local function refused(what, conn, code, enhanced, text)
	expect(what, conn, SMFIR_REPLYCODE)
	assert(mt.eom_check(conn, MT_SMTPREPLY, code, enhanced, text),
	    what .. ": another reply")
end

-- submit_logins = joe, submit_daemons = CENTER
local conn = open()
send(conn, clean)
untouched("no login", conn)
send(conn, clean, "jo")
untouched("another's login", conn)
send(conn, clean, "joe")
-- clean has no field of ours to be deleted
expect("login", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_BODYCHANGE), "login: in clear")
send(conn, note, "joe")
stamped("login", conn)
send(conn, clean)
untouched("a login is for its own mail", conn)
send(conn, clean, "")
untouched("an empty login", conn)
send(conn, note)
refused("forged", conn, "550", "5.7.1",
    "CSRC header fields are not yours to set")
send(conn, clean, "joe", { device, other })
refused("two recipients", conn, "550", "5.7.1",
    "a mail to a device must have no other recipient")
-- by the address as the MTA completed it
send(conn, clean, "joe",
    { { "<printer>", rewritten = "Printer@Device.Example" } })
expect("completed address", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_BODYCHANGE), "completed address: in clear")
-- the mail after one that was given up
envelope(conn, { device }, center, "OUT", "joe")
must("abort", mt.abort(conn))
send(conn, clean)
untouched("after one that was given up", conn)
mt.disconnect(conn)

conn = open(nil, nil, nil, "CENTER")
send(conn, note)
stamped("service", conn)
mt.disconnect(conn)
conn = open(nil, nil, nil, "OTHER")
send(conn, clean)
untouched("another service", conn)
mt.disconnect(conn)
