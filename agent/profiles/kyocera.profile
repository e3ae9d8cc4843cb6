# Kyocera, UTAX, Triumph-Adler. Totals by colour are not told: they are the sums
# of print, copy and fax.

[profile]
source = walks of TASKalfa and ECOSYS devices compared with their web pages, in public repositories
certainty = scraper
device = 1.3.6.1.4.1.1347

[counters]
# Printed pages. prtMarkerLifeCount is the engine's own, and more.
total = 1.3.6.1.4.1.1347.43.10.1.1.12.1.1
# By function: 1 printer, 2 copier, 4 fax
print = 1.3.6.1.4.1.1347.42.3.1.1.1.1.1
copy = 1.3.6.1.4.1.1347.42.3.1.1.1.1.2
fax = 1.3.6.1.4.1.1347.42.3.1.1.1.1.4
# By function, then colour: 1 black, 2 single colour, 3 full colour
print.black = 1.3.6.1.4.1.1347.42.3.1.2.1.1.1.1
print.color.single = 1.3.6.1.4.1.1347.42.3.1.2.1.1.1.2
print.color = 1.3.6.1.4.1.1347.42.3.1.2.1.1.1.3
copy.black = 1.3.6.1.4.1.1347.42.3.1.2.1.1.2.1
copy.color.single = 1.3.6.1.4.1.1347.42.3.1.2.1.1.2.2
copy.color = 1.3.6.1.4.1.1347.42.3.1.2.1.1.2.3
# Scanned for whom
scan.copy = 1.3.6.1.4.1.1347.42.3.1.3.1.1.2
scan.fax = 1.3.6.1.4.1.1347.42.3.1.3.1.1.4
scan.other = 1.3.6.1.4.1.1347.42.3.1.4.1.1.1
