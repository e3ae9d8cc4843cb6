# OKI C, ES, MC.

[profile]
source = GLPI Agent (Oki.pm) for serial and model; independent programs in public repositories for counters
certainty = scraper
device = 1.3.6.1.4.1.2001

[printer]
serial = 1.3.6.1.4.1.2001.1.1.1.1.11.1.10.45.0
model = 1.3.6.1.4.1.2001.1.1.1.1.11.1.10.25.0

[counters]
total.color = 1.3.6.1.4.1.2001.1.1.1.1.11.1.10.170.1.6.1
total.black = 1.3.6.1.4.1.2001.1.1.1.1.11.1.10.170.1.7.1
