"""The chain, where it ends, and the words that hang on it. Databases from before alembic have these already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_RAISE = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
# SQLite's REPLACE deletes the old row without asking the trigger on DELETE, so putting a row over another one is
# forbidden by itself.
SQLITE = (
    f"CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry {_RAISE}",
    f"CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry {_RAISE}",
    "CREATE TRIGGER entry_no_replace BEFORE INSERT ON entry "
    f"WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq) {_RAISE}",
    f"CREATE TRIGGER head_no_delete BEFORE DELETE ON head {_RAISE}",
    f"CREATE TRIGGER head_no_insert BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head) {_RAISE}",
    f"CREATE TRIGGER words_no_update BEFORE UPDATE ON words {_RAISE}",
)
_DO = "FOR EACH ROW EXECUTE FUNCTION safelight_append_only()"
_ALL = "FOR EACH STATEMENT EXECUTE FUNCTION safelight_append_only()"
POSTGRESQL = (
    "CREATE FUNCTION safelight_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    "CREATE FUNCTION safelight_one_head() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF EXISTS (SELECT 1 FROM head) THEN RAISE EXCEPTION 'append-only'; END IF; RETURN NEW; END $$",
    f"CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry {_DO}",
    f"CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry {_DO}",
    f"CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry {_ALL}",
    f"CREATE TRIGGER head_no_delete BEFORE DELETE ON head {_DO}",
    f"CREATE TRIGGER head_no_truncate BEFORE TRUNCATE ON head {_ALL}",
    "CREATE TRIGGER head_no_insert BEFORE INSERT ON head FOR EACH ROW EXECUTE FUNCTION safelight_one_head()",
    f"CREATE TRIGGER words_no_update BEFORE UPDATE ON words {_DO}",
)


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("entry"):
        return
    op.create_table(
        "entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "case_id", "event", "facts")),
        *(sa.Column(name, sa.Text) for name in ("stamp", "sha256")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("previous", "hash")),
    )
    for name in ("case_id", "stamp", "sha256"):
        op.create_index(f"ix_entry_{name}", "entry", [name])
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("hash", "seal")),
    )
    op.create_table(
        "words",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
