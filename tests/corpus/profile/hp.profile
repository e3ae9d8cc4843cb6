# HP: LaserJet, OfficeJet, PageWide, and the multifunction devices of the same
# families. What HP calls pages is impressions.

[profile]
source = HP-LASERJET-COMMON-MIB, as in LibreNMS (mibs/hp) and GLPI Agent (HPNetPeripheral.pm)
certainty = manual
device = 1.3.6.1.4.1.11.2.3.9
# OfficeJet; LaserJet Pro
device = 1.3.6.1.4.1.29999
device = 1.3.6.1.4.1.26696.1

[printer]
# serial-number, model-name, fw-rom-revision
serial = 1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.3.0
model = 1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.2.0
firmware = 1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.6.0

[counters]
# total-engine-page-count, total-mono-page-count, total-color-page-count
total = 1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0
total.black = 1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0
total.color = 1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.7.0
# duplex-page-count: pages of sheets printed on both sides, not sheets
total.duplex = 1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.22.0

[settings]
# fw-rom-datecode
firmware.date = 1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.5.0
