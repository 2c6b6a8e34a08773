"""Addresses that articles used to have, and the pictures that they show."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "former_address",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("publication", "address", name=op.f("pk_former_address")),
    )
    op.create_table(
        "picture",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("manuscript", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("publication", "manuscript", "path", name=op.f("pk_picture")),
    )
