# Samsung, also as HP has sold it since. What public sources say of Samsung's own
# counters contradicts itself, so that there are none here.

[profile]
source = programs in public repositories that read these two on many models
certainty = scraper
device = 1.3.6.1.4.1.236

[printer]
serial = 1.3.6.1.4.1.236.11.5.1.1.1.4.0
firmware = 1.3.6.1.4.1.236.11.5.1.1.1.2.0
