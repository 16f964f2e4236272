"""The case store: the append-only record of what the studio did, with the appeals and rate limits that hang on it.

The record is chained by keyed hashes and holds no person's words. What a case keeps of words and pictures, the queue of
appeals and the counts of rate limiting stand in tables of their own beside the chain, where they can be deleted.

log            what the studio calls: cases opened, closed, found, shown, verified
case           one case, from opening to closing
database       opening, reading and writing; all SQL is here, in activity, appeal_queue and tables
tables         the tables as they are now; migrate and migrations/ lead to them
dialects       what differs between SQLite and PostgreSQL
liveness       which process is still alive, so that a crash is known from work in progress
hash_chain     rows, keys and the chain; integrity finds whatever breaks it
serialize      records to the facts of a row, and rows to what people are shown
appeal_state   where an appeal stands, from the chain alone; overrides is what an overturned one opens
appeal_queue   the index of appeals for reviewers
activity       what each client did when, for rate limits
"""

from safety.audit.case import Case
from safety.audit.log import AuditLog

__all__ = ["AuditLog", "Case"]
