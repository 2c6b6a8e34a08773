"""A digest may be spread over a time, and have revisions with a reason."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("digest", sa.Column("spread", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "revision",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("publication", "digest", "number", name=op.f("pk_revision")),
    )
