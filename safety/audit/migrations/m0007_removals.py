"""Of each removed picture: whether it was a near-copy, and whether its files are still to be deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name in ("near", "pending"):
        op.add_column("removal", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_removal_pending", "removal", ["pending"])
