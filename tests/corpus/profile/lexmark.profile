# Lexmark, and devices of other makers that Lexmark builds: rows with a type and
# a unit, which must be sides (4).

[profile]
source = LEXMARK-MPS-MIB 2.0.0, LEXMARK-TC-MIB, LEXMARK-PVT-MIB, as published by Lexmark
certainty = manual
device = 1.3.6.1.4.1.641

[printer]
# deviceSerialNumber, prtgenSerialNo; deviceModel; swInventoryRevision of the
# operating system (3), prtgenCodeRevision
serial = 1.3.6.1.4.1.641.6.2.3.1.5.*
serial = 1.3.6.1.4.1.641.2.1.2.1.6.*
model = 1.3.6.1.4.1.641.6.2.3.1.4.*
firmware = 1.3.6.1.4.1.641.6.3.3.1.7.* where 1.3.6.1.4.1.641.6.3.3.1.3.* = 3
firmware = 1.3.6.1.4.1.641.2.1.2.1.4.*

[counters]
# paperGeneralCountValue, by paperGeneralCountType and …Units. "Safe" is what
# has reached an output bin.
total = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 2 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
total.black = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 3 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
total.color = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 4 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
print = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 16 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
print.black = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 17 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
print.color = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 18 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
copy = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 32 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
copy.black = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 33 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
copy.color = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 34 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
fax = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 48 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 4
# Sheets: the same type in the unit 5
total.sheets = 1.3.6.1.4.1.641.6.4.2.1.1.4.* where 1.3.6.1.4.1.641.6.4.2.1.1.2.* = 2 and 1.3.6.1.4.1.641.6.4.2.1.1.3.* = 5
