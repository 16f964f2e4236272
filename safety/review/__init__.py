"""Human review: appeals against refusals, notices about pictures, and the limits and retention that go with them.

service           all of it, put together once for a studio
appeals           what a person may ask for: a review of a refusal, and how it went
decisions         what a reviewer may do: list, look, uphold, overturn
quarantine        withheld pictures, briefly in memory; stored_pictures is their form once an appeal keeps them
auth              who may review
client, rate_limit   one address on the network, and how much it may do
notices           what a person who is depicted may send, and what the maker of a picture answers
notice_decisions  what a reviewer may do with a notice: remove the picture, reject, decide on an answer
notice_answers    what makers answer, and what is decided on it
noted_pictures, near_exports   what a notice is about, and the near-copies of it here
removals          removed pictures, and their files until the last one is deleted
blocked_pictures  near-copies of removed pictures are withheld
retention         what is deleted when
personal_data     all that is on record of one person
labelled_cases    decided cases as labelled rows
"""
