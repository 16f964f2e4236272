"""Notices about pictures, by those who are depicted, and the pictures that they removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("case_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "due", "state", "receipt", "target", "stamp")),
    )
    op.create_table(
        "removal",
        sa.Column("stamp", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("target", "notice", "person", "time")),
    )
    for table, names in (("notice", ("state", "receipt")), ("removal", ("target", "notice", "person"))):
        for name in names:
            op.create_index(f"ix_{table}_{name}", table, [name])
