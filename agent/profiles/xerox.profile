# Xerox and Fuji Xerox devices that have the Xerox Common MIB.

[profile]
source = XEROX-HOST-RESOURCES-EXT-MIB (xcmHrDevDetail), as in GLPI Agent (Xerox.pm) and public walks
certainty = manual
device = 1.3.6.1.4.1.253.8

[printer]
serial = 1.3.6.1.4.1.253.8.53.3.2.1.3.1

[counters]
# Total, Black and Color Impressions
total = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.1
total.black = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.34
total.color = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.33
# Large Impressions: A3, ledger and up, which are in the totals as well
total.black.large = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.44
total.color.large = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.43
# Printed and copied impressions
print.black = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.7
print.color = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.29
copy.black = 1.3.6.1.4.1.253.8.53.13.2.1.6.11.20.3
copy.color = 1.3.6.1.4.1.253.8.53.13.2.1.6.11.20.25
fax = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.71
# Sheets, and of these printed on both sides
total.sheets = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.38
duplex = 1.3.6.1.4.1.253.8.53.13.2.1.6.1.20.39
# E-mail and network images sent
scan.mail = 1.3.6.1.4.1.253.8.53.13.2.1.6.10.20.11
scan.network = 1.3.6.1.4.1.253.8.53.13.2.1.6.10.20.12
