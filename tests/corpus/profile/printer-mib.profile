# What printers of every maker answer: the Printer-MIB and the Host Resources
# MIB. A maker's own profile comes before it, and this one fills what that
# leaves out.

[profile]
source = RFC 3805 (Printer-MIB), RFC 2790 (Host Resources), IANA-PRINTER-MIB
certainty = standard
device = *
# What makers write in place of a serial or a text that they do not have.
none = N/A
none = none
none = unknown
none = not available
none = -
none = 0
none = 00000000
none = 0000000000
none = XXXXXXXXXX
none = XXXXXXXXXXX
# Percent at which a supply is told as low.
low = 10

[printer]
# prtGeneralSerialNumber
serial = 1.3.6.1.2.1.43.5.1.1.17.*
# hrDeviceDescr, where hrDeviceType is hrDevicePrinter; else the first one
model = 1.3.6.1.2.1.25.3.2.1.3.* where 1.3.6.1.2.1.25.3.2.1.2.* = 1.3.6.1.2.1.25.3.1.5
model = 1.3.6.1.2.1.25.3.2.1.3.*

[counters]
# prtMarkerLifeCount counts what prtMarkerCounterUnit says: impressions (7),
# sheets (8), and even lines or feet, which are no pages.
total = 1.3.6.1.2.1.43.10.2.1.4.* where 1.3.6.1.2.1.43.10.2.1.3.* = 7
total.sheets = 1.3.6.1.2.1.43.10.2.1.4.* where 1.3.6.1.2.1.43.10.2.1.3.* = 8

[supplies]
# prtMarkerSupplies…: Class, Type, Description, SupplyUnit, MaxCapacity, Level
class = 1.3.6.1.2.1.43.11.1.1.4.*
type = 1.3.6.1.2.1.43.11.1.1.5.*
description = 1.3.6.1.2.1.43.11.1.1.6.*
unit = 1.3.6.1.2.1.43.11.1.1.7.*
capacity = 1.3.6.1.2.1.43.11.1.1.8.*
level = 1.3.6.1.2.1.43.11.1.1.9.*

[alerts]
# prtAlert…: SeverityLevel, Group, GroupIndex, Code, Description, Time
severity = 1.3.6.1.2.1.43.18.1.1.2.*
group = 1.3.6.1.2.1.43.18.1.1.4.*
place = 1.3.6.1.2.1.43.18.1.1.5.*
code = 1.3.6.1.2.1.43.18.1.1.7.*
description = 1.3.6.1.2.1.43.18.1.1.8.*
time = 1.3.6.1.2.1.43.18.1.1.9.*

[settings]
# sysDescr: with many makers the versions of firmware and network card
description = 1.3.6.1.2.1.1.1.0
# Parts: prtInputModel, prtInputVersion, prtInputSerialNumber, then the same of
# prtOutput; and what is in the supplies' places.
part.input.model = 1.3.6.1.2.1.43.8.2.1.15.*
part.input.version = 1.3.6.1.2.1.43.8.2.1.16.*
part.input.serial = 1.3.6.1.2.1.43.8.2.1.17.*
part.output.model = 1.3.6.1.2.1.43.9.2.1.9.*
part.output.version = 1.3.6.1.2.1.43.9.2.1.10.*
part.output.serial = 1.3.6.1.2.1.43.9.2.1.11.*
part.supply = 1.3.6.1.2.1.43.11.1.1.6.*
# prtInterpreterDescription
interpreter = 1.3.6.1.2.1.43.15.1.1.5.*

[personal]
# sysName, sysLocation, sysContact, prtGeneralPrinterName: asked only where
# the agent's configuration allows it
name = 1.3.6.1.2.1.1.5.0
location = 1.3.6.1.2.1.1.6.0
contact = 1.3.6.1.2.1.1.4.0
printer-name = 1.3.6.1.2.1.43.5.1.1.16.*

# PrtAlertCodeTC. What only says that something is well again, or asleep, is no
# alarm: -
[alert codes]
3 = coverOpen
4 = -
5 = interlockOpen
6 = -
7 = configurationChange
8 = jam
9 = subunitMissing
10 = subunitLifeAlmostOver
11 = subunitLifeOver
12 = subunitAlmostEmpty
13 = subunitEmpty
14 = subunitAlmostFull
15 = subunitFull
16 = subunitNearLimit
17 = subunitAtLimit
18 = subunitOpened
19 = -
20 = subunitTurnedOn
21 = subunitTurnedOff
22 = subunitOffline
23 = -
24 = -
25 = subunitAdded
26 = subunitRemoved
27 = subunitResourceAdded
28 = subunitResourceRemoved
29 = subunitRecoverableFailure
30 = subunitUnrecoverableFailure
31 = subunitRecoverableStorageError
32 = subunitUnrecoverableStorageError
33 = subunitMotorFailure
34 = subunitMemoryExhausted
35 = subunitUnderTemperature
36 = subunitOverTemperature
37 = subunitTimingFailure
38 = subunitThermistorFailure
501 = doorOpen
502 = -
503 = -
504 = -
505 = printerNMSReset
