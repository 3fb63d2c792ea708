"""0002: Questionnaires and index definitions: immutable versions, named by their content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questionnaire"),
        sa.UniqueConstraint("content", name="uq_questionnaire_content"),
    )
    op.create_index("ix_questionnaire_name", "questionnaire", ["name"], unique=False)
    op.create_table(
        "index_definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_index_definition"),
        sa.UniqueConstraint("content", name="uq_index_definition_content"),
    )
    op.create_index("ix_index_definition_name", "index_definition", ["name"], unique=False)


def downgrade() -> None:
    op.drop_table("index_definition")
    op.drop_table("questionnaire")
