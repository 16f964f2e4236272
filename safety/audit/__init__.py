"""The record of what the studio did: append-only, chained by keyed hashes, and empty of people's words.

log.py    what the studio calls            case.py   one case, from opening to closing
store.py  the tables (the only SQL)        chain.py  hashes and what breaks them, pure
facts.py  records -> what a row holds      instances.py  which process is still alive
"""

from safety.audit.case import Case
from safety.audit.log import AuditLog

__all__ = ["AuditLog", "Case"]
