# Canon: counters by Canon's own numbers on larger devices, a table of names and
# values on smaller ones. Some devices answer SNMPv1 only.

[profile]
source = CANON-MIB as in GLPI Agent (Canon.pm); counter numbers as the devices' check counter page has them
certainty = scraper
device = 1.3.6.1.4.1.1602

[printer]
# canServInfoSerialNumberDeviceNumber, and an older place; canPdInfoProductName, …Version
serial = 1.3.6.1.4.1.1602.1.2.1.8.1.3.1.1
serial = 1.3.6.1.4.1.1602.1.2.1.4.0
model = 1.3.6.1.4.1.1602.1.1.1.1.0
firmware = 1.3.6.1.4.1.1602.1.1.1.4.0

[counters]
# 101 Total 1, 108 Total (Black & White 1), 301 Print (Total 1), 501 Scan (Total 1)
total = 1.3.6.1.4.1.1602.1.11.1.3.1.4.101
total.black = 1.3.6.1.4.1.1602.1.11.1.3.1.4.108
print = 1.3.6.1.4.1.1602.1.11.1.3.1.4.301
scan = 1.3.6.1.4.1.1602.1.11.1.3.1.4.501
# 112, 113 Total (Black & White/Large, Small); 122, 123 Total (Full Color + Single Color/…)
total.black.large = 1.3.6.1.4.1.1602.1.11.1.3.1.4.112
total.black.small = 1.3.6.1.4.1.1602.1.11.1.3.1.4.113
total.color.large = 1.3.6.1.4.1.1602.1.11.1.3.1.4.122
total.color.small = 1.3.6.1.4.1.1602.1.11.1.3.1.4.123
# The same by their names
total = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total 1
total.black = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total (Black 1)
total.black.large = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total (Black/Large)
total.black.small = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total (Black/Small)
total.color.large = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total (Full Color + Single Color/Large)
total.color.small = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Total (Full Color + Single Color/Small)
print = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Print (Total 1)
copy = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Copy (Total 1)
scan = 1.3.6.1.4.1.1602.1.11.2.1.1.3.* where 1.3.6.1.4.1.1602.1.11.2.1.1.2.* = Scan (Total 1)
