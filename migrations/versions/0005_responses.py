"""0005: Answers, one row each, and free text apart from them.

On SQLite without rowid: a rowid would tell the order of arrival.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "response",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("point_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("duration", sa.SmallInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.CheckConstraint("length(id) = 16", name="ck_response_id_length"),
        sa.ForeignKeyConstraint(["province_code", "cell"], ["cell.province_code", "cell.id"],
            name="fk_response_province_code_cell"),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_response"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comment",
        sa.Column("province_code", sa.String(length=32), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("variable", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_comment"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("comment")
    op.drop_table("response")
