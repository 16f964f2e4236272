"""Where the further partitions of the chain end, and the signed roots over all partitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_RAISE = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
_DO = "FOR EACH ROW EXECUTE FUNCTION safelight_append_only()"
_ALL = "FOR EACH STATEMENT EXECUTE FUNCTION safelight_append_only()"
_OVER = "WHEN EXISTS (SELECT 1 FROM {0} WHERE {1} = NEW.{1})"
SQLITE = (
    f"CREATE TRIGGER partition_head_no_delete BEFORE DELETE ON partition_head {_RAISE}",
    "CREATE TRIGGER partition_head_no_replace BEFORE INSERT ON partition_head "
    f"{_OVER.format('partition_head', 'partition')} {_RAISE}",
    f"CREATE TRIGGER signed_root_no_update BEFORE UPDATE ON signed_root {_RAISE}",
    f"CREATE TRIGGER signed_root_no_delete BEFORE DELETE ON signed_root {_RAISE}",
    "CREATE TRIGGER signed_root_no_replace BEFORE INSERT ON signed_root "
    f"{_OVER.format('signed_root', 'number')} {_RAISE}",
)
POSTGRESQL = (
    f"CREATE TRIGGER partition_head_no_delete BEFORE DELETE ON partition_head {_DO}",
    f"CREATE TRIGGER partition_head_no_truncate BEFORE TRUNCATE ON partition_head {_ALL}",
    f"CREATE TRIGGER signed_root_no_update BEFORE UPDATE ON signed_root {_DO}",
    f"CREATE TRIGGER signed_root_no_delete BEFORE DELETE ON signed_root {_DO}",
    f"CREATE TRIGGER signed_root_no_truncate BEFORE TRUNCATE ON signed_root {_ALL}",
)


def upgrade() -> None:
    op.create_table(
        "partition_head",
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("hash", "seal")),
    )
    op.create_table(
        "signed_root",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "body", "signature", "certificate")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("ends", "peaks")),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
