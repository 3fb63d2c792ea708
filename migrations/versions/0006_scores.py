"""0006: The score tables that people see; they move once a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_table",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_score_table_wave_id"),
        sa.PrimaryKeyConstraint("province_code", "wave_id", "day", name="pk_score_table"),
    )


def downgrade() -> None:
    op.drop_table("score_table")
