[profile]
source = x
certainty = draft
device = *
[settings]
name = 1.3.6.1.2.1.1.*
