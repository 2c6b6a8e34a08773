"""When a person last let a stopped digest go on."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("digest", sa.Column("resumed", sa.DateTime(timezone=True), nullable=True))
