"""0012: Training waves, late paper, and editions as published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(length=100), nullable=False),
        sa.Column("decision_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(length=100), nullable=False),
        sa.Column("approved_by", sa.String(length=100), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_publication_wave_id"),
        sa.PrimaryKeyConstraint("province_code", "wave_id", "edition", name="pk_publication"),
    )
    op.add_column("wave", sa.Column("training", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("wave", sa.Column("late_until", sa.Date(), nullable=True))
    op.add_column("wave", sa.Column("fixed", sa.Date(), nullable=True))
    op.add_column("comment", sa.Column("released", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("comment", "released")
    op.drop_column("wave", "fixed")
    op.drop_column("wave", "late_until")
    op.drop_column("wave", "training")
    op.drop_table("publication")
