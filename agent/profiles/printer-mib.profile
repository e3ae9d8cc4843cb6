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
506 = printerManualReset
507 = -
801 = inputMediaTrayMissing
802 = inputMediaSizeChange
803 = inputMediaWeightChange
804 = inputMediaTypeChange
805 = inputMediaColorChange
806 = inputMediaFormPartsChange
807 = inputMediaSupplyLow
808 = inputMediaSupplyEmpty
809 = inputMediaChangeRequest
810 = inputManualInputRequest
811 = inputTrayPositionFailure
812 = inputTrayElevationFailure
813 = inputCannotFeedSizeSelected
901 = outputMediaTrayMissing
902 = outputMediaTrayAlmostFull
903 = outputMediaTrayFull
904 = outputMailboxSelectFailure
1001 = markerFuserUnderTemperature
1002 = markerFuserOverTemperature
1003 = markerFuserTimingFailure
1004 = markerFuserThermistorFailure
1005 = markerAdjustingPrintQuality
1101 = markerTonerEmpty
1102 = markerInkEmpty
1103 = markerPrintRibbonEmpty
1104 = markerTonerAlmostEmpty
1105 = markerInkAlmostEmpty
1106 = markerPrintRibbonAlmostEmpty
1107 = markerWasteTonerReceptacleAlmostFull
1108 = markerWasteInkReceptacleAlmostFull
1109 = markerWasteTonerReceptacleFull
1110 = markerWasteInkReceptacleFull
1111 = markerOpcLifeAlmostOver
1112 = markerOpcLifeOver
1113 = markerDeveloperAlmostEmpty
1114 = markerDeveloperEmpty
1115 = markerTonerCartridgeMissing
1301 = mediaPathMediaTrayMissing
1302 = mediaPathMediaTrayAlmostFull
1303 = mediaPathMediaTrayFull
1304 = mediaPathCannotDuplexMediaSelected
1501 = interpreterMemoryIncrease
1502 = interpreterMemoryDecrease
1503 = interpreterCartridgeAdded
1504 = interpreterCartridgeDeleted
1505 = interpreterResourceAdded
1506 = interpreterResourceDeleted
1507 = interpreterResourceUnavailable
1509 = interpreterComplexPageEncountered
1801 = -

# PrtAlertGroupTC
[alert groups]
3 = storage
4 = device
5 = generalPrinter
6 = cover
7 = localization
8 = input
9 = output
10 = marker
11 = markerSupplies
12 = markerColorant
13 = mediaPath
14 = channel
15 = interpreter
16 = consoleDisplayBuffer
17 = consoleLights
18 = alert
30 = finDevice
31 = finSupply
32 = finSupplyMediaInput
33 = finAttribute

# PrtAlertSeverityLevelTC
[alert severities]
1 = other
3 = critical
4 = warning
5 = change

# PrtMarkerSuppliesTypeTC
[supply types]
1 = other
2 = unknown
3 = toner
4 = wasteToner
5 = ink
6 = inkCartridge
7 = inkRibbon
8 = wasteInk
9 = opc
10 = developer
11 = fuserOil
12 = solidWax
13 = ribbonWax
14 = wasteWax
15 = fuser
16 = coronaWire
17 = fuserOilWick
18 = cleanerUnit
19 = fuserCleaningPad
20 = transferUnit
21 = tonerCartridge
22 = fuserOiler
23 = water
24 = wasteWater
25 = glueWaterAdditive
26 = wastePaper
27 = bindingSupply
28 = bandingSupply
29 = stitchingWire
30 = shrinkWrap
31 = paperWrap
32 = staples
33 = inserts
34 = covers

# PrtMarkerSuppliesSupplyUnitTC
[supply units]
3 = tenThousandthsOfInches
4 = micrometers
7 = impressions
8 = sheets
11 = hours
12 = thousandthsOfOunces
13 = tenthsOfGrams
14 = hundredthsOfFluidOunces
15 = tenthsOfMilliliters
16 = feet
17 = meters
18 = items
19 = percent
