"""What subscribers choose, whom nobody mails, and limits that outlive a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("format", sa.Text(), server_default=sa.text("'both'"), nullable=False))
    op.add_column("subscriber", sa.Column("sections", sa.Text(), nullable=True))
    op.add_column("subscriber", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "suppression",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address_hash", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("publication", "address_hash", name=op.f("pk_suppression")),
    )
    op.create_table(
        "pace",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("publication", "scope", "key", name=op.f("pk_pace")),
    )
