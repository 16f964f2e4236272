"""The record of what the studio did: append-only, chained by keyed hashes, and empty of people's words.

log.py    what the studio calls            case.py      one case, from opening to closing
store.py  transactions and writing         reader.py    what is read (the SQL is in these and their neighbours)
tables.py, migrate.py, migrations/         the tables, and the steps that lead to them
dialects.py  SQLite and PostgreSQL         instances.py, sessions.py  which process is still alive
facts.py  records -> what a row holds      chain.py, proof.py  hashes, and what breaks them
"""

from safety.audit.case import Case
from safety.audit.log import AuditLog

__all__ = ["AuditLog", "Case"]
