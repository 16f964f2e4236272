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

_RAISE = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
# What makes a database append-only. One that has none here is not used. SQLite's REPLACE deletes the old
# row without asking the trigger on DELETE, so putting a row over another one is forbidden by itself.
TRIGGERS = {
    "sqlite": {
        "entry_no_update": f"BEFORE UPDATE ON entry {_RAISE}",
        "entry_no_delete": f"BEFORE DELETE ON entry {_RAISE}",
        "entry_no_replace": (f"BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq) {_RAISE}"),
        "head_no_delete": f"BEFORE DELETE ON head {_RAISE}",
        "head_no_insert": f"BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head) {_RAISE}",
        "words_no_update": f"BEFORE UPDATE ON words {_RAISE}",
    }
}
