"""Sources that were withdrawn, by the article that says so."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("work", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("publication", "article", "work", name=op.f("pk_withdrawal")),
    )
