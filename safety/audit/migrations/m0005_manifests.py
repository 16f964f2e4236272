"""The signed manifest of each finished picture, kept beside the chain so that it can be given back, and deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "manifest",
        sa.Column("stamp", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "case_id", "time", "outline")),
        sa.Column("store", sa.LargeBinary, nullable=False),
    )
    for name in ("id", "case_id", "time"):
        op.create_index(f"ix_manifest_{name}", "manifest", [name])
