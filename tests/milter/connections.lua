-- One more than max_connections is told to come later; a place that is given
-- back can be had.
local conns = {}

for i = 1, tonumber(limit) do
	conns[i] = open()
end
mt.disconnect(open(SMFIR_REPLYCODE))
mt.disconnect(table.remove(conns))
mt.sleep(0.3)
conns[#conns + 1] = open()
envelope(conns[#conns], { other })
must("DATA", mt.data(conns[#conns]))
expect("DATA", conns[#conns], SMFIR_ACCEPT)
for _, conn in ipairs(conns) do
	mt.disconnect(conn)
end
