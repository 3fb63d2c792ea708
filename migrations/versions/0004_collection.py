"""0004: Points with a shared QR code, and one-use slips."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_point_unit_id"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_point_wave_id"),
        sa.PrimaryKeyConstraint("id", name="pk_point"),
        sa.UniqueConstraint("code", name="uq_point_code"),
    )
    op.create_table(
        "slip",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["province_code", "cell"], ["cell.province_code", "cell.id"],
            name="fk_slip_province_code_cell"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_slip_wave_id"),
        sa.PrimaryKeyConstraint("province_code", "digest", name="pk_slip"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_slip_digest", "slip", ["digest"], unique=False)


def downgrade() -> None:
    op.drop_table("slip")
    op.drop_table("point")
