# Epson WorkForce, AM, ET. Sources do not agree on the total, which is the
# Printer-MIB's here.

[profile]
source = GLPI Agent (Epson.pm) for serial and model; walks of AM-C550 and WF-C17590 compared with their web pages
certainty = scraper
device = 1.3.6.1.4.1.1248

[printer]
serial = 1.3.6.1.4.1.1248.1.2.2.1.1.1.5.1
model = 1.3.6.1.4.1.1248.1.2.2.1.1.1.2.1

[counters]
total.black = 1.3.6.1.4.1.1248.1.2.2.27.1.1.3.1.1
total.color = 1.3.6.1.4.1.1248.1.2.2.27.1.1.4.1.1
# By function, both colours; and of these in colour
print = 1.3.6.1.4.1.1248.1.2.2.27.6.1.4.1.1.1
copy = 1.3.6.1.4.1.1248.1.2.2.27.6.1.4.1.1.2
print.color = 1.3.6.1.4.1.1248.1.2.2.27.6.1.5.1.1.1
copy.color = 1.3.6.1.4.1.1248.1.2.2.27.6.1.5.1.1.2

[settings]
# Versions of the parts of the firmware
firmware = 1.3.6.1.4.1.1248.1.2.2.2.1.1.2.*
