"""The site in chapters, outlines of the articles, and what is kept because it is dear to make."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

FIELDS = """
id address group path slug title published updated lang section tags authors translation_of corrections retracted
aliases
"""


def upgrade() -> None:
    for name in ("changes", "released_changes"):
        op.add_column("publication", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("publication", sa.Column("ids_seen", sa.Text(), nullable=True))
    op.add_column("article", sa.Column("change", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for name in ("body_hash", "change", "released"):
        op.create_index(f"ix_article_{name}", "article", ["publication", name])
    op.add_column("document", sa.Column("chapter", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_document_chapter", "document", ["publication", "chapter"])
    outline = _table("outline", "article", sa.Column("published", sa.DateTime(timezone=True), nullable=False))
    _table("chapter", "name")
    _table("kept", "name", sa.Column("content", sa.LargeBinary(), nullable=False))
    _outlines(outline)


def _table(name: str, key: str, *more: "sa.Column[object]") -> sa.Table:
    extra = [sa.Column("content", sa.LargeBinary(), nullable=False)] if name == "outline" else []
    return op.create_table(
        name,
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(key, sa.Text(), autoincrement=False, nullable=False),
        *(more if name == "outline" else ()),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        *(extra or more),
        sa.PrimaryKeyConstraint("publication", key, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _outlines(outline: sa.Table) -> None:
    """Of every article that is present, from its record."""
    article = sa.table(
        "article",
        sa.column("publication", sa.Integer()),
        sa.column("id", sa.Text()),
        sa.column("published", sa.DateTime(timezone=True)),
        sa.column("fingerprint", sa.Text()),
        sa.column("record", sa.LargeBinary()),
        sa.column("present", sa.Boolean()),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(article).where(article.c.present)).all():
        record = json.loads(row.record)
        content = json.dumps([record[name] for name in FIELDS.split()], ensure_ascii=False).encode()
        values = {name: getattr(row, name) for name in ("publication", "published", "fingerprint")}
        connection.execute(outline.insert().values(article=row.id, content=content, **values))
