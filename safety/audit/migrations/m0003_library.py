"""The library: what each person has made, and whether they want their words kept with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHAT = ("person", "case_id", "path", "sha256", "time", "mode", "verdict", "engine", "style", "seed")
TEXTS = (*WHAT, "settings", "prompt", "negative_prompt", "folder")
NUMBERS = ("veiled", "favourite", "width", "height")


def upgrade() -> None:
    op.create_table(
        "library",
        sa.Column("stamp", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Integer, nullable=False) for name in NUMBERS),
    )
    op.create_index("ix_library_person_time", "library", ["person", "time"])
    op.create_index("ix_library_case_id", "library", ["case_id"])
    op.create_table(
        "library_choice",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("keep_prompts", sa.Integer, nullable=False),
    )
