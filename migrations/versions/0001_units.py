"""0001: The dated unit tree and who succeeded whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent", sa.String(length=32), nullable=True),
        sa.Column("decree", sa.String(length=200), nullable=True),
        sa.Column("search", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("code", "valid_from", name="uq_unit_code_valid_from"),
    )
    op.create_index("ix_unit_parent", "unit", ["parent"], unique=False)
    op.create_table(
        "unit_succession",
        sa.Column("old_code", sa.String(length=32), nullable=False),
        sa.Column("old_valid_from", sa.Date(), nullable=False),
        sa.Column("new_code", sa.String(length=32), nullable=False),
        sa.Column("new_valid_from", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("decree", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint(
            "old_code", "old_valid_from", "new_code", "new_valid_from",
            name="pk_unit_succession"),
    )


def downgrade() -> None:
    op.drop_table("unit_succession")
    op.drop_table("unit")
