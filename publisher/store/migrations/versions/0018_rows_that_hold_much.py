"""Tables whose rows hold much stand as SQLite has them by itself: without row ids it reads whole rows to find one."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    # What is in either of the two is a copy, or made again.
    old = sa.table("outline_month", sa.column("publication", sa.Integer()), sa.column("month", sa.Text()))
    months = op.get_bind().execute(sa.select(old.c.publication, old.c.month)).all()
    op.drop_table("outline_month")
    made = op.create_table(
        "outline_month",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("made_with", sa.Text(), nullable=True),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("publication", "month", name=op.f("pk_outline_month")),
    )
    if months:
        op.bulk_insert(made, [{"publication": number, "month": month} for number, month in months])
    op.drop_table("kept")
    op.create_table(
        "kept",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("publication", "name", name=op.f("pk_kept")),
    )
