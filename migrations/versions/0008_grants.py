"""0008: People have several dated grants, a second factor, invitations and sessions."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_account = sa.table(
    "account", sa.column("id", sa.Integer), sa.column("role", sa.String), sa.column("unit_code", sa.String),
    sa.column("uniquifier", sa.String),
)
_grant = sa.table(
    "account_grant", sa.column("account_id", sa.Integer), sa.column("role", sa.String),
    sa.column("unit_code", sa.String),
)


def upgrade() -> None:
    connection = op.get_bind()
    held = connection.execute(sa.select(_account.c.id, _account.c.role, _account.c.unit_code)).all()
    op.add_column("account", sa.Column("uniquifier", sa.String(length=64), nullable=True))
    for id, _, _ in held:
        connection.execute(
            sa.update(_account).where(_account.c.id == id).values(uniquifier=secrets.token_hex(32))
        )
    # no table refers to accounts yet, so SQLite may build this one anew
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("display", sa.String(length=120), server_default="", nullable=False))
        account.add_column(sa.Column("workplace", sa.String(length=32), nullable=True))
        account.add_column(sa.Column("state", sa.String(length=12), server_default="active", nullable=False))
        account.add_column(sa.Column("second_factor", sa.Text(), nullable=True))
        account.add_column(sa.Column("second_factor_last", sa.Integer(), nullable=True))
        account.add_column(sa.Column("recovery", sa.Text(), nullable=True))
        account.add_column(sa.Column("language", sa.String(length=2), server_default="vi", nullable=False))
        account.add_column(sa.Column("created", sa.Date(), nullable=True))
        account.add_column(sa.Column("last_day", sa.Date(), nullable=True))
        account.alter_column("passphrase", existing_type=sa.String(length=200), nullable=True)
        account.alter_column("uniquifier", existing_type=sa.String(length=64), nullable=False)
        account.create_unique_constraint("uq_account_uniquifier", ["uniquifier"])
        account.drop_column("role")
        account.drop_column("unit_code")
    op.create_table(
        "account_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_grant_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_grant"),
    )
    op.create_index("ix_account_grant_account_id", "account_grant", ["account_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("digest", name="uq_invitation_digest"),
    )
    op.create_table(
        "staff_session",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=60), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_staff_session_account_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_session"),
    )
    op.create_index("ix_staff_session_account_id", "staff_session", ["account_id"])
    if held:
        connection.execute(sa.insert(_grant), [
            {"account_id": id, "role": role, "unit_code": unit_code} for id, role, unit_code in held
        ])


def downgrade() -> None:
    """Keeps one grant of each account, the first; what has no passphrase or no grant cannot be kept."""
    connection = op.get_bind()
    first = sa.select(sa.func.min(sa.literal_column("id"))).select_from(_grant).group_by(_grant.c.account_id)
    held = connection.execute(
        sa.select(_grant.c.account_id, _grant.c.role, _grant.c.unit_code)
        .where(sa.literal_column("account_grant.id").in_(first))
    ).all()
    op.drop_table("staff_session")
    op.drop_table("invitation")
    op.drop_table("account_grant")
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("role", sa.String(length=24), nullable=True))
        account.add_column(sa.Column("unit_code", sa.String(length=32), nullable=True))
    for id, role, unit_code in held:
        connection.execute(
            sa.update(_account).where(_account.c.id == id).values(role=role, unit_code=unit_code)
        )
    connection.execute(sa.text("DELETE FROM account WHERE passphrase IS NULL OR role IS NULL"))
    with op.batch_alter_table("account") as account:
        account.alter_column("passphrase", existing_type=sa.String(length=200), nullable=False)
        account.alter_column("role", existing_type=sa.String(length=24), nullable=False)
        account.drop_constraint("uq_account_uniquifier", type_="unique")
        for column in ("uniquifier", "display", "workplace", "state", "second_factor", "second_factor_last",
                       "recovery", "language", "created", "last_day"):
            account.drop_column(column)
