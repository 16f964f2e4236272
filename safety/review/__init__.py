"""A person to turn to: appeals and reports, the reviewer's desk, limits, and how long things are kept.

desk.py       what a person may ask      bench.py     what a reviewer may do
limits.py     how often                  client.py    who is asking
held.py       withheld pictures, briefly in memory
retention.py  what is deleted when       labels.py    decided cases as labelled rows
roles.py      who may review
"""
