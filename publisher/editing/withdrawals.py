"""A source that was withdrawn is withdrawn wherever it is cited: one article that says so is enough."""

from collections.abc import Collection
from urllib.parse import urlsplit

from msgspec.structs import replace

from publisher.model import Article, Source, Verification


def withdrawn_by(article: Article) -> frozenset[str]:
    """The works that the article itself says were withdrawn, as `work` names them."""
    found = [source for source in article.sources if _own(source) == "withdrawn"]
    return frozenset(work(source.url) for source in found if source.url) - {""}


def work(url: str) -> str:
    """The same for addresses that lead to one work: without scheme, fragment, `www.` and the last slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def marked(article: Article, withdrawn: Collection[str]) -> Article:
    """With `withdrawn` on each source that is among these, and on no other but those that its own file says so of."""
    sources = tuple(_marked(source, withdrawn) for source in article.sources)
    return article if sources == article.sources else replace(article, sources=sources)


def _marked(source: Source, withdrawn: Collection[str]) -> Source:
    own = _own(source)
    if own != "withdrawn" and source.url and work(source.url) in withdrawn:
        return replace(source, verification="withdrawn", read_as=own)
    return replace(source, verification=own, read_as=None)


def _own(source: Source) -> Verification:
    return source.read_as or source.verification
