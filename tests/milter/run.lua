-- miltertest says little about a script that fails: this says why.
dofile(dir .. "/common.lua")
local ok, why = pcall(dofile, script)

if not ok then
	mt.echo("# " .. tostring(why))
	error(why)
end
