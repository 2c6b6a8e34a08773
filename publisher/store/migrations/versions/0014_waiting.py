"""Files in which something waits for its time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("manuscript_file", sa.Column("again", sa.DateTime(timezone=True), nullable=True))
