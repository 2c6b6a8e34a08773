"""The outlines of a month together."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_index("ix_outline_published", "outline", ["publication", "published"])
    made = op.create_table(
        "outline_month",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("made_with", sa.Text(), nullable=True),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("publication", "month", name=op.f("pk_outline_month")),
        sqlite_with_rowid=False,
    )
    outline = sa.table(
        "outline", sa.column("publication", sa.Integer()), sa.column("published", sa.DateTime(timezone=True))
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(outline.c.publication, outline.c.published)).all()
    # SQLite has them in UTC without saying so, PostgreSQL gives them in the zone of its session.
    in_utc = [(number, at.astimezone(UTC) if at.tzinfo else at) for number, at in rows]
    months = sorted({(number, f"{at.year:04}-{at.month:02}") for number, at in in_utc})
    if months:
        op.bulk_insert(made, [{"publication": number, "month": month} for number, month in months])
