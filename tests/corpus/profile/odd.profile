[profile]
source = x
certainty = draft
device = 1.3.6.1.4.1.99999
low = 5
[counters]
total = 1.3.6.1.4.1.99999.1.* text times 10 where 1.3.6.1.4.1.99999.2.* = a and b and 1.3.6.1.4.1.99999.3.* = 4
[personal]
name = 1.3.6.1.2.1.1.5.0
