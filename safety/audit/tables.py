"""The tables, in SQL that SQLite and PostgreSQL share.

entry  the chained rows, only ever added; no person's words
head   where the chain ends; its lock is what makes writers wait for one another
words  what a case keeps of a person's text, by its keyed hash in the chain: deletable, so that erasing
       leaves the chain whole
"""

from __future__ import annotations

import sqlalchemy as sa

meta = sa.MetaData()
entry = sa.Table(
    "entry",
    meta,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("stamp", sa.Text, index=True),
    sa.Column("sha256", sa.Text, index=True),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
head = sa.Table(
    "head",
    meta,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("seal", sa.Text, nullable=False),
)
words = sa.Table(
    "words",
    meta,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
)

# What makes a database append-only. One that has none here is not used.
TRIGGERS = {
    "sqlite": {
        f"{table}_no_{act.lower()}": f"BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for table, act in (("entry", "UPDATE"), ("entry", "DELETE"), ("head", "DELETE"), ("words", "UPDATE"))
    }
}
