# Sharp MX, BP. A table of function (1 print, 5 all), then 61 black and white,
# 63 full colour.

[profile]
source = several independent programs in public repositories that read these of MX and BP models
certainty = scraper
device = 1.3.6.1.4.1.2385

[counters]
total.black = 1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4.61
total.color = 1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4.63
print.black = 1.3.6.1.4.1.2385.1.1.19.2.1.3.1.4.61
print.color = 1.3.6.1.4.1.2385.1.1.19.2.1.3.1.4.63
