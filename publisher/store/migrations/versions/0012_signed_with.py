"""Which key signed a digest's links, so that a lost one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("digest", sa.Column("signed_with", sa.Text(), nullable=True))
