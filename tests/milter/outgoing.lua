-- The center's mail to a device: who is trusted, and what is changed.
local device = "<printer@device.example>"
local note = "From: csrc@center.example\nMessage-ID: <a@b>\n" ..
    "Content-Type: text/plain\nCSRC-Email-ID: x\nmessage-id: <c@d>\n\n" ..
    "nobody else may read this\n"
local clean = note:gsub("CSRC%-[^\n]*\n", "")

local function send(conn, text, login, recipients, sender)
	envelope(conn, recipients or { device }, sender or center, "OUT", login)
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

local function to_service(what, conn)
	refused(what, conn, "550", "5.7.1", "a center's mail to this device " ..
	    "must be submitted to the center's own service")
end

-- submit_logins = joe, submit_daemons = CENTER
local stranger = "<joe@other.example>"
local strange = clean:gsub("From: [^\n]*", "From: joe@other.example")
local conn = open(nil, nil, nil, "OTHER")
send(conn, clean)
to_service("no login", conn)
send(conn, clean, "jo")
to_service("another's login", conn)
send(conn, strange, nil, nil, stranger)
untouched("a stranger", conn)
send(conn, strange, nil, { device, other }, stranger)
untouched("a stranger, to others too", conn)
send(conn, clean, nil, nil, stranger)
to_service("only From is the center's", conn)
send(conn, "Sender: The Center (us) <csrc @ CENTER.example>\n" .. strange,
    nil, { other, device }, stranger)
to_service("only Sender is the center's", conn)
send(conn, strange, nil, nil, "<csrc+tag@center.example>")
to_service("a tagged sender", conn)
for _, sender in ipairs { "<>", stranger, "<anna@center.example>" } do
	send(conn, strange, "joe", nil, sender)
	refused("service, from " .. sender, conn, "550", "5.7.1",
	    "mail to this device must come from an address of its center")
end
-- beside a center a device's recipient goes, and the mail is judged
for _, sender in ipairs { stranger, center, "<>" } do
	send(conn, note, nil, { device, center }, sender)
	expect("beside a center", conn, SMFIR_DISCARD)
	assert(mt.eom_check(conn, MT_RCPTDELETE, device))
	send(conn, note, "joe", { center, other, device }, sender)
	expect("beside a center and others", conn, SMFIR_ACCEPT)
	assert(mt.eom_check(conn, MT_RCPTDELETE, device))
	assert(mt.eom_check(conn, MT_RCPTDELETE, center))
	assert(not mt.eom_check(conn, MT_RCPTDELETE, other))
	assert(not mt.eom_check(conn, MT_BODYCHANGE))
end
send(conn, clean, "joe")
-- clean has no field of ours to be deleted
expect("login", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_BODYCHANGE), "login: in clear")
send(conn, note, "joe")
stamped("login", conn)
send(conn, clean)
to_service("a login is for its own mail", conn)
send(conn, clean, "")
to_service("an empty login", conn)
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
to_service("after one that was given up", conn)
mt.disconnect(conn)

conn = open(nil, nil, nil, "CENTER")
send(conn, note)
stamped("service", conn)
mt.disconnect(conn)
conn = open(nil, nil, nil, "OTHER")
send(conn, clean)
to_service("another service", conn)
mt.disconnect(conn)

-- A service that has no name could be the center's: nobody can tell.
conn = open()
for _, sender in ipairs { center, stranger, "<>" } do
	send(conn, sender == center and clean or strange, nil, nil, sender)
	expect("no {daemon_name}", conn, SMFIR_REPLYCODE)
	assert(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.3.0",
	    "Try again later"))
end
send(conn, strange, nil, { center, device }, stranger)
expect("no {daemon_name}, beside a center", conn, SMFIR_DISCARD)
send(conn, note, "joe")
stamped("no {daemon_name}, but a login", conn)
mt.disconnect(conn)
