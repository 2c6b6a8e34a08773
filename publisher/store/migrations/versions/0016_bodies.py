"""The text of an article beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "body",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("markup", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("publication", "article", name=op.f("pk_body")),
    )
    op.execute(
        "INSERT INTO body (publication, article, markup, text) SELECT publication, id, markup, body FROM article"
    )
    op.drop_column("article", "markup")
    op.drop_column("article", "body")
