# Konica Minolta bizhub, and what is built on it (Develop, Olivetti, Sindoh).

[profile]
source = GLPI Agent (Konica.pm) and LibreNMS (sensor discovery of prtMarker), which name each object
certainty = scraper
device = 1.3.6.1.4.1.18334

[printer]
model = 1.3.6.1.4.1.18334.1.1.1.1.6.2.1.0

[counters]
total = 1.3.6.1.4.1.18334.1.1.1.5.7.2.1.1.0
# kmSysPrintFunctionCounterTable: colour (1 black, 2 full), then function (1 copy, 2 print)
copy.black = 1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.1.1
copy.color = 1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.2.1
print.black = 1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.1.2
print.color = 1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5.2.2
duplex = 1.3.6.1.4.1.18334.1.1.1.5.7.2.1.3.0
scan = 1.3.6.1.4.1.18334.1.1.1.5.7.2.3.1.5.1

[settings]
# Versions of the parts of the firmware
firmware = 1.3.6.1.4.1.18334.1.1.1.5.5.1.1.3.*
