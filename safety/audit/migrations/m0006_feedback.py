"""What people said of pictures and refusals, who has agreed that it is kept, and pairs with a known answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("case_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "kind", "other", "person", "target", "stamp")),
    )
    for name in ("person", "target", "stamp"):
        op.create_index(f"ix_feedback_{name}", "feedback", [name])
    op.create_table(
        "feedback_consent",
        sa.Column("person", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "version")),
    )
    op.create_table(
        "feedback_gold",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("stamp", "other")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("answer", "time")),
    )
