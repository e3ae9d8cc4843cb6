# Toshiba e-STUDIO. Function (2 all, 3 print, 4 copy), then colour: 1 full, 2
# twin, 3 black, 4 all.

[profile]
source = independent programs in public repositories, one with walks of e-STUDIO 2050C and 3015AC
certainty = scraper
device = 1.3.6.1.4.1.1129

[counters]
total = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.2.1.4
total.color = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.2.1.1
total.color.two = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.2.1.2
total.black = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.2.1.3
print.color = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.3.1.1
print.color.two = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.3.1.2
print.black = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.3.1.3
copy.color = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.4.1.1
copy.color.two = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.4.1.2
copy.black = 1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.4.1.3
