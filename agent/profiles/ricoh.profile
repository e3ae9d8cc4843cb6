# Ricoh, Savin, Lanier, NRG. Which row has which counter differs from model to
# model; ricohEngCounterType says what it is.

[profile]
source = Ricoh Private MIB Specification 4 (counter types), as in GLPI Agent (Ricoh.pm)
certainty = manual
device = 1.3.6.1.4.1.367

[printer]
# ricohEngSerialNumber, ricohSysName
serial = 1.3.6.1.4.1.367.3.2.1.2.1.4.0
model = 1.3.6.1.4.1.367.3.2.1.1.1.1.0

[counters]
# ricohEngCounterValue where ricohEngCounterType is …; else ricohEngCounterTotal
total = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 10
total = 1.3.6.1.4.1.367.3.2.1.2.19.1.0
copy = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 200
copy.black = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 201
copy.color.two = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 202
copy.color = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 203
fax = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 300
print = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 400
print.black = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 401
print.color.two = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 402
print.color = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 403
# Transmission: fax, scans in colour, scans in black and white
fax.send = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 872
scan.color = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 873
scan.black = 1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.* where 1.3.6.1.4.1.367.3.2.1.2.19.5.1.2.* = 874
