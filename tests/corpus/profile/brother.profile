# Brother HL, DCP, MFC. Counters are records in one string of octets: a tag, 01,
# how long (04), the number.

[profile]
source = BROTHER-MIB (brInfo…), and the Python library "brother" of Home Assistant, which reads the records
certainty = scraper
device = 1.3.6.1.4.1.2435

[printer]
# brInfoSerialNumber
serial = 1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1.0
firmware = 1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.17.0

[counters]
# brInfoCounter
total = 1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0 tag 0001
total.black = 1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0 tag 0101
total.color = 1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0 tag 0201
