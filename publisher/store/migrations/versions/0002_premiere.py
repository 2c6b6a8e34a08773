"""The order of first release, which the archives of the feeds are cut from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "premiere",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lang", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("gone", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("publication", "lang", "place", name=op.f("pk_premiere")),
        sa.UniqueConstraint("publication", "article", name=op.f("uq_premiere_publication")),
    )
