"""What a case keeps by kind (words, appeal, review, picture), the queue of appeals, and who did what when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SQLITE = "CREATE TRIGGER kept_no_update BEFORE UPDATE ON kept BEGIN SELECT RAISE(ABORT, 'append-only'); END"
POSTGRESQL = "CREATE TRIGGER kept_no_update BEFORE UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION safelight_append_only()"
MOVE = """
INSERT INTO kept (case_id, kind, content, time)
SELECT case_id, 'words', content, COALESCE((SELECT MAX(time) FROM entry WHERE entry.case_id = words.case_id), '')
FROM words
"""


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("content", "time")),
    )
    op.execute(MOVE)
    op.drop_table("words")
    op.create_table(
        "appeal",
        sa.Column("case_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "kind", "state", "ticket")),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "client", "kind", "case_id", "outcome")),
    )
    for table, name in (("appeal", "state"), ("appeal", "ticket"), ("act", "client"), ("act", "case_id")):
        op.create_index(f"ix_{table}_{name}", table, [name])
    op.create_index("ix_entry_event", "entry", ["event"])
    op.execute(POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE)
