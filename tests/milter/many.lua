-- A thousand recipients, every second one a center.
local conn = open()
local recipients = {}

for i = 1, 500 do
	recipients[2 * i - 1] = "<u" .. i .. "@other.example>"
	recipients[2 * i] = center
end
envelope(conn, recipients)
content(conn, plain)
expect("end of message", conn, SMFIR_ACCEPT)
assert(mt.eom_check(conn, MT_RCPTDELETE, center))
mt.disconnect(conn)
