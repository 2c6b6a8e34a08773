"""Which versions of an article are worth keeping."""

from publisher.model import Article


def said(article: Article) -> tuple[object, ...]:
    """All that makes a version another one to its readers; equal where only dates, marks or the file differ."""
    sources = [(one.title, one.url, one.publisher, one.role, one.access, one.note) for one in article.sources]
    return (article.title, article.lede, article.body_hash, sources)
