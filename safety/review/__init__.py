"""Human review of refusals: appeals and reviewers' decisions, and the rate limits and retention that go with them.

service           all of it, put together once for a studio
appeals           what a person may ask for: a review of a refusal, and how it went
decisions         what a reviewer may do: list, look, uphold, overturn
quarantine        withheld pictures, briefly in memory; stored_pictures is their form once an appeal keeps them
auth              who may review
client, rate_limit   one address on the network, and how much it may do
retention         what is deleted when
personal_data     all that is on record of one person
labelled_cases    decided cases as labelled rows
"""
