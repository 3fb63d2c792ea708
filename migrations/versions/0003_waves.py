"""0003: Waves, their population counts, and the design cells that answers belong to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("units_day", sa.Date(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("index_id", sa.Integer(), nullable=False),
        sa.Column("official", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Float(), nullable=True),
        sa.Column("target_operator", sa.String(length=2), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opens", sa.Date(), nullable=True),
        sa.Column("closes", sa.Date(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["index_id"], ["index_definition.id"], name="fk_wave_index_id"),
        sa.ForeignKeyConstraint(["questionnaire_id"], ["questionnaire.id"], name="fk_wave_questionnaire_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wave"),
        sa.UniqueConstraint("code", name="uq_wave_code"),
    )
    op.create_table(
        "population",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_population_unit_id"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_population_wave_id"),
        sa.PrimaryKeyConstraint("province_code", "wave_id", "unit_id", name="pk_population"),
    )
    op.create_table(
        "cell",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.Column("handled_by", sa.Integer(), nullable=False),
        sa.Column("basis", sa.SmallInteger(), nullable=False),
        sa.Column("stratum", sa.String(length=64), nullable=False),
        sa.Column("psu", sa.String(length=64), nullable=False),
        sa.Column("fpc", sa.Float(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("issued", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["handled_by"], ["unit.id"], name="fk_cell_handled_by"),
        sa.ForeignKeyConstraint(["received_at"], ["unit.id"], name="fk_cell_received_at"),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name="fk_cell_wave_id"),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_cell"),
    )
    op.create_index(
        "uq_cell_place",
        "cell",
        ["province_code", "wave_id", "received_at", "handled_by", "basis", "stratum", "psu"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("cell")
    op.drop_table("population")
    op.drop_table("wave")
